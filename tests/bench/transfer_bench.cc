// Products from files and to files: import through the API into the durable database, and export, beside the bare rates
// of the database in the same run.
//   transfer_bench [STOREOPS [PRODUCTS...]]
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/csv.h"
#include "common/db/database.h"
#include "google/longrunning/operations.pb.h"
#include "services/storeops/demo/demo_catalogue.h"
#include "storeops/catalog/v1/transfer_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/bench/bench_support.h"

namespace storeops::bench {
namespace {

using catalog::v1::ImportReport;
using google::longrunning::Operation;

constexpr char kImport[] = "storeops.catalog.v1.TransferService/ImportProducts";
constexpr char kExport[] = "storeops.catalog.v1.TransferService/ExportProducts";
constexpr char kWait[] = "storeops.operations.v1.OperationService/WaitOperation";
constexpr size_t kChunkBytes = 256 << 10;

// The demo products as our own CSV, made as they are asked for: no file is as large as the memory.
class DemoFile {
 public:
  // `single`: each variant as a product of its own.
  DemoFile(int64_t products, bool single) : products_(products), single_(single) {
    text_ =
        "product,title,description,title.zh,description.zh,brand,tags,option1_name,option1_value,option2_name,"
        "option2_value,sku,price,cost,currency\n";
  }
  // False at the end.
  bool Next(std::string* chunk) {
    while (text_.size() < kChunkBytes && at_ < products_) Append(DemoProduct(at_++));
    chunk->swap(text_);
    text_.clear();
    return !chunk->empty();
  }
  int64_t rows() const { return rows_; }

 private:
  void Append(const catalog::v1::Product& product) {
    for (int v = 0; v < product.variants_size(); ++v) {
      ++rows_;
      const auto& variant = product.variants(v);
      const bool first = single_ || v == 0;
      std::vector<std::string> cells = {single_ ? "" : absl::StrCat("p", at_)};
      const auto& zh = product.translations(0);
      for (const std::string& text :
           {product.title(), product.description(), zh.title(), zh.description(), product.brand()}) {
        cells.push_back(first ? text : "");
      }
      cells.push_back(first && product.tags_size() > 0 ? absl::StrCat(product.tags(0), "|new") : "");
      for (int i = 0; i < 2; ++i) {
        const bool any = !single_ && i < product.options_size();
        cells.push_back(any && first ? product.options(i).name() : "");
        cells.push_back(any ? variant.option_values().at(product.options(i).name()) : "");
      }
      cells.push_back(variant.sku());
      cells.push_back(Amount(variant.price()));
      cells.push_back(Amount(variant.cost()));
      cells.push_back("EUR");
      for (size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) text_ += ',';
        AppendCsvField(cells[i], &text_);
      }
      text_ += '\n';
    }
  }
  static std::string Amount(const google::type::Money& money) {
    return absl::StrCat(money.units(), ".", absl::Dec(money.nanos() / 10'000'000, absl::kZeroPad2));
  }

  const int64_t products_;
  const bool single_;
  int64_t at_ = 0;
  int64_t rows_ = 0;
  std::string text_;
};

struct Imported {
  int64_t rows = 0;
  int64_t products = 0;
  double upload_seconds = 0;
  double import_seconds = 0;
  double peak_mb = 0;
};

Imported Import(RunningSuite& suite, DemoFile file, bool dry_run) {
  Imported result;
  catalog::v1::ImportProductsRequest request;
  request.mutable_options()->set_format(catalog::v1::TRANSFER_FORMAT_CSV);
  request.mutable_options()->set_dry_run(dry_run);
  bool first = true;
  rpc::PeerCall call;
  call.method = kImport;
  const absl::Time start = absl::Now();
  const std::string response =
      OrFail(suite.client().peer().Upload(call, [&](std::string* bytes) -> absl::StatusOr<bool> {
        if (!first && !file.Next(request.mutable_chunk())) return false;
        *bytes = request.SerializeAsString();
        request.Clear();
        first = false;
        return true;
      }));
  const absl::Time uploaded = absl::Now();
  Operation operation;
  operation.ParseFromString(response);
  while (!operation.done()) {
    operations::v1::WaitOperationRequest wait;
    wait.set_name(operation.name());
    wait.mutable_timeout()->set_nanos(200'000'000);
    OrFail(suite.client().Call(kWait, wait, &operation));
    result.peak_mb = std::max(result.peak_mb, ResidentMb(suite.pid()));
  }
  ImportReport report;
  if (!operation.response().UnpackTo(&report) || report.outcome() != ImportReport::COMPLETED || report.errors() > 0) {
    Fail(operation.DebugString());
  }
  result.rows = report.rows();
  result.products = report.products();
  result.upload_seconds = absl::ToDoubleSeconds(uploaded - start);
  result.import_seconds = absl::ToDoubleSeconds(absl::Now() - uploaded);
  return result;
}

double ExportRate(RunningSuite& suite, catalog::v1::TransferFormat format, int64_t* rows) {
  catalog::v1::ExportProductsRequest request;
  request.set_format(format);
  rpc::PeerCall call;
  call.method = kExport;
  const absl::Time start = absl::Now();
  OrFail(suite.client().peer().Stream(call, request.SerializeAsString(), [&](const std::string& bytes) {
    catalog::v1::ExportProductsResponse message;
    message.ParseFromString(bytes);
    if (message.has_report()) *rows = message.report().rows();
    return true;
  }));
  return static_cast<double>(*rows) / absl::ToDoubleSeconds(absl::Now() - start);
}

// As many rows as one product has (its own, its keys, its history, its change), with the texts of a demo product, by
// multi-row INSERTs of 256 and nothing else: products a second.
double BareRate(RunningSuite& suite, int64_t products) {
  db::Options options;
  options.address = suite.database();
  options.database = "storeops_catalog";
  db::Database database(options);
  const absl::Time deadline = absl::Now() + absl::Minutes(10);
  OrFail(database.WithSession(deadline, [](db::Session& session) {
    absl::Status status = session.Execute("CREATE DATABASE IF NOT EXISTS bare_transfer").status();
    for (const char* name : {"products", "resource_keys", "history", "change_log"}) {
      if (status.ok()) {
        status =
            session.Execute(absl::StrCat("CREATE TABLE IF NOT EXISTS bare_transfer.", name, " LIKE ", name)).status();
      }
    }
    return status;
  }));
  const auto copy = [&](const std::string& table, const std::string& columns, const std::string& where, size_t count) {
    const db::Rows rows = OrFail(database.Query(deadline, absl::StrCat("SELECT ", columns, " FROM ", table, where)));
    std::vector<db::Value> values;
    for (size_t i = 0; i < std::min(rows.size(), count) * rows.columns(); ++i) {
      values.push_back(rows.Cell(i / rows.columns(), i % rows.columns()));
    }
    return values;
  };
  const size_t n = static_cast<size_t>(products);
  const std::string limit = absl::StrCat(" LIMIT ", products);
  const auto product_rows = copy("products", "*", " ORDER BY id" + limit, n);
  const auto key_rows = copy(
      "resource_keys", "kind, value, resource_id",
      absl::StrCat(" WHERE resource_id IN (SELECT id FROM (SELECT id FROM products ORDER BY id", limit, ") AS first)"),
      n * 20);
  const auto history_rows =
      copy("history", "*", " WHERE type = 'catalog.storeops/Product' ORDER BY resource_id" + limit, n);
  const std::string change_columns =
      "group_id, place, type, subject, kind, version, time, actor, traceparent, resource";
  const auto change_rows = copy("change_log", change_columns,
                                " WHERE type = 'catalog.storeops/Product' ORDER BY group_id, place" + limit, n);
  const db::Rows names = OrFail(database.Query(deadline,
                                               "SELECT column_name FROM information_schema.columns WHERE "
                                               "table_schema = 'storeops_catalog' AND table_name = 'products'"));
  constexpr size_t kBatch = 1024;
  const absl::Time start = absl::Now();
  const size_t width = names.size();
  size_t key_at = 0;
  for (size_t begin = 0; begin < n; begin += kBatch) {
    const size_t count = std::min(kBatch, n - begin);
    const size_t keys = begin + count == n ? key_rows.size() / 3 - key_at : key_rows.size() / 3 * count / n;
    OrFail(database.Transact(deadline, [&](db::Session& session) -> absl::Status {
      const auto part = [&](const std::vector<db::Value>& rows, size_t columns, size_t at, size_t rows_count) {
        return absl::MakeConstSpan(rows).subspan(at * columns, rows_count * columns);
      };
      absl::Status status =
          session.InsertRows("bare_transfer.products", width, part(product_rows, width, begin, count));
      if (status.ok()) status = session.InsertRows("bare_transfer.resource_keys", 3, part(key_rows, 3, key_at, keys));
      if (status.ok()) status = session.InsertRows("bare_transfer.history", 7, part(history_rows, 7, begin, count));
      if (status.ok()) {
        status = session.InsertRows(absl::StrCat("bare_transfer.change_log (", change_columns, ")"), 10,
                                    part(change_rows, 10, begin, count));
      }
      return status;
    }));
    key_at += keys;
  }
  return static_cast<double>(products) / absl::ToDoubleSeconds(absl::Now() - start);
}

void Measure(const std::string& program, int64_t products, bool single, Table& table) {
  RunningSuite suite(program);
  const double empty_mb = ResidentMb(suite.pid());
  const Imported first = Import(suite, DemoFile(products, single), false);
  suite.AwaitQuiet();
  const double bare = single ? 0 : BareRate(suite, std::min<int64_t>(first.products, 10'000));
  suite.AwaitQuiet();
  const double settled_mb = ResidentMb(suite.pid());
  const Imported again = Import(suite, DemoFile(products, single), false);
  const double first_rate = static_cast<double>(first.rows) / first.import_seconds;
  const double product_rate = static_cast<double>(first.products) / first.import_seconds;
  table.Add({single ? "one variant each" : "demo products", Thousands(static_cast<double>(first.rows)),
             Thousands(static_cast<double>(first.products)), Thousands(first_rate), Thousands(product_rate),
             bare == 0 ? "" : Thousands(bare), bare == 0 ? "" : Fixed(product_rate / bare, 2),
             Thousands(static_cast<double>(again.rows) / again.import_seconds),
             absl::StrCat(Fixed(empty_mb, 0), " / ", Fixed(first.peak_mb, 0)),
             absl::StrCat(Fixed(settled_mb, 0), " / ", Fixed(again.peak_mb, 0))});
  if (single) return;
  for (const auto& [name, format] :
       {std::pair{"csv", catalog::v1::TRANSFER_FORMAT_CSV}, std::pair{"jsonl", catalog::v1::TRANSFER_FORMAT_JSON_LINES},
        std::pair{"shopify", catalog::v1::TRANSFER_FORMAT_SHOPIFY_CSV}}) {
    std::vector<double> rates;
    int64_t rows = 0;
    for (int i = 0; i < 3; ++i) rates.push_back(ExportRate(suite, format, &rows));
    table.Add({absl::StrCat("export ", name), Thousands(static_cast<double>(rows)), "", Thousands(Median(rates)), "",
               "", "", "", "", Fixed(ResidentMb(suite.pid()), 0)});
  }
}

void Main(int argc, char** argv) {
  std::vector<int64_t> sizes;
  for (int i = 2; i < argc; ++i) {
    int64_t size = 0;
    if (!absl::SimpleAtoi(argv[i], &size) || size < 1) Fail("numbers of products are wanted");
    sizes.push_back(size);
  }
  if (sizes.empty()) sizes = {5'000, 50'000};
  const std::string program = StoreopsProgram(argc, argv);
  Table table({"what", "rows", "products", "rows/s", "products/s", "bare INSERTs, products/s", "ratio",
               "second run, rows/s", "MB empty / peak", "MB settled / peak of second run"});
  for (const int64_t size : sizes) Measure(program, size, /*single=*/false, table);
  Measure(program, sizes.front(), /*single=*/true, table);
  table.Print();
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::Main(argc, argv);
  return 0;
}
