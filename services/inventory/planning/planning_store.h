// What planning runs found, and what was decided about it, as rows.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "services/inventory/stock/stock_level.h"
#include "storeops/inventory/v1/planning.pb.h"
#include "storeops/inventory/v1/planning_service.pb.h"

namespace storeops::inventory {

// A suggestion of a run, or what there is enough of. `message` has what the row says in it.
struct PlanItem {
  int64_t number = 0;
  StockKey key;
  bool wanted = false;
  v1::Replenishment message;
};
struct PlanAlert {
  int64_t number = 0;
  StockKey key;
  v1::StockAlert message;
};

absl::Status InsertPlanItems(db::Session& session, int64_t run_id, absl::Span<const PlanItem> items);
absl::Status InsertPlanAlerts(db::Session& session, int64_t run_id, absl::Span<const PlanAlert> alerts);
// `item.revenue` has minor units of `currency` (empty: no money is known).
absl::Status InsertClasses(db::Session& session, int64_t run_id, absl::Span<const v1::ItemClass> items);
// Gives the run's items the classes of their SKUs.
absl::Status ClassifyPlanItems(db::Session& session, int64_t run_id);
// All rows of the run, some with each statement.
absl::Status DeletePlan(db::Database& database, int64_t run_id, absl::Time deadline);
// Succeeded runs but the newest `keep`, oldest first.
absl::StatusOr<std::vector<int64_t>> FindOldRuns(db::Database& database, int keep, absl::Time deadline);

// The run that holds (0: none does) and how many decisions there were.
struct CurrentPlan {
  int64_t run_id = 0;
  int64_t decisions = 0;
};
absl::StatusOr<CurrentPlan> ReadCurrent(db::Database& database, absl::Time deadline);
absl::StatusOr<CurrentPlan> LockCurrent(db::Session& session);
// Both with the current plan locked. What the run has not seen of decisions about the plan before (accepted after the
// first `decisions`, dismissed beyond `now`) stays decided.
absl::Status SetCurrent(db::Session& session, const CurrentPlan& before, int64_t run_id, int64_t decisions,
                        absl::Time now);
absl::Status CountDecision(db::Session& session);

// Numbers behind these; zeros: from the start.
struct PlanPlace {
  int64_t run_id = 0;
  int64_t rank = 0;  // urgency or severity
  int64_t amount_minor = 0;
  int64_t number = 0;
};
// What lists of a run's items and alerts can be filtered by.
struct PlanFilters {
  resource::FilterFields items, alerts;
  static absl::StatusOr<PlanFilters> Open(db::Database& database);
};
enum class PlanOrder { kUrgency, kAmount, kSku };
// INVALID_ARGUMENT naming order_by.
absl::StatusOr<PlanOrder> ParsePlanOrder(absl::string_view order_by);
// `wanted_only`: without those that there is enough of.
absl::StatusOr<std::vector<PlanItem>> ListPlanItems(db::Database& database, int64_t run_id,
                                                    const resource::Condition& condition, bool wanted_only,
                                                    PlanOrder order, const std::optional<PlanPlace>& after, int limit,
                                                    absl::Time deadline);
absl::StatusOr<std::vector<PlanAlert>> ListPlanAlerts(db::Database& database, int64_t run_id,
                                                      const resource::Condition& condition,
                                                      const std::optional<PlanPlace>& after, int limit,
                                                      absl::Time deadline);
// Without money: minor units are in revenue.units.
absl::StatusOr<std::vector<v1::ItemClass>> ListClasses(db::Database& database, int64_t run_id,
                                                       const v1::ClassifyItemsRequest& request, int64_t after,
                                                       int limit, absl::Time deadline);

// Rows of the run with these numbers, locked; those that do not exist are left out.
absl::StatusOr<std::vector<PlanItem>> LockPlanItems(db::Session& session, int64_t run_id,
                                                    const std::vector<int64_t>& numbers);
// Writes state and decision of the message. `dismiss_until` may be InfinitePast.
absl::Status WriteDecision(db::Session& session, int64_t run_id, const PlanItem& item, int64_t decision,
                           absl::Time dismiss_until);

// SKUs of an ABC class ("A") or of an ABC and XYZ class ("AX") by the plan that holds; FAILED_PRECONDITION NOT_PLANNED
// before the first.
absl::StatusOr<std::vector<std::string>> ReadSkusOfClass(db::Session& session, const std::string& item_class);

// FAILED_PRECONDITION NOT_PLANNED.
absl::Status NotPlanned();

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_STORE_H_
