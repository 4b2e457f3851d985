#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/changes.h"
#include "prometheus/gauge.h"

namespace storeops::changes {
namespace {

constexpr int kMaxBatch = 1000;
// Sequences that one read looks at when it filters by type.
constexpr int64_t kReadWindow = 10'000;
constexpr size_t kMaxTypes = 50;
constexpr absl::Duration kRoundLimit = absl::Seconds(10);
constexpr absl::Duration kMaxPause = absl::Seconds(5);

constexpr absl::string_view kChangeColumns =
    "change_id, type, subject, kind, version, time, actor, traceparent, resource";

// "?, ?, ?" of the smallest shape that holds `count`: statements are prepared and kept, so their texts must be few.
template <size_t N>
size_t ShapeFor(const std::array<size_t, N>& shapes, size_t count) {
  return *std::find_if(shapes.begin(), shapes.end() - 1, [count](size_t shape) { return shape >= count; });
}

std::string Placeholders(size_t count) {
  return absl::StrJoin(std::vector<absl::string_view>(count, "?"), ", ");
}

// Fills a shape with repetitions of the last value.
void Pad(std::vector<db::Value>& values, size_t size) { values.resize(size, values.back()); }

absl::StatusOr<std::vector<db::Value>> WaitingIds(db::Session& session, int limit) {
  // Neither sees rows of open transactions nor waits for them.
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT id FROM outbox ORDER BY id LIMIT ?", {limit}));
  std::vector<db::Value> ids;
  for (size_t row = 0; row < rows.size(); ++row) ids.emplace_back(rows.Int(row, 0));
  return ids;
}

// Moves outbox rows to the feed, in order of id, from sequence `last` + 1 on.
absl::Status MoveToFeed(db::Session& session, int64_t last, std::vector<db::Value> ids) {
  static constexpr std::array<size_t, 4> kShapes = {1, 16, 256, kMaxBatch};
  const int64_t count = static_cast<int64_t>(ids.size());
  Pad(ids, ShapeFor(kShapes, ids.size()));
  const std::string list = Placeholders(ids.size());

  std::vector<db::Value> values = {last};
  values.insert(values.end(), ids.begin(), ids.end());
  ASSIGN_OR_RETURN(const int64_t inserted,
                   session.Execute(absl::StrCat("INSERT INTO changes (sequence, ", kChangeColumns,
                                                ") SELECT ? + ROW_NUMBER() OVER (ORDER BY id), ", kChangeColumns,
                                                " FROM outbox WHERE id IN (", list, ")"),
                                   values));
  // By the key in any case: a scan would wait for rows of open transactions.
  ASSIGN_OR_RETURN(
      const int64_t deleted,
      session.Execute(absl::StrCat("DELETE outbox FROM outbox FORCE INDEX (PRIMARY) WHERE id IN (", list, ")"), ids));
  if (inserted != count || deleted != count) {
    return absl::InternalError(
        absl::StrCat("sequencer moved ", inserted, " and removed ", deleted, " of ", count, " outbox rows"));
  }
  return session.Execute("UPDATE feed_position SET last_sequence = ? WHERE id = 1", {last + count}).status();
}

Change ToChange(const db::Rows& rows, size_t row, const std::string& source) {
  Change change;
  change.set_source(source);
  change.set_sequence(rows.Int(row, 0));
  change.set_id(rows.Text(row, 1));
  change.set_type(rows.Text(row, 2));
  change.set_subject(rows.Text(row, 3));
  change.set_kind(static_cast<Change::Kind>(rows.Int(row, 4)));
  change.set_version(rows.Int(row, 5));
  *change.mutable_time() = ToTimestamp(rows.Time(row, 6));
  change.set_actor(rows.Text(row, 7));
  change.set_traceparent(rows.Text(row, 8));
  change.set_resource(rows.Text(row, 9));
  return change;
}

}  // namespace

Feed::Feed(db::Database& database, std::string source, Options options)
    : database_(database), source_(std::move(source)), options_(std::move(options)) {
  if (options_.telemetry == nullptr) return;
  last_sequence_gauge_ = &options_.telemetry->Gauge("storeops_feed_last_sequence",
                                                    "Sequence given last in a service's change feed.",
                                                    {{"source", source_}});
  waiting_gauge_ = &options_.telemetry->Gauge("storeops_outbox_waiting",
                                              "Outbox rows that wait for their sequence, estimated from their ids.",
                                              {{"source", source_}});
}

Feed::~Feed() { Stop(); }

void Feed::Start() { thread_ = std::thread([this] { Run(); }); }

void Feed::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Feed::Notify() {
  absl::MutexLock lock(&mutex_);
  notified_ = true;
}

absl::StatusOr<int> Feed::SequenceOnce(absl::Time deadline) {
  // Looks first, so that an idle feed locks nothing.
  ASSIGN_OR_RETURN(const db::Rows peek,
                   database_.Query(deadline,
                                   "SELECT last_sequence, (SELECT MIN(id) FROM outbox), (SELECT MAX(id) FROM outbox) "
                                   "FROM feed_position WHERE id = 1"));
  if (peek.empty()) return absl::InternalError("feed_position has no row");
  Learn(peek.Int(0, 0));
  const bool idle = peek.Null(0, 1);
  if (waiting_gauge_ != nullptr) waiting_gauge_->Set(idle ? 0.0 : peek.Int(0, 2) - peek.Int(0, 1) + 1.0);
  if (idle) return 0;

  int64_t last = 0;
  int count = 0;
  RETURN_IF_ERROR(database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows position,
                     session.Query("SELECT last_sequence FROM feed_position WHERE id = 1 FOR UPDATE"));
    if (position.empty()) return absl::InternalError("feed_position has no row");
    last = position.Int(0, 0);
    ASSIGN_OR_RETURN(std::vector<db::Value> ids,
                     WaitingIds(session, std::clamp(options_.batch_size, 1, kMaxBatch)));
    count = static_cast<int>(ids.size());
    if (ids.empty()) return absl::OkStatus();
    return MoveToFeed(session, last, std::move(ids));
  }));
  Learn(last + count);
  return count;
}

void Feed::Learn(int64_t last_sequence) {
  absl::MutexLock lock(&mutex_);
  last_sequence_ = std::max(last_sequence_, last_sequence);
  if (last_sequence_gauge_ != nullptr) last_sequence_gauge_->Set(static_cast<double>(last_sequence_));
}

absl::StatusOr<Feed::Position> Feed::ReadPosition(absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(deadline,
                                                        "SELECT last_sequence, (SELECT MIN(sequence) FROM changes) "
                                                        "FROM feed_position WHERE id = 1"));
  if (rows.empty()) return absl::InternalError("feed_position has no row");
  Position position;
  position.last = rows.Int(0, 0);
  position.oldest = rows.Null(0, 1) ? position.last + 1 : rows.Int(0, 1);
  return position;
}

absl::StatusOr<db::Rows> Feed::ReadRows(int64_t after, int64_t through, int limit,
                                        const std::vector<std::string>& types, absl::Time deadline) {
  static constexpr std::array<size_t, 3> kShapes = {1, 8, kMaxTypes};
  std::string sql = absl::StrCat("SELECT sequence, ", kChangeColumns,
                                 " FROM changes WHERE sequence > ? AND sequence <= ?");
  std::vector<db::Value> values = {after, through};
  if (!types.empty()) {
    std::vector<db::Value> wanted(types.begin(), types.end());
    Pad(wanted, ShapeFor(kShapes, wanted.size()));
    absl::StrAppend(&sql, " AND type IN (", Placeholders(wanted.size()), ")");
    values.insert(values.end(), wanted.begin(), wanted.end());
  }
  absl::StrAppend(&sql, " ORDER BY sequence LIMIT ?");
  values.emplace_back(limit);
  return database_.Query(deadline, sql, values);
}

absl::StatusOr<Batch> Feed::Read(int64_t after, int limit, const std::vector<std::string>& types,
                                 absl::Time deadline) {
  if (types.size() > kMaxTypes) return absl::InvalidArgumentError("a feed is read by at most 50 types");
  const auto out_of_range = [this](absl::string_view reason, const Position& position) {
    return WithReason(absl::OutOfRangeError(absl::StrCat("the feed of ", source_, " has changes ", position.oldest,
                                                         " to ", position.last)),
                      reason,
                      {{"oldest_sequence", absl::StrCat(position.oldest)},
                       {"last_sequence", absl::StrCat(position.last)}});
  };
  ASSIGN_OR_RETURN(const Position position, ReadPosition(deadline));
  if (after > position.last) return out_of_range("FEED_REWOUND", position);
  if (after + 1 < position.oldest) return out_of_range("FEED_PRUNED", position);
  Batch batch;
  batch.read_through = after;
  if (after == position.last) return batch;

  const int64_t through = std::min(position.last, after + kReadWindow);
  limit = std::clamp(limit, 1, kMaxBatch);
  ASSIGN_OR_RETURN(const db::Rows rows, ReadRows(after, through, limit, types, deadline));
  // Rows may have been pruned since we looked.
  ASSIGN_OR_RETURN(const Position now, ReadPosition(deadline));
  if (after + 1 < now.oldest) return out_of_range("FEED_PRUNED", now);
  for (size_t row = 0; row < rows.size(); ++row) batch.changes.push_back(ToChange(rows, row, source_));
  batch.read_through =
      rows.size() == static_cast<size_t>(limit) ? batch.changes.back().sequence() : through;
  return batch;
}

bool Feed::AwaitAfter(int64_t after, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this, after] {
    mutex_.AssertReaderHeld();
    return stopping_ || last_sequence_ > after;
  };
  mutex_.AwaitWithDeadline(absl::Condition(&ready), deadline);
  return !stopping_;
}

absl::StatusOr<int64_t> Feed::LastSequence(absl::Time deadline) {
  ASSIGN_OR_RETURN(const Position position, ReadPosition(deadline));
  return position.last;
}

absl::StatusOr<int64_t> Feed::Prune(absl::Time now, int limit, absl::Time deadline) {
  const absl::Time keep_from = now - options_.retention;
  ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(deadline,
                                                        "SELECT sequence, time FROM changes ORDER BY sequence LIMIT ?",
                                                        {std::max(limit, 1)}));
  // Only from the start: the feed has no holes.
  size_t old = 0;
  while (old < rows.size() && rows.Time(old, 1) < keep_from) ++old;
  if (old == 0) return 0;
  return database_.Execute(deadline, "DELETE FROM changes WHERE sequence <= ?", {rows.Int(old - 1, 0)});
}

// False when stopping.
bool Feed::AwaitWork(absl::Duration limit) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this] {
    mutex_.AssertReaderHeld();
    return stopping_ || notified_;
  };
  mutex_.AwaitWithTimeout(absl::Condition(&ready), limit);
  notified_ = false;
  return !stopping_;
}

void Feed::Run() {
  db::ThreadInit();
  absl::Duration pause = options_.poll_interval;
  // What waits is sequenced once more after Stop was called, so that a clean end leaves nothing behind.
  for (bool going_on = true; going_on;) {
    going_on = AwaitWork(pause);
    absl::StatusOr<int> count = 0;
    do {
      count = SequenceOnce(absl::Now() + kRoundLimit);
    } while (count.ok() && *count > 0);
    if (count.ok()) {
      pause = options_.poll_interval;
      continue;
    }
    pause = std::min(pause * 2, kMaxPause);
    telemetry::Log(telemetry::LogLevel::kWarning, "change feed cannot be sequenced",
                   {{"source", source_}, {"error", count.status().ToString()}});
  }
  db::ThreadEnd();
}

}  // namespace storeops::changes
