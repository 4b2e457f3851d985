#include "common/rpc/grpc_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/rpc_service_method.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/resource_quota.h>

#include <mutex>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/rpc/grpc_calls.h"
#include "common/rpc/grpc_deadline.h"
#include "common/rpc/grpc_reflection.h"

namespace storeops::rpc {
namespace {

using UnaryHandlerOfGrpc = grpc::internal::CallbackUnaryHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
using StreamHandlerOfGrpc = grpc::internal::CallbackServerStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
using UploadHandlerOfGrpc = grpc::internal::CallbackClientStreamingHandler<grpc::ByteBuffer, grpc::ByteBuffer>;

constexpr absl::Duration kKeepaliveInterval = absl::Seconds(30);
constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(10);
constexpr absl::Duration kHandshakeLimit = absl::Seconds(10);

// The rows of one service as gRPC wants them.
class DescriptorService final : public grpc::Service {
 public:
  DescriptorService(Door& door, const MethodTable& table, const google::protobuf::ServiceDescriptor& service) {
    paths_.reserve(service.method_count());  // gRPC keeps pointers to the texts
    for (int i = 0; i < service.method_count(); ++i) {
      const std::string name = absl::StrCat(service.full_name(), "/", service.method(i)->name());
      paths_.push_back("/" + name);
      Add(i, door, *table.Find(name));
    }
  }

 private:
  void Add(int index, Door& door, const Method& method) {
    using grpc::internal::RpcMethod;
    const auto type = method.uploads()           ? RpcMethod::CLIENT_STREAMING
                      : method.streams_replies() ? RpcMethod::SERVER_STREAMING
                                                 : RpcMethod::NORMAL_RPC;
    AddMethod(new grpc::internal::RpcServiceMethod(paths_[index].c_str(), type, /*handler=*/nullptr));
    if (method.uploads()) {
      MarkMethodRawCallback(index, new UploadHandlerOfGrpc([&door, &method](grpc::CallbackServerContext* context,
                                                                            grpc::ByteBuffer* response) {
                              return StartUploadCall(door, method, *context, response);
                            }));
    } else if (method.streams_replies()) {
      MarkMethodRawCallback(index, new StreamHandlerOfGrpc([&door, &method](grpc::CallbackServerContext* context,
                                                                            const grpc::ByteBuffer* request) {
                              return StartStreamCall(door, method, *context, *request);
                            }));
    } else {
      MarkMethodRawCallback(
          index, new UnaryHandlerOfGrpc([&door, &method](grpc::CallbackServerContext* context,
                                                         const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
            return StartUnaryCall(door, method, *context, *request, response);
          }));
    }
  }

  std::vector<std::string> paths_;
};

std::shared_ptr<grpc::ServerCredentials> MakeCredentials(const TlsOptions& tls) {
  if (tls.certificate_chain.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(tls.client_ca.empty()
                                                ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                                : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_key_cert_pairs.push_back({tls.private_key, tls.certificate_chain});
  options.pem_root_certs = tls.client_ca;
  return grpc::SslServerCredentials(options);
}

// gRPC tells whether credentials are right only where it listens by itself: here on a name that no network reaches.
absl::Status CheckCredentials(const TlsOptions& tls) {
  if (tls.certificate_chain.empty()) return absl::OkStatus();
  grpc::CallbackGenericService nothing;
  grpc::ServerBuilder builder;
  builder.RegisterCallbackGenericService(&nothing);
  builder.AddListeningPort(absl::StrCat("unix-abstract:", RandomToken(16)), MakeCredentials(tls));
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server != nullptr) return absl::OkStatus();
  return absl::InternalError("the TLS certificate, its private key or the client CA is wrong");
}

int Milliseconds(absl::Duration duration) { return static_cast<int>(absl::ToInt64Milliseconds(duration)); }

void SetLimits(const GrpcServer::Options& options, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  // gRPC looks at a message's size before it decompresses it and after, not while: 30 MB of gzip would become 30 GB.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetResourceQuota(grpc::ResourceQuota("storeops").Resize(options.memory_quota_bytes));
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, options.max_metadata_bytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_concurrent_streams);
  if (options.max_connection_age < absl::InfiniteDuration()) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, Milliseconds(options.max_connection_age));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, Milliseconds(options.max_connection_age_grace));
  }
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(kKeepaliveInterval));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, Milliseconds(kKeepaliveTimeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(options.min_ping_interval));
  // A connection that says nothing keeps its place no longer.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, Milliseconds(kHandshakeLimit));
}

absl::Status CheckTls(const TlsOptions& tls) {
  if (tls.certificate_chain.empty() != tls.private_key.empty()) {
    return absl::InternalError("TLS needs both a certificate and its private key");
  }
  if (tls.certificate_chain.empty() && !tls.client_ca.empty()) {
    return absl::InternalError("a client CA needs a server certificate");
  }
  return absl::OkStatus();
}

// gRPC knows health checks as a setting of the whole process, to be made before the first server.
void EnableHealthChecks() {
  static std::once_flag once;
  std::call_once(once, [] { grpc::EnableDefaultHealthCheckService(true); });
}

}  // namespace

class GrpcServer::Impl {
 public:
  explicit Impl(Pipeline& pipeline) : door_{pipeline} {}
  ~Impl() { Shutdown(SteadyNow()); }

  absl::Status Start(const Options& options, const MethodTable& table) {
    if (absl::Status tls = CheckTls(options.tls); !tls.ok()) return tls;
    if (absl::Status credentials = CheckCredentials(options.tls); !credentials.ok()) return credentials;
    EnableHealthChecks();
    door_.mutual_tls = !options.tls.client_ca.empty();
    grpc::ServerBuilder builder;
    SetLimits(options, builder);
    auto listening = GrpcAcceptor::Listen(options.address, options.connections);
    if (!listening.ok()) return listening.status();
    acceptor_ = *std::move(listening);
    auto door = builder.experimental().AddExternalConnectionAcceptor(
        grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, MakeCredentials(options.tls));
    for (const auto* descriptor : table.services()) {
      services_.push_back(std::make_unique<DescriptorService>(door_, table, *descriptor));
      service_names_.push_back(descriptor->full_name());
      builder.RegisterService(services_.back().get());
    }
    for (auto& reflection : MakeReflectionServices(table)) {
      builder.RegisterService(reflection.get());
      services_.push_back(std::move(reflection));
    }
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return absl::InternalError("the gRPC server cannot be made");
    SetServing(false);
    acceptor_->Start(std::move(door));
    if (options.telemetry != nullptr) {
      watch_ = options.telemetry->Watch("storeops_grpc_connections", "Open gRPC connections",
                                        {{"port", absl::StrCat(port())}},
                                        [this] { return static_cast<double>(acceptor_->connections()); });
    }
    return absl::OkStatus();
  }

  int port() const { return acceptor_->port(); }

  void SetServing(bool serving) {
    auto* health = server_->GetHealthCheckService();
    health->SetServingStatus("", serving);
    for (const auto& name : service_names_) health->SetServingStatus(name, serving);
  }

  void Shutdown(absl::Time deadline) {
    if (server_ == nullptr || door_.closing.exchange(true)) return;
    SetServing(false);
    watch_ = nullptr;
    acceptor_->Stop();
    server_->Shutdown(ToGrpcDeadline(deadline));
  }

 private:
  Door door_;
  std::vector<std::string> service_names_;
  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<GrpcAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<void> watch_;
};

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() = default;

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const Options& options, const MethodTable& table,
                                                              Pipeline& pipeline) {
  auto impl = std::make_unique<Impl>(pipeline);
  if (absl::Status started = impl->Start(options, table); !started.ok()) return started;
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

int GrpcServer::port() const { return impl_->port(); }
void GrpcServer::SetServing(bool serving) { impl_->SetServing(serving); }
void GrpcServer::Shutdown(absl::Time deadline) { impl_->Shutdown(deadline); }

}  // namespace storeops::rpc
