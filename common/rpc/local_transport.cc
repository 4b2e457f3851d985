#include <optional>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/rpc/peer_transports.h"

namespace storeops::rpc {
namespace {

// Between the handler's own thread and a caller who waits for its end: what passes between them passes on the handler's
// thread, so that the slower one sets the pace.
class LocalExchange {
 public:
  void End(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    Close(std::move(status));
  }

  // Returns when the call has ended, in which case the caller's functions are not called any more.
  absl::Status Await(absl::Time deadline, absl::string_view method) {
    absl::MutexLock lock(&mutex_);
    if (!AwaitUntil(mutex_, absl::Condition(&closed_), deadline)) Close(DidNotAnswer(method));
    const auto quiet = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return !busy_; };
    mutex_.Await(absl::Condition(&quiet));
    return status_;
  }

 protected:
  ~LocalExchange() = default;

  // False once the call has ended. What follows a true is a call of the caller's function and Leave.
  bool Enter() {
    absl::MutexLock lock(&mutex_);
    busy_ = !closed_;
    return busy_;
  }
  // `stop`: the caller wants no more, with this status. False if the call has ended.
  bool Leave(std::optional<absl::Status> stop) {
    absl::MutexLock lock(&mutex_);
    busy_ = false;
    if (stop.has_value()) Close(*std::move(stop));
    return !closed_;
  }

 private:
  // The first reason counts.
  void Close(absl::Status status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!closed_) status_ = std::move(status);
    closed_ = true;
  }

  absl::Mutex mutex_;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

class LocalStream final : public ReplyStream, public LocalExchange {
 public:
  explicit LocalStream(const std::function<bool(const std::string&)>& on_message) : on_message_(on_message) {}

  bool Write(const google::protobuf::Message& message) override {
    const std::string bytes = message.SerializeAsString();
    if (!Enter()) return false;
    const bool more = on_message_(bytes);
    return Leave(more ? std::nullopt : std::make_optional(absl::OkStatus()));
  }

 private:
  const std::function<bool(const std::string&)>& on_message_;  // the reader's, alive until Await returns
};

class LocalUpload final : public LocalExchange {
 public:
  explicit LocalUpload(const NextBytes& next) : next_(next) {}

  absl::StatusOr<bool> Next(std::string* bytes) {
    if (!Enter()) return absl::CancelledError("the caller has gone");
    auto more = next_(bytes);
    const bool wanted = Leave(more.ok() ? std::nullopt : std::make_optional(more.status()));
    if (more.ok() && !wanted) return absl::CancelledError("the caller has gone");
    return more;
  }

  // On the handler's thread, before Await has returned or unnoticed.
  void Answer(absl::StatusOr<Reply> reply) {
    if (reply.ok()) {
      absl::MutexLock lock(&answer_mutex_);
      answer_ = reply->ToBinary();
    }
    End(reply.status());
  }
  std::string TakeAnswer() {
    absl::MutexLock lock(&answer_mutex_);
    return std::move(answer_);
  }

 private:
  const NextBytes& next_;  // the caller's, alive until Await returns
  absl::Mutex answer_mutex_;
  std::string answer_ ABSL_GUARDED_BY(answer_mutex_);
};

class LocalTransport final : public Peer {
 public:
  LocalTransport(const MethodTable& table, Pipeline& pipeline, const AccessTokens& tokens)
      : table_(table), pipeline_(pipeline), tokens_(tokens) {}

  void Start(PeerCall call, std::string request, absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override {
    const Method* method = table_.Find(call.method);
    if (method == nullptr || !method->unary_call()) return done(Unknown(call.method));
    pipeline_.Serve(MakeIncoming(*method, call, std::move(request)),
                    [done = std::move(done)](absl::StatusOr<Reply> reply) mutable {
                      if (reply.ok()) return done(reply->ToBinary());
                      done(reply.status());
                    });
  }

  absl::Status Stream(PeerCall call, const std::string& request,
                      const std::function<bool(const std::string&)>& on_message) override {
    const Method* method = table_.Find(call.method);
    if (method == nullptr || !method->streams_replies()) return Unknown(call.method);
    const auto stream = std::make_shared<LocalStream>(on_message);
    return Await(std::move(call), *stream, stream, [&](const PeerCall& own) {
      pipeline_.ServeStream(MakeIncoming(*method, own, request), stream,
                            [stream](absl::Status status) { stream->End(std::move(status)); });
    });
  }

  absl::StatusOr<std::string> Upload(PeerCall call, const NextBytes& next) override {
    const Method* method = table_.Find(call.method);
    if (method == nullptr || !method->uploads()) return Unknown(call.method);
    const auto upload = std::make_shared<LocalUpload>(next);
    RETURN_IF_ERROR(Await(std::move(call), *upload, upload, [&](const PeerCall& own) {
      pipeline_.ServeUpload(
          MakeIncoming(*method, own, ""), [upload](std::string* bytes) { return upload->Next(bytes); },
          [upload](absl::StatusOr<Reply> reply) { upload->Answer(std::move(reply)); });
    }));
    return upload->TakeAnswer();
  }

 private:
  // Starts a call that streams and waits for its end. `owner` keeps the exchange alive.
  static absl::Status Await(PeerCall call, LocalExchange& exchange, const std::shared_ptr<void>& owner,
                            absl::FunctionRef<void(const PeerCall&)> start) {
    // A signal of its own, so that the handler also hears of a caller that has had enough.
    const auto gone = std::make_shared<Cancellation>();
    std::shared_ptr<const void> interest;
    if (call.cancellation != nullptr) {
      interest = call.cancellation->OnCancel([&exchange, owner, gone] {
        // In this order: a handler that gives way at once ends well, and its caller must not take that for all there
        // was.
        exchange.End(absl::CancelledError("the call was cancelled"));
        gone->Cancel();
      });
    }
    call.cancellation = gone;
    start(call);
    absl::Status status = exchange.Await(call.deadline, call.method);
    gone->Cancel();
    return status;
  }

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
    // Not of a repetition, which another thread starts.
    incoming.lend_thread = call.blocks && pipeline_.OnWorker();
    incoming.inner = true;
    const auto body = std::make_shared<const std::string>(std::move(request));
    incoming.decode = [body](google::protobuf::Message* message) {
      if (message->ParseFromString(*body)) return absl::OkStatus();
      return WithReason(absl::InvalidArgumentError(
                            absl::StrCat("the body is not a serialised ", message->GetDescriptor()->full_name())),
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
