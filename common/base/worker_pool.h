// A fixed number of threads over a bounded queue: work that may block never runs on a network thread.
#ifndef STOREOPS_COMMON_BASE_WORKER_POOL_H_
#define STOREOPS_COMMON_BASE_WORKER_POOL_H_

#include <array>
#include <cstddef>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "common/base/background_thread.h"

namespace storeops {

// A free thread takes the most urgent task that waits.
enum class Urgency { kInteractive, kBatch, kBackground };
inline constexpr size_t kUrgencies = 3;

class WorkerPool {
 public:
  struct Options {
    int threads = 16;
    // Tasks that wait, of each urgency.
    size_t queue_limit = 1024;
  };

  // Its destructor runs what is queued before it returns.
  explicit WorkerPool(Options options);

  // False when the queue is full or the pool is stopping: the task was not taken. Batch tasks have at most half of the
  // threads, background tasks a quarter, but at least one.
  [[nodiscard]] bool TrySubmit(absl::AnyInvocable<void()> task, Urgency urgency = Urgency::kInteractive);

  // Whether the calling thread is one of the pool's.
  bool RunsThisThread() const;

  size_t queued() const;
  int busy() const;
  int threads() const { return options_.threads; }

 private:
  struct Lane {
    std::deque<absl::AnyInvocable<void()>> queue;
    int busy = 0;
    int limit = 0;
  };

  void Run();
  void WakeAll();
  // The most urgent one that has a task and a thread for it; null: none.
  Lane* Next() ABSL_SHARED_LOCKS_REQUIRED(mutex_);

  const Options options_;
  mutable absl::Mutex mutex_;
  std::array<Lane, kUrgencies> lanes_ ABSL_GUARDED_BY(mutex_);  // the most urgent first
  BackgroundThread threads_;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_WORKER_POOL_H_
