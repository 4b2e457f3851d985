// Whether the callers of open streams may still go on: keys are revoked and sessions end while streams are open.
#ifndef STOREOPS_COMMON_RPC_STREAM_WATCH_H_
#define STOREOPS_COMMON_RPC_STREAM_WATCH_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/call.h"

namespace storeops::rpc {

// Thread-safe. Its thread starts with the first stream.
class StreamWatch {
 public:
  // The caller of one stream, watched until destroyed.
  class Caller {
   public:
    Caller(Credentials credentials, Principal principal, std::function<void()> cut)
        : credentials_(std::move(credentials)), principal_(std::move(principal)), cut_(std::move(cut)) {}

    // OK, or why the stream has to end; the first reason counts: UNAUTHENTICATED, or UNAVAILABLE with RetryInfo
    // (PERMISSIONS_CHANGED) if an API key allows something else by now, as the stream gives what it allowed before.
    absl::Status status() const;

   private:
    friend class StreamWatch;
    void Check(Authenticator& authenticator, absl::Time deadline);

    const Credentials credentials_;
    const Principal principal_;
    const std::function<void()> cut_;
    mutable absl::Mutex mutex_;
    absl::Status status_ ABSL_GUARDED_BY(mutex_);
  };

  // Each caller is checked once an `interval`, or as soon as the checks of the others have ended.
  StreamWatch(Authenticator& authenticator, absl::Duration interval);

  // `cut` is called, once the caller may not go on, by the watch's thread; it ends what the stream waits for.
  std::shared_ptr<const Caller> Watch(Credentials credentials, Principal principal, std::function<void()> cut);

 private:
  void Run();
  std::vector<std::shared_ptr<Caller>> Open();

  Authenticator& authenticator_;
  const absl::Duration interval_;
  absl::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::weak_ptr<Caller>> callers_ ABSL_GUARDED_BY(mutex_);
  BackgroundThread thread_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_STREAM_WATCH_H_
