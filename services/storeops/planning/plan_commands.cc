#include "services/storeops/planning/plan_commands.h"

#include <cstdio>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "google/longrunning/operations.pb.h"
#include "storeops/inventory/v1/planning_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops {
namespace {

using namespace inventory::v1;  // NOLINT: a client of it

constexpr char kPlanning[] = "storeops.inventory.v1.PlanningService/";
constexpr char kWait[] = "storeops.operations.v1.OperationService/WaitOperation";
constexpr int kMaxRows = 500;

void Print(const std::string& line) { std::fputs((line + "\n").c_str(), stdout); }

// Of its day in UTC; nothing if none is named.
absl::Status SetMoment(const std::string& as_of, google::protobuf::Timestamp* moment) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%Y-%m-%d", as_of, absl::UTCTimeZone(), &time, &error)) {
    return absl::InvalidArgumentError(absl::StrCat("--as-of: \"", as_of, "\": ", error));
  }
  *moment = ToTimestamp(time);
  return absl::OkStatus();
}

std::string Money(const google::type::Money& money) { return money.currency_code().empty() ? "-" : FormatMoney(money); }

std::string Days(bool known, double days) { return known ? absl::StrFormat("%.0f", days) : "-"; }

void AddAsOf(CLI::App& command, PlanOptions& options) {
  command.add_option("--as-of", options.as_of, "As if it were this day, e.g. 2011-12-10: later sales are not known")
      ->envname("STOREOPS_PLAN_AS_OF");
}

absl::Status ShowReplenishments(Client& client, int limit) {
  ListReplenishmentsRequest request;
  request.set_page_size(limit);
  ListReplenishmentsResponse list;
  RETURN_IF_ERROR(client.Call(absl::StrCat(kPlanning, "ListReplenishments"), request, &list, /*retry=*/true));
  Print(absl::StrCat("To buy, by ", list.source().run(), " of ", FormatRfc3339(FromTimestamp(list.source().moment())),
                     ", made ", absl::FormatDuration(absl::Seconds(list.source().age().seconds())), " ago:"));
  Print(absl::StrFormat("%-20s %-14s %-9s %8s %14s %7s %6s  %s", "SKU", "location", "urgency", "quantity", "amount",
                        "target", "cover", "supplier"));
  for (const Replenishment& one : list.replenishments()) {
    Print(absl::StrFormat("%-20s %-14s %-9s %8d %14s %7d %6s  %s", one.sku(), one.location(),
                          Replenishment::Urgency_Name(one.urgency()), one.quantity(), Money(one.amount()), one.target(),
                          Days(one.has_days_of_cover(), one.days_of_cover()),
                          one.supplier().empty() ? "nobody sells it" : one.supplier()));
    Print(absl::StrCat("    ", one.explanation()));
  }
  if (!list.next_page_token().empty()) Print("... and more: --limit");
  return absl::OkStatus();
}

absl::Status ShowAlerts(Client& client, int limit) {
  ListStockAlertsRequest request;
  request.set_page_size(limit);
  ListStockAlertsResponse list;
  RETURN_IF_ERROR(client.Call(absl::StrCat(kPlanning, "ListStockAlerts"), request, &list, /*retry=*/true));
  Print("\nTo look at:");
  for (const StockAlert& alert : list.alerts()) {
    Print(absl::StrFormat("%-8s %-14s %-20s %-14s %s. %s", StockAlert::Severity_Name(alert.severity()),
                          StockAlert::Kind_Name(alert.kind()), alert.sku(), alert.location(), alert.reason(),
                          alert.advice()));
  }
  if (!list.next_page_token().empty()) Print("... and more: --limit");
  return absl::OkStatus();
}

void ShowRun(const PlanningRun& run) {
  Print(absl::StrFormat("%s: %d SKUs, %d order lines in %s; %d to buy, %d alerts", run.name(), run.sku_count(),
                        run.order_line_count(),
                        absl::FormatDuration(FromTimestamp(run.end_time()) - FromTimestamp(run.start_time())),
                        run.replenishment_count(), run.alert_count()));
  Print(absl::StrFormat("back-test: off by %.1f%% of demand, repeating the last season by %.1f%%", 100 * run.wape(),
                        100 * run.seasonal_naive_wape()));
  for (const ClassTotal& total : run.class_totals()) {
    Print(absl::StrFormat("class %s: %d items, %.1f%% of revenue", total.abc_class(), total.items(),
                          100 * total.revenue_share()));
  }
  Print("");
}

void ShowOne(const DemandForecast& forecast) {
  Print(absl::StrCat(forecast.sku(), ": ", DemandForecast::Pattern_Name(forecast.pattern()), "; ", forecast.reason()));
  if (forecast.has_errors()) {
    Print(absl::StrFormat("  back-test: off by %.1f%% of demand, seasonal naive by %.1f%%",
                          100 * forecast.errors().wape(), 100 * forecast.seasonal_naive().wape()));
  }
  for (const auto& point : forecast.points()) {
    Print(absl::StrFormat("  %s  %8.1f  (%.1f to %.1f)", point.date(), point.demand(), point.low(), point.high()));
  }
}

}  // namespace

void AddPlanRunOptions(CLI::App& command, PlanOptions& options) {
  AddAsOf(command, options);
  AddPlanShowOptions(command, options);
}

void AddPlanShowOptions(CLI::App& command, PlanOptions& options) {
  command.add_option("--limit", options.limit, "Rows of each table")
      ->envname("STOREOPS_PLAN_LIMIT")
      ->check(CLI::Range(1, kMaxRows))
      ->capture_default_str();
}

void AddPlanForecastOptions(CLI::App& command, PlanOptions& options) {
  command.add_option("sku", options.skus, "These; without any, those that sell, by SKU");
  command.add_option("--weeks", options.weeks, "To forecast")
      ->envname("STOREOPS_PLAN_WEEKS")
      ->check(CLI::Range(1, 104))
      ->capture_default_str();
  AddAsOf(command, options);
  AddPlanShowOptions(command, options);
}

absl::Status RunPlan(Client& client, const PlanOptions& options) {
  RunPlanningRequest request;
  if (!options.as_of.empty()) RETURN_IF_ERROR(SetMoment(options.as_of, request.mutable_moment()));
  request.set_request_id(RandomToken(12));
  google::longrunning::Operation operation;
  RETURN_IF_ERROR(client.Call(absl::StrCat(kPlanning, "RunPlanning"), request, &operation, /*retry=*/true));
  while (!operation.done()) {
    operations::v1::WaitOperationRequest wait;
    wait.set_name(operation.name());
    RETURN_IF_ERROR(client.Call(kWait, wait, &operation, /*retry=*/true));
  }
  if (operation.has_error()) return FromRpcStatus(operation.error());
  PlanningRun run;
  if (!operation.response().UnpackTo(&run)) return absl::InternalError("the operation's response is no PlanningRun");
  ShowRun(run);
  return ShowPlan(client, options);
}

absl::Status ShowPlan(Client& client, const PlanOptions& options) {
  RETURN_IF_ERROR(ShowReplenishments(client, options.limit));
  return ShowAlerts(client, options.limit);
}

absl::Status ShowForecast(Client& client, const PlanOptions& options) {
  ForecastDemandRequest request;
  for (const std::string& sku : options.skus) request.add_skus(sku);
  request.set_horizon(options.weeks);
  request.set_page_size(options.limit);
  if (!options.as_of.empty()) RETURN_IF_ERROR(SetMoment(options.as_of, request.mutable_moment()));
  ForecastDemandResponse response;
  RETURN_IF_ERROR(client.Call(absl::StrCat(kPlanning, "ForecastDemand"), request, &response, /*retry=*/true));
  for (const DemandForecast& forecast : response.forecasts()) ShowOne(forecast);
  return absl::OkStatus();
}

}  // namespace storeops
