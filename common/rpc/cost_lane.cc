#include "common/rpc/cost_lane.h"

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "google/rpc/error_details.pb.h"

namespace storeops::rpc {
namespace {

constexpr int kStatementsOfProcess = 4;
constexpr int kStatementsOfService = 2;

// Between a thread that waits for its turn and the one that gives it.
class TurnWait {
 public:
  void Give(CostLane::Slot slot) {
    absl::MutexLock lock(&mutex_);
    // An abandoned slot is released by the destructor of `slot`, after the lock.
    if (!abandoned_) slot_ = std::move(slot);
  }
  void WakeUp() { absl::MutexLock lock(&mutex_); }
  bool wanted() const {
    absl::MutexLock lock(&mutex_);
    return !abandoned_;
  }
  // Empty if the call was cancelled or its deadline passed before.
  std::optional<CostLane::Slot> Await(absl::Time deadline, const Cancellation* cancellation) {
    const auto ready = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return slot_.has_value() || (cancellation != nullptr && cancellation->cancelled());
    };
    absl::MutexLock lock(&mutex_);
    AwaitUntil(mutex_, absl::Condition(&ready), deadline);
    abandoned_ = !slot_.has_value();
    return std::exchange(slot_, std::nullopt);
  }

 private:
  mutable absl::Mutex mutex_;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<CostLane::Slot> slot_ ABSL_GUARDED_BY(mutex_);
};

CostLane::Options DatabaseOptions() {
  CostLane::Options options;
  options.name = "database";
  options.running = kStatementsOfProcess;
  options.running_of_service = kStatementsOfService;
  options.running_of_caller = kStatementsOfService / 2;
  return options;
}

CostLane::Options ComputeOptions(int cores) {
  CostLane::Options options;
  options.name = "compute";
  options.running = options.running_of_service = std::max(1, cores - 1);
  options.running_of_caller = std::max(1, options.running / 2);
  options.retry_after = absl::Seconds(5);
  return options;
}

}  // namespace

CostLanes::CostLanes(int cores) : CostLanes(DatabaseOptions(), ComputeOptions(cores)) {}

CostLane::Slot& CostLane::Slot::operator=(Slot&& other) noexcept {
  if (this == &other) return *this;
  Release();
  lane_ = std::exchange(other.lane_, nullptr);
  asker_ = std::move(other.asker_);
  return *this;
}

void CostLane::Slot::Release() {
  if (CostLane* const lane = std::exchange(lane_, nullptr)) lane->Leave(asker_);
}

bool CostLane::HasPlace(const Asker& asker) const {
  if (running_ >= options_.running) return false;
  const auto service = services_.find(asker.service);
  if (service != services_.end() && service->second.running >= options_.running_of_service) return false;
  const auto caller = callers_.find(asker.caller);
  return caller == callers_.end() || caller->second.running < options_.running_of_caller;
}

void CostLane::Begin(const Asker& asker) {
  ++running_;
  ++services_[asker.service].running;
  Caller& caller = callers_[asker.caller];
  ++caller.running;
  ++caller.present;
  caller.served = ++begun_;
}

void CostLane::Join(Waiter waiter) {
  Caller& caller = callers_[waiter.asker.caller];
  ++caller.present;
  if (waiter.counts) {
    ++caller.waiting;
    ++services_[waiter.asker.service].waiting;
  }
  waiting_.push_back(std::move(waiter));
}

CostLane::Waiter CostLane::Take(std::list<Waiter>::iterator waiter) {
  Waiter taken = std::move(*waiter);
  waiting_.erase(waiter);
  if (taken.counts) {
    --callers_[taken.asker.caller].waiting;
    --services_[taken.asker.service].waiting;
  }
  return taken;
}

void CostLane::Forget(const Asker& asker) {
  const auto caller = callers_.find(asker.caller);
  if (--caller->second.present == 0) callers_.erase(caller);
}

absl::Status CostLane::Refusal(const Asker& asker, absl::string_view subject, absl::string_view why, int limit) const {
  const std::string what =
      absl::StrCat("the call is expensive (", options_.name, "), and ", why, ": repeat it later, or make it cheaper");
  absl::Status status = ExhaustedRetry(what, options_.retry_after);
  google::rpc::QuotaFailure quota;
  auto& violation = *quota.add_violations();
  violation.set_subject(std::string(subject));
  violation.set_description(what);
  AddDetail(status, quota);
  return WithReason(
      std::move(status), "TOO_MANY_EXPENSIVE_CALLS",
      {{"lane", options_.name}, {"service", asker.service}, {"caller", asker.caller}, {"limit", absl::StrCat(limit)}});
}

absl::Status CostLane::CheckQueue(const Asker& asker) const {
  const auto caller = callers_.find(asker.caller);
  if (caller != callers_.end() && caller->second.waiting >= options_.waiting_of_caller) {
    const int limit = options_.waiting_of_caller;
    return Refusal(asker, asker.caller, absl::StrCat(limit, " of one caller wait already, the most that may"), limit);
  }
  const auto service = services_.find(asker.service);
  if (service != services_.end() && service->second.waiting >= options_.waiting_of_service) {
    const int limit = options_.waiting_of_service;
    return Refusal(asker, asker.service, absl::StrCat(limit, " of one service wait already, the most that may"), limit);
  }
  return absl::OkStatus();
}

absl::Status CostLane::Enter(const Asker& asker, std::function<bool()> wanted, Turn turn) {
  absl::Status refusal;
  Started started;
  {
    absl::MutexLock lock(&mutex_);
    if (HasPlace(asker)) {
      Begin(asker);
      started.emplace_back(std::move(turn), Slot(this, asker));
    } else {
      refusal = CheckQueue(asker);
      if (!refusal.ok()) {
        DropUnwanted(started);
        refusal = CheckQueue(asker);
      }
      if (refusal.ok()) Join({asker, std::move(wanted), std::move(turn)});
    }
  }
  Run(std::move(started));
  return refusal;
}

absl::StatusOr<CostLane::Slot> CostLane::TryEnter(const Asker& asker) {
  absl::MutexLock lock(&mutex_);
  if (!HasPlace(asker)) return Refusal(asker, asker.service, "all places are taken", options_.running);
  Begin(asker);
  return Slot(this, asker);
}

absl::StatusOr<CostLane::Slot> CostLane::Await(const Asker& asker, absl::Time deadline,
                                               const Cancellation* cancellation) {
  const auto wait = std::make_shared<TurnWait>();
  {
    absl::MutexLock lock(&mutex_);
    if (HasPlace(asker)) {
      Begin(asker);
      return Slot(this, asker);
    }
    Join({asker, [wait] { return wait->wanted(); }, [wait](Slot slot) { wait->Give(std::move(slot)); },
          /*counts=*/false});
  }
  std::shared_ptr<const void> interest;
  if (cancellation != nullptr) interest = cancellation->OnCancel([wait] { wait->WakeUp(); });
  std::optional<Slot> slot = wait->Await(deadline, cancellation);
  if (slot.has_value()) return *std::move(slot);
  Started dropped;
  {
    absl::MutexLock lock(&mutex_);
    DropUnwanted(dropped);
  }
  Run(std::move(dropped));
  if (cancellation != nullptr && cancellation->cancelled()) {
    return WithReason(absl::CancelledError("the caller has gone"), "CANCELLED");
  }
  return WithReason(absl::DeadlineExceededError("the deadline has passed"), "DEADLINE_EXCEEDED");
}

void CostLane::DropUnwanted(Started& started) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto waiter = at++;
    if (waiter->wanted()) continue;
    Waiter dropped = Take(waiter);
    Forget(dropped.asker);
    started.emplace_back(std::move(dropped.turn), Slot());
  }
}

void CostLane::StartNext(Started& started) {
  while (running_ < options_.running) {
    auto next = waiting_.end();
    for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
      if (!HasPlace(at->asker)) continue;
      // Callers take turns: the one that was served least recently goes first.
      const bool before =
          next == waiting_.end() || callers_[at->asker.caller].served < callers_[next->asker.caller].served;
      if (before) next = at;
    }
    if (next == waiting_.end()) return;
    Waiter waiter = Take(next);
    Begin(waiter.asker);
    Forget(waiter.asker);  // as a waiting one
    Slot slot(this, waiter.asker);
    started.emplace_back(std::move(waiter.turn), std::move(slot));
  }
}

void CostLane::Leave(const Asker& asker) {
  Started started;
  {
    absl::MutexLock lock(&mutex_);
    --running_;
    --services_[asker.service].running;
    --callers_[asker.caller].running;
    StartNext(started);
    Forget(asker);
  }
  Run(std::move(started));
}

void CostLane::Run(Started started) {
  for (auto& [turn, slot] : started) turn(std::move(slot));
}

int CostLane::running() const {
  absl::MutexLock lock(&mutex_);
  return running_;
}

int CostLane::waiting() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(waiting_.size());
}

}  // namespace storeops::rpc
