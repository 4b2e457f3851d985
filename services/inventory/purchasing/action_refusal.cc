#include "services/inventory/purchasing/action_refusal.h"

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"

namespace storeops::inventory {

absl::Status ActionNotAllowed(const std::string& name, const std::string& state, absl::string_view action,
                              const std::vector<absl::string_view>& allowed) {
  std::string named;
  absl::string_view last;
  for (const absl::string_view one : allowed) {
    if (one != last) absl::StrAppend(&named, named.empty() ? "" : ", ", one);
    last = one;
  }
  return WithReason(PreconditionFailed("ACTION_NOT_ALLOWED", name,
                                       absl::StrCat(name, " is ", state, ": ", action, " is not allowed; allowed ",
                                                    named.empty() ? "is nothing" : absl::StrCat("are ", named))),
                    "ACTION_NOT_ALLOWED", {{"state", state}, {"allowed_actions", named}});
}

absl::Status FailedFields(absl::string_view reason, const std::string& subject,
                          const std::vector<FieldViolation>& violations) {
  std::string all;
  google::rpc::BadRequest bad_request;
  for (const FieldViolation& violation : violations) {
    absl::StrAppend(&all, all.empty() ? "" : "; ", violation.field, " ", violation.description);
    auto& one = *bad_request.add_field_violations();
    one.set_field(violation.field);
    one.set_description(violation.description);
  }
  absl::Status status = PreconditionFailed(reason, subject, all);
  AddDetail(status, bad_request);
  return status;
}

}  // namespace storeops::inventory
