// `storeops serve` and `storeops migrate`: for machines where the database is somebody else's.
#ifndef STOREOPS_SERVICES_STOREOPS_SERVE_COMMAND_H_
#define STOREOPS_SERVICES_STOREOPS_SERVE_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "services/storeops/settings.h"

namespace storeops {

// Runs the services until SIGTERM or SIGINT, then drains. Without a database address, the private server that lies in
// the data folder is used if it runs.
absl::Status ServeCommand(const Settings& settings, const std::vector<std::string>& services);

absl::Status MigrateCommand(const Settings& settings);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_SERVE_COMMAND_H_
