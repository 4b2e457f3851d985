#include "services/storeops/suite.h"

#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/db/database_clock.h"
#include "common/http/server.h"
#include "common/module/service_host.h"
#include "common/rpc/grpc_server.h"
#include "common/rpc/peer.h"
#include "services/catalog/module.h"
#include "services/gateway/module.h"
#include "services/inventory/module.h"
#include "services/storeops/files.h"
#include "services/storeops/listening.h"
#include "services/storeops/readiness.h"

namespace storeops {
namespace {

constexpr absl::Duration kPingLimit = absl::Seconds(2);
constexpr absl::Duration kClockLimit = absl::Seconds(5);
constexpr absl::Duration kSchemaLimit = absl::Seconds(10);

ServiceHost::Options HostOptions(const Settings& settings, const db::Address& address) {
  ServiceHost::Options options;
  options.modules = AllModules();
  options.runtime.address = address;
  options.runtime.max_connections = settings.db_connections;
  options.runtime.database_prefix = settings.db_prefix;
  options.runtime.data_root = settings.home + "/services";
  options.runtime.periodic_threads = settings.periodic_threads;
  options.runtime.flags = settings.module_flags;
  options.runtime.version = STOREOPS_VERSION;
  return options;
}

http::Response PlainText(int status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}}, std::move(body)};
}

}  // namespace

std::vector<ModuleInfo> AllModules() {
  return {catalog::CatalogModule(), inventory::InventoryModule(), gateway::GatewayModule()};
}

std::string ServiceNames() {
  const auto append_name = [](std::string* out, const ModuleInfo& info) { out->append(info.name); };
  return absl::StrJoin(AllModules(), ", ", append_name);
}

absl::Status MigrateDatabases(const Settings& settings, const db::Address& address, absl::Time deadline) {
  ServiceHost::Options options = HostOptions(settings, address);
  options.workers = 1;
  ASSIGN_OR_RETURN(const auto host, ServiceHost::Make(std::move(options)));
  return host->Migrate(deadline);
}

class Suite::Impl {
 public:
  Impl(const Settings& settings, const db::Address& address, const std::string& secret)
      : settings_(settings), clock_(address), access_tokens_(secret, clock_) {}

  ~Impl() {
    Drain();
    // Calls that outlived the drain limit still use all that goes now.
    host_ = nullptr;
  }

  absl::Status Start(const db::Address& address, const std::string& secret, const std::vector<std::string>& services);
  void Drain();

  int grpc_port() const { return grpc_->port(); }
  int http_port() const { return http_->port(); }
  const Readiness& readiness() const { return *readiness_; }

 private:
  absl::Status MakePeers();
  absl::Status OpenDoors();
  // Whether the database answers and the gRPC port takes connections: what asks over HTTP sees the HTTP port itself.
  absl::Status Ready();
  void HandleHttp(http::Request request, http::Responder respond);

  const Settings settings_;
  db::DatabaseClock clock_;
  const rpc::AccessTokens access_tokens_;  // for calls to remote peers
  std::map<std::string, std::unique_ptr<rpc::Peer>, std::less<>> remote_peers_;
  std::unique_ptr<blobs::BlobStore> blobs_;
  std::unique_ptr<ServiceHost> host_;
  http::Handler api_;  // of the module that serves HTTP, if it runs here
  std::unique_ptr<rpc::GrpcServer> grpc_;
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<Readiness> readiness_;
};

absl::Status Suite::Impl::MakePeers() {
  ASSIGN_OR_RETURN(const auto targets, ParsePeers(settings_));
  ASSIGN_OR_RETURN(const rpc::PeerTls tls, LoadPeerTls(settings_));
  for (const auto& [name, target] : targets) {
    remote_peers_[name] = rpc::MakeRemotePeer(target, tls, &access_tokens_);
  }
  return absl::OkStatus();
}

absl::Status Suite::Impl::OpenDoors() {
  ASSIGN_OR_RETURN(const rpc::TlsOptions tls, LoadTls(settings_));
  rpc::GrpcServer::Options grpc;
  grpc.address = JoinHostPort(settings_.bind, settings_.grpc_port);
  grpc.tls = tls;
  grpc.connections = ConnectionLimits(settings_, RaiseDescriptorLimit());
  grpc.telemetry = &host_->telemetry();
  if (settings_.grpc_connection_age_s > 0) grpc.max_connection_age = absl::Seconds(settings_.grpc_connection_age_s);
  ASSIGN_OR_RETURN(grpc_, rpc::GrpcServer::Start(grpc, host_->table(), host_->pipeline()));

  ASSIGN_OR_RETURN(http::Api api, host_->MakeHttpApi());
  api_ = std::move(api.handler);
  http::Server::Options http;
  http.refusal = std::move(api.refusal);
  http.address = settings_.bind;
  http.port = settings_.http_port;
  http.threads = HttpThreads(settings_);
  http.max_connections = grpc.connections.max_connections;
  http.max_connections_per_address = grpc.connections.max_connections_per_address;
  http.certificate_chain = tls.certificate_chain;
  http.private_key = tls.private_key;
  http.client_ca = tls.client_ca;
  http.telemetry = &host_->telemetry();
  ASSIGN_OR_RETURN(http_, http::Server::Start(http, [this](http::Request request, http::Responder respond) {
                     HandleHttp(std::move(request), std::move(respond));
                   }));
  return absl::OkStatus();
}

absl::Status Suite::Impl::Start(const db::Address& address, const std::string& secret,
                                const std::vector<std::string>& services) {
  ASSIGN_OR_RETURN(blobs_, OpenBlobs(settings_));
  RETURN_IF_ERROR(MakePeers());
  // A database that does not answer yet is asked again.
  clock_.Start(SteadyNow() + kClockLimit).IgnoreError();
  ServiceHost::Options options = HostOptions(settings_, address);
  options.run = services;
  options.runtime.secret = secret;
  options.runtime.clock = &clock_;
  options.runtime.blobs = blobs_.get();
  options.runtime.peer = [this](absl::string_view service) {
    const auto found = remote_peers_.find(service);
    return found == remote_peers_.end() ? nullptr : found->second.get();
  };
  options.workers = settings_.workers;
  options.calls_per_second = settings_.calls_per_second;
  options.log_reads = settings_.log_level == "debug";
  ASSIGN_OR_RETURN(host_, ServiceHost::Make(std::move(options)));
  // Refused here if the database says so. One that cannot be reached yet is asked again by the readiness check.
  const absl::Status migrated = host_->CheckMigrated(SteadyNow() + kSchemaLimit);
  if (absl::IsFailedPrecondition(migrated)) return migrated;
  RETURN_IF_ERROR(host_->Bind());
  RETURN_IF_ERROR(host_->Start());
  // Made before the doors open, because the HTTP door asks it; started behind them, because it tells the gRPC door.
  readiness_ =
      std::make_unique<Readiness>([this] { return Ready(); }, [this](bool ready) { grpc_->SetServing(ready); });
  RETURN_IF_ERROR(OpenDoors());
  readiness_->Start();
  return absl::OkStatus();
}

absl::Status Suite::Impl::Ready() {
  RETURN_IF_ERROR(host_->Ready(SteadyNow() + kPingLimit));
  const std::string address = JoinHostPort(LocalHost(settings_.bind), grpc_->port());
  if (TakesConnections(address, kPingLimit)) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("the gRPC port ", address, " takes no connections"));
}

void Suite::Impl::HandleHttp(http::Request request, http::Responder respond) {
  const absl::string_view path = request.Path();
  if (path == "/healthz") return respond(PlainText(200, "alive\n"));
  if (path == "/readyz") {
    const bool ready = readiness_->ready();
    return respond(PlainText(ready ? 200 : 503, ready ? "ready\n" : "not ready\n"));
  }
  if (path == "/metrics") {
    http::Response response = PlainText(200, host_->telemetry().Render());
    response.headers[0].second = "text/plain; version=0.0.4; charset=utf-8";
    return respond(std::move(response));
  }
  if (api_) return api_(std::move(request), std::move(respond));
  respond(PlainText(404, "This process serves gRPC; the gateway serves the API over HTTP.\n"));
}

void Suite::Impl::Drain() {
  if (readiness_ != nullptr) readiness_->Stop();
  if (grpc_ != nullptr || http_ != nullptr) absl::SleepFor(absl::Seconds(settings_.drain_delay_s));
  const absl::Time deadline = SteadyNow() + absl::Seconds(settings_.drain_limit_s);
  // The doors close first and let the calls that they accepted end. Streams have no end of their own: the pipeline ends
  // them, once no request can be on its way from the HTTP door to it.
  std::thread grpc_shutdown([&] {
    if (grpc_ != nullptr) grpc_->Shutdown(deadline);
  });
  if (http_ != nullptr) http_->Shutdown(deadline);
  if (host_ != nullptr) host_->pipeline().StopAccepting();
  grpc_shutdown.join();
  if (host_ != nullptr) {
    host_->pipeline().AwaitIdle(deadline);
    host_->Stop();
  }
  grpc_ = nullptr;
  http_ = nullptr;
  readiness_ = nullptr;
}

absl::StatusOr<std::unique_ptr<Suite>> Suite::Start(const Settings& settings, const db::Address& address,
                                                    const std::string& secret,
                                                    const std::vector<std::string>& services) {
  RETURN_IF_ERROR(MakeFolder(settings.home + "/services"));
  auto impl = std::make_unique<Impl>(settings, address, secret);
  RETURN_IF_ERROR(impl->Start(address, secret, services));
  return std::unique_ptr<Suite>(new Suite(std::move(impl)));
}

Suite::Suite(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Suite::~Suite() = default;
int Suite::grpc_port() const { return impl_->grpc_port(); }
int Suite::http_port() const { return impl_->http_port(); }
bool Suite::AwaitReady(absl::Time deadline) const { return impl_->readiness().AwaitReady(deadline); }
void Suite::Drain() { impl_->Drain(); }

}  // namespace storeops
