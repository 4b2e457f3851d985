#include "common/changes/follower.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"

namespace storeops::changes {
namespace {

constexpr absl::Duration kLongestPause = absl::Seconds(5);
constexpr absl::Duration kTransactionLimit = absl::Seconds(30);
constexpr int kSweepPage = 500;
constexpr char kPruned[] = "FEED_PRUNED";

bool IsRemoval(const Change& change) { return change.kind() == Change::DELETED || change.kind() == Change::EXPUNGED; }

// Identifies a change over restarts; those of snapshots have no id.
std::string KeyOf(const Change& change) { return change.id().empty() ? change.subject() : change.id(); }

// `resource`: what was applied; null if it is not live.
bool IsNews(const Change& change, const FollowedResource* resource) {
  if (!IsRemoval(change)) return resource == nullptr || change.version() > resource->version;
  const bool missing_from_snapshot = change.id().empty();
  return resource != nullptr && (missing_from_snapshot || change.version() > resource->version);
}

using Resources = absl::flat_hash_map<std::string, FollowedResource>;

const FollowedResource* Find(const Resources& resources, const std::string& subject) {
  const auto found = resources.find(subject);
  return found == resources.end() ? nullptr : &found->second;
}

void Note(const Change& change, int64_t snapshot, Resources& resources) {
  if (IsRemoval(change)) {
    resources.erase(change.subject());
  } else {
    resources[change.subject()] = {change.type(), change.version(), snapshot};
  }
}

std::vector<std::string> SubjectsOf(absl::Span<const Change> changes) {
  std::vector<std::string> subjects;
  subjects.reserve(changes.size());
  for (const Change& change : changes) subjects.push_back(change.subject());
  std::sort(subjects.begin(), subjects.end());
  subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
  return subjects;
}

std::map<std::string, std::string> LabelsOf(const Follower::Options& options) {
  return {{"follower", options.name}, {"source", options.source}};
}

}  // namespace

Follower::Follower(Options options, db::Database& database, std::unique_ptr<FeedSource> source, Apply apply)
    : options_(std::move(options)),
      store_(options_.name, options_.source, absl::StrJoin(options_.types, ",")),
      database_(database),
      source_(std::move(source)),
      apply_(std::move(apply)),
      backoff_(options_.first_pause, kLongestPause),
      thread_({.name = options_.name,
               .body = [this] { Run(); },
               .on_stop = [this] { source_->Stop(); },
               .gives_way = true}) {
  STOREOPS_ASSERT(!options_.types.empty());
  if (options_.telemetry == nullptr) return;
  telemetry::Telemetry& telemetry = *options_.telemetry;
  const auto labels = LabelsOf(options_);
  lag_gauge_ = &telemetry.Gauge(
      "storeops_follower_lag_seconds",
      "Age of the newest change when it was applied; while applying fails, time since the last success.", labels);
  dead_letters_gauge_ =
      &telemetry.Gauge("storeops_follower_dead_letters", "Changes that a follower could not apply.", labels);
  failures_ =
      &telemetry.Counter("storeops_follower_failures_total", "Failures after which a follower resumed.", labels);
  snapshots_ = &telemetry.Counter("storeops_follower_snapshots_total", "Snapshots that a follower began.", labels);
}

int64_t Follower::sequence() const {
  absl::MutexLock lock(&mutex_);
  return sequence_;
}

bool Follower::AwaitSequence(int64_t sequence, absl::Time deadline) const {
  absl::MutexLock lock(&mutex_);
  const auto reached = [this, sequence] {
    mutex_.AssertReaderHeld();
    return sequence_ >= sequence;
  };
  return AwaitUntil(mutex_, absl::Condition(&reached), deadline);
}

void Follower::Reached(const FollowerState& state) {
  if (dead_letters_gauge_ != nullptr) dead_letters_gauge_->Set(state.dead_letters);
  absl::MutexLock lock(&mutex_);
  if (state.snapshot == 0 || state.rewound) {
    sequence_ = -1;
  } else if (!state.copying) {
    sequence_ = state.position.sequence;
  }
}

void Follower::Failed(const absl::Status& status) {
  if (failures_ != nullptr) failures_->Increment();
  if (lag_gauge_ != nullptr) lag_gauge_->Set(absl::ToDoubleSeconds(SteadyNow() - last_success_));
  telemetry::Log(telemetry::LogLevel::kWarning, "follower failed; resuming from its place",
                 {{"follower", options_.name}, {"source", options_.source}, {"error", status.ToString()}});
}

void Follower::Run() {
  last_success_ = SteadyNow();
  while (!thread_.Stopping()) {
    const absl::Status status = Continue();
    if (status.ok() || thread_.Stopping()) continue;
    Failed(status);
    thread_.WaitFor(backoff_.Next());
  }
}

absl::Status Follower::Continue() {
  ASSIGN_OR_RETURN(const FollowerState state, Move([](const FollowerState&) { return true; },
                                                   [](db::Session&, FollowerState&) { return absl::OkStatus(); }));
  if (state.snapshot == 0) return BeginSnapshot(state, /*rewound=*/false);
  return state.copying ? Copy(state) : FollowChanges(state);
}

absl::StatusOr<FollowerState> Follower::Move(absl::FunctionRef<bool(const FollowerState&)> due,
                                             absl::FunctionRef<absl::Status(db::Session&, FollowerState&)> body) {
  FollowerState state;
  RETURN_IF_ERROR(database_.Transact(SteadyNow() + kTransactionLimit, [&](db::Session& session) -> absl::Status {
    const absl::Time now = WallNow();
    ASSIGN_OR_RETURN(state, store_.Lock(session, now));
    if (!due(state)) return absl::AbortedError("another replica of the follower was faster");
    RETURN_IF_ERROR(body(session, state));
    return store_.Save(session, state, now);
  }));
  Reached(state);
  return state;
}

absl::Status Follower::BeginSnapshot(const FollowerState& expected, bool rewound) {
  const auto due = [&](const FollowerState& state) {
    return state.snapshot == expected.snapshot && state.copying == expected.copying;
  };
  RETURN_IF_ERROR(Move(due, [&](db::Session& session, FollowerState& state) {
                    ++state.snapshot;
                    state.position = {};
                    state.copying = true;
                    state.rewound = rewound;
                    state.copy_type = options_.types.front();
                    state.copy_after_id.clear();
                    state.failing.clear();
                    state.attempts = 0;
                    state.dead_letters = 0;
                    // The snapshot contains their resources in a later state.
                    return store_.DeleteAllDeadLetters(session);
                  }).status());
  if (snapshots_ != nullptr) snapshots_->Increment();
  return absl::OkStatus();
}

std::string Follower::TypeAfter(const std::string& type) const {
  const auto found = std::find(options_.types.begin(), options_.types.end(), type);
  return found == options_.types.end() || found + 1 == options_.types.end() ? "" : *(found + 1);
}

absl::Status Follower::Copy(FollowerState state) {
  if (!state.copy_type.empty()) return CopyType(state);
  RETURN_IF_ERROR(RemoveMissing(state));
  const auto due = [&](const FollowerState& now) {
    return now.copying && now.snapshot == state.snapshot && now.copy_type.empty();
  };
  return Move(due,
              [this](db::Session& session, FollowerState& now) {
                now.copying = false;
                now.rewound = false;
                return options_.completed == nullptr ? absl::OkStatus() : options_.completed(session);
              })
      .status();
}

absl::Status Follower::CopyType(const FollowerState& from) {
  FollowerState place = from;
  const auto due = [&](const FollowerState& state) {
    return state.copying && state.snapshot == place.snapshot && state.copy_type == place.copy_type &&
           state.copy_after_id == place.copy_after_id;
  };
  absl::Status applied;
  const absl::Status read = source_->Snapshot(place.copy_type, place.copy_after_id, [&](const SnapshotPage& page) {
    const bool first = place.copy_type == options_.types.front() && place.copy_after_id.empty();
    applied = ApplyPart({.changes = page.resources,
                         .due = due,
                         .advance =
                             [&](FollowerState& state) {
                               // Whatever of the snapshot is read later contains at least these changes.
                               if (first) state.position = {.sequence = page.sequence};
                               state.copy_after_id = page.after_id;
                             },
                         .advance_to = [](FollowerState&, const Change&) {}});
    place.copy_after_id = page.after_id;
    return applied.ok() && !thread_.Stopping();
  });
  RETURN_IF_ERROR(applied);
  RETURN_IF_ERROR(read);
  if (thread_.Stopping()) return absl::CancelledError("the follower is stopping");
  return Move(due,
              [&](db::Session&, FollowerState& state) {
                state.copy_type = TypeAfter(state.copy_type);
                state.copy_after_id.clear();
                return absl::OkStatus();
              })
      .status();
}

absl::Status Follower::RemoveMissing(const FollowerState& from) {
  const auto due = [&](const FollowerState& state) {
    return state.copying && state.snapshot == from.snapshot && state.copy_type.empty();
  };
  while (!thread_.Stopping()) {
    std::vector<Change> missing;
    RETURN_IF_ERROR(Move(due, [&](db::Session& session, FollowerState& state) -> absl::Status {
                      ASSIGN_OR_RETURN(missing, store_.MissingFrom(session, state.snapshot, kSweepPage));
                      return absl::OkStatus();
                    }).status());
    if (missing.empty()) return absl::OkStatus();
    RETURN_IF_ERROR(ApplyPart({.changes = missing,
                               .due = due,
                               .advance = [](FollowerState&) {},
                               .advance_to = [](FollowerState&, const Change&) {}}));
  }
  return absl::CancelledError("the follower is stopping");
}

absl::Status Follower::FollowChanges(const FollowerState& from) {
  const auto due = [&](const FollowerState& state) { return !state.copying && state.snapshot == from.snapshot; };
  absl::Status applied;
  const absl::Status followed = source_->Follow(from.position, [&](const Batch& batch) {
    const absl::Time begin = SteadyNow();
    applied = ApplyPart({.changes = batch.changes,
                         .due = due,
                         .advance =
                             [&](FollowerState& state) {
                               if (state.position.sequence < batch.read_through) Advance(state.position, batch);
                             },
                         .advance_to =
                             [](FollowerState& state, const Change& change) {
                               state.position = {change.sequence(), change.id(), change.sequence()};
                             }});
    if (applied.ok() && lag_gauge_ != nullptr) {
      const absl::Duration lag =
          batch.changes.empty() ? absl::ZeroDuration() : WallNow() - FromTimestamp(batch.changes.back().time());
      lag_gauge_->Set(std::max(0.0, absl::ToDoubleSeconds(lag)));
    }
    // Where changes come faster, it falls behind: those who make them are waited for, and it is not.
    if (applied.ok()) thread_.RestAfter(SteadyNow() - begin);
    return applied.ok() && !thread_.Stopping();
  });
  RETURN_IF_ERROR(applied);
  if (!absl::IsOutOfRange(followed)) return followed;
  telemetry::Log(telemetry::LogLevel::kWarning, "follower reads a snapshot again",
                 {{"follower", options_.name}, {"source", options_.source}, {"cause", followed.ToString()}});
  return BeginSnapshot(from, /*rewound=*/ReasonOf(followed) != kPruned);
}

absl::Status Follower::ApplyPart(const Part& part) {
  absl::Status failure;
  RETURN_IF_ERROR(Move(part.due, [&](db::Session& session, FollowerState& state) -> absl::Status {
                    failure = absl::OkStatus();
                    ASSIGN_OR_RETURN(News news, SelectNews(session, state, part.changes));
                    RETURN_IF_ERROR(ApplyNews(session, state, std::move(news), part, &failure));
                    if (failure.ok()) part.advance(state);
                    return absl::OkStatus();
                  }).status());
  RETURN_IF_ERROR(failure);
  last_success_ = SteadyNow();
  backoff_.Reset();
  return absl::OkStatus();
}

absl::StatusOr<Follower::News> Follower::SelectNews(db::Session& session, const FollowerState& state,
                                                    absl::Span<const Change> changes) const {
  News news;
  if (changes.empty()) return news;
  const std::vector<std::string> subjects = SubjectsOf(changes);
  ASSIGN_OR_RETURN(auto known, store_.ReadResources(session, subjects));
  if (state.dead_letters > 0) {
    ASSIGN_OR_RETURN(news.dead, store_.WithDeadLetters(session, subjects));
  }
  Resources contained;
  for (const Change& change : changes) {
    const FollowedResource* const resource = Find(known, change.subject());
    const bool dead = news.dead.contains(change.subject());
    if (change.kind() == Change::SNAPSHOT) {
      // Done already: dead letters from before this snapshot were deleted.
      if (dead || (resource != nullptr && resource->snapshot == state.snapshot)) continue;
      if (!state.rewound && !IsNews(change, resource)) {
        contained[change.subject()] = {resource->type, resource->version, state.snapshot};
        continue;
      }
    } else if (!change.id().empty() && change.sequence() <= state.position.sequence) {
      continue;
    } else if (dead && resource == nullptr && IsRemoval(change)) {
      if (options_.later == LaterChanges::kSupersede) {
        news.gone.push_back(change.subject());
        continue;
      }
    } else if (!IsNews(change, resource)) {
      continue;
    }
    Note(change, state.snapshot, known);
    news.changes.push_back(change);
  }
  if (!contained.empty()) RETURN_IF_ERROR(store_.WriteResources(session, contained));
  return news;
}

absl::Status Follower::ApplyNews(db::Session& session, FollowerState& state, News news, const Part& part,
                                 absl::Status* failure) const {
  for (const std::string& subject : news.gone) RETURN_IF_ERROR(DeleteDeadLetters(session, state, subject));
  if (news.changes.empty()) return absl::OkStatus();
  const bool some_wait = options_.later == LaterChanges::kWait && !news.dead.empty();
  if (state.failing.empty() && !some_wait) {
    absl::Status whole;
    RETURN_IF_ERROR(TryApply(session, news.changes, &whole));
    if (whole.ok()) return NoteApplied(session, state, news.changes, news.dead);
  }
  for (const Change& change : news.changes) {
    RETURN_IF_ERROR(ApplyOne(session, state, change, news, failure));
    if (!failure->ok()) return absl::OkStatus();
    part.advance_to(state, change);
  }
  return absl::OkStatus();
}

// A failure is counted; after the last attempt, the change becomes a dead letter and the failure is OK.
absl::Status Follower::ApplyOne(db::Session& session, FollowerState& state, const Change& change, News& news,
                                absl::Status* failure) const {
  if (options_.later == LaterChanges::kWait && news.dead.contains(change.subject())) {
    return Bury(session, state, change, /*error=*/"", /*attempts=*/0);
  }
  absl::Status result;
  RETURN_IF_ERROR(TryApply(session, {&change, 1}, &result));
  const std::string key = KeyOf(change);
  if (result.ok()) {
    if (state.failing == key) state.failing.clear();
    return NoteApplied(session, state, {&change, 1}, news.dead);
  }
  if (state.failing != key) state.attempts = 0;
  state.failing = key;
  if (++state.attempts < options_.max_attempts) {
    *failure = result;
    return absl::OkStatus();
  }
  if (state.dead_letters >= options_.max_dead_letters) {
    *failure = absl::ResourceExhaustedError(
        absl::StrCat("follower ", options_.name, " has ", state.dead_letters,
                     " dead letters; retry or delete them. The next one: ", change.subject(), ": ", result.ToString()));
    return absl::OkStatus();
  }
  telemetry::Log(telemetry::LogLevel::kError, "change became a dead letter",
                 {{"follower", options_.name},
                  {"source", options_.source},
                  {"subject", change.subject()},
                  {"sequence", absl::StrCat(change.sequence())},
                  {"error", result.ToString()}});
  RETURN_IF_ERROR(Bury(session, state, change, result.ToString(), state.attempts));
  state.failing.clear();
  news.dead.insert(change.subject());
  return absl::OkStatus();
}

absl::Status Follower::TryApply(db::Session& session, absl::Span<const Change> changes, absl::Status* failure) const {
  const absl::Status status = db::Attempt(session, [&] {
    *failure = apply_(session, changes);
    return *failure;
  });
  // Otherwise the savepoint failed: the transaction is lost.
  return status == *failure ? absl::OkStatus() : status;
}

absl::Status Follower::NoteApplied(db::Session& session, FollowerState& state, absl::Span<const Change> applied,
                                   const absl::flat_hash_set<std::string>& dead) const {
  absl::flat_hash_map<std::string, const Change*> last;
  for (const Change& change : applied) last[change.subject()] = &change;
  absl::flat_hash_map<std::string, FollowedResource> live;
  std::vector<std::string> removed;
  for (const auto& [subject, change] : last) {
    if (IsRemoval(*change)) {
      removed.push_back(subject);
    } else {
      live[subject] = {change->type(), change->version(), state.snapshot};
    }
    if (dead.contains(subject)) RETURN_IF_ERROR(DeleteDeadLetters(session, state, subject));
  }
  RETURN_IF_ERROR(store_.RemoveResources(session, removed));
  return store_.WriteResources(session, live);
}

absl::Status Follower::DeleteDeadLetters(db::Session& session, FollowerState& state, const std::string& subject) const {
  ASSIGN_OR_RETURN(const int64_t deleted, store_.DeleteDeadLettersOf(session, subject));
  state.dead_letters -= static_cast<int>(deleted);
  return absl::OkStatus();
}

absl::Status Follower::Bury(db::Session& session, FollowerState& state, const Change& change, absl::string_view error,
                            int attempts) const {
  ++state.dead_letters;
  // It was not missing from the snapshot, or is removed by a retry.
  if (state.copying) RETURN_IF_ERROR(store_.MarkContained(session, change.subject(), state.snapshot));
  return store_.InsertDeadLetter(session, change, error, attempts, WallNow());
}

absl::StatusOr<int> Follower::RetryDeadLetters(const std::string& subject, absl::Time deadline) {
  int applied = 0;
  absl::Status failure;
  FollowerState state;
  RETURN_IF_ERROR(database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    failure = absl::OkStatus();
    ASSIGN_OR_RETURN(state, store_.Lock(session, WallNow()));
    ASSIGN_OR_RETURN(const auto letters, store_.DeadLettersOf(session, subject));
    if (letters.empty()) return absl::OkStatus();
    ASSIGN_OR_RETURN(Resources known, store_.ReadResources(session, {&subject, 1}));
    std::vector<Change> changes;
    for (const StoredDeadLetter& letter : letters) {
      if (!IsNews(letter.change, Find(known, subject))) continue;
      Note(letter.change, state.snapshot, known);
      changes.push_back(letter.change);
    }
    if (!changes.empty()) RETURN_IF_ERROR(TryApply(session, changes, &failure));
    if (!failure.ok()) return store_.NoteRetry(session, letters.front().id, failure.ToString());
    applied = static_cast<int>(changes.size());
    RETURN_IF_ERROR(NoteApplied(session, state, changes, /*dead=*/{}));
    RETURN_IF_ERROR(DeleteDeadLetters(session, state, subject));
    return store_.Save(session, state, WallNow());
  }));
  Reached(state);
  if (failure.ok()) return applied;
  return WithReason(absl::FailedPreconditionError(absl::StrCat(subject, " failed again: ", failure.ToString())),
                    "DEAD_LETTER_FAILED");
}

}  // namespace storeops::changes
