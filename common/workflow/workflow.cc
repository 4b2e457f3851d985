#include "common/workflow/workflow.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"

namespace storeops::workflow {

absl::Status ActionNotAllowed(absl::string_view resource, absl::string_view state, absl::string_view action,
                              const std::vector<absl::string_view>& allowed) {
  constexpr absl::string_view kReason = "ACTION_NOT_ALLOWED";
  const std::string list = absl::StrJoin(allowed, ", ");
  const std::string message = absl::StrCat(resource, " is ", state, ": ", action, " is not allowed; allowed ",
                                           list.empty() ? "is nothing" : absl::StrCat("are ", list));
  return WithReason(PreconditionFailed(kReason, resource, message), kReason,
                    {{"resource", std::string(resource)},
                     {"state", std::string(state)},
                     {"action", std::string(action)},
                     {"allowed_actions", list}});
}

}  // namespace storeops::workflow
