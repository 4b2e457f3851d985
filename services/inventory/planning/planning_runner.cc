#include "services/inventory/planning/planning_runner.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/job_write.h"
#include "services/inventory/planning/planning_messages.h"
#include "services/inventory/planning/planning_store.h"

namespace storeops::inventory {
namespace {

using google::longrunning::Operation;
using google::protobuf::Message;
using v1::PlanningRun;

constexpr char kMethod[] = "storeops.inventory.v1.PlanningService/RunPlanning";
constexpr char kActor[] = "services/inventory";
constexpr absl::Duration kInterval = absl::Hours(24);
constexpr int kKeptRuns = 14;
constexpr size_t kClassesAtOnce = 2000;

absl::Time StepEnd() { return SteadyNow() + kStepLimit; }

}  // namespace

DemandWindow WindowBefore(absl::Time moment, v1::PlanningPeriod period, int history_days) {
  DemandWindow window;
  window.end = absl::ToCivilDay(moment, absl::UTCTimeZone());
  window.period_days = period == v1::DAY ? 1 : planning::kDaysPerWeek;
  window.begin = window.end - std::max(window.period_days, history_days == 0 ? kDefaultHistoryDays : history_days);
  return window;
}

absl::Status PlanningRunner::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(
      runs_, resource::Resource::Open(environment.store, environment.page_tokens, PlanningRun::default_instance()));
  runs_->Bind(service);
  service.Unary("RunPlanning", this, &PlanningRunner::Run);
  environment.operations.Register(kMethod, jobs::OperationLane::kMaintenance,
                                  [this](jobs::OperationContext& context) { return Work(context); });
  // Only creates an operation.
  environment.periodic.Add("plan", kInterval, jobs::JobPace::kQuick,
                           [this](absl::Time deadline) { return QueueDaily(deadline); });
  return absl::OkStatus();
}

absl::StatusOr<PlanningRun> PlanningRunner::Find(int64_t run_id, absl::Time deadline) const {
  if (run_id == 0) {
    ASSIGN_OR_RETURN(const CurrentPlan current, ReadCurrent(environment_->store.database, deadline));
    if (current.run_id == 0) return NotPlanned();
    run_id = current.run_id;
  }
  ASSIGN_OR_RETURN(auto items, runs_->ReadMany({run_id}, deadline));
  if (items.empty()) return ResourceNotFound(runs_->type(), kRunNames.Format(run_id));
  auto& run = static_cast<PlanningRun&>(*items[0].message);
  if (run.state() == PlanningRun::SUCCEEDED) return std::move(run);
  return PreconditionFailed("RUN_HAS_NO_LISTS", run.name(),
                            absl::StrCat(run.name(), " is ", PlanningRun::State_Name(run.state())));
}

absl::StatusOr<Operation> PlanningRunner::Run(rpc::Call& call, const v1::RunPlanningRequest& request) {
  return Queue(call, request);
}

absl::StatusOr<Operation> PlanningRunner::Queue(const rpc::Call& call, const v1::RunPlanningRequest& request) {
  Operation operation;
  RETURN_IF_ERROR(
      resource::RunWrite(environment_->store, call, &operation, [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(operation, environment_->operations.Create(write, request));
        return absl::OkStatus();
      }));
  return operation;
}

// The job's thread has other work: it only asks for what an operation does.
absl::Status PlanningRunner::QueueDaily(absl::Time deadline) {
  rpc::Call call;
  call.method = environment_->table.Find(kMethod);
  call.principal.name = kActor;
  call.deadline = std::min(deadline, StepEnd());
  return Queue(call, v1::RunPlanningRequest()).status();
}

absl::Status PlanningRunner::Write(const std::string& actor, int64_t id,
                                   absl::FunctionRef<absl::Status(resource::Write&, PlanningRun&)> edit) {
  return resource::RunJobWrite(environment_->store, actor, StepEnd(), [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto before, runs_->Read(write.session(), id, /*lock=*/true));
    auto after = std::make_unique<PlanningRun>(static_cast<const PlanningRun&>(*before.message));
    RETURN_IF_ERROR(edit(write, *after));
    return runs_->Replace(write, before, std::move(after)).status();
  });
}

absl::StatusOr<PlanningRunner::Begun> PlanningRunner::Begin(jobs::OperationContext& context,
                                                            const v1::RunPlanningRequest& request) {
  Begun begun;
  if (absl::SimpleAtoi(context.checkpoint(), &begun.id)) {
    // A process died over it: once more from the start.
    RETURN_IF_ERROR(DeletePlan(environment_->store.database, begun.id, StepEnd()));
    RETURN_IF_ERROR(Write(context.creator(), begun.id, [&](resource::Write& write, PlanningRun& run) -> absl::Status {
      // Who decides has this row locked: whatever this run does not see is counted later.
      ASSIGN_OR_RETURN(const CurrentPlan current, LockCurrent(write.session()));
      begun.decisions = current.decisions;
      *run.mutable_start_time() = ToTimestamp(write.now());
      RETURN_IF_ERROR(kPlanningRunStates.Move(PlanningRunAction::kRestart, run));
      begun.run = run;
      return absl::OkStatus();
    }));
    return begun;
  }
  RETURN_IF_ERROR(resource::RunJobWrite(
      environment_->store, context.creator(), StepEnd(), [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(const CurrentPlan current, LockCurrent(write.session()));
        auto run = std::make_unique<PlanningRun>();
        run->set_state(PlanningRun::RUNNING);
        *run->mutable_moment() = request.has_moment() ? request.moment() : ToTimestamp(write.now());
        run->set_period(request.period() == v1::DAY ? v1::DAY : v1::WEEK);
        run->set_history_days(request.history_days() == 0 ? kDefaultHistoryDays : request.history_days());
        run->set_creator(context.creator());
        *run->mutable_start_time() = ToTimestamp(write.now());
        ASSIGN_OR_RETURN(const auto written, runs_->Insert(write, std::move(run)));
        begun = {written.id, current.decisions, static_cast<const PlanningRun&>(*written.message)};
        return context.ProgressIn(write.session(), 0, 0, absl::StrCat(written.id));
      }));
  return begun;
}

absl::Status PlanningRunner::Plan(jobs::OperationContext& context, Begun& begun) {
  db::Database& database = environment_->store.database;
  ASSIGN_OR_RETURN(const PlanningSettings settings, load_settings_(StepEnd()));
  ASSIGN_OR_RETURN(DraftedPieces drafted, purchase_orders_.SumDrafts(StepEnd()));
  const DemandWindow window =
      WindowBefore(FromTimestamp(begun.run.moment()), begun.run.period(), begun.run.history_days());
  PlanningWork work(database, environment_->lanes.compute, suppliers_, settings, std::move(drafted), window, begun.id);
  const auto store = [&](const PlanningWork::Part& part) -> absl::Status {
    return database.Transact(StepEnd(), [&](db::Session& session) -> absl::Status {
      RETURN_IF_ERROR(InsertPlanItems(session, begun.id, part.items));
      RETURN_IF_ERROR(InsertPlanAlerts(session, begun.id, part.alerts));
      return context.ProgressIn(session, part.skus, 0, absl::StrCat(begun.id));
    });
  };
  RETURN_IF_ERROR(work.Plan(store, begun.run));
  const std::vector<v1::ItemClass> classes = work.Classify(begun.run);
  for (size_t at = 0; at < classes.size(); at += kClassesAtOnce) {
    const auto some = absl::MakeConstSpan(classes).subspan(at, kClassesAtOnce);
    RETURN_IF_ERROR(database.Transact(StepEnd(), [&](db::Session& session) -> absl::Status {
      RETURN_IF_ERROR(InsertClasses(session, begun.id, some));
      return context.ProgressIn(session, begun.run.sku_count(), begun.run.sku_count(), absl::StrCat(begun.id));
    }));
  }
  return database.Transact(StepEnd(), [&](db::Session& session) { return ClassifyPlanItems(session, begun.id); });
}

absl::Status PlanningRunner::End(jobs::OperationContext& context, Begun& begun, PlanningRunAction action) {
  return Write(context.creator(), begun.id, [&](resource::Write& write, PlanningRun& run) -> absl::Status {
    const std::string etag = run.etag();
    run = begun.run;
    run.set_etag(etag);
    RETURN_IF_ERROR(kPlanningRunStates.Move(action, run));
    *run.mutable_end_time() = ToTimestamp(write.now());
    if (action != PlanningRunAction::kSucceed) return absl::OkStatus();
    ASSIGN_OR_RETURN(const CurrentPlan before, LockCurrent(write.session()));
    RETURN_IF_ERROR(SetCurrent(write.session(), before, begun.id, begun.decisions, write.now()));
    const int64_t skus = run.sku_count();
    return context.ProgressIn(write.session(), skus, skus, absl::StrCat(begun.id));
  });
}

absl::Status PlanningRunner::RemoveOld(jobs::OperationContext& context) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> old, FindOldRuns(environment_->store.database, kKeptRuns, StepEnd()));
  for (const int64_t id : old) {
    RETURN_IF_ERROR(Write(context.creator(), id, [](resource::Write&, PlanningRun& run) {
      return kPlanningRunStates.Move(PlanningRunAction::kExpire, run);
    }));
    RETURN_IF_ERROR(DeletePlan(environment_->store.database, id, StepEnd()));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Message>> PlanningRunner::Work(jobs::OperationContext& context) {
  v1::RunPlanningRequest request;
  if (!request.ParseFromString(context.request())) return STOREOPS_BUG("a stored request cannot be read");
  ASSIGN_OR_RETURN(Begun begun, Begin(context, request));
  const absl::Status planned = Plan(context, begun);
  // These are tried again, or were asked for.
  if (absl::IsAborted(planned) || absl::IsUnavailable(planned)) return planned;
  if (!planned.ok()) {
    const absl::Status noted = End(context, begun, PlanningRunAction::kFail);
    if (noted.ok()) (void)DeletePlan(environment_->store.database, begun.id, StepEnd());
    return planned;
  }
  RETURN_IF_ERROR(End(context, begun, PlanningRunAction::kSucceed));
  RETURN_IF_ERROR(RemoveOld(context));
  ASSIGN_OR_RETURN(auto run, Find(begun.id, StepEnd()));
  return std::make_unique<PlanningRun>(std::move(run));
}

}  // namespace storeops::inventory
