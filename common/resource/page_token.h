// Where a list goes on, signed so that nobody can make one up, and tied to the query that it belongs to.
#ifndef STOREOPS_COMMON_RESOURCE_PAGE_TOKEN_H_
#define STOREOPS_COMMON_RESOURCE_PAGE_TOKEN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/base/signer.h"
#include "common/db/database.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

class PageTokens {
 public:
  explicit PageTokens(absl::string_view secret) : signer_(secret, "page-token") {}

  // `request`: the list request; everything in it but page_size and page_token must be the same for the next page.
  // `keys`: the last row's values in the order of the sort.
  std::string Make(const google::protobuf::Message& request, const std::vector<db::Value>& keys) const;
  // No keys for an empty token. INVALID_ARGUMENT naming page_token otherwise if it is not ours or belongs to another
  // query.
  absl::StatusOr<std::vector<db::Value>> Read(const google::protobuf::Message& request, absl::string_view token) const;

 private:
  Signer signer_;
};

// Page size to use: `fallback` for 0, at most `limit`. Negative sizes were refused by validation.
int PageSize(int requested, int fallback, int limit);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_PAGE_TOKEN_H_
