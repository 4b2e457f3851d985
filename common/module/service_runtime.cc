#include "common/module/service_runtime.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"

namespace storeops {
namespace {

constexpr absl::Duration kHousekeepingInterval = absl::Minutes(10);
constexpr absl::Duration kReplayRetention = absl::Hours(24);
constexpr int kPruneLimit = 1000;

db::Options DatabaseOptions(const ServiceRuntime::Options& options, telemetry::Telemetry& telemetry) {
  db::Options database;
  database.address = options.address;
  database.database = absl::StrCat(options.database_prefix, options.info.name);
  database.max_connections = options.max_connections;
  database.telemetry = &telemetry;
  return database;
}

changes::Feed::Options FeedOptions(telemetry::Telemetry& telemetry) {
  changes::Feed::Options feed;
  feed.telemetry = &telemetry;
  return feed;
}

jobs::Operations::Options OperationsOptions(const std::string& service) {
  jobs::Operations::Options operations;
  operations.service = service;
  return operations;
}

outbound::Queues::Options OutboundOptions(const ServiceRuntime::Options& options, telemetry::Telemetry& telemetry) {
  outbound::Queues::Options outbound;
  outbound.service = options.info.name;
  outbound.owner = options.holder;
  outbound.telemetry = &telemetry;
  return outbound;
}

// Small deletions one after the other, so that none holds locks for long.
absl::Status PruneAll(const jobs::PeriodicJobs& periodic, absl::Time deadline,
                      const std::function<absl::StatusOr<int64_t>(int limit, absl::Time deadline)>& prune) {
  while (SteadyNow() < deadline && !periodic.Stopping()) {
    ASSIGN_OR_RETURN(const int64_t removed, prune(kPruneLimit, deadline));
    if (removed < kPruneLimit) break;
  }
  return absl::OkStatus();
}

}  // namespace

ServiceRuntime::ServiceRuntime(Options options, telemetry::Telemetry& telemetry, rpc::MethodTable& table,
                               const rpc::AccessTokens& access_tokens, rpc::CostLanes& lanes)
    : options_(std::move(options)),
      database_(DatabaseOptions(options_, telemetry)),
      feed_(database_, options_.info.name, FeedOptions(telemetry)),
      ids_(database_),
      replays_(database_),
      page_tokens_(options_.secret),
      path_signer_(options_.secret),
      store_{database_, feed_, *options_.clock, ids_},
      leases_(database_, options_.holder),
      periodic_(database_, leases_, *options_.clock, &telemetry, options_.periodic_threads),
      operations_(store_, page_tokens_, options_.holder, OperationsOptions(options_.info.name)),
      outbound_(database_, *options_.clock, page_tokens_, OutboundOptions(options_, telemetry)),
      followers_(options_.info.name, database_, page_tokens_, telemetry, options_.peer),
      environment_{
          store_,           replays_,      page_tokens_,
          access_tokens,    table,         lanes,
          periodic_,        operations_,   outbound_,
          followers_,       telemetry,     (std::filesystem::path(options_.data_root) / options_.info.name).string(),
          options_.blobs,   options_.peer, *options_.access,
          options_.version, path_signer_},
      module_(options_.info.make(ValuesOf(options_.info.flags, options_.flags))) {
  AddHousekeeping();
}

ServiceRuntime::~ServiceRuntime() { Stop(); }

absl::Status ServiceRuntime::Migrate(absl::Time deadline) {
  RETURN_IF_ERROR(db::CreateDatabase(options_.address, database_.name(), deadline));
  return db::Migrate(database_, {&migrations::common(), options_.info.migrations}, deadline);
}

absl::Status ServiceRuntime::CheckMigrated(absl::Time deadline) {
  if (migrated_.load()) return absl::OkStatus();
  RETURN_IF_ERROR(db::CheckMigrated(database_, {&migrations::common(), options_.info.migrations}, deadline));
  migrated_.store(true);
  return absl::OkStatus();
}

absl::Status ServiceRuntime::Ready(absl::Time deadline) {
  RETURN_IF_ERROR(CheckMigrated(deadline));
  return database_.Ping(deadline);
}

absl::Status ServiceRuntime::Bind() {
  std::error_code error;
  std::filesystem::create_directories(environment_.data_folder, error);
  if (error) {
    return absl::InternalError(absl::StrCat("folder ", environment_.data_folder, " of service ", name(),
                                            " cannot be made: ", error.message()));
  }
  return module_->Bind(environment_);
}

absl::Status ServiceRuntime::Start() {
  feed_.Start();
  module_started_ = true;  // also when it fails halfway
  RETURN_IF_ERROR(module_->Start());
  operations_.Start();
  followers_.Start();
  if (options_.periodic_jobs) {
    outbound_.Start();
    periodic_.Start();
  }
  return absl::OkStatus();
}

void ServiceRuntime::Stop() {
  // The feed last: the others may still write.
  periodic_.Stop();
  outbound_.Stop();
  followers_.Stop();
  operations_.Stop();
  if (module_started_) module_->Stop();
  module_started_ = false;
  feed_.Stop();
}

void ServiceRuntime::AddHousekeeping() {
  const auto add = [this](std::string what, std::function<absl::StatusOr<int64_t>(int, absl::Time)> prune) {
    periodic_.Add(
        std::move(what), kHousekeepingInterval, jobs::JobPace::kSlow,
        [this, prune = std::move(prune)](absl::Time deadline) { return PruneAll(periodic_, deadline, prune); });
  };
  add("prune-changes",
      [this](int limit, absl::Time deadline) { return feed_.Prune(options_.clock->Now(), limit, deadline); });
  add("prune-replays", [this](int limit, absl::Time deadline) {
    return replays_.Prune(options_.clock->Now() - kReplayRetention, limit, deadline);
  });
  add("prune-operations",
      [this](int limit, absl::Time deadline) { return operations_.Prune(options_.clock->Now(), limit, deadline); });
}

}  // namespace storeops
