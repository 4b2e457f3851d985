// `storeops up` and `storeops down`: the whole suite on one machine, with nothing to configure.
#ifndef STOREOPS_SERVICES_STOREOPS_UP_COMMAND_H_
#define STOREOPS_SERVICES_STOREOPS_UP_COMMAND_H_

#include "absl/status/status.h"
#include "services/storeops/settings.h"

namespace storeops {

struct UpOptions {
  bool detach = false;
  bool demo = true;
  int demo_products = 300;
};

// Starts the private database server and every service, makes the first owner and a key for the shell, loads demo
// products at the first start, and prints how to reach it all. Returns when told to stop (SIGTERM, SIGINT), or, with
// `detach`, when the suite serves in the background. If it runs already, only prints.
absl::Status UpCommand(const Settings& settings, const UpOptions& options);

// Stops what `up` started, also what a killed `up` left behind.
absl::Status DownCommand(const Settings& settings);

// True while an `up` serves this data folder.
bool SuiteRuns(const Settings& settings);

// What `up` leaves for the shell: the gRPC address of the running suite and the key; flags win.
std::string ShellAddress(const Settings& settings);
std::string ShellKey(const Settings& settings);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_UP_COMMAND_H_
