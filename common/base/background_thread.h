// The thread under all background work: one way to start, to wait and to stop.
#ifndef STOREOPS_COMMON_BASE_BACKGROUND_THREAD_H_
#define STOREOPS_COMMON_BASE_BACKGROUND_THREAD_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace storeops {

// One thread, or several with the same work. Declare it behind everything that its work uses: its destructor stops it.
// Thread-safe.
class BackgroundThread {
 public:
  struct Options {
    std::string name;            // as the system's tools show it, cut to 15 bytes
    std::function<void()> body;  // the work; returns soon after Stopping() has become true
    // Called by Stop once Stopping() is true, if the thread may be in a wait that is none of this class: ends that
    // wait. May be null.
    std::function<void()> on_stop = nullptr;
    int threads = 1;
    // Gives way to calls and other work while the processors are busy.
    bool gives_way = false;
    const Clock* clock = &Clock::System();  // of the waits; outlives the thread
  };

  explicit BackgroundThread(Options options) : options_(std::move(options)) {}
  ~BackgroundThread() { Stop(); }
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  // At most once. Starts nothing after Stop.
  void Start();
  // Ends waits and returns when the work has ended. Any number of times, from any thread but its own; also without a
  // start. It cannot be started again.
  void Stop();

  bool Stopping() const { return stopping_.load(); }
  // Between Start and Stop.
  bool Running() const { return started_.load() && !Stopping(); }

  // These return false, at once, when stopping. Times are those of the clock's Steady().
  bool WaitUntil(absl::Time time);
  bool WaitFor(absl::Duration duration) { return WaitUntil(options_.clock->Steady() + duration); }
  // For work that may fall behind, after a part of it that took `work`: rests twice as long, but at most half a second,
  // so that what makes that work is not held up by it.
  bool RestAfter(absl::Duration work);
  // In its own threads: also ended by a Wake since this thread's last AwaitWake, so that none is missed.
  bool AwaitWake(absl::Time until = absl::InfiniteFuture());
  void Wake();

 private:
  void Run();

  const Options options_;
  std::atomic<bool> started_{false};
  std::atomic<bool> stopping_{false};  // changes under mutex_
  absl::Mutex mutex_;
  int64_t wakes_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Mutex threads_mutex_;
  std::vector<std::thread> threads_ ABSL_GUARDED_BY(threads_mutex_);
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_BACKGROUND_THREAD_H_
