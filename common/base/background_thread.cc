#include "common/base/background_thread.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "common/base/invariant.h"

namespace storeops {
namespace {

constexpr size_t kMaxNameBytes = 15;  // Linux allows no more
// About a third of the share that a thread of the usual niceness has of a busy processor.
constexpr int kGivingWay = 10;
constexpr int kRestForWork = 2;
constexpr absl::Duration kLongestRest = absl::Milliseconds(500);

// A thread belongs to one BackgroundThread all its life.
thread_local int64_t t_seen_wakes = 0;

}  // namespace

void BackgroundThread::Start() {
  absl::MutexLock lock(&threads_mutex_);
  STOREOPS_ASSERT(!started_);
  if (Stopping()) return;
  started_ = true;
  for (int i = 0; i < options_.threads; ++i) threads_.emplace_back([this] { Run(); });
}

void BackgroundThread::Run() {
  pthread_setname_np(pthread_self(), options_.name.substr(0, kMaxNameBytes).c_str());
  // Of this thread alone: Linux counts niceness by thread. If it is not permitted, that costs speed only.
  if (options_.gives_way) setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kGivingWay);
  options_.body();
}

void BackgroundThread::Stop() {
  bool first = false;
  {
    absl::MutexLock lock(&mutex_);
    first = !stopping_.exchange(true);
  }
  if (first && options_.on_stop) options_.on_stop();
  absl::MutexLock lock(&threads_mutex_);
  for (std::thread& thread : threads_) {
    STOREOPS_ASSERT(thread.get_id() != std::this_thread::get_id());
    thread.join();
  }
  threads_.clear();
}

bool BackgroundThread::WaitUntil(absl::Time time) {
  absl::MutexLock lock(&mutex_);
  const auto stopping = [this] { return Stopping(); };
  return !options_.clock->Await(mutex_, absl::Condition(&stopping), time);
}

bool BackgroundThread::RestAfter(absl::Duration work) { return WaitFor(std::min(kRestForWork * work, kLongestRest)); }

bool BackgroundThread::AwaitWake(absl::Time until) {
  const int64_t seen = t_seen_wakes;  // the condition may be evaluated in other threads
  absl::MutexLock lock(&mutex_);
  const auto ended = [this, seen]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return Stopping() || wakes_ != seen; };
  options_.clock->Await(mutex_, absl::Condition(&ended), until);
  t_seen_wakes = wakes_;
  return !Stopping();
}

void BackgroundThread::Wake() {
  absl::MutexLock lock(&mutex_);
  ++wakes_;
}

}  // namespace storeops
