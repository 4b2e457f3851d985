#include "common/base/worker_pool.h"

#include <utility>

namespace storeops {

WorkerPool::WorkerPool(Options options)
    : options_(std::move(options)),
      threads_({.name = "worker",
                .body = [this] { Run(); },
                .on_stop = [this] { WakeAll(); },
                .threads = options_.threads}) {
  threads_.Start();
}

// Releasing the mutex lets idle threads look at their condition again.
void WorkerPool::WakeAll() { absl::MutexLock lock(&mutex_); }

bool WorkerPool::TrySubmit(absl::AnyInvocable<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (threads_.Stopping() || queue_.size() >= options_.queue_limit) return false;
  queue_.push_back(std::move(task));
  return true;
}

size_t WorkerPool::queued() const {
  absl::MutexLock lock(&mutex_);
  return queue_.size();
}

int WorkerPool::busy() const {
  absl::MutexLock lock(&mutex_);
  return busy_;
}

void WorkerPool::Run() {
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return threads_.Stopping() || !queue_.empty(); };
  while (true) {
    absl::AnyInvocable<void()> task;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&ready));
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
      ++busy_;
    }
    task();
    task = nullptr;  // what it holds is released outside the lock
    absl::MutexLock lock(&mutex_);
    --busy_;
  }
}

}  // namespace storeops
