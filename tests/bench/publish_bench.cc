// Products that are scheduled for one moment, published by two processes, against one plain connection that writes the
// same rows.
//   publish_bench [STOREOPS [PRODUCTS]]     default 10000 products
#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/time.h"
#include "common/db/database.h"
#include "services/storeops/settings.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/bench/bench_support.h"

namespace storeops::bench {
namespace {

using catalog::v1::Product;
using catalog::v1::ScheduledChange;

constexpr char kService[] = "storeops.catalog.v1.ProductService/";
constexpr char kCatalog[] = "storeops_catalog";
constexpr int kCallers = 16;
constexpr int kRounds = 3;
constexpr int kBatch = 250;
constexpr double kWantedSeconds = 10;

class PublishBench {
 public:
  PublishBench(const std::string& program, int64_t products)
      : suite_(program), products_(products), database_(DatabaseOptions(suite_)) {
    suite_.Load(0, products);
    ReadNames();
    ForEachProduct([](Client& client, const std::string& name) {
      catalog::v1::SubmitProductRequest submit;
      catalog::v1::ApproveProductRequest approve;
      submit.set_name(name);
      approve.set_name(name);
      Call<Product>(client, "SubmitProduct", submit);
      Call<Product>(client, "ApproveProduct", approve);
    });
    StartSecond(program);
  }

  void Run(Table& table) {
    std::vector<double> ours, bare, ratios;
    for (int round = 0; round < kRounds; ++round) {
      ours.push_back(Fire(ScheduledChange::PUBLISH, Product::PUBLISHED));
      bare.push_back(WriteBare());
      ratios.push_back(bare.back() / ours.back());
      if (round + 1 < kRounds) Fire(ScheduledChange::UNPUBLISH, Product::APPROVED);
    }
    table.Add({Thousands(static_cast<double>(products_)), Fixed(Median(ours), 1),
               Thousands(static_cast<double>(products_) / Median(ours)), Fixed(Median(bare), 1),
               Fixed(Median(ratios), 2), absl::StrCat("< ", Fixed(kWantedSeconds, 0), " s")});
  }

 private:
  static db::Options DatabaseOptions(const RunningSuite& suite) {
    db::Options options;
    options.address = suite.database();
    options.database = kCatalog;
    return options;
  }

  template <class Response, class Request>
  static void Call(Client& client, const std::string& method, const Request& request) {
    Response response;
    OrFail(client.Call(absl::StrCat(kService, method), request, &response));
  }

  int64_t Number(const std::string& sql) {
    return OrFail(database_.Query(absl::Now() + absl::Minutes(1), sql)).Int(0, 0);
  }

  void ReadNames() {
    const db::Rows rows =
        OrFail(database_.Query(absl::Now() + absl::Minutes(1), "SELECT CONCAT('products/', id) FROM products"));
    for (size_t row = 0; row < rows.size(); ++row) names_.push_back(rows.Text(row, 0));
    if (static_cast<int64_t>(names_.size()) != products_) Fail("not all products are there");
  }

  // By several callers.
  void ForEachProduct(const std::function<void(Client&, const std::string&)>& act) {
    std::atomic<size_t> next{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&] {
        Client client(suite_.grpc_address(), rpc::PeerTls(), suite_.key());
        for (size_t at = next++; at < names_.size(); at = next++) act(client, names_[at]);
      });
    }
    for (std::thread& caller : callers) caller.join();
  }

  // The catalogue once more, on the same database.
  void StartSecond(const std::string& program) {
    Settings settings;
    settings.home = second_folder_.path();
    OrFail(LoadSecret(settings, /*create=*/true).status());
    const int port = testing::FreePort();
    second_ = std::make_unique<Child>(std::vector<std::string>{
        program, "--home", settings.home, "serve", "catalog", "--db-socket", suite_.database().socket, "--log-level",
        "error", "--grpc-port", absl::StrCat(port), "--http-port", "0"});
    AwaitPort(port);
  }

  // Schedules all products for one moment; seconds from then until the last has changed.
  double Fire(ScheduledChange::Action action, Product::State state) {
    const int64_t before = Number("SELECT COUNT(*) FROM history WHERE actor = 'services/catalog'");
    // Time to schedule all of them, and for the work that follows from it.
    const absl::Time moment = absl::Now() + absl::Seconds(static_cast<double>(products_) / 500);
    for (size_t begin = 0; begin < names_.size(); begin += kBatch) {
      catalog::v1::BatchScheduleProductsRequest batch;
      for (size_t i = begin; i < std::min(begin + kBatch, names_.size()); ++i) {
        auto& request = *batch.add_requests();
        request.set_name(names_[i]);
        request.add_changes()->set_action(action);
        *request.mutable_changes(0)->mutable_time() = ToTimestamp(moment);
      }
      Call<catalog::v1::BatchScheduleProductsResponse>(suite_.client(), "BatchScheduleProducts", batch);
    }
    if (absl::Now() > moment) Fail("the moment has passed before all was scheduled");
    absl::SleepFor(moment - absl::Now());
    const std::string count = absl::StrCat("SELECT COUNT(*) FROM products WHERE state = ", state);
    while (Number(count) < products_) {
      if (absl::Now() > moment + absl::Minutes(2)) Fail("not all products have changed");
      absl::SleepFor(absl::Milliseconds(20));
    }
    const double seconds = absl::ToDoubleSeconds(absl::Now() - moment);
    if (Number("SELECT COUNT(*) FROM history WHERE actor = 'services/catalog'") != before + products_) {
      Fail("a product has changed twice");
    }
    suite_.AwaitQuiet();
    return seconds;
  }

  // The rows of the last round once more by one plain connection: the same transactions, with rows that are ready.
  double WriteBare() {
    const absl::Time deadline = absl::Now() + absl::Minutes(2);
    const std::vector<std::string> tables = {"products", "history", "change_log"};
    OrFail(database_.WithSession(deadline, [&](db::Session& session) {
      absl::Status status;
      for (const std::string& table : tables) {
        if (status.ok()) status = session.Execute(absl::StrCat("DROP TABLE IF EXISTS bare_", table)).status();
        if (status.ok()) status = session.Execute(absl::StrCat("CREATE TABLE bare_", table, " LIKE ", table)).status();
      }
      if (status.ok()) status = session.Execute("INSERT INTO bare_products SELECT * FROM products").status();
      return status;
    }));
    const auto read = [&](const std::string& from) {
      return OrFail(database_.Query(deadline, absl::StrCat("SELECT ", from)));
    };
    const db::Rows rows[] = {read("* FROM products ORDER BY id"),
                             read("h.* FROM history h JOIN products p ON h.type = 'catalog.storeops/Product' "
                                  "AND h.resource_id = p.id AND h.version = p.version ORDER BY p.id"),
                             read("* FROM change_log ORDER BY group_id DESC LIMIT " + absl::StrCat(products_))};
    const absl::Time start = absl::Now();
    for (size_t begin = 0; begin < rows[0].size(); begin += kBatch) {
      const size_t end = std::min(begin + kBatch, rows[0].size());
      OrFail(database_.Transact(deadline, [&](db::Session& session) {
        absl::Status status = session
                                  .Query("SELECT * FROM bare_products WHERE id BETWEEN ? AND ? FOR UPDATE",
                                         {rows[0].Int(begin, 0), rows[0].Int(end - 1, 0)})
                                  .status();
        for (size_t t = 0; t < tables.size() && status.ok(); ++t) {
          std::vector<db::Value> values;
          for (size_t row = begin; row < end; ++row) {
            for (size_t column = 0; column < rows[t].columns(); ++column) values.push_back(rows[t].Cell(row, column));
          }
          status = session.InsertRows("bare_" + tables[t], rows[t].columns(), values,
                                      t == 0 ? "ON DUPLICATE KEY UPDATE version = VALUES(version) + 1, state = 5" : "");
        }
        return status;
      }));
    }
    return absl::ToDoubleSeconds(absl::Now() - start);
  }

  RunningSuite suite_;
  const int64_t products_;
  db::Database database_;
  const testing::TempFolder second_folder_;
  std::unique_ptr<Child> second_;
  std::vector<std::string> names_;
};

void Main(int argc, char** argv) {
  int64_t products = 10'000;
  if (argc > 2 && !absl::SimpleAtoi(argv[2], &products)) Fail("a number of products is wanted");
  Table table({"scheduled for one moment", "seconds", "products/s", "bare rows, seconds", "ratio", "wanted"});
  PublishBench(StoreopsProgram(argc, argv), products).Run(table);
  table.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::Main(argc, argv);
  return 0;
}
