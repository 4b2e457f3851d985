#include "services/storeops/serve_command.h"

#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/db/private_server.h"
#include "common/telemetry/telemetry.h"
#include "services/storeops/files.h"
#include "services/storeops/signals.h"
#include "services/storeops/suite.h"

namespace storeops {
namespace {

// Waiting for another runner of migrations included.
constexpr absl::Duration kMigrationLimit = absl::Minutes(10);

absl::StatusOr<db::Address> FindDatabase(const Settings& settings) {
  if (!settings.own_database()) return DatabaseAddress(settings);
  const auto running = db::PrivateServer::RunningAddress(settings.home + "/db");
  if (running.has_value()) return *running;
  return absl::InvalidArgumentError(
      absl::StrCat("no database: give --db-host or --db-socket, or run `storeops up`, which brings its own"));
}

}  // namespace

absl::Status ServeCommand(const Settings& settings, const std::vector<std::string>& services) {
  const SignalWaiter signals;
  RETURN_IF_ERROR(MakeFolder(settings.home));
  ASSIGN_OR_RETURN(const db::Address address, FindDatabase(settings));
  ASSIGN_OR_RETURN(const std::string secret, LoadSecret(settings, /*create=*/false));
  ASSIGN_OR_RETURN(const auto suite, Suite::Start(settings, address, secret, services));
  telemetry::Log(telemetry::LogLevel::kInfo, "listening",
                 {{"grpc_port", absl::StrCat(suite->grpc_port())}, {"http_port", absl::StrCat(suite->http_port())}});
  signals.Await();
  suite->Drain();
  return absl::OkStatus();
}

absl::Status MigrateCommand(const Settings& settings) {
  ASSIGN_OR_RETURN(const db::Address address, FindDatabase(settings));
  RETURN_IF_ERROR(MigrateDatabases(settings, address, SteadyNow() + kMigrationLimit));
  std::puts("The tables are up to date.");
  return absl::OkStatus();
}

}  // namespace storeops
