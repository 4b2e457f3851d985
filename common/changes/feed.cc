#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/changes.h"
#include "common/changes/feed_tail.h"
#include "common/changes/waiting_groups.h"
#include "prometheus/gauge.h"

namespace storeops::changes {
namespace {

constexpr int kMaxBatch = 1000;
// Sequences that one read looks at when it filters by type.
constexpr int64_t kReadWindow = 10'000;
constexpr size_t kMaxTypes = 50;
constexpr absl::Duration kRoundLimit = absl::Seconds(10);
constexpr absl::Duration kMaxFeedPause = absl::Seconds(5);

constexpr absl::string_view kFeedWithLog =
    " FROM feed STRAIGHT_JOIN change_log ON change_log.group_id = feed.group_id AND change_log.place = feed.place";
constexpr absl::string_view kHeadColumns =
    "sequence, feed.group_id, feed.place, type, subject, kind, version, time, actor, traceparent";

std::vector<WaitingGroup> ToGroups(const db::Rows& rows) {
  std::vector<WaitingGroup> groups;
  for (size_t row = 0; row < rows.size(); ++row) {
    groups.push_back({rows.Int(row, 0), rows.Text(row, 1), rows.Int(row, 2)});
  }
  return groups;
}

// The oldest committed groups, as many as hold `limit` changes or a little more. The reading is without locks: it
// neither sees rows of open transactions nor waits for them.
absl::StatusOr<std::vector<WaitingGroup>> ReadOutbox(db::Session& session, int64_t limit) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT id, group_id, size FROM outbox_groups ORDER BY id LIMIT ?", {limit}));
  std::vector<WaitingGroup> groups = ToGroups(rows);
  int64_t changes = 0;
  size_t count = 0;
  while (count < groups.size() && changes < limit) changes += groups[count++].size;
  groups.resize(count);
  if (groups.empty()) return groups;
  const int64_t last = groups.back().id;
  return ReadWithPredecessors(std::move(groups), [&]() -> absl::StatusOr<std::vector<WaitingGroup>> {
    ASSIGN_OR_RETURN(const db::Rows again,
                     session.Query("SELECT id, group_id, size FROM outbox_groups WHERE id <= ? ORDER BY id", {last}));
    return ToGroups(again);
  });
}

// Gives what waits in the outbox its places in the feed, from sequence `last` + 1 on; how many.
absl::StatusOr<int64_t> MoveToFeed(db::Session& session, int64_t last, int limit) {
  ASSIGN_OR_RETURN(const std::vector<WaitingGroup> groups, ReadOutbox(session, limit));
  if (groups.empty()) return 0;
  std::vector<db::Value> places;
  int64_t count = 0;
  for (const WaitingGroup& group : groups) {
    for (int64_t place = 0; place < group.size; ++place) {
      places.emplace_back(last + ++count);
      places.emplace_back(group.group_id);
      places.emplace_back(place);
      places.emplace_back(group.id);
    }
  }
  RETURN_IF_ERROR(session.InsertRows("feed (sequence, group_id, place, outbox_id)", 4, places));
  // One by one by their key, because a scan would stop at every row that is locked.
  ASSIGN_OR_RETURN(const int64_t deleted,
                   session.Execute("DELETE outbox_groups FROM feed STRAIGHT_JOIN outbox_groups FORCE INDEX (PRIMARY) "
                                   "ON outbox_groups.id = feed.outbox_id "
                                   "WHERE feed.sequence > ? AND feed.sequence <= ? AND feed.place = 0",
                                   {last, last + count}));
  if (deleted != static_cast<int64_t>(groups.size())) {
    return STOREOPS_BUG(absl::StrCat("sequencer took ", groups.size(), " outbox groups and removed ", deleted));
  }
  RETURN_IF_ERROR(session.Execute("UPDATE feed_position SET last_sequence = ? WHERE id = 1", {last + count}).status());
  return count;
}

std::string ChangeId(const std::string& group, int64_t place) {
  return place == 0 ? group : absl::StrCat(group, ".", place);
}

Change ToChange(const db::Rows& rows, size_t row, const std::string& source) {
  Change change;
  change.set_source(source);
  change.set_sequence(rows.Int(row, 0));
  change.set_id(ChangeId(rows.Text(row, 1), rows.Int(row, 2)));
  change.set_type(rows.Text(row, 3));
  change.set_subject(rows.Text(row, 4));
  change.set_kind(static_cast<Change::Kind>(rows.Int(row, 5)));
  change.set_version(rows.Int(row, 6));
  *change.mutable_time() = ToTimestamp(rows.Time(row, 7));
  change.set_actor(rows.Text(row, 8));
  change.set_traceparent(rows.Text(row, 9));
  change.set_resource(rows.Text(row, 10));
  return change;
}

std::vector<Change> ToChanges(const db::Rows& rows, const std::string& source) {
  std::vector<Change> changes;
  changes.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) changes.push_back(ToChange(rows, row, source));
  return changes;
}

}  // namespace

Feed::Feed(db::Database& database, std::string source, Options options)
    : database_(database),
      source_(std::move(source)),
      options_(std::move(options)),
      batch_size_(std::clamp(options_.batch_size, 1, kMaxBatch)),
      tail_(std::make_unique<FeedTail>()),
      thread_({.name = "feed", .body = [this] { Run(); }, .on_stop = [this] { WakeReaders(); }}) {
  if (options_.telemetry == nullptr) return;
  last_sequence_gauge_ = &options_.telemetry->Gauge(
      "storeops_feed_last_sequence", "Sequence given last in a service's change feed.", {{"source", source_}});
  waiting_gauge_ = &options_.telemetry->Gauge(
      "storeops_outbox_waiting", "Transactions' changes that wait for their sequence, estimated from their ids.",
      {{"source", source_}});
}

Feed::~Feed() = default;

// Releasing the mutex lets those who wait in AwaitAfter look at their condition again.
void Feed::WakeReaders() { absl::MutexLock lock(&mutex_); }

absl::StatusOr<int> Feed::SequenceOnce(absl::Time deadline) {
  // Looks first, so that an idle feed locks nothing.
  ASSIGN_OR_RETURN(const db::Rows peek, database_.Query(deadline,
                                                        "SELECT last_sequence, (SELECT MIN(id) FROM outbox_groups), "
                                                        "(SELECT MAX(id) FROM outbox_groups) "
                                                        "FROM feed_position WHERE id = 1"));
  if (peek.empty()) return STOREOPS_BUG("feed_position has no row");
  Learn(peek.Int(0, 0));
  const bool idle = peek.Null(0, 1);
  if (waiting_gauge_ != nullptr) waiting_gauge_->Set(idle ? 0.0 : peek.Int(0, 2) - peek.Int(0, 1) + 1.0);
  if (idle) return 0;

  int64_t last = 0;
  int64_t count = 0;
  RETURN_IF_ERROR(database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows position,
                     session.Query("SELECT last_sequence FROM feed_position WHERE id = 1 FOR UPDATE"));
    if (position.empty()) return STOREOPS_BUG("feed_position has no row");
    last = position.Int(0, 0);
    ASSIGN_OR_RETURN(count, MoveToFeed(session, last, batch_size_));
    return absl::OkStatus();
  }));
  Learn(last + count);
  return static_cast<int>(count);
}

void Feed::Learn(int64_t last_sequence) {
  absl::MutexLock lock(&mutex_);
  last_sequence_ = std::max(last_sequence_, last_sequence);
  if (last_sequence_gauge_ != nullptr) last_sequence_gauge_->Set(static_cast<double>(last_sequence_));
}

absl::StatusOr<Feed::Position> Feed::ReadPosition(absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(deadline,
                                                        "SELECT last_sequence, (SELECT MIN(sequence) FROM feed) "
                                                        "FROM feed_position WHERE id = 1"));
  if (rows.empty()) return STOREOPS_BUG("feed_position has no row");
  Position position;
  position.last = rows.Int(0, 0);
  Learn(position.last);
  position.oldest = rows.Null(0, 1) ? position.last + 1 : rows.Int(0, 1);
  return position;
}

absl::StatusOr<db::Rows> Feed::ReadRows(int64_t after, int64_t through, int limit,
                                        const std::vector<std::string>& types, Contents contents, absl::Time deadline) {
  // Statements are prepared and kept, so their texts must be few: the last type is repeated to fill one of these.
  static constexpr size_t kShapes[] = {1, 8, kMaxTypes};
  std::string sql = absl::StrCat("SELECT ", kHeadColumns, contents == Contents::kWhole ? ", resource" : ", ''",
                                 kFeedWithLog, " WHERE sequence > ? AND sequence <= ?");
  std::vector<db::Value> values = {after, through};
  if (!types.empty()) {
    const size_t shape =
        *std::find_if(std::begin(kShapes), std::end(kShapes), [&](size_t size) { return size >= types.size(); });
    for (size_t i = 0; i < shape; ++i) {
      absl::StrAppend(&sql, i == 0 ? " AND type IN (?" : ", ?");
      values.emplace_back(types[std::min(i, types.size() - 1)]);
    }
    absl::StrAppend(&sql, ")");
  }
  absl::StrAppend(&sql, " ORDER BY sequence LIMIT ?");
  values.emplace_back(limit);
  return database_.Query(deadline, sql, values);
}

absl::StatusOr<Batch> Feed::Read(int64_t after, int limit, const std::vector<std::string>& types, absl::Time deadline,
                                 Contents contents) {
  if (types.size() > kMaxTypes) return absl::InvalidArgumentError("a feed is read by at most 50 types");
  limit = std::clamp(limit, 1, kMaxBatch);
  ASSIGN_OR_RETURN(auto recent, ReadTail(after, limit, types, deadline));
  if (recent.has_value() && (recent->changes.empty() || contents == Contents::kHeads)) return *std::move(recent);
  const auto out_of_range = [this](absl::string_view reason, const Position& position) {
    return WithReason(
        absl::OutOfRangeError(
            absl::StrCat("the feed of ", source_, " has changes ", position.oldest, " to ", position.last)),
        reason, {{"oldest_sequence", absl::StrCat(position.oldest)}, {"last_sequence", absl::StrCat(position.last)}});
  };
  ASSIGN_OR_RETURN(const Position position, ReadPosition(deadline));
  if (after > position.last) return out_of_range("FEED_REWOUND", position);
  if (after + 1 < position.oldest) return out_of_range("FEED_PRUNED", position);
  Batch batch;
  batch.read_through = after;
  if (after == position.last) return batch;

  const int64_t through = std::min(position.last, after + kReadWindow);
  ASSIGN_OR_RETURN(const db::Rows rows, ReadRows(after, through, limit, types, contents, deadline));
  // Rows may have been pruned since we looked.
  ASSIGN_OR_RETURN(const Position now, ReadPosition(deadline));
  if (after + 1 < now.oldest) return out_of_range("FEED_PRUNED", now);
  batch.changes = ToChanges(rows, source_);
  batch.read_through = rows.size() == static_cast<size_t>(limit) ? batch.changes.back().sequence() : through;
  return batch;
}

absl::StatusOr<std::optional<Batch>> Feed::ReadTail(int64_t after, int limit, const std::vector<std::string>& types,
                                                    absl::Time deadline) {
  if (!thread_.Running()) return std::nullopt;  // then nobody looks whether there is more
  int64_t last = 0;
  {
    absl::MutexLock lock(&mutex_);
    last = last_sequence_;
  }
  const auto read_heads = [&](int64_t from, int count) -> absl::StatusOr<std::vector<Change>> {
    ASSIGN_OR_RETURN(const db::Rows rows, ReadRows(from, last, count, {}, Contents::kHeads, deadline));
    return ToChanges(rows, source_);
  };
  return tail_->Read(after, last, limit, types, read_heads);
}

absl::Status Feed::CheckPosition(const FeedPosition& position, absl::Time deadline) {
  if (position.last_change_id.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(deadline, "SELECT group_id, place FROM feed WHERE sequence = ?",
                                                        {position.last_change_sequence}));
  if (rows.empty()) return absl::OkStatus();  // pruned, or beyond the end, which a read finds
  const std::string id = ChangeId(rows.Text(0, 0), rows.Int(0, 1));
  if (id == position.last_change_id) return absl::OkStatus();
  return WithReason(absl::OutOfRangeError(absl::StrCat("change ", position.last_change_sequence, " of ", source_,
                                                       " is ", id, ", not ", position.last_change_id)),
                    "FEED_REWOUND");
}

const Feed::ReadSnapshot* Feed::FindSnapshot(const std::string& type) const {
  const auto found = snapshots_.find(type);
  return found == snapshots_.end() ? nullptr : &found->second;
}

bool Feed::AwaitAfter(int64_t after, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this, after] {
    mutex_.AssertReaderHeld();
    return thread_.Stopping() || last_sequence_ > after;
  };
  AwaitUntil(mutex_, absl::Condition(&ready), deadline);
  return !thread_.Stopping();
}

absl::StatusOr<int64_t> Feed::LastSequence(absl::Time deadline) {
  ASSIGN_OR_RETURN(const Position position, ReadPosition(deadline));
  return position.last;
}

absl::StatusOr<int64_t> Feed::Prune(absl::Time now, int limit, absl::Time deadline) {
  const absl::Time keep_from = now - options_.retention;
  static const std::string* const kOldest =
      new std::string(absl::StrCat("SELECT sequence, time", kFeedWithLog, " ORDER BY sequence LIMIT ?"));
  static const std::string* const kRemove =
      new std::string(absl::StrCat("DELETE feed, change_log", kFeedWithLog, " WHERE sequence <= ?"));
  ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(deadline, *kOldest, {std::max(limit, 1)}));
  // Only from the start: the feed has no holes.
  int64_t old = 0;
  while (static_cast<size_t>(old) < rows.size() && rows.Time(old, 1) < keep_from) ++old;
  if (old == 0) return 0;
  tail_->Clear();
  RETURN_IF_ERROR(database_.Execute(deadline, *kRemove, {rows.Int(old - 1, 0)}).status());
  return old;
}

void Feed::Run() {
  absl::Duration pause = options_.poll_interval;
  absl::Time last_round = absl::InfinitePast();
  for (bool going_on = true; going_on;) {
    going_on = thread_.AwaitWake(SteadyNow() + pause) && thread_.WaitUntil(last_round + options_.gather_interval);
    last_round = SteadyNow();
    absl::StatusOr<int> count = 0;
    // Less than a whole batch was all that waited. Going on until nothing waits might never end: others write, too.
    do {
      count = SequenceOnce(SteadyNow() + kRoundLimit);
    } while (count.ok() && *count >= batch_size_);
    if (count.ok()) {
      pause = options_.poll_interval;
      continue;
    }
    pause = std::min(pause * 2, kMaxFeedPause);
    telemetry::Log(telemetry::LogLevel::kWarning, "change feed cannot be sequenced",
                   {{"source", source_}, {"error", count.status().ToString()}});
  }
}

}  // namespace storeops::changes
