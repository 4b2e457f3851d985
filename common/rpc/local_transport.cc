#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"
#include "common/rpc/peer_transports.h"

namespace storeops::rpc {
namespace {

// A stream's messages go to the reader on the handler's own thread, so that the reader's pace is the handler's pace.
class LocalStream final : public ReplyStream {
 public:
  explicit LocalStream(const std::function<bool(const std::string&)>& on_message) : on_message_(on_message) {}

  bool Write(const google::protobuf::Message& message) override {
    const std::string bytes = message.SerializeAsString();
    {
      absl::MutexLock lock(&mutex_);
      if (closed_) return false;
      delivering_ = true;
    }
    const bool more = on_message_(bytes);
    absl::MutexLock lock(&mutex_);
    delivering_ = false;
    if (!more) Close(absl::OkStatus());
    return !closed_;
  }

  void End(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    Close(std::move(status));
  }

  // Returns when the stream has ended, in which case the reader is not called any more.
  absl::Status Await(absl::Time deadline, absl::string_view method) {
    absl::MutexLock lock(&mutex_);
    if (!mutex_.AwaitWithDeadline(absl::Condition(&closed_), deadline)) Close(DidNotAnswer(method));
    const auto quiet = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !delivering_; };
    mutex_.Await(absl::Condition(&quiet));
    return status_;
  }

 private:
  // The first reason counts.
  void Close(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!closed_) status_ = std::move(status);
    closed_ = true;
  }

  const std::function<bool(const std::string&)>& on_message_;  // the reader's, alive until Await returns
  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool delivering_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

class LocalTransport final : public Peer {
 public:
  LocalTransport(const MethodTable& table, Pipeline& pipeline, const AccessTokens& tokens)
      : table_(table), pipeline_(pipeline), tokens_(tokens) {}

  void Start(PeerCall call, std::string request, absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override {
    const Method* method = table_.Find(call.method);
    if (method == nullptr || method->streaming()) return done(Unknown(call.method));
    pipeline_.Serve(MakeIncoming(*method, call, std::move(request)),
                    [done = std::move(done)](absl::StatusOr<Reply> reply) mutable {
                      if (reply.ok()) return done(reply->ToBinary());
                      done(reply.status());
                    });
  }

  absl::Status Stream(PeerCall call, const std::string& request,
                      const std::function<bool(const std::string&)>& on_message) override {
    const Method* method = table_.Find(call.method);
    if (method == nullptr || !method->streaming()) return Unknown(call.method);
    const auto stream = std::make_shared<LocalStream>(on_message);
    // A signal of its own, so that the handler also hears of a reader that has had enough.
    const auto gone = std::make_shared<Cancellation>();
    std::shared_ptr<const void> interest;
    if (call.cancellation != nullptr) {
      interest = call.cancellation->OnCancel([stream, gone] {
        // In this order: a handler that gives way at once ends well, and its caller must not take that for all there was.
        stream->End(absl::CancelledError("the call was cancelled"));
        gone->Cancel();
      });
    }
    call.cancellation = gone;
    pipeline_.ServeStream(MakeIncoming(*method, call, request), stream,
                          [stream](absl::Status status) { stream->End(std::move(status)); });
    absl::Status status = stream->Await(call.deadline, call.method);
    gone->Cancel();
    return status;
  }

 private:
  static absl::Status Unknown(absl::string_view method) {
    return WithReason(absl::UnimplementedError(absl::StrCat("there is no method ", method)), "METHOD_UNKNOWN");
  }

  Incoming MakeIncoming(const Method& method, const PeerCall& call, std::string request) {
    Incoming incoming;
    incoming.method = &method;
    incoming.credentials.authorization = tokens_.AuthorizationOf(call.principal);
    if (!call.trace.trace_id.empty()) incoming.traceparent = call.trace.ToHeader();
    incoming.language = call.language;
    incoming.peer_address = "in-process";
    incoming.deadline = call.deadline;
    incoming.request_bytes = request.size();
    incoming.cancellation = call.cancellation;
    const auto body = std::make_shared<const std::string>(std::move(request));
    incoming.decode = [body](google::protobuf::Message* message) {
      if (message->ParseFromString(*body)) return absl::OkStatus();
      return WithReason(absl::InvalidArgumentError(absl::StrCat("the body is not a serialised ",
                                                                message->GetDescriptor()->full_name())),
                        "MALFORMED_BODY");
    };
    incoming.binary = [body] { return *body; };
    return incoming;
  }

  const MethodTable& table_;
  Pipeline& pipeline_;
  TokenCache tokens_;
};

}  // namespace

std::unique_ptr<Peer> MakeLocalTransport(const MethodTable& table, Pipeline& pipeline, const AccessTokens& tokens) {
  return std::make_unique<LocalTransport>(table, pipeline, tokens);
}

}  // namespace storeops::rpc
