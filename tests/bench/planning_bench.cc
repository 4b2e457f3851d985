// A whole planning run on a real shop's sales: orders through ImportOrders, then RunPlanning and the lists.
//   planning_bench FILE [STOREOPS]     FILE: the UCI data set "Online Retail" as CSV, plain or gzip
// Cancellations go to the newest sale of the same code to the same customer that is large enough, else they are
// adjustments. Every SKU is sold by one supplier and has pieces in one location.
#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/base/csv.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "google/longrunning/operations.pb.h"
#include "services/storeops/import/gzip_file.h"
#include "services/storeops/import/retail_catalogue.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/order_import.pb.h"
#include "storeops/inventory/v1/planning_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "storeops/inventory/v1/supplier_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/bench/bench_support.h"

namespace storeops::bench {
namespace {

using namespace inventory::v1;  // NOLINT: nothing but a client of it

constexpr char kInventory[] = "storeops.inventory.v1.";
constexpr int kMaxLines = 1000;
constexpr int kOrdersAtOnce = 200;
constexpr int kItemsAtOnce = 100;
constexpr int kPieces = 20;
constexpr int kListReads = 50;

double Seconds(absl::Time since) { return absl::ToDoubleSeconds(absl::Now() - since); }

struct Orders {
  std::vector<ImportedOrder> orders;
  std::vector<ImportedAdjustment> adjustments;
  std::vector<std::string> skus;
};

// What became of the file's rows, order by order.
class OrderMaker {
 public:
  void Add(const std::vector<std::string>& row, SetAside reason) {
    int64_t quantity = 0;
    double price = 0;
    absl::Time time;
    if (!absl::SimpleAtoi(row[3], &quantity) || !absl::SimpleAtod(row[5], &price) ||
        !absl::ParseTime("%Y-%m-%d %H:%M:%S", row[4], absl::UTCTimeZone(), &time, nullptr)) {
      return;
    }
    const auto minor = static_cast<int64_t>(std::llround(price * 100));
    if (reason == SetAside::kNone && quantity > 0) {
      Sell(row, quantity, minor, time);
    } else if (reason == SetAside::kCancellation && quantity < 0) {
      TakeBack(row, -quantity, minor, time);
    }
  }

  Orders Finish() {
    for (const auto& [sku, seen] : skus_) made_.skus.push_back(sku);
    return std::move(made_);
  }

 private:
  struct Place {
    size_t order = 0;
    int line = 0;
    int64_t left = 0;
  };

  void Sell(const std::vector<std::string>& row, int64_t quantity, int64_t minor, absl::Time time) {
    auto [place, fresh] = open_.try_emplace(row[0], made_.orders.size());
    if (!fresh && made_.orders[place->second].lines_size() == kMaxLines) {
      place->second = made_.orders.size();
      fresh = true;
    }
    if (fresh) {
      ImportedOrder& order = made_.orders.emplace_back();
      order.set_external_reference(absl::StrCat(row[0], "-", place->second));
      *order.mutable_place_time() = ToTimestamp(time);
      order.set_customer(row[6]);
      order.set_currency("GBP");
    }
    ImportedOrder& order = made_.orders[place->second];
    ImportedOrder::Line& line = *order.add_lines();
    line.set_sku(row[1]);
    line.set_quantity(quantity);
    *line.mutable_unit_price() = MoneyFromMinor(minor, "GBP");
    sales_[absl::StrCat(row[1], " ", row[6])].push_back({place->second, order.lines_size() - 1, quantity});
    skus_.try_emplace(row[1], true);
  }

  void TakeBack(const std::vector<std::string>& row, int64_t quantity, int64_t minor, absl::Time time) {
    auto& sales = sales_[absl::StrCat(row[1], " ", row[6])];
    for (auto sale = sales.rbegin(); sale != sales.rend(); ++sale) {
      if (sale->left < quantity) continue;
      sale->left -= quantity;
      auto& cancellation = *made_.orders[sale->order].mutable_lines(sale->line)->add_cancellations();
      cancellation.set_reference(row[0]);
      cancellation.set_quantity(quantity);
      return;
    }
    ImportedAdjustment& adjustment = made_.adjustments.emplace_back();
    adjustment.set_external_reference(absl::StrCat(row[0], "-", made_.adjustments.size()));
    *adjustment.mutable_time() = ToTimestamp(time);
    *adjustment.mutable_amount() = MoneyFromMinor(-minor * quantity, "GBP");
    adjustment.set_reason("cancellation without an order");
    adjustment.set_sku(row[1]);
    adjustment.set_quantity(-quantity);
  }

  Orders made_;
  absl::flat_hash_map<std::string, size_t> open_;
  absl::flat_hash_map<std::string, std::vector<Place>> sales_;
  std::map<std::string, bool> skus_;
};

Orders ReadOrders(const std::string& path) {
  GzipFile file = OrFail(GzipFile::Open(path));
  CsvReader reader([&file](char* buffer, size_t size) { return file.Read(buffer, size); });
  std::vector<std::string> fields;
  if (!OrFail(reader.Next(&fields))) Fail("the file is empty");
  OrFail(RetailCatalogue::CheckHeader(fields));
  RetailCatalogue catalogue("GBP");
  OrderMaker maker;
  while (OrFail(reader.Next(&fields))) maker.Add(fields, catalogue.Add(fields));
  return maker.Finish();
}

class PlanningBench {
 public:
  explicit PlanningBench(RunningSuite& suite) : suite_(suite) {}

  void Run(const Orders& orders) {
    const absl::Time start = absl::Now();
    Import(orders);
    absl::PrintF("imported in %.1f s\n", Seconds(start));
    Supply(orders.skus);
    suite_.AwaitQuiet();
    const double before_mb = ResidentMb(suite_.pid());
    for (int round = 0; round < 3; ++round) Plan();
    absl::PrintF("resident %.0f MB before, %.0f MB after\n", before_mb, ResidentMb(suite_.pid()));
    Lists();
  }

 private:
  template <class Response, class Request>
  Response Call(const std::string& method, const Request& request) {
    Response response;
    OrFail(suite_.client().Call(absl::StrCat(kInventory, method), request, &response));
    return response;
  }

  void Import(const Orders& orders) {
    size_t order = 0, adjustment = 0;
    const auto next = [&](std::string* out) -> absl::StatusOr<bool> {
      ImportOrdersRequest request;
      for (int i = 0; i < kOrdersAtOnce && order < orders.orders.size(); ++i) {
        *request.add_orders() = orders.orders[order++];
      }
      if (request.orders().empty()) {
        for (int i = 0; i < kOrdersAtOnce && adjustment < orders.adjustments.size(); ++i) {
          *request.add_adjustments() = orders.adjustments[adjustment++];
        }
      }
      *out = request.SerializeAsString();
      return request.orders_size() + request.adjustments_size() > 0;
    };
    rpc::PeerCall call;
    call.method = absl::StrCat(kInventory, "OrderService/ImportOrders");
    call.deadline = absl::Now() + absl::Minutes(10);
    const std::string bytes = OrFail(suite_.client().peer().Upload(std::move(call), next));
    ImportOrdersResponse report;
    if (!report.ParseFromString(bytes)) Fail("no report");
    absl::PrintF("%d orders, %d lines, %d cancellations, %d adjustments; %d refused\n", report.orders_created(),
                 report.lines(), report.cancellations(), report.adjustments_created(),
                 report.orders_refused() + report.adjustments_refused());
  }

  void Supply(const std::vector<std::string>& skus) {
    CreateLocationRequest create;
    create.mutable_location()->set_title("Warehouse");
    create.mutable_location()->set_code("W");
    create.mutable_location()->set_kind(Location::WAREHOUSE);
    create.mutable_location()->set_ships_orders(true);
    const std::string location = Call<Location>("LocationService/CreateLocation", create).name();
    CreateSupplierRequest supplier;
    supplier.mutable_supplier()->set_title("Supplier");
    supplier.mutable_supplier()->set_code("S");
    supplier.mutable_supplier()->set_currency("GBP");
    supplier.mutable_supplier()->set_lead_time_days(14);
    const std::string from = Call<Supplier>("SupplierService/CreateSupplier", supplier).name();
    for (size_t at = 0; at < skus.size(); at += kItemsAtOnce) {
      BatchCreateSupplierItemsRequest items;
      ReceiveStockRequest receive;
      for (size_t i = at; i < std::min(skus.size(), at + kItemsAtOnce); ++i) {
        auto& item = *items.add_requests()->mutable_supplier_item();
        item.set_supplier(from);
        item.set_sku(skus[i]);
        item.set_pack_size(6);
        *item.mutable_price() = MoneyFromMinor(100, "GBP");
        auto& line = *receive.add_lines();
        line.set_sku(skus[i]);
        line.set_location(location);
        line.set_quantity(kPieces);
      }
      Call<BatchCreateSupplierItemsResponse>("SupplierService/BatchCreateSupplierItems", items);
      Call<StockChangeResponse>("StockService/ReceiveStock", receive);
    }
  }

  void Plan() {
    RunPlanningRequest request;
    *request.mutable_moment() = ToTimestamp(absl::FromCivil(absl::CivilDay(2011, 12, 10), absl::UTCTimeZone()));
    auto operation = Call<google::longrunning::Operation>("PlanningService/RunPlanning", request);
    while (!operation.done()) {
      operations::v1::WaitOperationRequest wait;
      wait.set_name(operation.name());
      OrFail(suite_.client().Call("storeops.operations.v1.OperationService/WaitOperation", wait, &operation, true));
    }
    PlanningRun run;
    if (!operation.response().UnpackTo(&run)) Fail(operation.error().ShortDebugString());
    absl::PrintF(
        "planned in %.1f s: %d SKUs, %d order lines, %d items, %d to buy, %d alerts; WAPE %.3f, seasonal naive "
        "%.3f\n",
        absl::ToDoubleSeconds(FromTimestamp(run.end_time()) - FromTimestamp(run.start_time())), run.sku_count(),
        run.order_line_count(), run.item_count(), run.replenishment_count(), run.alert_count(), run.wape(),
        run.seasonal_naive_wape());
    for (const ClassTotal& total : run.class_totals()) {
      absl::PrintF("  class %s: %d items, %s, %.1f%%\n", total.abc_class(), total.items(), FormatMoney(total.revenue()),
                   100 * total.revenue_share());
    }
  }

  void Lists() {
    Table table({"call", "ms, median"});
    const auto time = [&](const std::string& name, const auto& call) {
      std::vector<double> ms;
      for (int i = 0; i < kListReads; ++i) {
        const absl::Time start = absl::Now();
        call();
        ms.push_back(Seconds(start) * 1000);
      }
      table.Add({name, Fixed(Median(ms), 2)});
    };
    ListReplenishmentsRequest list;
    list.set_page_size(100);
    time("ListReplenishments, 100",
         [&] { Call<ListReplenishmentsResponse>("PlanningService/ListReplenishments", list); });
    ListStockAlertsRequest alerts;
    alerts.set_page_size(100);
    time("ListStockAlerts, 100", [&] { Call<ListStockAlertsResponse>("PlanningService/ListStockAlerts", alerts); });
    ForecastDemandRequest forecast;
    forecast.add_skus("85123A");
    *forecast.mutable_moment() = ToTimestamp(absl::FromCivil(absl::CivilDay(2011, 12, 10), absl::UTCTimeZone()));
    time("ForecastDemand, the SKU with most lines",
         [&] { Call<ForecastDemandResponse>("PlanningService/ForecastDemand", forecast); });
    SimulatePolicyRequest simulate;
    simulate.set_top(200);
    const absl::Time start = absl::Now();
    const auto year = Call<SimulatePolicyResponse>("PlanningService/SimulatePolicy", simulate);
    table.Add({"SimulatePolicy, 200 best items", Fixed(Seconds(start) * 1000, 0)});
    table.Print();
    Table policies({"a drawn year of the 200 best items", "fill rate", "cycle service", "average stock", "orders"});
    const auto add = [&policies](const std::string& name, const PolicyResult& result) {
      policies.Add({name, Fixed(result.fill_rate(), 4), Fixed(result.cycle_service(), 3),
                    Thousands(result.average_stock()), Thousands(static_cast<double>(result.orders()))});
    };
    add("suggested", year.suggested());
    add("plain min/max", year.min_max());
    add(absl::StrFormat("min/max that serves as much, cover %.2f for all", year.cover_as_good()),
        year.min_max_as_good());
    policies.Print();
  }

  RunningSuite& suite_;
};

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  using namespace storeops::bench;  // NOLINT
  if (argc < 2) Fail("planning_bench FILE [STOREOPS]");
  const absl::Time start = absl::Now();
  const Orders orders = ReadOrders(argv[1]);
  absl::PrintF("read in %.1f s\n", Seconds(start));
  RunningSuite suite(StoreopsProgram(argc - 1, argv + 1));
  PlanningBench(suite).Run(orders);
  return 0;
}
