// Durable creates through the API, in batches and one at a time, against a plain program that writes the same rows.
//   write_bench [STOREOPS [ROUNDS [singles]]]
#include <cppconn/connection.h>
#include <cppconn/prepared_statement.h>
#include <cppconn/statement.h>
#include <mysql_driver.h>

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "common/db/database.h"
#include "services/storeops/demo/demo_catalogue.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

constexpr char kService[] = "/storeops.catalog.v1.ProductService/";
constexpr char kCatalog[] = "storeops_catalog";
constexpr char kBare[] = "bare";
constexpr int kCallers = 16;
constexpr int kBatch = 250;
constexpr int kDefaultRounds = 5;
constexpr int kSamples = 2000;
constexpr int kSinglesAtMost = 40'000;
constexpr absl::Duration kSlice = absl::Seconds(3);

using Row = std::vector<db::Value>;

// The rows of one product as the suite wrote them.
struct ProductRows {
  Row product;
  std::vector<Row> keys;
  Row history;
  Row change;
};

std::vector<Row> Select(db::Database& database, const std::string& sql, int64_t id) {
  const db::Rows rows = OrFail(database.Query(absl::Now() + absl::Seconds(10), sql, {id}));
  std::vector<Row> all(rows.size());
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows.columns(); ++c) all[r].push_back(rows.Cell(r, c));
  }
  return all;
}

std::vector<ProductRows> ReadSamples(db::Database& database) {
  std::vector<ProductRows> samples;
  for (int64_t id = 1; id <= kSamples; ++id) {
    const auto products = Select(database, "SELECT * FROM products WHERE id = ?", id);
    if (products.empty()) continue;  // ids are taken in blocks
    const auto history = Select(database, "SELECT * FROM history WHERE resource_id = ? AND type LIKE '%Product'", id);
    const auto changes = Select(database,
                                "SELECT group_id, 0, type, subject, kind, version, time, actor, traceparent, resource "
                                "FROM change_log WHERE subject = CONCAT('products/', ?)",
                                id);
    if (history.size() != 1 || changes.size() != 1) Fail("a product is not as it was written");
    samples.push_back(
        {products[0],
         Select(database, "SELECT * FROM resource_keys WHERE resource_id = ? AND kind = 'product.sku'", id), history[0],
         changes[0]});
  }
  if (samples.empty()) Fail("no products to copy");
  return samples;
}

std::string InsertInto(const std::string& table, size_t columns, size_t rows) {
  std::string row = "(?";
  for (size_t i = 1; i < columns; ++i) row += ",?";
  row += ")";
  std::string sql = absl::StrCat("INSERT INTO ", table, " VALUES ", row);
  for (size_t i = 1; i < rows; ++i) absl::StrAppend(&sql, ",", row);
  return sql;
}

// One connection that writes products as plainly as can be: six statements on prepared handles, then COMMIT.
class BareWriter {
 public:
  explicit BareWriter(const db::Address& address) {
    connection_.reset(
        get_driver_instance()->connect(absl::StrCat("unix://", address.socket), address.user, address.password));
    connection_->setSchema(kBare);
    connection_->setAutoCommit(false);
    plain_.reset(connection_->createStatement());
  }

  void Write(const ProductRows& rows, int64_t id) {
    Bind(rows.product, 0, Prepare("products", rows.product.size(), 1), {{0, id}});
    Prepare("products", rows.product.size(), 1).executeUpdate();
    WriteKeys(rows.keys, id);
    Bind(rows.history, 0, Prepare("history", rows.history.size(), 1), {{1, id}});
    Prepare("history", rows.history.size(), 1).executeUpdate();
    Bind(rows.change, 0, Prepare("change_log", rows.change.size(), 1), {{0, id}});
    Prepare("change_log", rows.change.size(), 1).executeUpdate();
    const std::string outbox = "outbox_groups (group_id, size)";
    Bind({id, int64_t{1}}, 0, Prepare(outbox, 2, 1), {});
    Prepare(outbox, 2, 1).executeUpdate();
    plain_->execute("COMMIT");
  }

 private:
  sql::PreparedStatement& Prepare(const std::string& table, size_t columns, size_t rows) {
    auto& statement = prepared_[{table, rows}];
    if (statement == nullptr) statement.reset(connection_->prepareStatement(InsertInto(table, columns, rows)));
    return *statement;
  }

  void WriteKeys(const std::vector<Row>& keys, int64_t id) {
    if (keys.empty()) return;
    sql::PreparedStatement& statement = Prepare("resource_keys", keys[0].size(), keys.size());
    for (size_t i = 0; i < keys.size(); ++i) {
      Bind(keys[i], i * keys[i].size(), statement, {{2, id}});
      statement.setString(static_cast<unsigned>(i * keys[i].size() + 2), absl::StrFormat("B%09d-%d", id, i));
    }
    statement.executeUpdate();
  }

  // `ids` replaces columns.
  static void Bind(const Row& row, size_t before, sql::PreparedStatement& statement,
                   const std::map<size_t, int64_t>& ids) {
    for (size_t i = 0; i < row.size(); ++i) {
      const auto place = static_cast<unsigned>(before + i + 1);
      const auto id = ids.find(i);
      if (id != ids.end()) {
        statement.setInt64(place, id->second);
      } else if (const auto* number = std::get_if<int64_t>(&row[i].storage())) {
        statement.setInt64(place, *number);
      } else if (const auto* text = std::get_if<std::string>(&row[i].storage())) {
        statement.setString(place, *text);
      } else {
        statement.setNull(place, 0);
      }
    }
  }

  std::unique_ptr<sql::Connection> connection_;
  std::unique_ptr<sql::Statement> plain_;
  std::map<std::pair<std::string, size_t>, std::unique_ptr<sql::PreparedStatement>> prepared_;
};

class WriteBench {
 public:
  WriteBench(RunningSuite& suite, int rounds) : suite_(suite), rounds_(rounds) {
    next_product_ = kSamples;
    suite_.Load(0, kSamples);
    suite_.AwaitQuiet();
    db::Options options;
    options.address = suite_.database();
    options.database = kCatalog;
    db::Database database(options);
    samples_ = ReadSamples(database);
    MakeBareTables(database);
    for (int i = 0; i < kCallers; ++i) writers_.push_back(std::make_unique<BareWriter>(suite_.database()));
  }

  void RunBatches(Table& table) {
    for (const int callers : {1, 4}) Batches(table, callers);
  }
  void RunSingles(Table& table) {
    const Pair pair = MeasurePair(rounds_, [this] { return Singles(); }, [this] { return BareSingles(); });
    table.Add({"one at a time, 16 callers", Thousands(pair.ours), Thousands(pair.limit), Fixed(pair.ratio, 2),
               "ratio >= 0.5"});
  }

 private:
  static void MakeBareTables(db::Database& database) {
    OrFail(database.WithSession(absl::Now() + absl::Minutes(1), [](db::Session& session) {
      absl::Status status = session.Execute(absl::StrCat("CREATE DATABASE ", kBare)).status();
      for (const char* name : {"products", "resource_keys", "history", "change_log", "outbox_groups"}) {
        if (!status.ok()) return status;
        status =
            session.Execute(absl::StrCat("CREATE TABLE ", kBare, ".", name, " LIKE ", kCatalog, ".", name)).status();
      }
      return status;
    }));
  }

  // The suite's later work on one round does not weigh on the next.
  double Load(const std::string& method, const std::function<std::string(int64_t)>& request, int callers) {
    const double rate = GrpcLoad(suite_.grpc_address(), kService + method, absl::StrCat("Bearer ", suite_.key()),
                                 request, kSlice, callers);
    suite_.AwaitQuiet();
    return rate;
  }

  void Batches(Table& table, int callers) {
    const auto request = [this](int64_t) {
      catalog::v1::BatchCreateProductsRequest batch;
      const int64_t first = next_product_.fetch_add(kBatch);
      for (int i = 0; i < kBatch; ++i) *batch.add_requests()->mutable_product() = DemoProduct(first + i);
      return batch.SerializeAsString();
    };
    std::vector<double> rates;
    for (int round = 0; round < rounds_; ++round) {
      rates.push_back(kBatch * Load("BatchCreateProducts", request, callers));
    }
    table.Add({absl::StrCat("batches of ", kBatch, ", ", callers, callers == 1 ? " caller" : " callers"),
               Thousands(Median(rates)), "", "", ">= 5,000 /s"});
  }

  double Singles() {
    // Made before the clock starts, as the bare rows are; more than can be written.
    std::vector<std::string> requests(kSinglesAtMost);
    for (std::string& request : requests) {
      catalog::v1::CreateProductRequest create;
      *create.mutable_product() = DemoProduct(next_product_++);
      request = create.SerializeAsString();
    }
    return Load("CreateProduct", [&](int64_t i) { return requests.at(i); }, kCallers);
  }

  double BareSingles() {
    std::atomic<int64_t> written{0};
    const absl::Time start = absl::Now();
    std::vector<std::thread> threads;
    for (const auto& writer : writers_) {
      threads.emplace_back([&] {
        while (absl::Now() - start < kSlice) {
          const int64_t id = ++next_bare_;
          writer->Write(samples_[id % samples_.size()], id);
          ++written;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    const double rate = static_cast<double>(written) / absl::ToDoubleSeconds(absl::Now() - start);
    suite_.AwaitQuiet();
    return rate;
  }

  RunningSuite& suite_;
  const int rounds_;
  std::atomic<int64_t> next_product_;
  std::vector<ProductRows> samples_;
  std::vector<std::unique_ptr<BareWriter>> writers_;
  std::atomic<int64_t> next_bare_{0};
};

void Main(int argc, char** argv) {
  int rounds = kDefaultRounds;
  if (argc > 2 && (!absl::SimpleAtoi(argv[2], &rounds) || rounds < 1)) Fail("a number of rounds is wanted");
  RunningSuite suite(StoreopsProgram(argc, argv));
  Table table({"durable creates", "StoreOps products/s", "bare rows, products/s", "ratio", "wanted"});
  WriteBench bench(suite, rounds);
  if (argc <= 3) bench.RunBatches(table);
  bench.RunSingles(table);
  table.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::Main(argc, argv);
  return 0;
}
