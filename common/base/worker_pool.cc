#include "common/base/worker_pool.h"

#include <algorithm>
#include <utility>

namespace storeops {
namespace {

thread_local const WorkerPool* t_pool = nullptr;  // a worker belongs to one pool all its life

}  // namespace

WorkerPool::WorkerPool(Options options)
    : options_(std::move(options)),
      threads_({.name = "worker",
                .body = [this] { Run(); },
                .on_stop = [this] { WakeAll(); },
                .threads = options_.threads}) {
  {
    absl::MutexLock lock(&mutex_);
    const int shares[kUrgencies] = {1, 2, 4};
    for (size_t i = 0; i < kUrgencies; ++i) lanes_[i].limit = std::max(1, options_.threads / shares[i]);
  }
  threads_.Start();
}

// Releasing the mutex lets idle threads look at their condition again.
void WorkerPool::WakeAll() { absl::MutexLock lock(&mutex_); }

bool WorkerPool::TrySubmit(absl::AnyInvocable<void()> task, Urgency urgency) {
  absl::MutexLock lock(&mutex_);
  Lane& lane = lanes_[static_cast<size_t>(urgency)];
  if (threads_.Stopping() || lane.queue.size() >= options_.queue_limit) return false;
  lane.queue.push_back(std::move(task));
  return true;
}

size_t WorkerPool::queued() const {
  absl::MutexLock lock(&mutex_);
  size_t queued = 0;
  for (const Lane& lane : lanes_) queued += lane.queue.size();
  return queued;
}

int WorkerPool::busy() const {
  absl::MutexLock lock(&mutex_);
  int busy = 0;
  for (const Lane& lane : lanes_) busy += lane.busy;
  return busy;
}

bool WorkerPool::RunsThisThread() const { return t_pool == this; }

WorkerPool::Lane* WorkerPool::Next() {
  for (Lane& lane : lanes_) {
    if (!lane.queue.empty() && lane.busy < lane.limit) return &lane;
  }
  return nullptr;
}

void WorkerPool::Run() {
  t_pool = this;
  const auto ready = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return threads_.Stopping() || Next() != nullptr; };
  while (true) {
    absl::AnyInvocable<void()> task;
    Lane* lane = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&ready));
      lane = Next();
      if (lane == nullptr) return;  // stopping; a thread that is busy with a lane at its limit goes on with that lane
      task = std::move(lane->queue.front());
      lane->queue.pop_front();
      ++lane->busy;
    }
    task();
    task = nullptr;  // what it holds is released outside the lock
    absl::MutexLock lock(&mutex_);
    --lane->busy;
  }
}

}  // namespace storeops
