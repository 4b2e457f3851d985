// ForecastDemand and SimulatePolicy: asked for now, from the orders as they are.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_FORECASTER_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_FORECASTER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/planning/demand_reader.h"
#include "services/inventory/planning/planning_runner.h"
#include "services/inventory/suppliers/supplier_service.h"
#include "storeops/inventory/v1/planning_service.pb.h"

namespace storeops::inventory {

class DemandForecaster {
 public:
  DemandForecaster(const SupplierService& suppliers, const PlanningRunner& runner,
                   PlanningRunner::LoadSettings settings)
      : suppliers_(suppliers), runner_(runner), load_settings_(std::move(settings)) {}

  void Bind(Environment& environment, rpc::ServiceBuilder& service);

 private:
  absl::StatusOr<v1::ForecastDemandResponse> Forecast(rpc::Call& call, const v1::ForecastDemandRequest& request);
  absl::StatusOr<v1::SimulatePolicyResponse> Simulate(rpc::Call& call, const v1::SimulatePolicyRequest& request);
  // Which SKUs, and from when on sales are not known.
  struct Simulated {
    std::vector<std::string> skus;
    absl::Time moment;
  };
  absl::StatusOr<Simulated> ChooseSimulated(const v1::SimulatePolicyRequest& request, absl::Time deadline) const;

  const SupplierService& suppliers_;
  const PlanningRunner& runner_;
  const PlanningRunner::LoadSettings load_settings_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_FORECASTER_H_
