// What every call passes, whatever door it came by, in this order: trace and metrics, authenticate, authorise, size and
// rate limits, deadline, normal form of text (common/base/message_text.h), validate, replay by request_id, handler,
// masks of personal data, error details, log line.
#ifndef STOREOPS_COMMON_RPC_PIPELINE_H_
#define STOREOPS_COMMON_RPC_PIPELINE_H_

#include <array>
#include <functional>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"
#include "common/base/signer.h"
#include "common/base/worker_pool.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/cost_lane.h"
#include "common/rpc/method_table.h"
#include "common/rpc/rate_limiter.h"
#include "common/telemetry/telemetry.h"

namespace storeops::rpc {

class StreamShares;
class StreamWatch;
class WorkerShares;

// A call as a door received it.
struct Incoming {
  const Method* method = nullptr;
  Credentials credentials;
  std::string traceparent;
  std::string language;  // Accept-Language
  std::string peer_address;
  absl::Time deadline = absl::InfiniteFuture();  // what the caller asked for
  size_t request_bytes = 0;                      // as received
  // Fills an empty message of the method's request type; INVALID_ARGUMENT if the body makes none. Called once at most,
  // after the caller was let in. Not for uploads.
  std::function<absl::Status(google::protobuf::Message*)> decode;
  // Optional: the request already serialised as protobuf; spares forwarding rows a decode. Called once at most.
  std::function<std::string()> binary;
  std::shared_ptr<const Cancellation> cancellation;
  // Unary replies of at least as many bytes are given to `done` by a worker, never by the thread that brings the call
  // nor by one that receives from peers: their encoding would keep others waiting. If no worker is to be had, any
  // thread gives them.
  size_t large_reply_bytes = std::numeric_limits<size_t>::max();
  // A unary call is worked on by the thread that brings it.
  bool lend_thread = false;
  // From a service in this process, for a call that was let in already: no share of workers is counted.
  bool inner = false;
  // Of calls that stream: ends a wait of the transport for its client, for reading as for writing, and makes all that
  // follow fail. May be null. From any thread, maybe after the call.
  std::function<void()> cut;
};

class Pipeline {
 public:
  struct Options {
    WorkerPool* workers = nullptr;
    Authenticator* authenticator = nullptr;
    RateLimiter* rate_limiter = nullptr;        // may be null: no limit per principal; services are never limited
    telemetry::Telemetry* telemetry = nullptr;  // may be null: no metrics
    const Clock* clock = &Clock::System();
    int max_streams = 256;  // shared as StreamShares says
    // How often the callers of open streams are checked.
    absl::Duration stream_check_interval = absl::Seconds(2);
    // Unary calls in flight of each service (package), by urgency; more are RESOURCE_EXHAUSTED.
    std::array<int, kUrgencies> max_in_flight = {1024, 128, 64};
    CostLanes* lanes = nullptr;  // may be null: expensive calls are as others
    // Also a log line, at debug, for each read that went well.
    bool log_reads = false;
    // The suite's secret, the same in all replicas: keys the kept hashes of requests, so that no password in a request
    // can be guessed through them.
    std::string secret;
  };

  explicit Pipeline(Options options);
  // Stops accepting and waits for calls in flight.
  ~Pipeline();

  // `done` is called exactly once, from any thread, maybe before this returns. It gets a reply or a status that carries
  // its details.
  void Serve(Incoming incoming, ReplyCallback done);

  // For streaming methods: `stream` gets the messages, then `done` the final status. `stream` is not touched after.
  void ServeStream(Incoming incoming, std::shared_ptr<ReplyStream> stream, absl::AnyInvocable<void(absl::Status)> done);

  // For methods that take a stream of requests: the handler reads them by `next` on a thread of its own. `next` is not
  // called after `done`.
  void ServeUpload(Incoming incoming, NextBytes next, ReplyCallback done);

  // New calls are refused with UNAVAILABLE, and streams of answers are ended with it, so that their callers connect
  // elsewhere. Unary calls and uploads under way go on.
  void StopAccepting();
  // True if all calls ended before `deadline`.
  bool AwaitIdle(absl::Time deadline);
  int in_flight() const;
  // Whether the calling thread is one of the workers.
  bool OnWorker() const { return options_.workers->RunsThisThread(); }

 private:
  class Active;
  class UnaryCall;
  class ThreadCall;
  class StreamCall;
  class UploadCall;

  struct StreamThread {
    std::thread thread;
    std::shared_ptr<Cancellation> cancellation;  // by which a shutdown ends it; null: it does not
  };
  using StreamThreads = std::list<StreamThread>;

  // The calls of one service and urgency. All but the count is fixed, and read without the lock.
  struct Group {
    std::string name;  // "batch calls of storeops.catalog.v1"
    WorkerPool::Owner service = WorkerPool::kNobody;
    int limit = 0;
    int in_flight = 0;
  };
  struct MethodState {
    Group* group = nullptr;                       // null: of streams, which have a limit of their own
    telemetry::MethodMetrics* metrics = nullptr;  // null without telemetry
  };
  struct Admission {
    bool stopping = false;
    bool accepted = false;
    Group* group = nullptr;  // counted in there
    telemetry::MethodMetrics* metrics = nullptr;
  };
  // Counts a call in, accepted or not; each is counted out by one of the two below.
  Admission CountIn(const Method& method);
  void CountOut(const Admission& admission);
  void CountOut(StreamThreads::iterator stream);
  MethodState StateOf(const Method& method) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status StartThread(ThreadCall* call);
  void JoinEndedStreams();

  const Options options_;
  const Signer request_hash_;
  const std::unique_ptr<WorkerShares> worker_shares_;
  const std::unique_ptr<StreamShares> stream_shares_;
  const std::unique_ptr<StreamWatch> stream_watch_;
  mutable absl::Mutex mutex_;
  int in_flight_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  absl::flat_hash_map<const Method*, MethodState> methods_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Group> groups_ ABSL_GUARDED_BY(mutex_);                // by name
  std::map<std::string, WorkerPool::Owner> services_ ABSL_GUARDED_BY(mutex_);  // by package
  StreamThreads streams_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> ended_streams_ ABSL_GUARDED_BY(mutex_);  // to be joined
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_PIPELINE_H_
