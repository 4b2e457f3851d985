// How a state machine of buying, moving and counting says no.
#ifndef STOREOPS_SERVICES_INVENTORY_PURCHASING_ACTION_REFUSAL_H_
#define STOREOPS_SERVICES_INVENTORY_PURCHASING_ACTION_REFUSAL_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/base/errors.h"

namespace storeops::inventory {

// FAILED_PRECONDITION ACTION_NOT_ALLOWED with what `state` allows; repeated names are told once.
absl::Status ActionNotAllowed(const std::string& name, const std::string& state, absl::string_view action,
                              const std::vector<absl::string_view>& allowed);

// FAILED_PRECONDITION that names fields of the request, with `subject` as what forbids them.
absl::Status FailedFields(absl::string_view reason, const std::string& subject,
                          const std::vector<FieldViolation>& violations);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PURCHASING_ACTION_REFUSAL_H_
