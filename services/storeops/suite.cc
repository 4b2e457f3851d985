#include "services/storeops/suite.h"

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/base/worker_pool.h"
#include "common/http/server.h"
#include "common/module/service_runtime.h"
#include "common/module/shared_services.h"
#include "common/rpc/grpc_server.h"
#include "common/rpc/peer.h"
#include "common/rpc/pipeline.h"
#include "common/telemetry/telemetry.h"
#include "services/catalog/module.h"
#include "services/gateway/http/api_handler.h"
#include "services/gateway/http/refusal.h"
#include "services/gateway/module.h"
#include "services/inventory/module.h"
#include "services/storeops/files.h"
#include "services/storeops/readiness.h"

namespace storeops {
namespace {

constexpr absl::Duration kPingLimit = absl::Seconds(2);
constexpr char kGateway[] = "gateway";

absl::StatusOr<std::vector<ModuleInfo>> ChooseModules(const Settings& settings, const std::vector<std::string>& names) {
  const std::vector<ModuleInfo> all = AllModules(settings);
  if (std::find(names.begin(), names.end(), "all") != names.end()) return all;
  for (const std::string& name : names) {
    if (std::any_of(all.begin(), all.end(), [&](const ModuleInfo& info) { return info.name == name; })) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("there is no service ", name, "; choose from ", ServiceNames(), ", all"));
  }
  std::vector<ModuleInfo> chosen;
  for (const ModuleInfo& info : all) {
    if (std::find(names.begin(), names.end(), info.name) != names.end()) chosen.push_back(info);
  }
  return chosen;
}

ServiceRuntime::Options RuntimeOptions(const Settings& settings, const db::Address& address, ModuleInfo info) {
  ServiceRuntime::Options options;
  options.info = std::move(info);
  options.address = address;
  options.max_connections = settings.db_connections;
  options.database_prefix = settings.db_prefix;
  options.data_root = settings.home + "/services";
  return options;
}

WorkerPool::Options WorkerOptions(const Settings& settings) {
  WorkerPool::Options options;
  options.threads = settings.workers;
  options.on_thread_start = db::ThreadInit;
  options.on_thread_end = db::ThreadEnd;
  return options;
}

http::Response PlainText(int status, std::string body) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}}, std::move(body)};
}

}  // namespace

std::vector<ModuleInfo> AllModules(const Settings& settings) {
  return {catalog::CatalogModule(),
          inventory::InventoryModule({}, {settings.return_window_days, settings.claim_window_days}),
          gateway::GatewayModule()};
}

std::string ServiceNames() {
  const auto append_name = [](std::string* out, const ModuleInfo& info) { out->append(info.name); };
  return absl::StrJoin(AllModules(), ", ", append_name);
}

absl::Status MigrateDatabases(const Settings& settings, const db::Address& address, absl::Time deadline) {
  telemetry::Telemetry telemetry;
  rpc::MethodTable table;
  const rpc::AccessTokens no_tokens("", Clock::System());
  for (ModuleInfo& info : AllModules(settings)) {
    ServiceRuntime runtime(RuntimeOptions(settings, address, std::move(info)), telemetry, table, no_tokens);
    RETURN_IF_ERROR(runtime.Migrate(deadline));
  }
  return absl::OkStatus();
}

class Suite::Impl {
 public:
  Impl(const Settings& settings, const std::string& secret)
      : settings_(settings),
        access_tokens_(secret, Clock::System()),
        rate_limiter_({.calls_per_second = settings.calls_per_second, .burst = 2 * settings.calls_per_second},
                      Clock::System()),
        workers_(WorkerOptions(settings)) {}

  ~Impl() {
    Drain();
    // Calls that outlived the drain limit still use all that goes now.
    if (pipeline_ != nullptr) pipeline_->AwaitIdle(absl::InfiniteFuture());
  }

  absl::Status Start(const db::Address& address, const std::string& secret, std::vector<ModuleInfo> modules);
  void Drain();

  int grpc_port() const { return grpc_->port(); }
  int http_port() const { return http_->port(); }
  const Readiness& readiness() const { return *readiness_; }

 private:
  void MakeRuntimes(const db::Address& address, const std::string& secret, std::vector<ModuleInfo> modules);
  absl::Status MakePeers();
  absl::Status BindAll();
  absl::Status OpenDoors();
  rpc::Peer* PeerOf(absl::string_view service) const;
  absl::Status Ping() const;
  void HandleHttp(http::Request request, http::Responder respond);

  const Settings settings_;
  telemetry::Telemetry telemetry_;
  const rpc::AccessTokens access_tokens_;
  rpc::RateLimiter rate_limiter_;
  WorkerPool workers_;
  std::unique_ptr<blobs::BlobStore> blobs_;
  rpc::MethodTable table_;
  rpc::KeyResolver* keys_ = nullptr;  // of the gateway's module, if it runs here
  std::unique_ptr<rpc::Authenticator> authenticator_;
  std::vector<std::unique_ptr<ServiceRuntime>> runtimes_;
  std::unique_ptr<SharedServices> shared_services_;
  std::unique_ptr<rpc::Pipeline> pipeline_;
  std::unique_ptr<rpc::Peer> local_peer_;
  std::map<std::string, std::unique_ptr<rpc::Peer>, std::less<>> remote_peers_;
  std::vector<std::shared_ptr<void>> gauges_;
  http::Handler api_;
  std::unique_ptr<rpc::GrpcServer> grpc_;
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<Readiness> readiness_;
};

void Suite::Impl::MakeRuntimes(const db::Address& address, const std::string& secret, std::vector<ModuleInfo> modules) {
  const std::string holder = RandomToken(16);
  for (ModuleInfo& info : modules) {
    if (info.name == kGateway) {
      // Made ahead of its runtime: the authenticator asks it for API keys.
      const auto module = std::make_shared<std::unique_ptr<Module>>(info.make());
      keys_ = &static_cast<gateway::Gateway&>(**module).key_resolver();
      info.make = [module] { return std::move(*module); };
    }
    auto options = RuntimeOptions(settings_, address, std::move(info));
    options.secret = secret;
    options.holder = holder;
    options.blobs = blobs_.get();
    options.peer = [this](absl::string_view service) { return PeerOf(service); };
    runtimes_.push_back(std::make_unique<ServiceRuntime>(std::move(options), telemetry_, table_, access_tokens_));
  }
}

absl::Status Suite::Impl::MakePeers() {
  ASSIGN_OR_RETURN(const auto targets, ParsePeers(settings_));
  ASSIGN_OR_RETURN(const rpc::PeerTls tls, LoadPeerTls(settings_));
  for (const auto& [name, target] : targets) {
    remote_peers_[name] = rpc::MakeRemotePeer(target, tls, &access_tokens_);
  }
  local_peer_ = rpc::MakeLocalPeer(table_, *pipeline_, access_tokens_);
  return absl::OkStatus();
}

rpc::Peer* Suite::Impl::PeerOf(absl::string_view service) const {
  for (const auto& runtime : runtimes_) {
    if (runtime->name() == service) return local_peer_.get();
  }
  const auto found = remote_peers_.find(service);
  return found == remote_peers_.end() ? nullptr : found->second.get();
}

// The gateway binds last: it forwards what nobody has bound.
absl::Status Suite::Impl::BindAll() {
  std::vector<ServiceRuntime*> local;
  for (const auto& runtime : runtimes_) local.push_back(runtime.get());
  shared_services_ = std::make_unique<SharedServices>(
      local, [this](absl::string_view service) { return PeerOf(service); }, SharedServices::Options());
  shared_services_->Bind(table_);
  for (const auto& runtime : runtimes_) RETURN_IF_ERROR(runtime->Bind());
  return table_.Finish();
}

absl::Status Suite::Impl::OpenDoors() {
  ASSIGN_OR_RETURN(const rpc::TlsOptions tls, LoadTls(settings_));
  rpc::GrpcServer::Options grpc;
  grpc.address = JoinHostPort(settings_.bind, settings_.grpc_port);
  grpc.tls = tls;
  if (settings_.grpc_connection_age_s > 0) grpc.max_connection_age = absl::Seconds(settings_.grpc_connection_age_s);
  ASSIGN_OR_RETURN(grpc_, rpc::GrpcServer::Start(grpc, table_, *pipeline_));

  http::Server::Options http;
  if (keys_ != nullptr) {
    gateway::ApiOptions api;
    api.cors_origins = settings_.cors_origins;
    api.version = STOREOPS_VERSION;
    api.catalog = PeerOf("catalog");
    ASSIGN_OR_RETURN(api_, gateway::MakeApiHandler(table_, *pipeline_, api));
    http.refusal = gateway::MakeApiRefusal(api);
  }
  http.address = settings_.bind;
  http.port = settings_.http_port;
  http.certificate_chain = tls.certificate_chain;
  http.private_key = tls.private_key;
  http.client_ca = tls.client_ca;
  http.telemetry = &telemetry_;
  ASSIGN_OR_RETURN(http_, http::Server::Start(http, [this](http::Request request, http::Responder respond) {
                     HandleHttp(std::move(request), std::move(respond));
                   }));
  return absl::OkStatus();
}

absl::Status Suite::Impl::Start(const db::Address& address, const std::string& secret,
                                std::vector<ModuleInfo> modules) {
  ASSIGN_OR_RETURN(blobs_, OpenBlobs(settings_));
  MakeRuntimes(address, secret, std::move(modules));
  authenticator_ = std::make_unique<rpc::StandardAuthenticator>(access_tokens_, keys_);
  rpc::Pipeline::Options options;
  options.workers = &workers_;
  options.authenticator = authenticator_.get();
  options.rate_limiter = &rate_limiter_;
  options.telemetry = &telemetry_;
  options.on_stream_thread_start = db::ThreadInit;
  options.on_stream_thread_end = db::ThreadEnd;
  options.log_reads = settings_.log_level == "debug";
  options.secret = secret;
  pipeline_ = std::make_unique<rpc::Pipeline>(options);
  gauges_.push_back(
      telemetry_.Watch("storeops_workers_busy", "Worker threads at work.", {}, [this] { return workers_.busy(); }));
  gauges_.push_back(telemetry_.Watch("storeops_workers_queued", "Calls that wait for a worker thread.", {},
                                     [this] { return static_cast<double>(workers_.queued()); }));
  RETURN_IF_ERROR(MakePeers());
  RETURN_IF_ERROR(BindAll());
  for (const auto& runtime : runtimes_) RETURN_IF_ERROR(runtime->Start());
  // Made before the doors open, because the HTTP door asks it; started behind them, because it tells the gRPC door.
  readiness_ = std::make_unique<Readiness>([this] { return Ping(); }, [this](bool ready) { grpc_->SetServing(ready); });
  RETURN_IF_ERROR(OpenDoors());
  readiness_->Start();
  return absl::OkStatus();
}

absl::Status Suite::Impl::Ping() const {
  for (const auto& runtime : runtimes_) RETURN_IF_ERROR(runtime->Ready(absl::Now() + kPingLimit));
  return absl::OkStatus();
}

void Suite::Impl::HandleHttp(http::Request request, http::Responder respond) {
  const absl::string_view path = request.Path();
  if (path == "/healthz") return respond(PlainText(200, "alive\n"));
  if (path == "/readyz") {
    const bool ready = readiness_->ready();
    return respond(PlainText(ready ? 200 : 503, ready ? "ready\n" : "not ready\n"));
  }
  if (path == "/metrics") {
    http::Response response = PlainText(200, telemetry_.Render());
    response.headers[0].second = "text/plain; version=0.0.4; charset=utf-8";
    return respond(std::move(response));
  }
  if (api_) return api_(std::move(request), std::move(respond));
  respond(PlainText(404, "This process serves gRPC; the gateway serves the API over HTTP.\n"));
}

void Suite::Impl::Drain() {
  if (readiness_ != nullptr) readiness_->Stop();
  if (grpc_ != nullptr || http_ != nullptr) absl::SleepFor(absl::Seconds(settings_.drain_delay_s));
  const absl::Time deadline = absl::Now() + absl::Seconds(settings_.drain_limit_s);
  // The doors close first and let the calls that they accepted end. Streams have no end of their own: the pipeline ends
  // them, once no request can be on its way from the HTTP door to it.
  std::thread grpc_shutdown([&] {
    if (grpc_ != nullptr) grpc_->Shutdown(deadline);
  });
  if (http_ != nullptr) http_->Shutdown(deadline);
  if (pipeline_ != nullptr) pipeline_->StopAccepting();
  grpc_shutdown.join();
  if (pipeline_ != nullptr) pipeline_->AwaitIdle(deadline);
  for (auto runtime = runtimes_.rbegin(); runtime != runtimes_.rend(); ++runtime) (*runtime)->Stop();
  grpc_ = nullptr;
  http_ = nullptr;
  readiness_ = nullptr;
}

absl::StatusOr<std::unique_ptr<Suite>> Suite::Start(const Settings& settings, const db::Address& address,
                                                    const std::string& secret,
                                                    const std::vector<std::string>& services) {
  ASSIGN_OR_RETURN(std::vector<ModuleInfo> modules, ChooseModules(settings, services));
  RETURN_IF_ERROR(MakeFolder(settings.home + "/services"));
  auto impl = std::make_unique<Impl>(settings, secret);
  RETURN_IF_ERROR(impl->Start(address, secret, std::move(modules)));
  return std::unique_ptr<Suite>(new Suite(std::move(impl)));
}

Suite::Suite(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Suite::~Suite() = default;
int Suite::grpc_port() const { return impl_->grpc_port(); }
int Suite::http_port() const { return impl_->http_port(); }
bool Suite::AwaitReady(absl::Time deadline) const { return impl_->readiness().AwaitReady(deadline); }
void Suite::Drain() { impl_->Drain(); }

}  // namespace storeops
