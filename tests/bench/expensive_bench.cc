// What one caller's expensive calls do to everybody's writes: the latency of CreateProduct, alone and while one caller
// keeps 40 lists with a filter of 100 `title = "*x*"` terms, or 40 simulations at their limits, under way. Callers that
// are refused wait as long as they are told to.
//   expensive_bench [STOREOPS [PRODUCTS]]     default 20,000 products
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "google/rpc/error_details.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/inventory/v1/order_import.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "storeops/inventory/v1/planning_service.pb.h"
#include "tests/bench/bench_support.h"

namespace storeops::bench {
namespace {

using google::protobuf::Message;

constexpr char kCreate[] = "storeops.catalog.v1.ProductService/CreateProduct";
constexpr char kList[] = "storeops.catalog.v1.ProductService/ListProducts";
constexpr char kSimulate[] = "storeops.inventory.v1.PlanningService/SimulatePolicy";
constexpr int64_t kDefaultProducts = 20'000;
constexpr int kBusyCallers = 40;
constexpr int kWriters = 4;
constexpr int kSkus = 200;
constexpr int kWeeks = 104;
constexpr absl::Duration kAlone = absl::Seconds(5);
constexpr absl::Duration kBeside = absl::Seconds(15);
constexpr absl::Duration kWarmUp = absl::Seconds(2);

// What became of one caller's calls.
struct Counts {
  std::atomic<int64_t> answered{0}, refused{0}, failed{0};
};

absl::Duration RetryDelay(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  return GetDetail(status, &retry) ? FromDurationProto(retry.retry_delay()) : absl::ZeroDuration();
}

// Calls that follow one another as long as this lives, by so many threads.
class Busy {
 public:
  Busy(RunningSuite& suite, const char* method, const Message& request, const Message& response) {
    for (int i = 0; i < kBusyCallers; ++i) {
      threads_.emplace_back([this, &suite, method, &request, &response] {
        Client client(suite.grpc_address(), rpc::PeerTls(), suite.key());
        const std::unique_ptr<Message> answer(response.New());
        while (!stopping_) Count(client.Call(method, request, answer.get()));
      });
    }
  }
  ~Busy() {
    stopping_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  const Counts& counts() const { return counts_; }

 private:
  void Count(const absl::Status& status) {
    if (status.ok()) {
      ++counts_.answered;
    } else if (absl::IsResourceExhausted(status)) {
      ++counts_.refused;
      absl::SleepFor(RetryDelay(status));
    } else {
      ++counts_.failed;
    }
  }

  std::atomic<bool> stopping_{false};
  Counts counts_;
  std::vector<std::thread> threads_;
};

struct Latencies {
  double median_ms = 0;
  double high_ms = 0;  // of 99 in a hundred
  int64_t failed = 0;
  size_t count = 0;
};

class ExpensiveBench {
 public:
  explicit ExpensiveBench(RunningSuite& suite) : suite_(suite) {}

  void Run(int64_t products) {
    suite_.Load(0, products);
    Sell();
    suite_.AwaitQuiet();
    Table table({"CreateProduct, 4 callers", "calls", "failed", "median, ms", "p99, ms", "ratio of medians",
                 "ratio of p99", "of the 40 callers: answered; refused; failed"});
    const Latencies alone = Create(kAlone);
    Add(table, "alone", alone, alone, nullptr);
    {
      const catalog::v1::ListProductsRequest request = List();
      const catalog::v1::ListProductsResponse response;
      Measure(table, "beside 40 lists", alone, kList, request, response);
    }
    {
      const inventory::v1::SimulatePolicyRequest request = Simulation();
      const inventory::v1::SimulatePolicyResponse response;
      Measure(table, "beside 40 simulations", alone, kSimulate, request, response);
    }
    table.Print();
  }

 private:
  static std::string Sku(int number) { return absl::StrCat("SIM-", number); }

  static catalog::v1::ListProductsRequest List() {
    catalog::v1::ListProductsRequest request;
    std::string filter;
    for (int i = 0; i < 100; ++i) absl::StrAppend(&filter, i == 0 ? "" : " OR ", "title = \"*qx", i, "*\"");
    request.set_filter(filter);
    return request;
  }
  static inventory::v1::SimulatePolicyRequest Simulation() {
    inventory::v1::SimulatePolicyRequest request;
    for (int i = 0; i < kSkus; ++i) request.add_skus(Sku(i));
    request.set_weeks(260);
    return request;
  }

  // Two years of sales of each SKU, a little different each week.
  void Sell() {
    const absl::Time first = absl::Now() - absl::Hours(24 * 7 * (kWeeks + 1));
    int week = 0;
    rpc::PeerCall call;
    call.method = "storeops.inventory.v1.OrderService/ImportOrders";
    const auto next = [&](std::string* bytes) -> absl::StatusOr<bool> {
      if (week == kWeeks) return false;
      inventory::v1::ImportOrdersRequest request;
      auto& order = *request.add_orders();
      order.set_external_reference(absl::StrCat("week-", week));
      *order.mutable_place_time() = ToTimestamp(first + absl::Hours(24 * 7 * week));
      order.set_currency("EUR");
      for (int i = 0; i < kSkus; ++i) {
        auto& line = *order.add_lines();
        line.set_sku(Sku(i));
        line.set_quantity(1 + (week * 7 + i * 13) % 11);
        *line.mutable_unit_price() = MoneyFromMinor(1000, "EUR");
      }
      ++week;
      *bytes = request.SerializeAsString();
      return true;
    };
    OrFail(suite_.client().peer().Upload(std::move(call), next).status());
  }

  Latencies Create(absl::Duration duration) {
    absl::Mutex mutex;
    std::vector<double> times_ms;
    Latencies latencies;
    const absl::Time end = absl::Now() + duration;
    std::vector<std::thread> writers;
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&] {
        Client client(suite_.grpc_address(), rpc::PeerTls(), suite_.key());
        while (absl::Now() < end) {
          catalog::v1::CreateProductRequest request;
          request.mutable_product()->set_title("A cup");
          request.mutable_product()->add_variants()->set_sku(absl::StrCat("NEW-", ++created_));
          catalog::v1::Product product;
          const absl::Time start = absl::Now();
          const absl::Status status = client.Call(kCreate, request, &product);
          absl::MutexLock lock(&mutex);
          times_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
          latencies.failed += status.ok() ? 0 : 1;
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    std::sort(times_ms.begin(), times_ms.end());
    latencies.count = times_ms.size();
    latencies.median_ms = times_ms[times_ms.size() / 2];
    latencies.high_ms = times_ms[times_ms.size() * 99 / 100];
    return latencies;
  }

  void Measure(Table& table, const std::string& name, const Latencies& alone, const char* method,
               const Message& request, const Message& response) {
    const Busy busy(suite_, method, request, response);
    absl::SleepFor(kWarmUp);
    const Latencies beside = Create(kBeside);
    Add(table, name, beside, alone, &busy.counts());
  }

  static void Add(Table& table, const std::string& name, const Latencies& latencies, const Latencies& alone,
                  const Counts* counts) {
    table.Add({name, Thousands(static_cast<double>(latencies.count)), absl::StrCat(latencies.failed),
               Fixed(latencies.median_ms, 2), Fixed(latencies.high_ms, 2),
               Fixed(latencies.median_ms / alone.median_ms, 2), Fixed(latencies.high_ms / alone.high_ms, 2),
               counts == nullptr
                   ? ""
                   : absl::StrCat(counts->answered.load(), "; ", counts->refused.load(), "; ", counts->failed.load())});
  }

  RunningSuite& suite_;
  std::atomic<int64_t> created_{0};
};

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  using namespace storeops::bench;  // NOLINT
  int64_t products = kDefaultProducts;
  if (argc > 2 && !absl::SimpleAtoi(argv[2], &products)) Fail("PRODUCTS is no number");
  RunningSuite suite(StoreopsProgram(argc, argv));
  ExpensiveBench(suite).Run(products);
  return 0;
}
