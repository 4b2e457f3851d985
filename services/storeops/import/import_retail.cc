#include "services/storeops/import/import_retail.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/csv.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "services/storeops/import/gzip_file.h"
#include "services/storeops/import/product_sync.h"
#include "services/storeops/import/retail_catalogue.h"
#include "services/storeops/import/retail_categories.h"
#include "services/storeops/progress_bar.h"
#include "storeops/catalog/v1/price_service.pb.h"

namespace storeops {
namespace {

using catalog::v1::ObservedPrice;
using catalog::v1::Product;

constexpr size_t kPricesAtOnce = 1000;
constexpr size_t kMaxOrigin = 120;

absl::Status ReadFile(const std::string& path, RetailCatalogue* catalogue) {
  ASSIGN_OR_RETURN(GzipFile file, GzipFile::Open(path));
  CsvReader reader([&file](char* buffer, size_t size) { return file.Read(buffer, size); });
  ProgressBar bar("reading", file.bytes_total());
  std::vector<std::string> fields;
  ASSIGN_OR_RETURN(const bool any, reader.Next(&fields));
  if (!any) return absl::InvalidArgumentError(absl::StrCat(path, " is empty"));
  RETURN_IF_ERROR(RetailCatalogue::CheckHeader(fields));
  while (true) {
    ASSIGN_OR_RETURN(const bool more, reader.Next(&fields));
    if (!more) return absl::OkStatus();
    catalogue->Add(fields);
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

void PrintReport(const RetailCatalogue& catalogue, const std::vector<Product>& products, int categories,
                 const SyncReport& report, size_t prices, int64_t recorded) {
  const auto services = std::count_if(products.begin(), products.end(),
                                      [](const Product& product) { return product.kind() == Product::SERVICE; });
  const auto unpriced = std::count_if(products.begin(), products.end(),
                                      [](const Product& product) { return !product.variants(0).has_price(); });
  absl::PrintF("rows read             %8d\n", catalogue.rows());
  for (const auto& [reason, count] : catalogue.rows_by_reason()) {
    absl::PrintF("  %-19s %8d  %s\n", reason == SetAside::kNone ? "used" : "set aside", count, Describe(reason));
  }
  absl::PrintF("stock codes           %8d  goods %d, services %d\n", products.size(),
               static_cast<int64_t>(products.size()) - services, services);
  absl::PrintF("  without a price     %8d  never sold in this file\n", unpriced);
  absl::PrintF("  price rounded       %8d  more decimal places than the currency has\n", catalogue.CountRoundedPrices());
  absl::PrintF("categories            %8d  created\n", categories);
  absl::PrintF("products created      %8d\n", report.created);
  absl::PrintF("products updated      %8d\n", report.updated);
  absl::PrintF("products unchanged    %8d\n", report.unchanged);
  absl::PrintF("price changes seen    %8d  recorded now %d\n", prices, recorded);
}

}  // namespace

absl::Status ImportRetail(Client& client, const std::string& path, const std::string& currency) {
  if (const auto digits = CurrencyDigits(currency); !digits.ok()) return digits.status();
  RetailCatalogue catalogue(currency);
  RETURN_IF_ERROR(ReadFile(path, &catalogue));
  std::vector<Product> products = catalogue.Products();
  ASSIGN_OR_RETURN(const int categories, FileRetailProducts(client, absl::MakeSpan(products)));
  SyncReport report;
  {
    ProgressBar bar("products", static_cast<int64_t>(products.size()));
    RETURN_IF_ERROR(SyncProducts(client, products, &report, [&bar](int64_t done) { bar.Set(done); }));
  }
  const std::vector<ObservedPrice> prices = catalogue.PriceHistory();
  ASSIGN_OR_RETURN(const int64_t recorded,
                   RecordPrices(client, prices, std::filesystem::path(path).filename().string()));
  PrintReport(catalogue, products, categories, report, prices.size(), recorded);
  return absl::OkStatus();
}

}  // namespace storeops
