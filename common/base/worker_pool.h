// A fixed number of threads over a bounded queue: work that may block never runs on a network thread.
#ifndef STOREOPS_COMMON_BASE_WORKER_POOL_H_
#define STOREOPS_COMMON_BASE_WORKER_POOL_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace storeops {

class WorkerPool {
 public:
  struct Options {
    int threads = 16;
    size_t queue_limit = 1024;
    // Run in each thread at its start and end (a database driver's per-thread set-up).
    std::function<void()> on_thread_start;
    std::function<void()> on_thread_end;
  };

  explicit WorkerPool(Options options);
  // Runs what is queued, then joins.
  ~WorkerPool();

  // False when the queue is full or the pool is stopping: the task was not taken.
  [[nodiscard]] bool TrySubmit(absl::AnyInvocable<void()> task);

  size_t queued() const;
  int busy() const;
  int threads() const { return options_.threads; }

 private:
  void Run();

  const Options options_;
  mutable absl::Mutex mutex_;
  std::deque<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_WORKER_POOL_H_
