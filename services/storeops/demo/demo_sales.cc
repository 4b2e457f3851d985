#include "services/storeops/demo/demo_sales.h"

#include <algorithm>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/money.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "google/longrunning/operations.pb.h"
#include "services/storeops/demo/demo_catalogue.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/planning_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "storeops/inventory/v1/supplier_service.pb.h"

namespace storeops {
namespace {

using namespace inventory::v1;  // NOLINT: a client of it

constexpr char kInventory[] = "storeops.inventory.v1.";
constexpr char kCurrency[] = "EUR";
constexpr int kItems = 24;
constexpr int kWeeks = 60;
constexpr int kWeekdays = 5;
constexpr int kOrdersAtOnce = 100;
constexpr int64_t kExpiresInDays = 20;

// Pieces a week of the item, and for how many weeks it has pieces now.
int64_t WeeklyOf(int item) { return 3 + 7 * item % 40; }
int64_t CoverWeeksOf(int item) {
  constexpr int64_t kWeeksOfStock[] = {0, 1, 3, 6, 45};
  return kWeeksOfStock[item % 5];
}

// Above 1: how many times the usual pieces the item sells in this week; 0: none.
double TrendOf(int item, int week, std::mt19937_64& random) {
  switch (item % 3) {
    case 0:
      return 1;
    case 1:
      return 0.5 + static_cast<double>(week) / kWeeks;
    default:
      return random() % 4 == 0 ? 4 : 0;
  }
}

class Loader {
 public:
  explicit Loader(Client& client) : client_(client) {}

  absl::Status MakePlaces() {
    CreateLocationRequest location;
    location.mutable_location()->set_title("Warehouse");
    location.mutable_location()->set_code("DEMO");
    location.mutable_location()->set_kind(Location::WAREHOUSE);
    location.mutable_location()->set_ships_orders(true);
    Location made_location;
    RETURN_IF_ERROR(Call("LocationService/CreateLocation", location, &made_location));
    location_ = made_location.name();
    CreateSupplierRequest supplier;
    supplier.mutable_supplier()->set_title("Demo Trading Ltd");
    supplier.mutable_supplier()->set_code("DEMO");
    supplier.mutable_supplier()->set_currency(kCurrency);
    supplier.mutable_supplier()->set_lead_time_days(12);
    Supplier made_supplier;
    RETURN_IF_ERROR(Call("SupplierService/CreateSupplier", supplier, &made_supplier));
    supplier_ = made_supplier.name();
    return absl::OkStatus();
  }

  absl::Status Supply(const std::vector<DemoItem>& items, absl::CivilDay today) {
    BatchCreateSupplierItemsRequest offers;
    ReceiveStockRequest stock;
    for (const DemoItem& one : items) {
      auto& offer = *offers.add_requests()->mutable_supplier_item();
      offer.set_supplier(supplier_);
      offer.set_sku(one.sku);
      offer.set_pack_size(one.pack_size);
      *offer.mutable_price() = MoneyFromMinor(one.price_minor / 2, kCurrency);
      if (one.on_hand == 0) continue;
      auto& line = *stock.add_lines();
      line.set_sku(one.sku);
      line.set_location(location_);
      line.set_quantity(one.on_hand);
      // Of one there is more than sells until it expires.
      if (stock.lines_size() != 1) continue;
      line.set_lot("DEMO-1");
      line.set_expire_date(absl::FormatCivilTime(today + kExpiresInDays));
      line.set_quantity(one.on_hand * 8);
    }
    BatchCreateSupplierItemsResponse made;
    RETURN_IF_ERROR(Call("SupplierService/BatchCreateSupplierItems", offers, &made));
    StockChangeResponse received;
    return Call("StockService/ReceiveStock", stock, &received);
  }

  absl::Status Import(const std::vector<ImportedOrder>& orders) {
    size_t at = 0;
    rpc::PeerCall call;
    call.method = absl::StrCat(kInventory, "OrderService/ImportOrders");
    call.deadline = SteadyNow() + absl::Minutes(1);
    const auto next = [&](std::string* out) -> absl::StatusOr<bool> {
      ImportOrdersRequest request;
      for (int i = 0; i < kOrdersAtOnce && at < orders.size(); ++i) *request.add_orders() = orders[at++];
      *out = request.SerializeAsString();
      return !request.orders().empty();
    };
    return client_.peer().Upload(std::move(call), next).status();
  }

  absl::Status Plan() {
    RunPlanningRequest request;
    google::longrunning::Operation operation;
    return Call("PlanningService/RunPlanning", request, &operation);
  }

 private:
  absl::Status Call(const std::string& method, const google::protobuf::Message& request,
                    google::protobuf::Message* response) {
    return client_.Call(absl::StrCat(kInventory, method), request, response);
  }

  Client& client_;
  std::string location_;
  std::string supplier_;
};

}  // namespace

std::vector<DemoItem> DemoItems(int products) {
  std::vector<DemoItem> items;
  for (int i = 0; i < std::min(products, kItems); ++i) {
    const catalog::v1::Product product = DemoProduct(i);
    const auto& variant = product.variants(0);
    items.push_back({variant.sku(), MoneyToMinor(variant.price()).value_or(1000), i % 4 == 0 ? 12 : 1,
                     WeeklyOf(i) * CoverWeeksOf(i)});
  }
  return items;
}

std::vector<ImportedOrder> DemoOrders(const std::vector<DemoItem>& items, absl::CivilDay today) {
  std::mt19937_64 random(20260105);
  std::vector<ImportedOrder> orders;
  for (int week = 0; week < kWeeks; ++week) {
    std::vector<ImportedOrder> days(kWeekdays);
    for (int item = 0; item < static_cast<int>(items.size()); ++item) {
      const double trend = TrendOf(item, week, random);
      // Between half and one and a half times the usual pieces.
      const auto spread = static_cast<double>(50 + random() % 101) / 100;
      const auto pieces = static_cast<int64_t>(static_cast<double>(WeeklyOf(item)) * trend * spread);
      if (pieces == 0) continue;
      auto& line = *days[random() % kWeekdays].add_lines();
      line.set_sku(items[item].sku);
      line.set_quantity(pieces);
      *line.mutable_unit_price() = MoneyFromMinor(items[item].price_minor, kCurrency);
    }
    for (int day = 0; day < kWeekdays; ++day) {
      if (days[day].lines().empty()) continue;
      ImportedOrder& order = orders.emplace_back(std::move(days[day]));
      const absl::CivilDay date = today - 7 * (kWeeks - week) + day;
      order.set_external_reference(absl::StrFormat("DEMO-%04d", orders.size()));
      *order.mutable_place_time() = ToTimestamp(absl::FromCivil(date, absl::UTCTimeZone()) + absl::Hours(10));
      order.set_customer("demo");
      order.set_country("DE");
      order.set_currency(kCurrency);
    }
  }
  return orders;
}

absl::Status LoadDemoSales(Client& client, int products, absl::CivilDay today) {
  const std::vector<DemoItem> items = DemoItems(products);
  if (items.empty()) return absl::OkStatus();
  Loader loader(client);
  RETURN_IF_ERROR(loader.MakePlaces());
  RETURN_IF_ERROR(loader.Import(DemoOrders(items, today)));
  RETURN_IF_ERROR(loader.Supply(items, today));
  return loader.Plan();
}

}  // namespace storeops
