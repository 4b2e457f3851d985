// The services of one process, with their doors.
#ifndef STOREOPS_SERVICES_STOREOPS_SUITE_H_
#define STOREOPS_SERVICES_STOREOPS_SUITE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/module/module.h"
#include "services/storeops/settings.h"

namespace storeops {

// Every service there is, in any order: each declares what it needs.
std::vector<ModuleInfo> AllModules();
// Their names, separated by commas.
std::string ServiceNames();

// Creates the services' databases and brings their tables up to date.
absl::Status MigrateDatabases(const Settings& settings, const db::Address& address, absl::Time deadline);

class Suite {
 public:
  // Runs the named services ("all": every one): binds their methods, opens the ports, starts background work.
  // INVALID_ARGUMENT names a service that does not exist, or one that is needed and neither named nor a peer. The
  // tables must be up to date.
  static absl::StatusOr<std::unique_ptr<Suite>> Start(const Settings& settings, const db::Address& address,
                                                      const std::string& secret,
                                                      const std::vector<std::string>& services);
  // Drains if that was not done.
  ~Suite();

  int grpc_port() const;
  int http_port() const;
  // Readiness was reported to both doors; false at the deadline.
  bool AwaitReady(absl::Time deadline) const;

  // Reports not ready, waits for the drain delay, lets calls under way end, stops background work. No call that was
  // accepted is dropped before the drain limit.
  void Drain();

 private:
  class Impl;
  explicit Suite(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_SUITE_H_
