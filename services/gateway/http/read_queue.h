// Lets a limited number of reads run at once; the others wait in order, without a thread.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_READ_QUEUE_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_READ_QUEUE_H_

#include <deque>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace storeops::gateway {

// Thread-safe. Bounded by its callers: each download has at most one read here.
class ReadQueue : public std::enable_shared_from_this<ReadQueue> {
 public:
  // A read runs until its permit is released.
  using Permit = std::shared_ptr<void>;
  using Read = absl::AnyInvocable<void(Permit permit)>;

  explicit ReadQueue(int at_once) : free_(at_once) {}

  // Starts `read`, which must not block: now, or on the thread that releases the permit of another.
  void Start(Read read) {
    {
      absl::MutexLock lock(&mutex_);
      if (free_ == 0) return waiting_.push_back(std::move(read));
      --free_;
    }
    read(MakePermit());
  }

 private:
  Permit MakePermit() {
    return {nullptr, [queue = shared_from_this()](void*) { queue->Release(); }};
  }

  void Release() {
    Read next;
    {
      absl::MutexLock lock(&mutex_);
      if (waiting_.empty()) {
        ++free_;
        return;
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    next(MakePermit());
  }

  absl::Mutex mutex_;
  int free_ ABSL_GUARDED_BY(mutex_);
  std::deque<Read> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_READ_QUEUE_H_
