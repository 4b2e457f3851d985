// The services of one process, wired: everything between their modules and the transports. The executable and the tests
// stand on the same wiring.
#ifndef STOREOPS_COMMON_MODULE_SERVICE_HOST_H_
#define STOREOPS_COMMON_MODULE_SERVICE_HOST_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/worker_pool.h"
#include "common/module/access_policy.h"
#include "common/module/module.h"
#include "common/module/service_runtime.h"
#include "common/module/session_versions.h"
#include "common/module/shared_services.h"
#include "common/rpc/authenticator.h"
#include "common/rpc/cost_lane.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "common/rpc/pipeline.h"
#include "common/telemetry/telemetry.h"

namespace storeops {

class ServiceHost {
 public:
  struct Options {
    // Every module there is: permissions, roles and flags of those that run elsewhere count, too.
    std::vector<ModuleInfo> modules;
    // Names of those that run here; "all": every one.
    std::vector<std::string> run = {"all"};
    // For each service; `info` and `access` are set here, an empty `holder` is replaced by a random one. `peer` is
    // asked for services that do not run here; it may be empty.
    ServiceRuntime::Options runtime;
    SharedServices::Options shared;
    int workers = 32;
    double calls_per_second = 0;  // of one principal, twice as many in a burst; 0: without limit
    bool log_reads = false;
  };

  // Makes the modules and connects to nothing. Errors as of ChooseModules and AccessPolicy::Make.
  static absl::StatusOr<std::unique_ptr<ServiceHost>> Make(Options options);
  // Waits for calls under way, then stops.
  ~ServiceHost();

  // In this order. Migrate makes the services' databases and tables; Bind needs them. Errors of Bind name the method,
  // permission or peer whose declaration is missing.
  absl::Status Migrate(absl::Time deadline);
  // Whether all services' tables are those of this program: db::CheckMigrated.
  absl::Status CheckMigrated(absl::Time deadline);
  absl::Status Bind();
  absl::Status Start();
  // When no call is under way any more. Modules stop before those that they need.
  void Stop();

  // After Bind: of the module that has one; without a handler if none has.
  absl::StatusOr<http::Api> MakeHttpApi();
  // OK if the database of each service answers and takes writes.
  absl::Status Ready(absl::Time deadline);

  const rpc::MethodTable& table() const { return table_; }
  rpc::Pipeline& pipeline() { return *pipeline_; }
  // Reaches every method of this process.
  rpc::Peer& local_peer() { return *local_peer_; }
  const rpc::AccessTokens& tokens() const { return tokens_; }
  telemetry::Telemetry& telemetry() { return telemetry_; }
  // In the order of their binding.
  const std::vector<std::unique_ptr<ServiceRuntime>>& runtimes() const { return runtimes_; }

 private:
  explicit ServiceHost(Options options, AccessPolicy access);

  absl::Status MakeRuntimes(std::vector<ModuleInfo> modules);
  void MakeSessions();
  void StartSessions();
  void MakePipeline();
  // Null if no such service runs here or is a peer.
  rpc::Peer* PeerOf(absl::string_view service) const;
  rpc::Peer* NeededPeer(const ModuleInfo& info, absl::string_view service);

  const Options options_;
  const AccessPolicy access_;
  telemetry::Telemetry telemetry_;
  const rpc::AccessTokens tokens_;
  std::unique_ptr<rpc::RateLimiter> rate_limiter_;  // null: no limit
  WorkerPool workers_;
  rpc::CostLanes lanes_;
  rpc::MethodTable table_;
  rpc::KeyResolver* keys_ = nullptr;           // of the module that has one
  std::unique_ptr<SessionVersions> sessions_;  // null: this process cannot reach the service that has the people
  std::unique_ptr<rpc::Authenticator> authenticator_;
  std::vector<std::unique_ptr<ServiceRuntime>> runtimes_;
  std::unique_ptr<SharedServices> shared_services_;
  std::unique_ptr<rpc::Pipeline> pipeline_;
  std::unique_ptr<rpc::Peer> local_peer_;
  std::vector<std::shared_ptr<void>> gauges_;

  absl::Mutex mutex_;
  // Calls to peers that are not declared.
  std::vector<std::string> undeclared_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_SERVICE_HOST_H_
