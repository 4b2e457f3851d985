// What slow questions to one service do to the others of a process: GetProduct and PlaceOrder, alone and while 64
// callers ask for reports that take 300 ms of a connection and a worker each.
//   bulkhead_bench [ROUNDS]     default 7
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "services/catalog/module.h"
#include "services/inventory/module.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "testing/v1/report.pb.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/service_process.h"
#include "tests/support/stock_calls.h"

namespace storeops::bench {
namespace {

using testing::ServiceProcess;
using ::testing::v1::RunReportRequest;
using ::testing::v1::RunReportResponse;

constexpr char kGetProduct[] = "/storeops.catalog.v1.ProductService/GetProduct";
constexpr char kPlaceOrder[] = "/storeops.inventory.v1.OrderService/PlaceOrder";
constexpr char kDeclared[] = "RunReport";
constexpr char kUndeclared[] = "RunUndeclaredReport";
constexpr int kWorkers = 32;  // as the suite has
constexpr int kReporters = 64;
constexpr int kCallers = 4;
constexpr int kDefaultRounds = 7;
constexpr absl::Duration kReportTime = absl::Milliseconds(300);
constexpr absl::Duration kSlice = absl::Seconds(2);

class ReportModule final : public Module {
 public:
  absl::Status Bind(Environment& environment) override {
    database_ = &environment.store.database;
    environment.table.AddService("testing.v1.ReportService")
        .Unary(kDeclared, this, &ReportModule::Run)
        .Unary(kUndeclared, this, &ReportModule::Run);
    return absl::OkStatus();
  }
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}

 private:
  absl::StatusOr<RunReportResponse> Run(rpc::Call& call, const RunReportRequest& request) {
    const double seconds = absl::ToDoubleSeconds(FromDurationProto(request.duration()));
    const auto rows = database_->Query(call.deadline, absl::StrCat("SELECT SLEEP(", seconds, ")"));
    if (!rows.ok()) return rows.status();
    return RunReportResponse();
  }

  db::Database* database_ = nullptr;
};

ModuleInfo Reports() {
  static const db::MigrationSet* const none = new db::MigrationSet{"testing", {}};
  ModuleInfo info{.name = "testing", .migrations = none};
  info.make = [](const FlagValues&) { return std::make_unique<ReportModule>(); };
  return info;
}

// Callers of a report as long as they live.
class Reporters {
 public:
  Reporters(rpc::Peer& peer, const rpc::PeerCall& call) : peer_(peer) {
    *request_.mutable_duration() = ToDurationProto(kReportTime);
    for (int i = 0; i < kReporters; ++i) threads_.emplace_back([this, call] { Ask(call); });
    // All workers that there are for them are taken.
    absl::SleepFor(2 * kReportTime);
  }
  ~Reporters() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Ask(const rpc::PeerCall& call) {
    while (!stopping_) {
      rpc::PeerCall one = call;
      one.deadline = absl::Now() + absl::Seconds(30);
      RunReportResponse response;
      OrFail(peer_.CallBlocking(std::move(one), request_, &response));
    }
  }

  rpc::Peer& peer_;
  RunReportRequest request_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
};

struct Latency {
  double median_ms = 0;
  double high_ms = 0;  // of 99 in a hundred
};

class BulkheadBench {
 public:
  explicit BulkheadBench(int rounds)
      : rounds_(rounds),
        process_(site_, {catalog::CatalogModule(), inventory::InventoryModule(), Reports()}, {.threads = kWorkers}) {
    process_.Start();
    address_ = process_.StartGrpc();
    bearer_ = process_.Bearer("users/1", {"*"});
    peer_ = rpc::MakeRemotePeer(address_, {}, &process_.tokens());
    catalog::v1::Product product = testing::MakeProduct("A", "A thing");
    *product.mutable_variants(0)->mutable_price() = MoneyFromMinor(1000, "EUR");
    product_ = OrFail(testing::CreateProduct(process_, product)).name();
    OrFail(testing::Receive(process_, "A", testing::CreateLocation(process_, "BER", 1), 100'000'000));
    while (!process_.Call<inventory::v1::Order>("PlaceOrder", Order()).ok()) {
      absl::SleepFor(absl::Milliseconds(10));  // prices follow the products
    }
  }

  void Run(Table& table) {
    for (const char* report : {kDeclared, kUndeclared}) {
      Compare(table, report, kGetProduct, [this] {
        catalog::v1::GetProductRequest request;
        request.set_name(product_);
        return request.SerializeAsString();
      });
      Compare(table, report, kPlaceOrder, [] { return Order().SerializeAsString(); });
    }
  }

 private:
  static inventory::v1::PlaceOrderRequest Order() {
    inventory::v1::PlaceOrderRequest request;
    auto& line = *request.add_lines();
    line.set_sku("A");
    line.set_quantity(1);
    request.set_customer("customers/1");
    request.set_currency("EUR");
    request.mutable_shipping_address()->set_recipient("Ada Lovelace");
    request.mutable_shipping_address()->add_lines("Long Street 12");
    request.mutable_shipping_address()->set_city("Berlin");
    request.mutable_shipping_address()->set_postal_code("10115");
    request.mutable_shipping_address()->set_country("DE");
    return request;
  }

  Latency Measure(const char* method, const std::string& request) {
    std::vector<double> times;
    GrpcLoad(address_, method, bearer_, [&](int64_t) { return request; }, kSlice, kCallers, &times);
    std::sort(times.begin(), times.end());
    return {times[times.size() / 2], times[times.size() * 99 / 100]};
  }

  void Compare(Table& table, const char* report, const char* method, const std::function<std::string()>& request) {
    std::vector<double> alone, beside, median_ratios, high_ratios;
    for (int round = 0; round < rounds_; ++round) {
      const Latency quiet = Measure(method, request());
      const Reporters reporters(*peer_, process_.MakeCall(report));
      const Latency loaded = Measure(method, request());
      alone.push_back(quiet.median_ms);
      beside.push_back(loaded.median_ms);
      median_ratios.push_back(loaded.median_ms / quiet.median_ms);
      high_ratios.push_back(loaded.high_ms / quiet.high_ms);
    }
    table.Add({absl::StrCat(std::string(method).substr(std::string(method).rfind('/') + 1), " beside ", report),
               Fixed(Median(alone), 2), Fixed(Median(beside), 2), Fixed(Median(median_ratios), 2),
               Fixed(Median(high_ratios), 2), "<= 1.5"});
  }

  const int rounds_;
  const testing::Site site_;
  ServiceProcess process_;
  std::string address_;
  std::string bearer_;
  std::unique_ptr<rpc::Peer> peer_;
  std::string product_;
};

int Run(int argc, char** argv) {
  int rounds = kDefaultRounds;
  if (argc > 1 && !absl::SimpleAtoi(argv[1], &rounds)) Fail("ROUNDS is no number");
  BulkheadBench bench(rounds);
  Table table({"", "median alone, ms", "beside reports, ms", "ratio of medians", "ratio of p99", "wanted"});
  bench.Run(table);
  table.Print();
  return 0;
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) { return storeops::bench::Run(argc, argv); }
