// A fixed number of threads over a bounded queue: work that may block never runs on a network thread.
#ifndef STOREOPS_COMMON_BASE_WORKER_POOL_H_
#define STOREOPS_COMMON_BASE_WORKER_POOL_H_

#include <cstddef>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "common/base/background_thread.h"

namespace storeops {

class WorkerPool {
 public:
  struct Options {
    int threads = 16;
    size_t queue_limit = 1024;
  };

  // Its destructor runs what is queued before it returns.
  explicit WorkerPool(Options options);

  // False when the queue is full or the pool is stopping: the task was not taken.
  [[nodiscard]] bool TrySubmit(absl::AnyInvocable<void()> task);

  size_t queued() const;
  int busy() const;
  int threads() const { return options_.threads; }

 private:
  void Run();
  void WakeAll();

  const Options options_;
  mutable absl::Mutex mutex_;
  std::deque<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  BackgroundThread threads_;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_WORKER_POOL_H_
