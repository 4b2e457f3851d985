// What planning found, as clients see it.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_MESSAGES_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "common/resource/resource_name.h"
#include "google/type/money.pb.h"
#include "services/inventory/planning/demand_series.h"
#include "services/inventory/planning/method_choice.h"
#include "services/inventory/planning/planner.h"
#include "services/inventory/planning/policy_simulation.h"
#include "services/inventory/suppliers/supplier_terms.h"
#include "storeops/inventory/v1/planning.pb.h"
#include "storeops/inventory/v1/planning_service.pb.h"

namespace storeops::inventory {

// Minor units of an amount that planning made itself.
int64_t MinorOf(const google::type::Money& money);

v1::DemandForecast::Method ToMessage(planning::Method method);
v1::Replenishment::Reason ToMessage(planning::ReplenishmentReason reason);
v1::StockAlert::Kind ToMessage(planning::AlertKind kind);
v1::PolicyResult ToMessage(const planning::SimulationResult& result);

struct ForecastView {
  int horizon = 0;
  double coverage = 0.8;
  bool series = false;
  bool tried = false;
};
v1::DemandForecast ToMessage(const planning::DemandSeries& series, const planning::MethodChoice& choice,
                             const planning::BackTestOptions& options, absl::CivilDay end, const ForecastView& view);

// Without name, SKU and location.
v1::Replenishment ToMessage(const planning::PlannedItem& item, const v1::PlanningSetting& setting,
                            const std::optional<SupplierOffer>& offer, int64_t drafted, planning::Method method);
// The same; `item` is what the alert belongs to.
v1::StockAlert ToMessage(const planning::StockAlert& alert, const planning::PlannedItem& item,
                         const std::optional<SupplierOffer>& offer, bool arrives);

inline constexpr resource::NamePattern kRunNames("planningRuns/{planning_run}");
inline constexpr resource::NamePattern kReplenishmentNames(
    "planningRuns/{planning_run}/replenishments/{replenishment}");

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_MESSAGES_H_
