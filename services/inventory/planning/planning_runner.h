// RunPlanning: the operation, its daily run, and the runs that it leaves.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_RUNNER_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_RUNNER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/jobs/operations.h"
#include "common/module/module.h"
#include "google/longrunning/operations.pb.h"
#include "services/inventory/planning/planning_states.h"
#include "services/inventory/planning/planning_work.h"
#include "storeops/inventory/v1/planning_service.pb.h"

namespace storeops::inventory {

inline constexpr int kDefaultHistoryDays = 1095;

// The window of `history_days` (0: the default) before the moment's day.
DemandWindow WindowBefore(absl::Time moment, v1::PlanningPeriod period, int history_days);

class PlanningRunner {
 public:
  using LoadSettings = std::function<absl::StatusOr<PlanningSettings>(absl::Time deadline)>;

  PlanningRunner(const SupplierService& suppliers, const PurchaseOrderService& purchase_orders, LoadSettings settings)
      : suppliers_(suppliers), purchase_orders_(purchase_orders), load_settings_(std::move(settings)) {}

  absl::Status Bind(Environment& environment, rpc::ServiceBuilder& service);

  // NOT_FOUND; FAILED_PRECONDITION NOT_PLANNED, RUN_HAS_NO_LISTS. `run_id` 0: the one that holds.
  absl::StatusOr<v1::PlanningRun> Find(int64_t run_id, absl::Time deadline) const;

 private:
  absl::StatusOr<google::longrunning::Operation> Run(rpc::Call& call, const v1::RunPlanningRequest& request);
  absl::StatusOr<google::longrunning::Operation> Queue(const rpc::Call& call, const v1::RunPlanningRequest& request);
  absl::Status QueueDaily(absl::Time deadline);
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Work(jobs::OperationContext& context);

  // The run with its id, and how many decisions it has seen.
  struct Begun {
    int64_t id = 0;
    int64_t decisions = 0;
    v1::PlanningRun run;
  };
  absl::StatusOr<Begun> Begin(jobs::OperationContext& context, const v1::RunPlanningRequest& request);
  absl::Status Plan(jobs::OperationContext& context, Begun& begun);
  // Puts the run in the place of the one before, or says that it failed.
  absl::Status End(jobs::OperationContext& context, Begun& begun, PlanningRunAction action);
  absl::Status RemoveOld(jobs::OperationContext& context);
  absl::Status Write(const std::string& actor, int64_t id,
                     absl::FunctionRef<absl::Status(resource::Write&, v1::PlanningRun&)> edit);

  const SupplierService& suppliers_;
  const PurchaseOrderService& purchase_orders_;
  const LoadSettings load_settings_;
  Environment* environment_ = nullptr;
  std::unique_ptr<resource::Resource> runs_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_RUNNER_H_
