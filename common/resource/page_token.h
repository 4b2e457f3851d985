// Pages of lists (https://google.aip.dev/158): their size, where one starts, and the token of the next. Tokens are
// signed, so that nobody can make one up, and tied to the query that they belong to.
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

// The page size where the request's is 0, and the largest: a larger one is cut to it.
struct PageSizes {
  int fallback = 20;
  int max = 500;
};
int PageSize(int requested, PageSizes sizes = {});

// The values of a row that its place in a list depends on, in the order of the sort.
using PageKeys = std::vector<db::Value>;

class ListPage;

class PageTokens {
 public:
  explicit PageTokens(absl::string_view secret) : signer_(secret, "page-token") {}

  // `request`: the list request; everything in it but page_size and page_token must be the same for the next page.
  // `keys`: the last row's values in the order of the sort.
  std::string Make(const google::protobuf::Message& request, const std::vector<db::Value>& keys) const;
  // The page that `request` asks for by page_size and page_token. `kinds`: of the keys, 'n' a number, 't' text; empty:
  // the caller checks them. INVALID_ARGUMENT naming page_size or page_token. The page refers to both, request and
  // tokens.
  absl::StatusOr<ListPage> Open(const google::protobuf::Message& request, absl::string_view kinds,
                                PageSizes sizes = {}) const;
  // No keys for an empty token. INVALID_ARGUMENT naming page_token otherwise if it is not ours or belongs to another
  // query.
  absl::StatusOr<std::vector<db::Value>> Read(const google::protobuf::Message& request, absl::string_view token) const;

 private:
  Signer signer_;
};

// A page to be read: fetch `limit()` rows after `keys()`, then Close.
class ListPage {
 public:
  int size() const { return size_; }
  // One more than the page has room for: that row shows that there is a next page.
  int limit() const { return size_ + 1; }
  bool first() const { return keys_.empty(); }
  // The last row of the page before, by the order of the list; empty on the first page.
  const std::vector<db::Value>& keys() const { return keys_; }
  // A key of the kind that Open was given; `fallback` or "" on the first page.
  int64_t Number(size_t key, int64_t fallback = 0) const;
  const std::string& Text(size_t key) const;

  // Cuts `rows` to the page's size. If there were more, the response's next_page_token continues after the last row:
  // keys_of(row) are its keys.
  template <class Row, class KeysOf>
  void Close(std::vector<Row>& rows, KeysOf keys_of, google::protobuf::Message* response) const {
    if (rows.size() <= static_cast<size_t>(size_)) return;
    rows.erase(rows.begin() + size_, rows.end());
    SetNext(keys_of(rows.back()), response);
  }
  void SetNext(const std::vector<db::Value>& keys, google::protobuf::Message* response) const;

 private:
  friend class PageTokens;
  ListPage(const PageTokens& tokens, const google::protobuf::Message& request) : tokens_(&tokens), request_(&request) {}

  const PageTokens* tokens_;
  const google::protobuf::Message* request_;
  int size_ = 0;
  std::vector<db::Value> keys_;
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_PAGE_TOKEN_H_
