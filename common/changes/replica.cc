#include "common/changes/replica.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/await.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "prometheus/gauge.h"

namespace storeops::changes {
namespace {

constexpr absl::Duration kStepLimit = absl::Seconds(30);
constexpr absl::Duration kTryAgain = absl::Minutes(10);
constexpr int kCatchUpBatch = 500;
// Rounds of the sequencer that a load waits for; others go on writing.
constexpr int kMaxRounds = 100;

absl::Time Soon() { return SteadyNow() + kStepLimit; }

}  // namespace

Replica::Replica(Options options, Feed& feed, State state)
    : options_(std::move(options)),
      feed_(feed),
      state_(std::move(state)),
      consumer_(
          {.name = options_.name, .source = feed_.source(), .telemetry = options_.telemetry},
          MakeLocalFeedSource(feed_, options_.types, options_.contents), [this] { return Begin(); },
          [this](const Batch& batch) { return Apply(batch); },
          [this] {
            SetLoaded(false);  // loaded again when it begins again
            return absl::OkStatus();
          }) {
  if (options_.telemetry == nullptr) return;
  loaded_gauge_ = &options_.telemetry->Gauge(options_.gauge, options_.help);
  bytes_gauge_ = &options_.telemetry->Gauge("storeops_replica_bytes", "Estimated memory of a replica.",
                                            {{"replica", options_.name}});
}

void Replica::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  consumer_.Stop();
}

bool Replica::AwaitSettled(absl::Time deadline) const {
  absl::MutexLock lock(&mutex_);
  const auto settled = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return stopping_ || loaded_ || over_budget_; };
  return AwaitUntil(mutex_, absl::Condition(&settled), deadline) && !stopping_;
}

void Replica::SetLoaded(bool loaded) {
  absl::MutexLock lock(&mutex_);
  loaded_.store(loaded, std::memory_order_release);
  if (loaded_gauge_ != nullptr) loaded_gauge_->Set(loaded ? 1 : 0);
}

void Replica::SetOverBudget(bool over) {
  absl::MutexLock lock(&mutex_);
  over_budget_ = over;
}

absl::StatusOr<int64_t> Replica::Begin() {
  if (over_budget_ && !consumer_.Rest(kTryAgain)) return absl::CancelledError("stopping");
  SetOverBudget(false);
  if (!loaded()) RETURN_IF_ERROR(Load());
  return position();
}

absl::Status Replica::Load() {
  const absl::Time start = SteadyNow();
  // Before the rows are read: a commit that is not applied, because this was false, is among them.
  active_.store(true, std::memory_order_release);
  state_.clear();
  // First: what is committed from now on comes through the feed as well.
  ASSIGN_OR_RETURN(position_, feed_.LastSequence(Soon()));
  RETURN_IF_ERROR(state_.load([this] { return !consumer_.Stopping() && state_.bytes() <= options_.max_bytes; }));
  if (consumer_.Stopping()) return absl::CancelledError("stopping");
  RETURN_IF_ERROR(CheckBudget());
  RETURN_IF_ERROR(CatchUp());
  SetLoaded(true);
  telemetry::Log(telemetry::LogLevel::kInfo, "replica is loaded",
                 {{"replica", options_.name},
                  {"bytes", absl::StrCat(state_.bytes())},
                  {"seconds", absl::StrCat(absl::ToDoubleSeconds(SteadyNow() - start))}});
  return absl::OkStatus();
}

// Rows that were read first may have changed meanwhile, and readers of the database have seen that.
absl::Status Replica::CatchUp() {
  for (int round = 0; round < kMaxRounds; ++round) {
    ASSIGN_OR_RETURN(const int sequenced, feed_.SequenceOnce(Soon()));
    if (sequenced == 0) break;
  }
  ASSIGN_OR_RETURN(const int64_t last, feed_.LastSequence(Soon()));
  while (position() < last) {
    ASSIGN_OR_RETURN(const Batch batch,
                     feed_.Read(position(), kCatchUpBatch, options_.types, Soon(), options_.contents));
    RETURN_IF_ERROR(Apply(batch));
  }
  return absl::OkStatus();
}

absl::Status Replica::Apply(const Batch& batch) {
  RETURN_IF_ERROR(state_.apply(batch));
  position_ = batch.read_through;
  return CheckBudget();
}

absl::Status Replica::CheckBudget() {
  const size_t bytes = state_.bytes();
  if (bytes_gauge_ != nullptr) bytes_gauge_->Set(static_cast<double>(bytes));
  if (bytes <= options_.max_bytes) return absl::OkStatus();
  SetLoaded(false);
  active_.store(false, std::memory_order_release);
  state_.clear();
  SetOverBudget(true);
  return absl::ResourceExhaustedError(absl::StrCat("replica ", options_.name, " needs more than its budget of ",
                                                   options_.max_bytes, " bytes; the database answers in its place"));
}

}  // namespace storeops::changes
