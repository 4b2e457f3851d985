// What people decided about a SKU at a location, from the settings that are for it.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_RULES_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_RULES_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "services/inventory/planning/planner.h"
#include "storeops/inventory/v1/planning.pb.h"

namespace storeops::inventory {

// Of a setting for this SKU and location; empty: all.
std::string ScopeOf(const std::string& sku, const std::string& location);

// INVALID_ARGUMENT for a service level of 50 or 100 percent.
absl::Status CheckSetting(const v1::PlanningSetting& setting);

class PlanningSettings {
 public:
  void Add(const v1::PlanningSetting& setting) { by_scope_[ScopeOf(setting.sku(), setting.location())] = setting; }

  // The narrowest setting's value for each field; the defaults where none has one.
  v1::PlanningSetting Resolve(const std::string& sku, const std::string& location) const;

 private:
  absl::flat_hash_map<std::string, v1::PlanningSetting> by_scope_;
};

// Of a resolved setting. Costs count for suppliers in `currency` only.
planning::PlanningRules ToRules(const v1::PlanningSetting& resolved, const std::string& currency);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_RULES_H_
