// The storeops command.
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"
#include "common/base/text.h"
#include "common/db/private_server.h"
#include "common/telemetry/telemetry.h"
#include "services/storeops/call_command.h"
#include "services/storeops/client.h"
#include "services/storeops/import/import_retail.h"
#include "services/storeops/planning/plan_commands.h"
#include "services/storeops/recover_owner.h"
#include "services/storeops/serve_command.h"
#include "services/storeops/settings.h"
#include "services/storeops/stock/stock_commands.h"
#include "services/storeops/suite.h"
#include "services/storeops/transfer/category_files.h"
#include "services/storeops/transfer/export_products.h"
#include "services/storeops/transfer/import_products.h"
#include "services/storeops/up_command.h"

namespace storeops {
namespace {

// How the shell reaches a running suite.
struct ShellOptions {
  std::string address;
  std::string key;
  bool tls = false;
  std::string ca_file;
  double time_limit_s = 60;
};

void AddShellOptions(CLI::App& app, ShellOptions& shell) {
  app.add_option("--address", shell.address, "host:port of the gRPC door; default: the suite that `up` runs here")
      ->envname("STOREOPS_ADDRESS");
  app.add_option("--key", shell.key, "API key or access token; default: the key that `up` left in the data folder")
      ->envname("STOREOPS_API_KEY");
  app.add_flag("--tls", shell.tls, "Speak TLS")->envname("STOREOPS_TLS");
  app.add_option("--ca", shell.ca_file, "PEM CA of the server's certificate")->envname("STOREOPS_CA");
  app.add_option("--time-limit", shell.time_limit_s, "Seconds for the call")
      ->envname("STOREOPS_TIME_LIMIT")
      ->capture_default_str();
}

std::string AddressOf(const Settings& settings, const ShellOptions& shell) {
  return shell.address.empty() ? ShellAddress(settings) : shell.address;
}

absl::StatusOr<rpc::PeerTls> TlsOf(const ShellOptions& shell) {
  Settings files;
  files.peer_tls = shell.tls;
  files.peer_ca_file = shell.ca_file;
  return LoadPeerTls(files);
}

absl::StatusOr<Client> MakeClient(const Settings& settings, const ShellOptions& shell) {
  const auto tls = TlsOf(shell);
  if (!tls.ok()) return tls.status();
  return Client(AddressOf(settings, shell), *tls, shell.key.empty() ? ShellKey(settings) : shell.key);
}

// A suite that is down is the likeliest reason for a call that reaches nobody.
absl::Status WithHint(const Settings& settings, const ShellOptions& shell, const absl::Status& status) {
  if (absl::IsUnavailable(status) && shell.address.empty() && !SuiteRuns(settings)) {
    const std::string home = ShellQuoted(settings.home);
    std::fprintf(stderr, "Nothing runs in %s. To start it: storeops --home %s up --detach\n", home.c_str(),
                 home.c_str());
  }
  return status;
}

telemetry::LogLevel LogLevelOf(const std::string& name) {
  if (name == "debug") return telemetry::LogLevel::kDebug;
  if (name == "warning") return telemetry::LogLevel::kWarning;
  return name == "error" ? telemetry::LogLevel::kError : telemetry::LogLevel::kInfo;
}

// Distributions build Abseil with its debugging on: every lock, gRPC's too, would be entered into a graph of locks.
void SetUpLocks() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

void AddServeOptions(CLI::App& app, Settings& settings) {
  AddServerOptions(app, settings);
  AddDatabaseOptions(app, settings);
  for (const ModuleInfo& info : AllModules()) AddModuleOptions(app, info.name, info.flags, settings);
}

int Run(int argc, char** argv) {
  SetUpLocks();
  CLI::App app("StoreOps: the back office of an online shop.", "storeops");
  app.require_subcommand(1);
  app.fallthrough();  // "storeops up --home X" means the same as "storeops --home X up"
  app.footer("Exit code: 0, or the number of the google.rpc.Code; 64 for a command that cannot be understood.");
  Settings settings;
  AddHomeOption(app, settings);
  absl::Status result;

  auto* up = app.add_subcommand("up", "Run the whole suite on this machine, with its own database");
  UpOptions up_options;
  up->add_flag("--detach", up_options.detach, "Return when it serves, and leave it running")
      ->envname("STOREOPS_DETACH");
  bool no_demo = false;
  up->add_flag("--no-demo", no_demo, "Load no demo products")->envname("STOREOPS_NO_DEMO");
  up->add_option("--demo-products", up_options.demo_products, "How many")
      ->envname("STOREOPS_DEMO_PRODUCTS")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  AddServeOptions(*up, settings);
  up->callback([&] {
    up_options.demo = !no_demo;
    telemetry::SetLogLevel(LogLevelOf(settings.log_level));
    result = UpCommand(settings, up_options);
  });

  app.add_subcommand("down", "Stop what `up` started")->callback([&] { result = DownCommand(settings); });

  auto* serve = app.add_subcommand("serve", "Run one or more services against an existing, migrated database");
  std::vector<std::string> services = {"all"};
  serve->add_option("service", services, absl::StrCat(ServiceNames(), ", or all"))->envname("STOREOPS_SERVICES");
  AddServeOptions(*serve, settings);
  serve->callback([&] {
    telemetry::SetLogLevel(LogLevelOf(settings.log_level));
    result = ServeCommand(settings, services);
  });

  auto* migrate = app.add_subcommand("migrate", "Create the services' databases and bring their tables up to date");
  AddDatabaseOptions(*migrate, settings);
  migrate->callback([&] { result = MigrateCommand(settings); });

  ShellOptions shell;
  const auto calls_suite = [&](CLI::App& command, std::function<absl::Status(Client&)> action) {
    AddShellOptions(command, shell);
    command.callback([&, action = std::move(action)] {
      auto client = MakeClient(settings, shell);
      result = client.ok() ? WithHint(settings, shell, action(*client)) : client.status();
    });
  };
  auto* recover = app.add_subcommand(
      "recover-owner", "On the suite's own machine: give an owner a new password, and this shell a new key");
  std::string owner_email;
  recover->add_option("--email", owner_email, "Which owner; default: the one that `up` made, or the only one")
      ->envname("STOREOPS_OWNER_EMAIL");
  AddSecretOption(*recover, settings);
  AddShellOptions(*recover, shell);
  recover->callback([&] {
    const auto tls = TlsOf(shell);
    result = tls.ok() ? WithHint(settings, shell, RecoverOwner(settings, AddressOf(settings, shell), *tls, owner_email))
                      : tls.status();
  });

  auto* call = app.add_subcommand("call", "Call any method of the API through the gateway");
  std::string method;
  std::string json = "{}";
  call->add_option("method", method, "package.Service/Method, or Service/Method")->required();
  call->add_option("json", json, "The request as JSON; a stream of requests: one a line, - for stdin")
      ->capture_default_str();
  calls_suite(*call, [&](Client& client) { return CallCommand(client, method, json, shell.time_limit_s); });

  auto* import = app.add_subcommand("import", "Bring data in through the API");
  import->require_subcommand(1);
  auto* retail =
      import->add_subcommand("retail", "Invoice lines of a shop (CSV, gzip or plain) as catalogue, orders and stock");
  std::string path;
  std::string currency = "GBP";
  retail->add_option("file", path, "The file")->required();
  retail->add_option("--currency", currency, "Of the prices, ISO 4217")
      ->envname("STOREOPS_IMPORT_CURRENCY")
      ->capture_default_str();
  calls_suite(*retail, [&](Client& client) { return ImportRetail(client, path, currency); });

  auto* import_products = import->add_subcommand("products", "Products from CSV, JSON lines or Shopify's CSV");
  ImportProductsOptions product_import;
  AddImportProductsOptions(*import_products, product_import);
  calls_suite(*import_products, [&](Client& client) { return ImportProducts(client, product_import); });

  auto* import_categories = import->add_subcommand("categories", "The category tree from CSV");
  ImportCategoriesOptions category_import;
  AddImportCategoriesOptions(*import_categories, category_import);
  calls_suite(*import_categories, [&](Client& client) { return ImportCategories(client, category_import); });

  auto* import_stock = import->add_subcommand("stock", "Counted stock from CSV: differences are posted as movements");
  ImportStockOptions stock_import;
  AddImportStockOptions(*import_stock, stock_import);
  calls_suite(*import_stock, [&](Client& client) { return ImportStock(client, stock_import); });

  auto* check = app.add_subcommand("check", "Compare data with what it is made from");
  check->require_subcommand(1);
  auto* check_stock = check->add_subcommand("stock", "Every counter with the ledger and with what holds pieces");
  calls_suite(*check_stock, [&](Client& client) { return CheckStock(client); });

  auto* export_ = app.add_subcommand("export", "Write data to files");
  export_->require_subcommand(1);
  auto* export_products =
      export_->add_subcommand("products", "Products as CSV, JSON lines, Shopify's CSV or Google feed");
  ExportProductsOptions product_export;
  AddExportProductsOptions(*export_products, product_export);
  calls_suite(*export_products, [&](Client& client) { return ExportProducts(client, product_export); });

  auto* export_categories = export_->add_subcommand("categories", "The category tree as CSV");
  ExportCategoriesOptions category_export;
  AddExportCategoriesOptions(*export_categories, category_export);
  calls_suite(*export_categories, [&](Client& client) { return ExportCategories(client, category_export); });

  auto* export_stock = export_->add_subcommand("stock", "Stock by SKU and location as CSV, which import reads again");
  ExportStockOptions stock_export;
  AddExportStockOptions(*export_stock, stock_export);
  calls_suite(*export_stock, [&](Client& client) { return ExportStock(client, stock_export); });

  auto* plan = app.add_subcommand("plan", "What will sell, what to buy for it, what needs a look");
  plan->require_subcommand(1);
  PlanOptions plan_options;
  auto* plan_run = plan->add_subcommand("run", "Plan now, then show it");
  AddPlanRunOptions(*plan_run, plan_options);
  calls_suite(*plan_run, [&](Client& client) { return RunPlan(client, plan_options); });
  auto* plan_show = plan->add_subcommand("show", "The newest plan");
  AddPlanShowOptions(*plan_show, plan_options);
  calls_suite(*plan_show, [&](Client& client) { return ShowPlan(client, plan_options); });
  auto* plan_forecast = plan->add_subcommand("forecast", "Demand of some SKUs, week by week");
  AddPlanForecastOptions(*plan_forecast, plan_options);
  calls_suite(*plan_forecast, [&](Client& client) { return ShowForecast(client, plan_options); });

  app.add_subcommand("version", "Print the version")->callback([] { std::puts("storeops " STOREOPS_VERSION); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 64;
  }
  if (!result.ok()) std::fprintf(stderr, "%s\n", DescribeStatus(result).c_str());
  return ExitCode(result);
}

}  // namespace
}  // namespace storeops

// Read by jemalloc, where the program is linked with it: memory that is not in use goes back to the system.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0,narenas:4";
}

int main(int argc, char** argv) { return storeops::Run(argc, argv); }
