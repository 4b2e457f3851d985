// `storeops plan run`, `storeops plan show`, `storeops plan forecast SKU...`: planning as plain text.
#ifndef STOREOPS_SERVICES_STOREOPS_PLANNING_PLAN_COMMANDS_H_
#define STOREOPS_SERVICES_STOREOPS_PLANNING_PLAN_COMMANDS_H_

#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "services/storeops/client.h"

namespace storeops {

struct PlanOptions {
  std::string as_of;  // "2011-12-10"; empty: now
  int limit = 20;     // rows of each table
  int weeks = 8;
  std::vector<std::string> skus;
};
void AddPlanRunOptions(CLI::App& command, PlanOptions& options);
void AddPlanShowOptions(CLI::App& command, PlanOptions& options);
void AddPlanForecastOptions(CLI::App& command, PlanOptions& options);

// Plans, waits for it, and shows what came of it.
absl::Status RunPlan(Client& client, const PlanOptions& options);
// The newest plan: what to buy, what needs somebody's eye.
absl::Status ShowPlan(Client& client, const PlanOptions& options);
// What will be asked for of some SKUs, or of those that sell, week by week.
absl::Status ShowForecast(Client& client, const PlanOptions& options);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_PLANNING_PLAN_COMMANDS_H_
