// Why a method was chosen, in one line for planners.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_METHOD_REASON_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_METHOD_REASON_H_

#include <string>

#include "services/inventory/planning/method_choice.h"

namespace storeops::inventory::planning {

std::string WhyChosen(const MethodChoice& choice, const BackTestOptions& options);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_METHOD_REASON_H_
