// Reservations of one hot SKU against plain UPDATEs of one row; GetStock against a bare server.
//   stock_bench [STOREOPS [ROUNDS]]
#include <cppconn/connection.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/db/database.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/bench/bare_server.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

using namespace inventory::v1;  // NOLINT(google-build-using-namespace): its messages only

constexpr char kService[] = "storeops.inventory.v1.StockService/";
constexpr char kHot[] = "HOT";
constexpr int64_t kPieces = 1'000'000'000;
constexpr int kCallers = 64;
constexpr int kConnections = 16;
constexpr int kBatch = 100;
constexpr int kSkus = 1000;
constexpr int kDefaultRounds = 5;
constexpr absl::Duration kSlice = absl::Seconds(3);

// One connection that sells pieces as plainly as can be: one statement, which commits by itself.
class BareSeller {
 public:
  explicit BareSeller(const db::Address& address) {
    connection_.reset(
        get_driver_instance()->connect(absl::StrCat("unix://", address.socket), address.user, address.password));
    connection_->setSchema("bare");
    update_.reset(
        connection_->prepareStatement("UPDATE stock SET available = available - 1 WHERE id = 1 AND available >= 1"));
  }
  void Sell() {
    if (update_->executeUpdate() != 1) Fail("the bare stock is sold out");
  }

 private:
  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::PreparedStatement> update_;
};

class StockBench {
 public:
  StockBench(RunningSuite& suite, int rounds) : suite_(suite), rounds_(rounds) {
    authorization_ = absl::StrCat("Bearer ", suite_.key());
    CreateLocationRequest create;
    create.mutable_location()->set_title("Warehouse");
    create.mutable_location()->set_code("W");
    create.mutable_location()->set_kind(Location::WAREHOUSE);
    create.mutable_location()->set_ships_orders(true);
    Location location;
    OrFail(suite_.client().Call("storeops.inventory.v1.LocationService/CreateLocation", create, &location));
    location_ = location.name();
    ReceiveStockRequest receive;
    const auto add = [&](const std::string& sku, int64_t quantity) {
      auto& line = *receive.add_lines();
      line.set_sku(sku);
      line.set_location(location_);
      line.set_quantity(quantity);
    };
    for (int i = 0; i < kSkus; ++i) {
      add(SkuOf(i), 100);
      if (receive.lines_size() == 500) Receive(receive);
    }
    add(kHot, kPieces);
    Receive(receive);
    MakeBareTable();
  }

  void Reservations(const std::string& database, Table& table) {
    for (const bool repeatable : {false, true}) {
      const Pair pair = MeasurePair(rounds_, [&] { return Reserve(repeatable); }, [this] { return BareSales(); });
      table.Add({absl::StrCat("ReserveStock of one SKU, ", kCallers, " callers", repeatable ? ", request_id" : ""),
                 database, Thousands(pair.ours), Thousands(pair.limit), Fixed(pair.ratio, 2), ">= 10"});
    }
    const Pair pair = MeasurePair(rounds_, [this] { return ReserveBatches(); }, [this] { return BareSales(); });
    table.Add({absl::StrCat("BatchReserveStock, ", kBatch, " reservations of one SKU each, ", kCallers, " callers"),
               database, Thousands(pair.ours), Thousands(pair.limit), Fixed(pair.ratio, 2), ""});
    Check();
  }

  // How far the transport alone would go: nobody can answer more calls than a server that does nothing.
  void Ceiling(Table& table) {
    ReserveStockRequest reserve;
    auto& line = *reserve.add_lines();
    line.set_sku(kHot);
    line.set_location(location_);
    line.set_quantity(1);
    Reservation reservation;
    OrFail(suite_.client().Call(absl::StrCat(kService, "ReserveStock"), reserve, &reservation));
    const std::string path = absl::StrCat("/", kService, "ReserveStock");
    const BareServer bare("grpc", path, reservation.SerializeAsString());
    const auto request = [bytes = reserve.SerializeAsString()](int64_t) { return bytes; };
    const Pair pair = MeasurePair(
        rounds_, [&] { return Reserve(false); },
        [&] {
          return GrpcLoad(absl::StrCat("127.0.0.1:", bare.port()), path, authorization_, request, kSlice, kCallers);
        });
    table.Add({absl::StrCat("ReserveStock of one SKU, ", kCallers, " callers, durable"), Thousands(pair.ours),
               Thousands(pair.limit), Fixed(pair.ratio, 2), ""});
  }

  void Reads(Table& table) {
    GetStockRequest get;
    get.set_sku(SkuOf(0));
    SkuStock stock;
    OrFail(suite_.client().Call(absl::StrCat(kService, "GetStock"), get, &stock));
    const std::string path = absl::StrCat("/", kService, "GetStock");
    const BareServer bare("grpc", path, stock.SerializeAsString());
    const auto request = [](int64_t i) {
      GetStockRequest get;
      get.set_sku(SkuOf(i * 7919 % kSkus));
      return get.SerializeAsString();
    };
    const Pair pair = MeasurePair(
        rounds_, [&] { return GrpcLoad(suite_.grpc_address(), path, authorization_, request, kSlice); },
        [&] { return GrpcLoad(absl::StrCat("127.0.0.1:", bare.port()), path, authorization_, request, kSlice); });
    table.Add({"GetStock", Thousands(pair.ours), Thousands(pair.limit), Fixed(pair.ratio, 2), ">= 0.7"});
  }

 private:
  static std::string SkuOf(int64_t i) { return absl::StrCat("SKU-", i); }

  void Receive(ReceiveStockRequest& request) {
    StockChangeResponse response;
    OrFail(suite_.client().Call(absl::StrCat(kService, "ReceiveStock"), request, &response));
    request.Clear();
  }

  void MakeBareTable() {
    db::Options options;
    options.address = suite_.database();
    db::Database database(options);
    const absl::Time limit = absl::Now() + absl::Minutes(1);
    OrFail(database.Execute(limit, "CREATE DATABASE bare"));
    OrFail(
        database.Execute(limit, "CREATE TABLE bare.stock (id BIGINT NOT NULL PRIMARY KEY, available BIGINT NOT NULL)"));
    OrFail(database.Execute(limit, "INSERT INTO bare.stock VALUES (1, ?)", {kPieces}));
    for (int i = 0; i < kConnections; ++i) sellers_.push_back(std::make_unique<BareSeller>(suite_.database()));
  }

  double Reserve(bool repeatable) {
    const std::string prefix = absl::StrCat("bench-", ++batch_, "-");
    const auto request = [&](int64_t i) {
      ReserveStockRequest reserve;
      auto& line = *reserve.add_lines();
      line.set_sku(kHot);
      line.set_location(location_);
      line.set_quantity(1);
      if (repeatable) reserve.set_request_id(absl::StrCat(prefix, i));
      return reserve.SerializeAsString();
    };
    const double rate = GrpcLoad(suite_.grpc_address(), absl::StrCat("/", kService, "ReserveStock"), authorization_,
                                 request, kSlice, kCallers);
    suite_.AwaitQuiet();
    return rate;
  }

  // Reservations a second.
  double ReserveBatches() {
    BatchReserveStockRequest batch;
    for (int i = 0; i < kBatch; ++i) {
      auto& line = *batch.add_requests()->add_lines();
      line.set_sku(kHot);
      line.set_location(location_);
      line.set_quantity(1);
    }
    const double rate = GrpcLoad(
        suite_.grpc_address(), absl::StrCat("/", kService, "BatchReserveStock"), authorization_,
        [bytes = batch.SerializeAsString()](int64_t) { return bytes; }, kSlice, kCallers);
    suite_.AwaitQuiet();
    return rate * kBatch;
  }

  double BareSales() {
    std::atomic<int64_t> sold{0};
    const absl::Time start = absl::Now();
    std::vector<std::thread> threads;
    for (const auto& seller : sellers_) {
      threads.emplace_back([&] {
        for (; absl::Now() - start < kSlice; ++sold) seller->Sell();
      });
    }
    for (std::thread& thread : threads) thread.join();
    return static_cast<double>(sold) / absl::ToDoubleSeconds(absl::Now() - start);
  }

  // What was measured was right.
  void Check() {
    CheckStockResponse checked;
    OrFail(suite_.client().Call(absl::StrCat(kService, "CheckStock"), CheckStockRequest(), &checked, false,
                                absl::Minutes(10)));
    if (checked.difference_count() != 0) Fail(checked.DebugString());
  }

  RunningSuite& suite_;
  const int rounds_;
  std::string authorization_;
  std::string location_;
  int batch_ = 0;
  std::vector<std::unique_ptr<BareSeller>> sellers_;
};

void Main(int argc, char** argv) {
  int rounds = kDefaultRounds;
  if (argc > 2 && (!absl::SimpleAtoi(argv[2], &rounds) || rounds < 1)) Fail("a number of rounds is wanted");
  const std::string program = StoreopsProgram(argc, argv);
  Table reservations(
      {"durable", "database", "StoreOps /s", "single-row UPDATEs, 16 connections /s", "ratio", "wanted"});
  Table reads({"call", "StoreOps /s", "bare server /s", "ratio", "wanted"});
  {
    RunningSuite suite(program);
    StockBench bench(suite, rounds);
    bench.Reservations("redo log", reservations);
    bench.Reads(reads);
    bench.Ceiling(reads);
  }
  // As MySQL 8 is by default, and whatever has replicas: there a row stays locked until both logs are on disk.
  const std::vector<std::string> both_logs = {"--log-bin=binary", "--sync-binlog=1", "--server-id=1"};
  {
    RunningSuite replicated(program, both_logs);
    StockBench(replicated, rounds).Reservations("redo and binary log", reservations);
  }
  {
    setenv("LD_PRELOAD", STOREOPS_SLOW_SYNC, /*overwrite=*/1);
    RunningSuite slow(program, both_logs);
    unsetenv("LD_PRELOAD");
    StockBench(slow, rounds).Reservations("both, a flush 1 ms slower", reservations);
  }
  reservations.Print();
  reads.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::ServeIfBare(argc, argv);
  storeops::bench::Main(argc, argv);
  return 0;
}
