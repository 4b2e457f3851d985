// PlaceOrder of three lines against a plain program that writes the same rows; ListOrders' first page and its 1,000th.
//   order_bench [STOREOPS [ROUNDS [ORDERS]]]     default 5 rounds, a million orders for the lists; 0: no lists
#include <cppconn/connection.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/db/database.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

using inventory::v1::PlaceOrderRequest;

constexpr char kPlaceOrder[] = "/storeops.inventory.v1.OrderService/PlaceOrder";
constexpr char kInventory[] = "storeops_inventory";
constexpr char kBare[] = "bare_orders";
constexpr int kCallers = 64;
constexpr int kConnections = 16;
constexpr int kProducts = 2000;
constexpr int kLines = 3;
constexpr int kSamples = 500;
constexpr int kDefaultRounds = 5;
constexpr int64_t kDefaultOrders = 1'000'000;
constexpr int kPages = 1000;
constexpr int kPageReads = 100;
constexpr absl::Duration kSlice = absl::Seconds(3);

using Row = std::vector<db::Value>;

std::vector<Row> Select(db::Database& database, const std::string& sql, std::initializer_list<db::Value> values = {}) {
  const db::Rows rows = OrFail(database.Query(absl::Now() + absl::Seconds(60), sql, values));
  std::vector<Row> all(rows.size());
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows.columns(); ++c) all[r].push_back(rows.Cell(r, c));
  }
  return all;
}

// The rows of one order as the suite wrote them.
struct OrderRowsSample {
  Row order;
  std::vector<Row> lines, allocations, movements, history, outbox;
  std::vector<std::pair<std::string, int64_t>> levels;  // sorted
};

OrderRowsSample ReadSample(db::Database& database, int64_t id) {
  OrderRowsSample sample;
  sample.order = Select(database, "SELECT * FROM orders WHERE id = ?", {id})[0];
  sample.lines = Select(database, "SELECT * FROM order_lines WHERE order_id = ?", {id});
  sample.allocations = Select(database, "SELECT * FROM order_allocations WHERE order_id = ?", {id});
  sample.movements = Select(database,
                            "SELECT sku, location_id, type, on_hand, reserved, incoming, damaged, quality_hold, lot, "
                            "bin, cause, reason, note, actor, time FROM stock_movements "
                            "WHERE cause = CONCAT('orders/', ?) ORDER BY sku, location_id",
                            {id});
  sample.history = Select(database, "SELECT * FROM history WHERE resource_id = ? AND type LIKE '%Order'", {id});
  constexpr char kChange[] =
      "SELECT group_id, place, type, subject, kind, version, time, actor, traceparent, resource FROM change_log ";
  sample.outbox = Select(database, absl::StrCat(kChange, "WHERE subject = CONCAT('orders/', ?)"), {id});
  for (const Row& movement : sample.movements) {
    sample.levels.emplace_back(std::get<std::string>(movement[0].storage()), std::get<int64_t>(movement[1].storage()));
  }
  // Each level that changed is in the feed as well; what it weighs does not depend on which change it is.
  const std::string last_levels = absl::StrCat(kChange, "WHERE type LIKE '%StockLevel' ORDER BY group_id DESC LIMIT ?");
  for (const Row& row : Select(database, last_levels, {static_cast<int64_t>(sample.levels.size())})) {
    sample.outbox.push_back(row);
  }
  for (size_t i = 0; i < sample.outbox.size(); ++i) sample.outbox[i][1] = static_cast<int64_t>(i);
  if (sample.lines.size() != kLines || sample.history.size() != 1 || sample.outbox.size() != 1 + sample.levels.size()) {
    Fail("an order is not as it was written");
  }
  return sample;
}

// One connection that writes orders as plainly as can be.
class BareWriter {
 public:
  explicit BareWriter(const db::Address& address) {
    connection_.reset(
        get_driver_instance()->connect(absl::StrCat("unix://", address.socket), address.user, address.password));
    connection_->setSchema(kBare);
    connection_->setAutoCommit(false);
    plain_.reset(connection_->createStatement());
    plain_->execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    take_.reset(connection_->prepareStatement(
        "UPDATE stock_levels SET reserved = reserved + 1, version = version + 1, update_time = NOW(6) "
        "WHERE sku = ? AND location_id = ? AND on_hand - reserved - damaged - quality_hold >= 1"));
  }

  void Write(const OrderRowsSample& rows, int64_t id) {
    for (const auto& [sku, location] : rows.levels) {
      take_->setString(1, sku);
      take_->setInt64(2, location);
      if (take_->executeUpdate() != 1) Fail("the bare program is out of stock");
    }
    Insert(
        "stock_movements (sku, location_id, type, on_hand, reserved, incoming, damaged, quality_hold, lot, bin, "
        "cause, reason, note, actor, time)",
        rows.movements, {});
    Insert("orders", {rows.order}, {{0, id}});
    Insert("order_lines", rows.lines, {{0, id}});
    Insert("order_allocations", rows.allocations, {{0, id}});
    Insert("history", rows.history, {{1, id}});
    Insert("change_log", rows.outbox, {{0, id}});
    Insert("outbox_groups (group_id, size)", {{id, static_cast<int64_t>(rows.outbox.size())}}, {});
    plain_->execute("COMMIT");
  }

 private:
  void Insert(const std::string& table, const std::vector<Row>& rows, const std::map<size_t, int64_t>& ids) {
    auto& statement = prepared_[{table, rows.size()}];
    if (statement == nullptr) {
      std::string row = "(?";
      for (size_t i = 1; i < rows[0].size(); ++i) row += ",?";
      row += ")";
      std::string sql = absl::StrCat("INSERT INTO ", table, " VALUES ", row);
      for (size_t i = 1; i < rows.size(); ++i) absl::StrAppend(&sql, ",", row);
      statement.reset(connection_->prepareStatement(sql));
    }
    unsigned place = 0;
    for (const Row& row : rows) {
      for (size_t i = 0; i < row.size(); ++i) {
        ++place;
        const auto id = ids.find(i);
        if (id != ids.end()) {
          statement->setInt64(place, id->second);
        } else if (const auto* number = std::get_if<int64_t>(&row[i].storage())) {
          statement->setInt64(place, *number);
        } else if (const auto* text = std::get_if<std::string>(&row[i].storage())) {
          statement->setString(place, *text);
        } else {
          statement->setNull(place, 0);
        }
      }
    }
    statement->executeUpdate();
  }

  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::Statement> plain_;
  std::unique_ptr<sql::PreparedStatement> take_;
  std::map<std::pair<std::string, size_t>, std::unique_ptr<sql::PreparedStatement>> prepared_;
};

double Percentile(std::vector<double> values, double share) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<size_t>(share * static_cast<double>(values.size())))];
}

class OrderBench {
 public:
  OrderBench(RunningSuite& suite, int rounds) : suite_(suite), rounds_(rounds) {
    db::Options options;
    options.address = suite_.database();
    options.database = kInventory;
    options.statement_limit = absl::Minutes(10);
    database_ = std::make_unique<db::Database>(options);
    suite_.Load(0, kProducts);
    ReadSkus();
    Stock();
    suite_.AwaitQuiet();
  }

  void RunPlace(Table& table) {
    Load(nullptr);
    ReadSamples();
    MakeBareTables();
    for (int i = 0; i < kConnections; ++i) writers_.push_back(std::make_unique<BareWriter>(suite_.database()));
    std::vector<double> times;
    const Pair pair = MeasurePair(rounds_, [&] { return Load(&times); }, [this] { return Bare(); });
    table.Add({"PlaceOrder, 3 lines, 64 callers", Thousands(pair.ours), Thousands(pair.limit), Fixed(pair.ratio, 2),
               ">= 0.5"});
    const double median = Percentile(times, 0.5), high = Percentile(times, 0.99);
    table.Add({"its p99 and median, ms", Fixed(high, 1), Fixed(median, 1), Fixed(high / median, 1), "< 10"});
  }

  void RunLists(Table& table, int64_t orders) {
    Multiply(orders);
    ListPages(table, "all orders", "");
    ListPages(table, "status PLACED", "status = PLACED");
    ListPages(table, "of one SKU", absl::StrCat("lines.sku = \"", skus_[0], "\""));
  }

 private:
  void ReadSkus() {
    catalog::v1::ListProductsRequest request;
    request.set_page_size(500);
    do {
      catalog::v1::ListProductsResponse page;
      OrFail(suite_.client().Call("storeops.catalog.v1.ProductService/ListProducts", request, &page));
      for (const auto& product : page.products()) {
        if (product.variants_size() > 0 && product.variants(0).has_price()) skus_.push_back(product.variants(0).sku());
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    if (skus_.size() < 500) Fail("too few products have a price");
  }

  void Stock() {
    inventory::v1::CreateLocationRequest create;
    create.mutable_location()->set_title("Warehouse");
    create.mutable_location()->set_code("W");
    create.mutable_location()->set_kind(inventory::v1::Location::WAREHOUSE);
    create.mutable_location()->set_ships_orders(true);
    inventory::v1::Location location;
    OrFail(suite_.client().Call("storeops.inventory.v1.LocationService/CreateLocation", create, &location));
    for (size_t begin = 0; begin < skus_.size(); begin += 250) {
      inventory::v1::ReceiveStockRequest receive;
      for (size_t i = begin; i < std::min(begin + 250, skus_.size()); ++i) {
        auto& line = *receive.add_lines();
        line.set_sku(skus_[i]);
        line.set_location(location.name());
        line.set_quantity(1'000'000);
      }
      inventory::v1::StockChangeResponse response;
      OrFail(suite_.client().Call("storeops.inventory.v1.StockService/ReceiveStock", receive, &response));
    }
  }

  std::string Request(int64_t i) const {
    PlaceOrderRequest request;
    for (int64_t k = 0; k < kLines; ++k) {
      auto& line = *request.add_lines();
      // Spread, and another three each time.
      line.set_sku(skus_[static_cast<size_t>((i * 7919 + k * 104'729) % static_cast<int64_t>(skus_.size()))]);
      line.set_quantity(1);
    }
    request.set_customer(absl::StrCat("customers/", i));
    request.set_currency("EUR");
    auto& address = *request.mutable_shipping_address();
    address.set_recipient("Ada Lovelace");
    address.add_lines("Long Street 12");
    address.set_city("Berlin");
    address.set_postal_code("10115");
    address.set_country("DE");
    return request.SerializeAsString();
  }

  double Load(std::vector<double>* times) {
    const double rate = GrpcLoad(
        suite_.grpc_address(), kPlaceOrder, absl::StrCat("Bearer ", suite_.key()),
        [this](int64_t) { return Request(next_++); }, kSlice, kCallers, times);
    // The suite's later work on one round does not weigh on the next.
    suite_.AwaitQuiet();
    return rate;
  }

  void ReadSamples() {
    for (const Row& row : Select(*database_, "SELECT id FROM orders ORDER BY id DESC LIMIT ?", {kSamples})) {
      samples_.push_back(ReadSample(*database_, std::get<int64_t>(row[0].storage())));
    }
    if (samples_.empty()) Fail("no orders to copy");
  }

  void MakeBareTables() {
    OrFail(database_->WithSession(absl::Now() + absl::Minutes(1), [](db::Session& session) {
      absl::Status status = session.Execute(absl::StrCat("CREATE DATABASE ", kBare)).status();
      for (const char* name : {"orders", "order_lines", "order_allocations", "stock_movements", "stock_levels",
                               "history", "change_log", "outbox_groups"}) {
        if (!status.ok()) return status;
        status =
            session.Execute(absl::StrCat("CREATE TABLE ", kBare, ".", name, " LIKE ", kInventory, ".", name)).status();
      }
      if (!status.ok()) return status;
      return session
          .Execute(absl::StrCat("INSERT INTO ", kBare, ".stock_levels SELECT * FROM ", kInventory, ".stock_levels"))
          .status();
    }));
  }

  double Bare() {
    std::atomic<int64_t> written{0};
    const absl::Time start = absl::Now();
    std::vector<std::thread> threads;
    for (const auto& writer : writers_) {
      threads.emplace_back([&] {
        while (absl::Now() - start < kSlice) {
          const int64_t id = ++next_bare_;
          writer->Write(samples_[static_cast<size_t>(id) % samples_.size()], id);
          ++written;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const double rate = static_cast<double>(written) / absl::ToDoubleSeconds(absl::Now() - start);
    suite_.AwaitQuiet();
    return rate;
  }

  // Copies of the orders that there are, a second apart each, until there are so many.
  void Multiply(int64_t orders) {
    const absl::Time deadline = absl::Now() + absl::Minutes(12);
    while (true) {
      const Row count = Select(*database_, "SELECT COUNT(*), MAX(id) FROM orders")[0];
      const int64_t present = std::get<int64_t>(count[0].storage());
      const int64_t shift = std::get<int64_t>(count[1].storage());
      if (present >= orders) break;
      OrFail(database_->Transact(deadline, [&](db::Session& session) -> absl::Status {
        const absl::Status status =
            session
                .Execute(
                    "INSERT INTO order_lines SELECT order_id + ?, number, sku, place_time - INTERVAL ? SECOND, "
                    "quantity, cancelled_quantity, shipped_quantity, returned_quantity, unit_price_minor, "
                    "total_minor, returning_quantity, claimed_quantity, service FROM order_lines WHERE order_id <= ?",
                    {shift, present, shift})
                .status();
        if (!status.ok()) return status;
        return session
            .Execute(
                "INSERT INTO orders SELECT id + ?, version, create_time, update_time, "
                "place_time - INTERVAL ? SECOND, status, payment_status, fulfillment_status, on_hold, historical, "
                "customer, channel, currency, total_minor, captured_minor, refunded_minor, NULL, NULL, "
                "ship_by_time, NULL, content FROM orders WHERE id <= ?",
                {shift, present, shift})
            .status();
      }));
    }
  }

  double ReadMs(const inventory::v1::ListOrdersRequest& request, std::string* next) {
    inventory::v1::ListOrdersResponse page;
    const absl::Time start = absl::Now();
    OrFail(suite_.client().Call("storeops.inventory.v1.OrderService/ListOrders", request, &page));
    const double ms = absl::ToDoubleMilliseconds(absl::Now() - start);
    if (page.orders_size() != request.page_size()) Fail("a page is not full");
    *next = page.next_page_token();
    return ms;
  }

  void ListPages(Table& table, const std::string& what, const std::string& filter) {
    inventory::v1::ListOrdersRequest first;
    first.set_page_size(20);
    first.set_filter(filter);
    inventory::v1::ListOrdersRequest last = first;
    int pages = 1;
    for (std::string token; pages < kPages; ++pages) {
      ReadMs(last, &token);
      if (token.empty()) break;
      last.set_page_token(token);
    }
    std::vector<double> first_ms, last_ms;
    std::string token;
    for (int i = 0; i < kPageReads; ++i) {
      first_ms.push_back(ReadMs(first, &token));
      last_ms.push_back(ReadMs(last, &token));
    }
    table.Add({absl::StrCat("ListOrders, ", what, ": page 1 and ", pages, ", ms"), Fixed(Median(first_ms), 2),
               Fixed(Median(last_ms), 2), Fixed(Median(last_ms) / Median(first_ms), 2), "<= 1.5"});
  }

  RunningSuite& suite_;
  const int rounds_;
  std::unique_ptr<db::Database> database_;
  std::vector<std::string> skus_;
  std::atomic<int64_t> next_{0};
  std::vector<OrderRowsSample> samples_;
  std::vector<std::unique_ptr<BareWriter>> writers_;
  std::atomic<int64_t> next_bare_{0};
};

void Main(int argc, char** argv) {
  int rounds = kDefaultRounds;
  int64_t orders = kDefaultOrders;
  if (argc > 2 && (!absl::SimpleAtoi(argv[2], &rounds) || rounds < 1)) Fail("a number of rounds is wanted");
  if (argc > 3 && (!absl::SimpleAtoi(argv[3], &orders) || orders < 0)) Fail("a number of orders is wanted");
  RunningSuite suite(StoreopsProgram(argc, argv));
  OrderBench bench(suite, rounds);
  Table table({"orders", "StoreOps", "limit", "ratio", "wanted"});
  bench.RunPlace(table);
  if (orders > 0) bench.RunLists(table, orders);
  table.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::Main(argc, argv);
  return 0;
}
