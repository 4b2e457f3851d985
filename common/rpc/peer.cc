#include "common/rpc/peer.h"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/time.h"
#include "common/rpc/grpc_deadline.h"
#include "common/rpc/peer_transports.h"
#include "google/rpc/error_details.pb.h"

namespace storeops::rpc {
namespace {

constexpr absl::Duration kDefaultLimit = absl::Seconds(60);
constexpr int kMaxAttempts = 4;
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(50);

absl::Time LimitDeadline(absl::Time deadline) {
  return deadline == absl::InfiniteFuture() ? SteadyNow() + kDefaultLimit : deadline;
}

// Stops retries while most calls fail, so that they do not add to an overload: a failure costs a token, a success
// returns a tenth of one, and retries need more than half of all tokens.
class RetryThrottle {
 public:
  void Succeeded() {
    absl::MutexLock lock(&mutex_);
    tokens_ = std::min(kMaxTokens, tokens_ + 0.1);
  }
  // True if the call may be repeated.
  bool Failed() {
    absl::MutexLock lock(&mutex_);
    tokens_ = std::max(0.0, tokens_ - 1);
    return tokens_ > kMaxTokens / 2;
  }

 private:
  static constexpr double kMaxTokens = 100;
  absl::Mutex mutex_;
  double tokens_ ABSL_GUARDED_BY(mutex_) = kMaxTokens;
};

// Doubles with each attempt, with jitter; not sooner than the peer asks for.
absl::Duration Backoff(int attempt, const absl::Status& status) {
  const double jitter = absl::Uniform(absl::BitGen(), 0.5, 1.5);
  const absl::Duration backoff = kFirstBackoff * (1 << (attempt - 1)) * jitter;
  google::rpc::RetryInfo info;
  return GetDetail(status, &info) ? std::max(backoff, FromDurationProto(info.retry_delay())) : backoff;
}

// One call and its repetitions. Keeps itself alive until `done` has been called.
class RetriedCall : public std::enable_shared_from_this<RetriedCall> {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  RetriedCall(Peer& peer, RetryThrottle& throttle, PeerCall call, std::string request, Done done)
      : peer_(peer),
        throttle_(throttle),
        call_(std::move(call)),
        request_(std::move(request)),
        done_(std::move(done)) {}

  void Attempt() {
    ++attempts_;
    peer_.Start(call_, request_, [self = shared_from_this()](absl::StatusOr<std::string> response) {
      self->Ended(std::move(response));
    });
  }

 private:
  void Ended(absl::StatusOr<std::string> response) {
    if (!absl::IsUnavailable(response.status())) {
      if (response.ok()) throttle_.Succeeded();
      return done_(std::move(response));
    }
    const absl::Time retry_at = SteadyNow() + Backoff(attempts_, response.status());
    if (!throttle_.Failed() || attempts_ == kMaxAttempts || retry_at >= call_.deadline || Cancelled()) {
      return done_(std::move(response));
    }
    auto alarm = std::make_shared<grpc::Alarm>();
    alarm->Set(ToGrpcDeadline(retry_at), [self = shared_from_this(), alarm](bool) mutable {
      alarm.reset();  // it holds this function
      self->Cancelled() ? self->done_(absl::CancelledError("the call was cancelled")) : self->Attempt();
    });
  }

  bool Cancelled() const { return call_.cancellation != nullptr && call_.cancellation->cancelled(); }

  Peer& peer_;  // not touched after `done_`
  RetryThrottle& throttle_;
  PeerCall call_;
  const std::string request_;
  Done done_;
  int attempts_ = 0;
};

class RetryingPeer final : public Peer {
 public:
  explicit RetryingPeer(std::unique_ptr<Peer> peer) : peer_(std::move(peer)) {}

  void Start(PeerCall call, std::string request, RetriedCall::Done done) override {
    call.deadline = LimitDeadline(call.deadline);
    if (!call.retry) return peer_->Start(std::move(call), std::move(request), std::move(done));
    std::make_shared<RetriedCall>(*peer_, throttle_, std::move(call), std::move(request), std::move(done))->Attempt();
  }

  absl::Status Stream(PeerCall call, const std::string& request,
                      const std::function<bool(const std::string&)>& on_message) override {
    return peer_->Stream(std::move(call), request, on_message);
  }

  absl::StatusOr<std::string> Upload(PeerCall call, const NextBytes& next) override {
    return peer_->Upload(std::move(call), next);
  }

 private:
  RetryThrottle throttle_;
  const std::unique_ptr<Peer> peer_;
};

}  // namespace

PeerCall PeerCall::From(const Call& call, absl::string_view method, absl::Duration limit) {
  PeerCall peer_call;
  peer_call.method = std::string(method);
  peer_call.principal = call.principal;
  peer_call.trace = call.trace;
  peer_call.deadline = std::min(call.deadline, SteadyNow() + limit);
  peer_call.language = call.language;
  peer_call.cancellation = call.cancellation;
  return peer_call;
}

absl::Status Peer::CallBlocking(PeerCall call, const google::protobuf::Message& request,
                                google::protobuf::Message* response) {
  // Shared, because an answer may still come after the deadline.
  struct Answer {
    absl::Notification arrived;
    absl::StatusOr<std::string> bytes;
  };
  const auto answer = std::make_shared<Answer>();
  const std::string method = call.method;
  call.blocks = true;
  const absl::Time deadline = call.deadline = LimitDeadline(call.deadline);
  Start(std::move(call), request.SerializeAsString(), [answer](absl::StatusOr<std::string> bytes) {
    answer->bytes = std::move(bytes);
    answer->arrived.Notify();
  });
  if (!AwaitUntil(answer->arrived, deadline)) return DidNotAnswer(method);
  if (!answer->bytes.ok()) return answer->bytes.status();
  if (response->ParseFromString(*answer->bytes)) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(method, " answered what is not a ", response->GetDescriptor()->full_name()));
}

absl::Status DidNotAnswer(absl::string_view method) {
  return WithReason(absl::DeadlineExceededError(absl::StrCat(method, " did not answer in time")), "DEADLINE_EXCEEDED");
}

std::unique_ptr<Peer> MakeLocalPeer(const MethodTable& table, Pipeline& pipeline, const AccessTokens& tokens) {
  return std::make_unique<RetryingPeer>(MakeLocalTransport(table, pipeline, tokens));
}

std::unique_ptr<Peer> MakeRemotePeer(const std::string& target, const PeerTls& tls, const AccessTokens* tokens,
                                     const std::string& authorization) {
  return std::make_unique<RetryingPeer>(MakeRemoteTransport(target, tls, tokens, authorization));
}

}  // namespace storeops::rpc
