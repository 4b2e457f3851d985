// Percent encoding of paths and query strings (RFC 3986).
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_PERCENT_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_PERCENT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops::gateway {

enum class Percent {
  kAll,
  kAllButSlash,  // "%2F" stays: in a value of several segments it is not a separator
  kQuery,        // '+' is a space
};

// INVALID_ARGUMENT for a '%' without two hex digits and for what is not UTF-8.
absl::StatusOr<std::string> PercentDecode(absl::string_view text, Percent how);

using QueryPairs = std::vector<std::pair<std::string, std::string>>;
// "a=1&b=2" in its order; at most 1,000 pairs. INVALID_ARGUMENT as above.
absl::StatusOr<QueryPairs> ParseQuery(absl::string_view query);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_PERCENT_H_
