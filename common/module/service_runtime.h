// What one service stands on in this process, built from its ModuleInfo: database, feed, ids, background work.
#ifndef STOREOPS_COMMON_MODULE_SERVICE_RUNTIME_H_
#define STOREOPS_COMMON_MODULE_SERVICE_RUNTIME_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/blobs/path_signer.h"
#include "common/db/database.h"
#include "common/module/followers.h"
#include "common/module/module.h"

namespace storeops {

class ServiceRuntime {
 public:
  struct Options {
    ModuleInfo info;
    db::Address address;
    int max_connections = 16;
    std::string database_prefix = "storeops_";
    // The suite's secret, at least 32 bytes: signs page tokens.
    std::string secret;
    // The service gets a folder of its name in here.
    std::string data_root;
    // Names this process among all replicas, at most 64 bytes.
    std::string holder;
    const Clock* clock = &Clock::System();
    // Slow jobs occupy at most half of them.
    int periodic_threads = jobs::PeriodicJobs::kDefaultThreads;
    // False: periodic jobs run only by PeriodicJobs::RunDue, and outbound messages are delivered only by Queues::RunDue
    // and Queues::DeliverNow, for tests that move the clock.
    bool periodic_jobs = true;
    // Outlives the runtime; the services of a suite share it. May be null where nothing is bound.
    blobs::BlobStore* blobs = nullptr;
    // By service name; null if this process knows no such peer.
    std::function<rpc::Peer*(absl::string_view service)> peer;
    // Outlives the runtime.
    const AccessPolicy* access = nullptr;
    // Of the process's command line; those of other modules are ignored.
    FlagValues flags;
    std::string version;  // of the program
  };

  // The references must outlive the runtime. Does not connect yet.
  ServiceRuntime(Options options, telemetry::Telemetry& telemetry, rpc::MethodTable& table,
                 const rpc::AccessTokens& access_tokens, rpc::CostLanes& lanes);
  // Stops first.
  ~ServiceRuntime();

  // In this order. Migrate makes the database if it is missing; Bind needs its tables.
  absl::Status Migrate(absl::Time deadline);
  absl::Status Bind();
  absl::Status Start();
  // When no call is under way any more. Work that is interrupted goes on elsewhere or at the next start.
  void Stop();

  // Whether the database's tables are those of this program: db::CheckMigrated.
  absl::Status CheckMigrated(absl::Time deadline);
  // OK if the service's database answers, takes writes and was, once, seen to have this program's tables.
  absl::Status Ready(absl::Time deadline);

  const std::string& name() const { return options_.info.name; }
  Module& module() { return *module_; }
  db::Database& database() { return database_; }
  changes::Feed& feed() { return feed_; }
  jobs::Operations& operations() { return operations_; }
  jobs::PeriodicJobs& periodic() { return periodic_; }
  outbound::Queues& outbound() { return outbound_; }
  Followers& followers() { return followers_; }
  Environment& environment() { return environment_; }

 private:
  void AddHousekeeping();

  const Options options_;
  db::Database database_;
  changes::Feed feed_;
  resource::IdAllocator ids_;
  resource::DatabaseReplayStore replays_;
  const resource::PageTokens page_tokens_;
  const blobs::PathSigner path_signer_;
  const resource::Store store_;
  jobs::Leases leases_;
  jobs::PeriodicJobs periodic_;
  jobs::Operations operations_;
  outbound::Queues outbound_;
  Followers followers_;
  Environment environment_;
  std::unique_ptr<Module> module_;
  bool module_started_ = false;
  std::atomic<bool> migrated_{false};
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_SERVICE_RUNTIME_H_
