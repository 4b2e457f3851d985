#include "common/rpc/worker_shares.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"

namespace storeops::rpc {
namespace {

using Caller = WorkerShares::Caller;

constexpr size_t kShards = 16;
constexpr absl::Duration kWorkerRetryAfter = absl::Seconds(1);

absl::Status Overloaded() {
  return WithReason(UnavailableRetry("too much work is waiting", kWorkerRetryAfter), "OVERLOADED");
}

absl::Status TooMany(Caller::Kind kind, int running, int waiting) {
  const bool address = kind == Caller::Kind::kAddress;
  return WithReason(
      ExhaustedRetry(absl::StrCat(address ? "a network address without a known caller" : "one caller",
                                  " can have at most ", running, " calls at work and ", waiting, " waiting"),
                     kWorkerRetryAfter),
      address ? "TOO_MANY_CALLS_OF_ADDRESS" : "TOO_MANY_CALLS_OF_CALLER", {{"limit", absl::StrCat(waiting)}});
}

}  // namespace

struct WorkerShares::State : std::enable_shared_from_this<State> {
  struct Waiting {
    Task task;
    WorkerPool::Owner owner = WorkerPool::kNobody;
  };
  struct Entry {
    int handed = 0;  // to the pool
    std::array<int, kUrgencies> handed_of = {};
    std::array<std::deque<Waiting>, kUrgencies> waiting;
    size_t waits = 0;
  };
  struct Shard {
    absl::Mutex mutex;
    absl::flat_hash_map<std::string, Entry> entries ABSL_GUARDED_BY(mutex);
  };

  State(WorkerPool& pool, Options limits) : workers(pool), options(limits) {}

  int MaxRunning(Caller::Kind kind) const {
    return std::max(1, workers.threads() / (kind == Caller::Kind::kAddress ? 4 : 2));
  }
  int MaxWaiting(Caller::Kind kind) const {
    return kind == Caller::Kind::kAddress ? options.max_waiting_of_address : options.max_waiting_of_caller;
  }
  Shard& ShardOf(const Caller& caller) { return shards[absl::HashOf(caller.name) % kShards]; }

  bool HasRoom(const Entry& entry, Caller::Kind kind, size_t urgency) const {
    const int running = MaxRunning(kind);
    return entry.handed < running && entry.handed_of[urgency] < std::max(1, running >> urgency);
  }

  // Counts a task as handed, lets it wait, or says why neither.
  absl::Status Place(const Caller& caller, size_t urgency, WorkerPool::Owner owner, Task& task, bool* handed);
  void Hand(const Caller& caller, Task task, Urgency urgency, WorkerPool::Owner owner);
  // One that was handed has ended: the next takes its place.
  void Release(const Caller& caller, Urgency urgency);

  WorkerPool& workers;
  const Options options;
  std::atomic<int> waits_of_all{0};
  std::array<Shard, kShards> shards;
};

absl::Status WorkerShares::State::Place(const Caller& caller, size_t urgency, WorkerPool::Owner owner, Task& task,
                                        bool* handed) {
  Shard& shard = ShardOf(caller);
  absl::MutexLock lock(&shard.mutex);
  Entry& entry = shard.entries[caller.name];
  *handed = HasRoom(entry, caller.kind, urgency);
  if (*handed) {
    ++entry.handed;
    ++entry.handed_of[urgency];
    return absl::OkStatus();
  }
  const int most = MaxWaiting(caller.kind);
  if (static_cast<int>(entry.waits) >= most) return TooMany(caller.kind, MaxRunning(caller.kind), most);
  if (waits_of_all.fetch_add(1) >= options.max_waiting) {
    --waits_of_all;
    return Overloaded();
  }
  entry.waiting[urgency].push_back({std::move(task), owner});
  ++entry.waits;
  return absl::OkStatus();
}

void WorkerShares::State::Hand(const Caller& caller, Task task, Urgency urgency, WorkerPool::Owner owner) {
  // Not lost where the pool takes no more.
  const auto shared = std::make_shared<Task>(std::move(task));
  const auto work = [state = shared_from_this(), caller, shared, urgency] {
    (*shared)(absl::OkStatus());
    *shared = nullptr;
    state->Release(caller, urgency);
  };
  if (workers.TrySubmit(work, urgency, owner)) return;
  Release(caller, urgency);
  (*shared)(Overloaded());
}

void WorkerShares::State::Release(const Caller& caller, Urgency urgency) {
  std::optional<Waiting> next;
  Urgency next_urgency = Urgency::kInteractive;
  {
    Shard& shard = ShardOf(caller);
    absl::MutexLock lock(&shard.mutex);
    const auto found = shard.entries.find(caller.name);
    Entry& entry = found->second;
    --entry.handed;
    --entry.handed_of[static_cast<size_t>(urgency)];
    for (size_t i = 0; i < kUrgencies && !next.has_value(); ++i) {
      if (entry.waiting[i].empty() || !HasRoom(entry, caller.kind, i)) continue;
      next = std::move(entry.waiting[i].front());
      entry.waiting[i].pop_front();
      next_urgency = static_cast<Urgency>(i);
      --entry.waits;
      --waits_of_all;
      ++entry.handed;
      ++entry.handed_of[i];
    }
    if (entry.handed == 0 && entry.waits == 0) shard.entries.erase(found);
  }
  if (next.has_value()) Hand(caller, std::move(next->task), next_urgency, next->owner);
}

WorkerShares::WorkerShares(WorkerPool& workers, Options options) : state_(std::make_shared<State>(workers, options)) {}

WorkerShares::~WorkerShares() = default;

void WorkerShares::Submit(const Caller& caller, Task task, Urgency urgency, WorkerPool::Owner owner) {
  if (caller.kind == Caller::Kind::kUnlimited) {
    const auto shared = std::make_shared<Task>(std::move(task));
    if (!state_->workers.TrySubmit([shared] { (*shared)(absl::OkStatus()); }, urgency, owner)) (*shared)(Overloaded());
    return;
  }
  bool handed = false;
  absl::Status placed = state_->Place(caller, static_cast<size_t>(urgency), owner, task, &handed);
  if (!placed.ok()) return task(std::move(placed));
  if (handed) state_->Hand(caller, std::move(task), urgency, owner);
}

}  // namespace storeops::rpc
