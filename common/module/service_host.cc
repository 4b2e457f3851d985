#include "common/module/service_host.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/http/server.h"
#include "common/rpc/rate_limiter.h"

namespace storeops {
namespace {

// A service has fewer connections to its database than the process has workers: more would only wait for one.
int OwnerLimit(int workers) { return std::max(1, workers * 3 / 4); }

// In one process it takes milliseconds. A peer may start later: people's calls are UNAVAILABLE until then.
constexpr absl::Duration kSessionsLimit = absl::Seconds(10);

}  // namespace

ServiceHost::ServiceHost(Options options, AccessPolicy access)
    : options_(std::move(options)),
      access_(std::move(access)),
      tokens_(options_.runtime.secret, *options_.runtime.clock),
      workers_({.threads = options_.workers, .owner_limit = OwnerLimit(options_.workers)}),
      lanes_(static_cast<int>(std::thread::hardware_concurrency())) {}

ServiceHost::~ServiceHost() {
  if (pipeline_ != nullptr) {
    pipeline_->StopAccepting();
    pipeline_->AwaitIdle(absl::InfiniteFuture());
  }
  Stop();
}

absl::StatusOr<std::unique_ptr<ServiceHost>> ServiceHost::Make(Options options) {
  if (options.runtime.holder.empty()) options.runtime.holder = RandomToken(16);
  if (options.runtime.peer == nullptr) options.runtime.peer = [](absl::string_view) { return nullptr; };
  const auto is_peer = [&](absl::string_view service) { return options.runtime.peer(service) != nullptr; };
  ASSIGN_OR_RETURN(std::vector<ModuleInfo> modules, ChooseModules(options.modules, options.run, is_peer));
  ASSIGN_OR_RETURN(AccessPolicy access, AccessPolicy::Make(options.modules));
  std::unique_ptr<ServiceHost> host(new ServiceHost(std::move(options), std::move(access)));
  RETURN_IF_ERROR(host->MakeRuntimes(std::move(modules)));
  host->MakePipeline();
  return host;
}

absl::Status ServiceHost::MakeRuntimes(std::vector<ModuleInfo> modules) {
  std::vector<ServiceRuntime*> local;
  for (ModuleInfo& info : modules) {
    ServiceRuntime::Options options = options_.runtime;
    options.access = &access_;
    options.peer = [this, info](absl::string_view service) { return NeededPeer(info, service); };
    options.info = std::move(info);
    runtimes_.push_back(std::make_unique<ServiceRuntime>(std::move(options), telemetry_, table_, tokens_, lanes_));
    local.push_back(runtimes_.back().get());
    rpc::KeyResolver* const keys = local.back()->module().key_resolver();
    if (keys != nullptr && keys_ != nullptr) {
      return absl::InternalError(
          absl::StrCat("more than one module resolves API keys, the last one ", local.back()->name()));
    }
    if (keys != nullptr) keys_ = keys;
  }
  const auto peer = [this](absl::string_view service) { return PeerOf(service); };
  shared_services_ = std::make_unique<SharedServices>(local, peer, options_.shared);
  return absl::OkStatus();
}

void ServiceHost::MakeSessions() {
  for (const ModuleInfo& info : options_.modules) {
    const bool here = std::any_of(runtimes_.begin(), runtimes_.end(),
                                  [&info](const auto& runtime) { return runtime->name() == info.name; });
    if (!info.people.has_value() || (!here && options_.runtime.peer(info.name) == nullptr)) continue;
    sessions_ = std::make_unique<SessionVersions>(
        SessionVersions::Options{info.name, info.people->type, info.people->read_permission, &telemetry_});
  }
}

void ServiceHost::StartSessions() {
  if (sessions_ == nullptr) return;
  rpc::Peer* const peer = PeerOf(sessions_->source());
  sessions_->Start(*peer);
  if (peer == local_peer_.get()) sessions_->AwaitLoaded(SteadyNow() + kSessionsLimit);
}

void ServiceHost::MakePipeline() {
  MakeSessions();
  authenticator_ = std::make_unique<rpc::StandardAuthenticator>(tokens_, keys_, sessions_.get());
  if (options_.calls_per_second > 0) {
    rate_limiter_ =
        std::make_unique<rpc::RateLimiter>(rpc::RateLimiter::Options{.calls_per_second = options_.calls_per_second,
                                                                     .burst = 2 * options_.calls_per_second},
                                           *options_.runtime.clock);
  }
  rpc::Pipeline::Options options;
  options.workers = &workers_;
  options.authenticator = authenticator_.get();
  options.rate_limiter = rate_limiter_.get();
  options.telemetry = &telemetry_;
  options.log_reads = options_.log_reads;
  options.lanes = &lanes_;
  options.secret = options_.runtime.secret;
  pipeline_ = std::make_unique<rpc::Pipeline>(options);
  local_peer_ = rpc::MakeLocalPeer(table_, *pipeline_, tokens_);
  gauges_.push_back(
      telemetry_.Watch("storeops_workers_busy", "Worker threads at work.", {}, [this] { return workers_.busy(); }));
  for (const rpc::CostKind kind : {rpc::CostKind::kDatabase, rpc::CostKind::kCompute}) {
    const rpc::CostLane& lane = lanes_.Of(kind);
    const std::map<std::string, std::string> labels = {{"lane", lane.name()}};
    gauges_.push_back(telemetry_.Watch("storeops_expensive_running", "Expensive calls that run.", labels,
                                       [&lane] { return lane.running(); }));
    gauges_.push_back(telemetry_.Watch("storeops_expensive_waiting", "Expensive calls that wait for their turn.",
                                       labels, [&lane] { return lane.waiting(); }));
  }
  gauges_.push_back(telemetry_.Watch("storeops_workers_queued", "Calls that wait for a worker thread.", {},
                                     [this] { return static_cast<double>(workers_.queued()); }));
}

rpc::Peer* ServiceHost::PeerOf(absl::string_view service) const {
  for (const auto& runtime : runtimes_) {
    if (runtime->name() == service) return local_peer_.get();
  }
  return options_.runtime.peer(service);
}

// A service is not its own peer: such a call would never end.
rpc::Peer* ServiceHost::NeededPeer(const ModuleInfo& info, absl::string_view service) {
  if (service == info.name) return nullptr;
  const bool declared = std::any_of(info.needs.begin(), info.needs.end(), [service](const Need& need) {
    return need.module == service || need.module == "*";
  });
  if (declared) return PeerOf(service);
  std::string mistake = absl::StrCat("module ", info.name, " calls ", service, ", which is not among its needs");
  telemetry::Log(telemetry::LogLevel::kError, mistake, {});
  absl::MutexLock lock(&mutex_);
  undeclared_.push_back(std::move(mistake));
  return nullptr;
}

absl::Status ServiceHost::Migrate(absl::Time deadline) {
  for (const auto& runtime : runtimes_) RETURN_IF_ERROR(runtime->Migrate(deadline));
  return absl::OkStatus();
}

absl::Status ServiceHost::CheckMigrated(absl::Time deadline) {
  for (const auto& runtime : runtimes_) RETURN_IF_ERROR(runtime->CheckMigrated(deadline));
  return absl::OkStatus();
}

absl::Status ServiceHost::Bind() {
  shared_services_->Bind(table_);
  for (const auto& runtime : runtimes_) RETURN_IF_ERROR(runtime->Bind());
  RETURN_IF_ERROR(table_.Finish());
  RETURN_IF_ERROR(table_.CheckCosts());
  absl::MutexLock lock(&mutex_);
  if (!undeclared_.empty()) return absl::InternalError(undeclared_.front());
  return access_.CheckMethods(table_);
}

absl::Status ServiceHost::Start() {
  for (const auto& runtime : runtimes_) RETURN_IF_ERROR(runtime->Start());
  StartSessions();
  return absl::OkStatus();
}

void ServiceHost::Stop() {
  if (sessions_ != nullptr) sessions_->Stop();
  for (auto runtime = runtimes_.rbegin(); runtime != runtimes_.rend(); ++runtime) (*runtime)->Stop();
}

absl::StatusOr<http::Api> ServiceHost::MakeHttpApi() {
  http::Api api;
  for (const auto& runtime : runtimes_) {
    ASSIGN_OR_RETURN(http::Api one, runtime->module().MakeHttpApi(*pipeline_));
    if (one.handler == nullptr) continue;
    if (api.handler != nullptr) {
      return absl::InternalError(absl::StrCat("more than one module serves HTTP, the last one ", runtime->name()));
    }
    api = std::move(one);
  }
  return api;
}

absl::Status ServiceHost::Ready(absl::Time deadline) {
  for (const auto& runtime : runtimes_) RETURN_IF_ERROR(runtime->Ready(deadline));
  return absl::OkStatus();
}

}  // namespace storeops
