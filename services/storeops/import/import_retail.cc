#include "services/storeops/import/import_retail.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <set>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/csv_dialect.h"
#include "common/base/input_text.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "services/storeops/import/gzip_file.h"
#include "services/storeops/import/opening_stock.h"
#include "services/storeops/import/order_upload.h"
#include "services/storeops/import/product_sync.h"
#include "services/storeops/import/retail_catalogue.h"
#include "services/storeops/import/retail_categories.h"
#include "services/storeops/import/retail_lines.h"
#include "services/storeops/import/retail_orders.h"
#include "services/storeops/import/retail_report.h"
#include "services/storeops/progress_bar.h"
#include "storeops/catalog/v1/price_service.pb.h"

namespace storeops {
namespace {

using catalog::v1::ObservedPrice;
using catalog::v1::Product;

constexpr size_t kPricesAtOnce = 1000;
constexpr size_t kMaxOrigin = 120;
constexpr int kOrderStreams = 3;
constexpr int64_t kCleanedShown = 10;
constexpr char kOpeningCause[] = "retailImports/opening";

// Names the first fields that had to be cleaned.
void CleanFields(const std::string& path, const CsvReader& reader, std::vector<std::string>* fields, int64_t* cleaned) {
  for (size_t i = 0; i < fields->size(); ++i) {
    const std::string change = CleanFileText(TextForm::kLine, &(*fields)[i]);
    if (change.empty() || ++*cleaned > kCleanedShown) continue;
    std::vector<TextPlace> places;
    reader.GetPlaces(&places);
    std::fprintf(stderr, "%s:%s:%s: warning: %s\n", path.c_str(), absl::StrCat(places[i].line).c_str(),
                 absl::StrCat(places[i].column).c_str(), change.c_str());
  }
}

absl::Status ReportCleaned(const std::string& path, int64_t cleaned) {
  if (cleaned > kCleanedShown) {
    std::fprintf(stderr, "%s: %s more fields were cleaned\n", path.c_str(),
                 absl::StrCat(cleaned - kCleanedShown).c_str());
  }
  return absl::OkStatus();
}

absl::Status ReadFile(const std::string& path, RetailCatalogue* catalogue, RetailLines* lines) {
  ASSIGN_OR_RETURN(GzipFile file, GzipFile::Open(path));
  CsvDialect dialect;
  ASSIGN_OR_RETURN(const std::unique_ptr<CsvReader> reader,
                   OpenCsv([&file](char* buffer, size_t size) { return file.Read(buffer, size); }, &dialect));
  ProgressBar bar("reading", file.bytes_total());
  std::vector<std::string> fields;
  int64_t cleaned = 0;
  ASSIGN_OR_RETURN(const bool any, reader->Next(&fields));
  if (!any) return absl::InvalidArgumentError(absl::StrCat(path, " is empty"));
  RETURN_IF_ERROR(RetailCatalogue::CheckHeader(fields));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader->Next(&fields));
    if (!more) return ReportCleaned(path, cleaned);
    CleanFields(path, *reader, &fields, &cleaned);
    if (lines->Add(fields)) catalogue->Add(fields);
    bar.Set(file.bytes_read());
  }
}

// How many were not there yet. `origin`: the file that shows them.
absl::StatusOr<int64_t> RecordPrices(Client& client, const std::vector<ObservedPrice>& prices,
                                     const std::string& origin) {
  ProgressBar bar("prices", static_cast<int64_t>(prices.size()));
  int64_t recorded = 0;
  for (size_t begin = 0; begin < prices.size(); begin += kPricesAtOnce) {
    const size_t end = std::min(begin + kPricesAtOnce, prices.size());
    catalog::v1::RecordPriceHistoryRequest request;
    request.set_origin(std::string(TruncateCodePoints(origin, kMaxOrigin)));
    request.mutable_prices()->Assign(prices.begin() + begin, prices.begin() + end);
    catalog::v1::RecordPriceHistoryResponse response;
    RETURN_IF_ERROR(client.Call("storeops.catalog.v1.PriceService/RecordPriceHistory", request, &response));
    recorded += response.recorded();
    bar.Set(static_cast<int64_t>(end));
  }
  return recorded;
}

// One import: the parts of it in their order, each of which may be repeated.
class RetailImport {
 public:
  RetailImport(Client& client, const std::string& path, const std::string& currency)
      : client_(client), path_(path), catalogue_(currency), lines_(currency) {
    report_.currency = currency;
  }

  absl::Status Run() {
    RETURN_IF_ERROR(Timed(&report_.reading, [this] { return ReadFile(path_, &catalogue_, &lines_); }));
    RETURN_IF_ERROR(Timed(&report_.catalogue, [this] { return BringCatalogue(); }));
    RetailOrders orders(lines_, report_.currency);
    RETURN_IF_ERROR(Timed(&report_.ordering, [&] { return BringOrders(orders); }));
    RETURN_IF_ERROR(Timed(&report_.stocking, [&] { return BringStock(orders); }));
    std::fputs(DescribeRetail(lines_, orders, catalogue_, report_).c_str(), stdout);
    std::fflush(stdout);
    for (const auto& problem : report_.orders.problems()) {
      std::fprintf(stderr, "%s: %s\n", problem.external_reference().c_str(), problem.description().c_str());
    }
    return CheckRetail(lines_, orders, report_);
  }

 private:
  template <class Step>
  static absl::Status Timed(absl::Duration* duration, const Step& step) {
    const absl::Time start = absl::Now();
    const absl::Status status = step();
    *duration = absl::Now() - start;
    return status;
  }

  absl::Status BringCatalogue() {
    std::vector<Product> products = catalogue_.Products();
    for (const Product& product : products) {
      if (product.kind() == Product::SERVICE) {
        services_.insert(product.variants(0).sku());
      } else {
        goods_.insert(product.variants(0).sku());
      }
      if (!product.variants(0).has_price()) ++report_.unpriced;
    }
    report_.goods = static_cast<int64_t>(goods_.size());
    report_.services = static_cast<int64_t>(services_.size());
    ASSIGN_OR_RETURN(report_.categories_created, FileRetailProducts(client_, absl::MakeSpan(products)));
    {
      ProgressBar bar("products", static_cast<int64_t>(products.size()));
      RETURN_IF_ERROR(SyncProducts(client_, products, &report_.products, [&bar](int64_t done) { bar.Set(done); }));
    }
    const std::vector<ObservedPrice> prices = catalogue_.PriceHistory();
    report_.prices = static_cast<int64_t>(prices.size());
    ASSIGN_OR_RETURN(report_.prices_recorded,
                     RecordPrices(client_, prices, std::filesystem::path(path_).filename().string()));
    return absl::OkStatus();
  }

  absl::Status BringOrders(RetailOrders& orders) {
    ProgressBar bar("orders", orders.orders() + orders.adjustments());
    int64_t sent = 0;
    ASSIGN_OR_RETURN(report_.orders,
                     UploadOrders(client_, kOrderStreams, [&](inventory::v1::ImportOrdersRequest* request) {
                       if (!orders.Next(request)) return false;
                       MarkServices(request);
                       bar.Set(sent += request->orders_size() + request->adjustments_size());
                       return true;
                     }));
    return absl::OkStatus();
  }

  void MarkServices(inventory::v1::ImportOrdersRequest* request) const {
    for (auto& order : *request->mutable_orders()) {
      for (auto& line : *order.mutable_lines()) line.set_service(services_.contains(line.sku()));
    }
  }

  absl::Status BringStock(const RetailOrders& orders) {
    return OpenStock(client_, orders.OpeningStock(goods_), kOpeningCause, &report_.stock);
  }

  Client& client_;
  const std::string& path_;
  RetailCatalogue catalogue_;
  RetailLines lines_;
  RetailReport report_;
  absl::flat_hash_set<std::string> goods_;
  absl::flat_hash_set<std::string> services_;
};

}  // namespace

absl::Status ImportRetail(Client& client, const std::string& path, const std::string& currency) {
  if (const auto digits = CurrencyDigits(currency); !digits.ok()) return digits.status();
  return RetailImport(client, path, currency).Run();
}

}  // namespace storeops
