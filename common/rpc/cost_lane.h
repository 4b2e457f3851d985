// Few expensive calls run at a time, so that those of one caller leave workers, connections and the processor to the
// others: limits by process, service and caller, and short queues.
#ifndef STOREOPS_COMMON_RPC_COST_LANE_H_
#define STOREOPS_COMMON_RPC_COST_LANE_H_

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"

namespace storeops::rpc {

// Calls that are estimated to cost more, in time of one core, are expensive.
inline constexpr absl::Duration kInteractiveCost = absl::Milliseconds(100);

// What an expensive call uses most: the service's database, or this process.
enum class CostKind { kDatabase, kCompute };

class CostLane {
 public:
  struct Options {
    std::string name;
    // Calls that run at a time.
    int running = 1;
    int running_of_service = 1;
    int running_of_caller = 1;
    // Calls that wait for their turn; more are refused.
    int waiting_of_service = 32;
    int waiting_of_caller = 8;
    absl::Duration retry_after = absl::Seconds(1);
  };
  // Whose call it is.
  struct Asker {
    std::string service;  // its package
    std::string caller;
  };

  // The right to run; its end lets the next call begin, in the thread that ends it.
  class Slot {
   public:
    Slot() = default;
    Slot(CostLane* lane, Asker asker) : lane_(lane), asker_(std::move(asker)) {}
    Slot(Slot&& other) noexcept : lane_(std::exchange(other.lane_, nullptr)), asker_(std::move(other.asker_)) {}
    Slot& operator=(Slot&& other) noexcept;
    ~Slot() { Release(); }
    void Release();

   private:
    CostLane* lane_ = nullptr;
    Asker asker_;
  };
  // Must not block. The slot is empty if the call was not wanted any more while it waited.
  using Turn = absl::AnyInvocable<void(Slot)>;

  explicit CostLane(Options options) : options_(std::move(options)) {}

  // `turn` is called once: at once in this thread or, once there is a place, in the thread that leaves it. Until then
  // `wanted` may be called, from any thread; it must not block. RESOURCE_EXHAUSTED (TOO_MANY_EXPENSIVE_CALLS) with
  // RetryInfo and QuotaFailure if too many calls wait already; `turn` is not called then.
  absl::Status Enter(const Asker& asker, std::function<bool()> wanted, Turn turn);
  // A slot at once, or the same error: for threads that must not wait.
  absl::StatusOr<Slot> TryEnter(const Asker& asker);
  // Waits for its turn, however long the queue is: for threads of their own, whose number is limited. CANCELLED or
  // DEADLINE_EXCEEDED. `cancellation` may be null.
  absl::StatusOr<Slot> Await(const Asker& asker, absl::Time deadline, const Cancellation* cancellation);

  const std::string& name() const { return options_.name; }
  int running() const;
  int waiting() const;

 private:
  struct Waiter {
    Asker asker;
    std::function<bool()> wanted;
    Turn turn;
    bool counts = true;  // for the limits of the queue
  };
  struct Caller {
    int running = 0;
    int waiting = 0;
    int present = 0;     // running, or waiting with or without being counted
    int64_t served = 0;  // when it last began: its place in the order of all beginnings
  };
  struct Service {
    int running = 0;
    int waiting = 0;
  };
  using Started = std::vector<std::pair<Turn, Slot>>;

  bool HasPlace(const Asker& asker) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  void Begin(const Asker& asker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Join(Waiter waiter) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Waiter Take(std::list<Waiter>::iterator waiter) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of a call that was present.
  void Forget(const Asker& asker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Not OK if another call of `asker` may not wait.
  absl::Status CheckQueue(const Asker& asker) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  absl::Status Refusal(const Asker& asker, absl::string_view subject, absl::string_view why, int limit) const;
  void DropUnwanted(Started& started) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StartNext(Started& started) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Leave(const Asker& asker);
  // Outside the lock.
  static void Run(Started started);

  const Options options_;
  mutable absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t begun_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, Service> services_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<std::string, Caller> callers_ ABSL_GUARDED_BY(mutex_);  // those that are present
  std::list<Waiter> waiting_ ABSL_GUARDED_BY(mutex_);                         // in the order of their coming
};

// Of a process; outlives its calls.
struct CostLanes {
  // Database: 4 calls of a process, 2 of a service, 1 of a caller. Compute: as many as leave a core to the others, but
  // at least one; of one caller at most half of them, but at least one.
  explicit CostLanes(int cores);
  CostLanes(CostLane::Options database_options, CostLane::Options compute_options)
      : database(std::move(database_options)), compute(std::move(compute_options)) {}

  CostLane& Of(CostKind kind) { return kind == CostKind::kDatabase ? database : compute; }

  CostLane database;
  CostLane compute;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_COST_LANE_H_
