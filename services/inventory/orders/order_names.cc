#include "services/inventory/orders/order_names.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"

namespace storeops::inventory {

absl::Status ActionNotAllowed(absl::string_view subject, absl::string_view status, absl::string_view action,
                              const std::vector<std::string>& allowed) {
  const std::string list = allowed.empty() ? "none" : absl::StrJoin(allowed, ", ");
  return WithReason(
      PreconditionFailed("ACTION_NOT_ALLOWED", subject,
                         absl::StrCat(subject, " is ", status, ": ", action, " is not allowed; allowed are ", list)),
      "ACTION_NOT_ALLOWED", {{"status", std::string(status)}, {"allowed_actions", absl::StrJoin(allowed, ", ")}});
}

}  // namespace storeops::inventory
