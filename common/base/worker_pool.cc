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

bool WorkerPool::TrySubmit(absl::AnyInvocable<void()> task, Urgency urgency, Owner owner) {
  absl::MutexLock lock(&mutex_);
  Lane& lane = lanes_[static_cast<size_t>(urgency)];
  if (threads_.Stopping() || lane.queued >= options_.queue_limit) return false;
  if (owner >= lane.queues.size()) lane.queues.resize(owner + 1);
  if (owner >= owners_busy_.size()) owners_busy_.resize(owner + 1);
  lane.queues[owner].push_back(std::move(task));
  ++lane.queued;
  return true;
}

size_t WorkerPool::queued() const {
  absl::MutexLock lock(&mutex_);
  size_t queued = 0;
  for (const Lane& lane : lanes_) queued += lane.queued;
  return queued;
}

int WorkerPool::busy() const {
  absl::MutexLock lock(&mutex_);
  int busy = 0;
  for (const Lane& lane : lanes_) busy += lane.busy;
  return busy;
}

bool WorkerPool::RunsThisThread() const { return t_pool == this; }

bool WorkerPool::HasThreadFor(Owner owner) const {
  return owner == kNobody || options_.owner_limit == 0 || owners_busy_[owner] < options_.owner_limit;
}

WorkerPool::Choice WorkerPool::Next() {
  for (Lane& lane : lanes_) {
    if (lane.queued == 0 || lane.busy >= lane.limit) continue;
    for (size_t i = 0; i < lane.queues.size(); ++i) {
      const Owner owner = (lane.turn + i) % lane.queues.size();
      if (!lane.queues[owner].empty() && HasThreadFor(owner)) return {&lane, owner};
    }
  }
  return {};
}

void WorkerPool::Run() {
  t_pool = this;
  const auto ready = [this]()
                         ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return threads_.Stopping() || Next().lane != nullptr; };
  while (true) {
    absl::AnyInvocable<void()> task;
    Choice choice;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&ready));
      choice = Next();
      if (choice.lane == nullptr) return;  // stopping; threads that are busy at a limit go on with what it held back
      auto& queue = choice.lane->queues[choice.owner];
      task = std::move(queue.front());
      queue.pop_front();
      --choice.lane->queued;
      choice.lane->turn = choice.owner + 1;
      ++choice.lane->busy;
      ++owners_busy_[choice.owner];
    }
    task();
    task = nullptr;  // what it holds is released outside the lock
    absl::MutexLock lock(&mutex_);
    --choice.lane->busy;
    --owners_busy_[choice.owner];
  }
}

}  // namespace storeops
