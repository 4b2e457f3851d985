#include "common/jobs/operation_work.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/telemetry/telemetry.h"

namespace storeops::jobs {
namespace {

constexpr absl::Duration kSaveInterval = absl::Milliseconds(250);
constexpr absl::Duration kSaveLimit = absl::Seconds(10);

}  // namespace

OperationWork::OperationWork(OperationStore& store, const Claim& claim, std::string method, ClaimedWork work,
                             absl::Time claimed)
    : store_(store),
      claim_(claim),
      method_(std::move(method)),
      work_(std::move(work)),
      cancel_requested_(work_.cancel_requested),
      latest_{work_.done, work_.total, std::nullopt},
      renewed_(claimed) {}

absl::Status OperationWork::Standing() const {
  if (lost_.load()) {
    return WithReason(absl::AbortedError("another process took the operation up"), "OPERATION_LOST");
  }
  if (yielded_.load()) return WithReason(absl::AbortedError("this process is stopping"), "OPERATION_YIELDED");
  if (cancel_requested_.load()) return absl::CancelledError("the operation was cancelled");
  return absl::OkStatus();
}

absl::Status OperationWork::Lost() {
  lost_.store(true);
  return Standing();
}

void OperationWork::Renewed(absl::Time time) {
  absl::MutexLock lock(&mutex_);
  renewed_ = std::max(renewed_, time);
}

absl::Time OperationWork::lease_end() const {
  absl::MutexLock lock(&mutex_);
  return renewed_ + store_.lease_term();
}

OperationProgress OperationWork::Unsaved() const {
  absl::MutexLock lock(&mutex_);
  return latest_;
}

absl::Status OperationWork::Progress(int64_t done, int64_t total, std::string checkpoint) {
  const absl::Time now = SteadyNow();
  OperationProgress progress;
  {
    absl::MutexLock lock(&mutex_);
    latest_.done = done;
    latest_.total = total;
    if (!checkpoint.empty()) latest_.checkpoint = std::move(checkpoint);
    if (now - saved_ < kSaveInterval) return Standing();
    progress = latest_;
    saved_ = now;
  }
  RETURN_IF_ERROR(Standing());
  ASSIGN_OR_RETURN(const bool held, store_.Save(claim_, progress, now + kSaveLimit));
  if (!held) return Lost();
  {
    absl::MutexLock lock(&mutex_);
    renewed_ = std::max(renewed_, now);
    if (latest_.checkpoint == progress.checkpoint) latest_.checkpoint.reset();
  }
  return Standing();
}

absl::Status OperationWork::ProgressIn(db::Session& session, int64_t done, int64_t total, std::string checkpoint) {
  RETURN_IF_ERROR(Standing());
  OperationProgress progress{done, total, std::nullopt};
  if (!checkpoint.empty()) progress.checkpoint = std::move(checkpoint);
  {
    absl::MutexLock lock(&mutex_);
    latest_.done = done;
    latest_.total = total;
    // The transaction's own checkpoint is the newer one, should it be committed; if not, the stored one still holds.
    if (progress.checkpoint.has_value()) latest_.checkpoint.reset();
  }
  ASSIGN_OR_RETURN(const bool held, store_.SaveIn(session, claim_, progress));
  return held ? absl::OkStatus() : Lost();
}

void OperationWork::Watch(absl::Time deadline) {
  const absl::Time now = SteadyNow();
  const absl::Time end = lease_end();
  if (now >= end) lost_.store(true);  // the database was out of reach for too long
  if (lost_.load()) return;
  const bool renew = end - now < store_.lease_term() * 2 / 3;
  if (renew) {
    const absl::StatusOr<bool> held = store_.Renew(claim_, deadline);
    if (held.ok() && *held) Renewed(now);
    if (held.ok() && !*held) lost_.store(true);
    if (!held.ok()) {
      telemetry::Log(telemetry::LogLevel::kWarning, "the lease of an operation cannot be renewed",
                     {{"operation", absl::StrCat(claim_.id)}, {"error", held.status().ToString()}});
      return;
    }
  }
  const auto standing = store_.Look(claim_, deadline);
  if (!standing.ok()) return;
  if (!standing->held) lost_.store(true);
  if (standing->cancel_requested) cancel_requested_.store(true);
}

}  // namespace storeops::jobs
