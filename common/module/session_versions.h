// Whose sessions have ended before their tokens expire: in the memory of each process that can reach the service that
// has the people, kept in step by its change feed.
#ifndef STOREOPS_COMMON_MODULE_SESSION_VERSIONS_H_
#define STOREOPS_COMMON_MODULE_SESSION_VERSIONS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"
#include "common/base/backoff.h"
#include "common/changes/changes.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/peer.h"
#include "common/telemetry/telemetry.h"

namespace storeops {

// Stores the session versions of the users that the feed names. The feed goes back for days and tokens live for
// minutes, so a user who is missing here has no ended session whose token is still valid. At most one entry of about 60
// bytes for each user that was changed meanwhile. Thread-safe.
class SessionVersions final : public rpc::SessionCheck {
 public:
  struct Options {
    std::string source;  // the service that has the people
    // Resource type of people. Its field `session_version` (int64) grows whenever the sessions of a person end; a
    // deleted person (`delete_time`) has none.
    std::string type;
    std::string read_permission;                // for changes of the type
    telemetry::Telemetry* telemetry = nullptr;  // may be null
  };

  explicit SessionVersions(Options options);
  ~SessionVersions() override { Stop(); }

  // Before it, every session is valid: for programs that serve nothing. `peer`, by which the source is reached,
  // outlives this object.
  void Start(rpc::Peer& peer);
  void Stop();
  // True once the feed was read to its end; false at the deadline.
  bool AwaitLoaded(absl::Time deadline) const;

  const std::string& source() const { return options_.source; }

  // UNAVAILABLE until loaded, but OK for relayed principals then: the service that relays has checked.
  absl::Status Check(const rpc::Principal& principal) const override;

 private:
  void Run();
  // Reads the feed on from the position: to its present end, or until the stream ends.
  absl::Status Read(bool until_now);
  void Apply(const changes::Batch& batch);
  // The position lies outside of the feed: before its oldest change, or, after a restore, beyond its newest.
  void Restart(const absl::Status& status);
  void SetLoaded();

  const Options options_;
  prometheus::Gauge* loaded_gauge_ = nullptr;
  rpc::Peer* peer_ = nullptr;  // fixed from Start on
  const std::shared_ptr<rpc::Cancellation> stopped_ = std::make_shared<rpc::Cancellation>();
  changes::FeedPosition position_;  // of the thread
  Backoff backoff_{absl::Milliseconds(50), absl::Seconds(2)};
  std::atomic<bool> started_{false};
  mutable absl::Mutex mutex_;
  bool loaded_ ABSL_GUARDED_BY(mutex_) = false;
  // By name, "users/7": the lowest version whose tokens are valid.
  absl::flat_hash_map<std::string, int64_t> versions_ ABSL_GUARDED_BY(mutex_);
  BackgroundThread thread_;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_SESSION_VERSIONS_H_
