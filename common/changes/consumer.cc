#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/await.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/changes.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace storeops::changes {
namespace {

constexpr absl::Duration kFirstPause = absl::Milliseconds(100);
constexpr absl::Duration kMaxPause = absl::Seconds(5);
constexpr absl::Duration kCursorLimit = absl::Seconds(30);

std::map<std::string, std::string> Labels(const Consumer::Options& options) {
  return {{"consumer", options.name}, {"source", options.source}};
}

// The stored cursor, locked until the end of the transaction. Several replicas may run one consumer.
absl::StatusOr<int64_t> LockCursor(db::Session& session, const std::string& consumer, const std::string& source,
                                   absl::Time now) {
  constexpr absl::string_view kSelect =
      "SELECT sequence FROM feed_cursors WHERE consumer = ? AND source = ? FOR UPDATE";
  ASSIGN_OR_RETURN(db::Rows rows, session.Query(kSelect, {consumer, source}));
  if (rows.empty()) {
    RETURN_IF_ERROR(session
                        .Execute("INSERT IGNORE INTO feed_cursors (consumer, source, sequence, update_time) "
                                 "VALUES (?, ?, 0, ?)",
                                 {consumer, source, now})
                        .status());
    ASSIGN_OR_RETURN(rows, session.Query(kSelect, {consumer, source}));
    if (rows.empty()) return STOREOPS_BUG(absl::StrCat("no cursor of ", consumer, " on ", source));
  }
  return rows.Int(0, 0);
}

// What of a batch lies after `cursor`.
Batch After(const Batch& batch, int64_t cursor) {
  Batch rest;
  rest.read_through = batch.read_through;
  for (const Change& change : batch.changes) {
    if (change.sequence() > cursor) rest.changes.push_back(change);
  }
  return rest;
}

}  // namespace

Consumer::Consumer(Options options, std::unique_ptr<FeedSource> source, LoadCursor load, Apply apply, Rebuild rebuild)
    : options_(std::move(options)),
      source_(std::move(source)),
      load_(std::move(load)),
      apply_(std::move(apply)),
      rebuild_(std::move(rebuild)),
      backoff_(kFirstPause, kMaxPause),
      thread_({.name = options_.name,
               .body = [this] { Run(); },
               .on_stop = [this] { source_->Stop(); },
               .gives_way = options_.gives_way}) {
  if (options_.telemetry == nullptr) return;
  lag_gauge_ = &options_.telemetry->Gauge(
      "storeops_consumer_lag_seconds",
      "Age of the newest change when it was applied; while applying fails, time since it last succeeded.",
      Labels(options_));
  failures_ =
      &options_.telemetry->Counter("storeops_consumer_failures_total",
                                   "How often a consumer had to go on from its stored cursor.", Labels(options_));
}

int64_t Consumer::position() const {
  absl::MutexLock lock(&mutex_);
  return position_;
}

bool Consumer::AwaitPosition(int64_t sequence, absl::Time deadline) const {
  absl::MutexLock lock(&mutex_);
  const auto reached = [this, sequence] {
    mutex_.AssertReaderHeld();
    return position_ >= sequence;
  };
  return AwaitUntil(mutex_, absl::Condition(&reached), deadline);
}

// From the stored cursor until stopping or a failure.
absl::Status Consumer::FollowFromCursor() {
  ASSIGN_OR_RETURN(const int64_t cursor, load_());
  Reached(cursor);
  absl::Status applied;
  const absl::Status followed = source_->Follow({.sequence = cursor}, [&](const Batch& batch) {
    const absl::Time begin = SteadyNow();
    applied = apply_(batch);
    if (!applied.ok()) return false;
    Reached(batch.read_through);
    last_success_ = SteadyNow();
    backoff_.Reset();
    if (lag_gauge_ != nullptr) {
      const absl::Duration lag =
          batch.changes.empty() ? absl::ZeroDuration() : WallNow() - FromTimestamp(batch.changes.back().time());
      lag_gauge_->Set(std::max(0.0, absl::ToDoubleSeconds(lag)));
    }
    if (options_.gives_way) thread_.RestAfter(SteadyNow() - begin);
    return !Stopping();
  });
  if (!applied.ok()) return applied;
  if (!absl::IsOutOfRange(followed)) return followed;
  telemetry::Log(telemetry::LogLevel::kWarning, "consumer is built anew",
                 {{"consumer", options_.name}, {"source", options_.source}, {"cause", followed.ToString()}});
  return rebuild_();
}

void Consumer::Reached(int64_t position) {
  absl::MutexLock lock(&mutex_);
  position_ = position;
}

void Consumer::Run() {
  last_success_ = SteadyNow();
  while (!Stopping()) {
    const absl::Status status = FollowFromCursor();
    if (status.ok() || Stopping()) continue;
    if (failures_ != nullptr) failures_->Increment();
    if (lag_gauge_ != nullptr) lag_gauge_->Set(absl::ToDoubleSeconds(SteadyNow() - last_success_));
    telemetry::Log(telemetry::LogLevel::kWarning, "consumer goes on from its cursor after a failure",
                   {{"consumer", options_.name}, {"source", options_.source}, {"error", status.ToString()}});
    thread_.WaitFor(backoff_.Next());
  }
}

Consumer::LoadCursor DatabaseCursor(db::Database& database, std::string consumer, std::string source) {
  return [&database, consumer = std::move(consumer), source = std::move(source)]() -> absl::StatusOr<int64_t> {
    ASSIGN_OR_RETURN(
        const db::Rows rows,
        database.Query(SteadyNow() + kCursorLimit,
                       "SELECT sequence FROM feed_cursors WHERE consumer = ? AND source = ?", {consumer, source}));
    return rows.empty() ? 0 : rows.Int(0, 0);
  };
}

Consumer::Apply ApplyInTransaction(db::Database& database, std::string consumer, std::string source,
                                   std::function<absl::Status(db::Session&, const Batch&)> apply) {
  return [&database, consumer = std::move(consumer), source = std::move(source),
          apply = std::move(apply)](const Batch& batch) {
    return database.Transact(SteadyNow() + kCursorLimit, [&](db::Session& session) -> absl::Status {
      const absl::Time now = WallNow();
      ASSIGN_OR_RETURN(const int64_t cursor, LockCursor(session, consumer, source, now));
      if (cursor >= batch.read_through) return absl::OkStatus();  // another replica was faster
      RETURN_IF_ERROR(apply(session, After(batch, cursor)));
      return session
          .Execute("UPDATE feed_cursors SET sequence = ?, update_time = ? WHERE consumer = ? AND source = ?",
                   {batch.read_through, now, consumer, source})
          .status();
    });
  };
}

absl::Status SetDatabaseCursor(db::Session& session, const std::string& consumer, const std::string& source,
                               int64_t sequence, absl::Time now) {
  return session
      .Execute(
          "INSERT INTO feed_cursors (consumer, source, sequence, update_time) VALUES (?, ?, ?, ?) "
          "ON DUPLICATE KEY UPDATE sequence = VALUES(sequence), update_time = VALUES(update_time)",
          {consumer, source, sequence, now})
      .status();
}

}  // namespace storeops::changes
