// A fixed number of threads over a bounded queue: work that may block never runs on a network thread.
#ifndef STOREOPS_COMMON_BASE_WORKER_POOL_H_
#define STOREOPS_COMMON_BASE_WORKER_POOL_H_

#include <array>
#include <cstddef>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "common/base/background_thread.h"

namespace storeops {

// A free thread takes the most urgent task that waits; of equally urgent ones each owner's in turn.
enum class Urgency { kInteractive, kBatch, kBackground };
inline constexpr size_t kUrgencies = 3;

class WorkerPool {
 public:
  struct Options {
    int threads = 16;
    // Tasks that wait, of each urgency.
    size_t queue_limit = 1024;
    // Threads that tasks of one owner can have at a time, so that no service takes them all; 0: no limit.
    int owner_limit = 0;
  };
  // Whose a task is: small numbers of the caller's choice. Tasks of nobody have no limit of their own.
  using Owner = size_t;
  static constexpr Owner kNobody = 0;

  // Its destructor runs what is queued before it returns.
  explicit WorkerPool(Options options);

  // False when the queue is full or the pool is stopping: the task was not taken. Batch tasks have at most half of the
  // threads, background tasks a quarter, but at least one.
  [[nodiscard]] bool TrySubmit(absl::AnyInvocable<void()> task, Urgency urgency = Urgency::kInteractive,
                               Owner owner = kNobody);

  // Whether the calling thread is one of the pool's.
  bool RunsThisThread() const;

  size_t queued() const;
  int busy() const;
  int threads() const { return options_.threads; }

 private:
  struct Lane {
    std::vector<std::deque<absl::AnyInvocable<void()>>> queues;  // by owner
    size_t queued = 0;
    Owner turn = 0;  // who is asked first
    int busy = 0;
    int limit = 0;
  };
  struct Choice {
    Lane* lane = nullptr;
    Owner owner = kNobody;
  };

  void Run();
  void WakeAll();
  // The most urgent task that there is a thread for; no lane: none.
  Choice Next() ABSL_SHARED_LOCKS_REQUIRED(mutex_);
  bool HasThreadFor(Owner owner) const ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  std::array<Lane, kUrgencies> lanes_ ABSL_GUARDED_BY(mutex_);  // the most urgent first
  std::vector<int> owners_busy_ ABSL_GUARDED_BY(mutex_);
  BackgroundThread threads_;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_WORKER_POOL_H_
