#include "services/storeops/import/unbought.h"

#include "storeops/inventory/v1/planning_service.pb.h"

namespace storeops {

absl::StatusOr<int64_t> SettleUnbought(Client& client, const std::set<std::string>& skus) {
  int64_t made = 0;
  for (const std::string& sku : skus) {
    inventory::v1::CreatePlanningSettingRequest request;
    auto& setting = *request.mutable_planning_setting();
    setting.set_sku(sku);
    setting.set_discontinued(true);
    setting.set_notes("A service: it is sold and never bought.");
    inventory::v1::PlanningSetting created;
    const absl::Status status =
        client.Call("storeops.inventory.v1.PlanningService/CreatePlanningSetting", request, &created);
    if (absl::IsAlreadyExists(status)) continue;
    if (!status.ok()) return status;
    ++made;
  }
  return made;
}

}  // namespace storeops
