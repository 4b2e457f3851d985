// PlanningService: forecasts, what to buy, what needs somebody's eye.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_SERVICE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/planning/demand_forecaster.h"
#include "services/inventory/planning/planning_rules.h"
#include "services/inventory/planning/planning_runner.h"
#include "services/inventory/planning/planning_store.h"
#include "services/inventory/purchasing/purchase_order_service.h"
#include "services/inventory/suppliers/supplier_service.h"
#include "storeops/inventory/v1/planning_service.pb.h"

namespace storeops::inventory {

class PlanningService {
 public:
  PlanningService(const LocationService& locations, const SupplierService& suppliers,
                  const PurchaseOrderService& purchase_orders)
      : locations_(locations),
        purchase_orders_(purchase_orders),
        runner_(suppliers, purchase_orders, [this](absl::Time deadline) { return LoadSettings(deadline); }),
        forecaster_(suppliers, runner_, [this](absl::Time deadline) { return LoadSettings(deadline); }) {}

  absl::Status Bind(Environment& environment);

 private:
  absl::Status BindSettings();
  absl::StatusOr<PlanningSettings> LoadSettings(absl::Time deadline) const;
  // The page of a list, the place that it starts after, and the run that it is of.
  struct Listed {
    resource::ListPage page;
    std::optional<PlanPlace> after;
    v1::PlanningRun run;
    int64_t run_id = 0;
  };
  absl::StatusOr<Listed> FindListed(const google::protobuf::Message& request, const std::string& run,
                                    absl::Time deadline) const;
  v1::PlanSource SourceOf(const v1::PlanningRun& run) const;

  absl::StatusOr<v1::ListReplenishmentsResponse> ListReplenishments(rpc::Call& call,
                                                                    const v1::ListReplenishmentsRequest& request);
  absl::StatusOr<v1::ListStockAlertsResponse> ListAlerts(rpc::Call& call, const v1::ListStockAlertsRequest& request);
  absl::StatusOr<v1::ClassifyItemsResponse> Classify(rpc::Call& call, const v1::ClassifyItemsRequest& request);
  absl::StatusOr<v1::AcceptReplenishmentResponse> Accept(rpc::Call& call,
                                                         const v1::AcceptReplenishmentRequest& request);
  absl::Status AcceptIn(resource::Write& write, const v1::AcceptReplenishmentRequest& request,
                        v1::AcceptReplenishmentResponse& response) const;
  absl::StatusOr<v1::Replenishment> Dismiss(rpc::Call& call, const v1::DismissReplenishmentRequest& request);

  const LocationService& locations_;
  const PurchaseOrderService& purchase_orders_;
  PlanningRunner runner_;
  DemandForecaster forecaster_;
  PlanFilters filters_;
  Environment* environment_ = nullptr;
  std::unique_ptr<resource::Resource> settings_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_SERVICE_H_
