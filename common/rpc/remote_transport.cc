#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/sync_stream.h>

#include <optional>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/rpc/grpc_bytes.h"
#include "common/rpc/grpc_deadline.h"
#include "common/rpc/grpc_status.h"
#include "common/rpc/peer_transports.h"

namespace storeops::rpc {
namespace {

constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kMaxReceivedBytes = 32 << 20;
constexpr int kMaxMetadataBytes = 16 << 10;
constexpr int kFirstReconnectMs = 100;
constexpr int kMaxReconnectMs = 5'000;

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target, const PeerTls& tls) {
  grpc::ChannelArguments arguments;
  arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // channels to one target do not share a connection
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMaxReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1);
  arguments.SetMaxReceiveMessageSize(kMaxReceivedBytes);
  if (!tls.enabled) return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  if (!tls.expected_name.empty()) arguments.SetSslTargetNameOverride(tls.expected_name);
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls.root_ca;
  options.pem_cert_chain = tls.certificate_chain;
  options.pem_private_key = tls.private_key;
  return grpc::CreateCustomChannel(target, grpc::SslCredentials(options), arguments);
}

// Calls under way.
class CallCount {
 public:
  void Add(int calls) {
    absl::MutexLock lock(&mutex_);
    calls_ += calls;
  }
  void AwaitNone() {
    const auto none = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return calls_ == 0; };
    absl::MutexLock lock(&mutex_, absl::Condition(&none));
  }

 private:
  absl::Mutex mutex_;
  int calls_ ABSL_GUARDED_BY(mutex_) = 0;
};

class Counted {
 public:
  explicit Counted(std::shared_ptr<CallCount> count) : count_(std::move(count)) { count_->Add(1); }
  ~Counted() { count_->Add(-1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  const std::shared_ptr<CallCount> count_;
};

// What gRPC needs until the call has ended.
struct RemoteCall {
  explicit RemoteCall(std::shared_ptr<CallCount> count) : counted(std::move(count)) {}

  const Counted counted;  // to the very last: the context below holds the channel
  grpc::ClientContext context;
  std::string path;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  absl::AnyInvocable<void(absl::StatusOr<std::string>)> done;
  std::shared_ptr<const Cancellation> caller;
  std::shared_ptr<const void> interest;  // in the caller's cancellation
};

// A server that shuts down cancels the calls that arrive at that very moment, and those that outlast its deadline, with
// a bare CANCELLED. Nobody here asked for it: to the caller the peer is away.
absl::Status Outcome(const grpc::Status& status, const Cancellation* caller) {
  const bool asked_for = caller != nullptr && caller->cancelled();
  if (status.error_code() == grpc::StatusCode::CANCELLED && status.error_details().empty() && !asked_for) {
    return WithReason(absl::UnavailableError("the peer ended the call"), "PEER_SHUT_DOWN");
  }
  return FromGrpcStatus(status);
}

// The context of `call` ends with the caller's interest in it. The reaction holds it weakly: it may come any time.
template <class T>
std::shared_ptr<const void> CancelWithCaller(const PeerCall& call, const std::shared_ptr<T>& owner,
                                             grpc::ClientContext* context) {
  if (call.cancellation == nullptr) return nullptr;
  return call.cancellation->OnCancel([weak = std::weak_ptr<T>(owner), context] {
    if (const auto alive = weak.lock()) context->TryCancel();
  });
}

class RemoteTransport final : public Peer {
 public:
  RemoteTransport(const std::string& target, const PeerTls& tls, const AccessTokens* tokens, std::string authorization)
      : channel_(MakeChannel(target, tls)), stub_(channel_), authorization_(std::move(authorization)) {
    if (tokens != nullptr) tokens_.emplace(*tokens);
  }
  // A channel must not end on one of gRPC's own threads, which it would wait for.
  ~RemoteTransport() override { count_->AwaitNone(); }

  void Start(PeerCall call, std::string request, absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override {
    auto remote = std::make_shared<RemoteCall>(count_);
    Prepare(call, &remote->context);
    remote->path = "/" + call.method;
    remote->request = ToByteBuffer(std::move(request));
    remote->done = std::move(done);
    remote->caller = call.cancellation;
    remote->interest = CancelWithCaller(call, remote, &remote->context);
    stub_.UnaryCall(&remote->context, remote->path, grpc::StubOptions(), &remote->request, &remote->response,
                    [remote](const grpc::Status& status) {
                      if (status.ok()) return remote->done(ToString(remote->response));
                      remote->done(Outcome(status, remote->caller.get()));
                    });
  }

  absl::Status Stream(PeerCall call, const std::string& request,
                      const std::function<bool(const std::string&)>& on_message) override {
    using grpc::internal::RpcMethod;
    const auto context = std::make_shared<grpc::ClientContext>();
    Prepare(call, context.get());
    const std::string path = "/" + call.method;
    const auto interest = CancelWithCaller(call, context, context.get());
    const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
        grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
            channel_.get(), RpcMethod(path.c_str(), RpcMethod::SERVER_STREAMING), context.get(),
            ToByteBuffer(request)));
    bool stopped = false;
    for (grpc::ByteBuffer message; !stopped && reader->Read(&message); message.Clear()) {
      stopped = !on_message(ToString(message));
    }
    if (stopped) context->TryCancel();
    const grpc::Status status = reader->Finish();
    return stopped ? absl::OkStatus() : Outcome(status, call.cancellation.get());
  }

  absl::StatusOr<std::string> Upload(PeerCall call, const NextBytes& next) override {
    using grpc::internal::RpcMethod;
    const auto context = std::make_shared<grpc::ClientContext>();
    Prepare(call, context.get());
    const std::string path = "/" + call.method;
    const auto interest = CancelWithCaller(call, context, context.get());
    grpc::ByteBuffer response;
    const std::unique_ptr<grpc::ClientWriter<grpc::ByteBuffer>> writer(
        grpc::internal::ClientWriterFactory<grpc::ByteBuffer>::Create(
            channel_.get(), RpcMethod(path.c_str(), RpcMethod::CLIENT_STREAMING), context.get(), &response));
    const absl::Status sent = SendAll(next, *writer);
    if (!sent.ok()) context->TryCancel();
    const grpc::Status status = writer->Finish();
    RETURN_IF_ERROR(sent);
    if (!status.ok()) return Outcome(status, call.cancellation.get());
    return ToString(response);
  }

 private:
  // OK too when the peer wants no more; its status then says why.
  static absl::Status SendAll(const NextBytes& next, grpc::ClientWriter<grpc::ByteBuffer>& writer) {
    while (true) {
      std::string bytes;
      ASSIGN_OR_RETURN(const bool more, next(&bytes));
      if (!more) break;
      if (!writer.Write(ToByteBuffer(std::move(bytes)))) return absl::OkStatus();
    }
    writer.WritesDone();
    return absl::OkStatus();
  }

  void Prepare(const PeerCall& call, grpc::ClientContext* context) {
    if (call.deadline != absl::InfiniteFuture()) context->set_deadline(ToGrpcDeadline(call.deadline));
    std::string authorization = authorization_;
    if (authorization.empty() && tokens_.has_value()) authorization = tokens_->AuthorizationOf(call.principal);
    if (!authorization.empty()) context->AddMetadata("authorization", authorization);
    if (!call.trace.trace_id.empty()) context->AddMetadata("traceparent", call.trace.ToHeader());
    if (!call.language.empty()) context->AddMetadata("accept-language", call.language);
  }

  const std::shared_ptr<CallCount> count_ = std::make_shared<CallCount>();
  const std::shared_ptr<grpc::Channel> channel_;
  grpc::GenericStub stub_;
  const std::string authorization_;
  std::optional<TokenCache> tokens_;
};

}  // namespace

std::unique_ptr<Peer> MakeRemoteTransport(const std::string& target, const PeerTls& tls, const AccessTokens* tokens,
                                          const std::string& authorization) {
  return std::make_unique<RemoteTransport>(target, tls, tokens, authorization);
}

}  // namespace storeops::rpc
