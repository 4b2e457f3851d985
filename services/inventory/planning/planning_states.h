// The lives of planning runs and of the replenishments that they suggest.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/inventory/v1/planning.pb.h"

namespace storeops::inventory {
namespace planning_run_states {

enum class Action { kRestart, kSucceed, kFail, kExpire };
using enum Action;
using Run = v1::PlanningRun;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kRestart, "restart"}, {kSucceed, "succeed"}, {kFail, "fail"}, {kExpire, "expire"}};

inline constexpr workflow::Guard kInterrupted = {"", "its process ended before the operation was done"};

inline constexpr workflow::Transition<Run::State, Action> kTransitions[] = {
    {Run::RUNNING, kRestart, Run::RUNNING, "", kInterrupted},
    {Run::RUNNING, kSucceed, Run::SUCCEEDED},
    {Run::RUNNING, kFail, Run::FAILED},
    {Run::SUCCEEDED, kRestart, Run::RUNNING, "", kInterrupted},
    {Run::SUCCEEDED, kExpire, Run::EXPIRED, "", {"", "14 newer runs have succeeded"}},
    {Run::FAILED, kRestart, Run::RUNNING, "", kInterrupted},
};

}  // namespace planning_run_states

namespace replenishment_states {

enum class Action { kAccept, kDismiss };
using enum Action;
using v1::Replenishment;

inline constexpr workflow::ActionName<Action> kNames[] = {{kAccept, "AcceptReplenishment"},
                                                          {kDismiss, "DismissReplenishment"}};

inline constexpr absl::string_view kWrite = "inventory.planning.write";
inline constexpr workflow::Guard kSold = {"NO_SUPPLIER", "a supplier sells the SKU"};

inline constexpr workflow::Transition<Replenishment::State, Action> kTransitions[] = {
    {Replenishment::OPEN, kAccept, Replenishment::ACCEPTED, kWrite, kSold},
    {Replenishment::OPEN, kDismiss, Replenishment::DISMISSED, kWrite},
};

}  // namespace replenishment_states

using PlanningRunAction = planning_run_states::Action;
using ReplenishmentAction = replenishment_states::Action;

inline constexpr workflow::Machine<v1::PlanningRun::State, PlanningRunAction> kPlanningRunStates = {
    .resource = "inventory.storeops/PlanningRun",
    .service = "storeops.inventory.v1.PlanningService",
    .state_name = v1::PlanningRun::State_Name,
    .actions = planning_run_states::kNames,
    .rows = planning_run_states::kTransitions,
    .initial = {v1::PlanningRun::RUNNING},
    .terminal = {v1::PlanningRun::EXPIRED},
};

inline constexpr workflow::Machine<v1::Replenishment::State, ReplenishmentAction> kReplenishmentStates = {
    .resource = "inventory.storeops/Replenishment",
    .service = "storeops.inventory.v1.PlanningService",
    .state_name = v1::Replenishment::State_Name,
    .actions = replenishment_states::kNames,
    .rows = replenishment_states::kTransitions,
    .initial = {v1::Replenishment::OPEN},
    .terminal = {v1::Replenishment::ACCEPTED, v1::Replenishment::DISMISSED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_STATES_H_
