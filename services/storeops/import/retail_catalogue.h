// From the invoice lines of a shop to its catalogue: what each stock code is, what it is called, what it costs.
//
// Columns as in the UCI data set "Online Retail" (Chen, Sain, Guo 2012, doi:10.1057/dbm.2012.17).
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_CATALOGUE_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_CATALOGUE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "storeops/catalog/v1/price_history.pb.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops {

// Why a row tells nothing about the catalogue. Orders take these rows up (retail_fates.h).
enum class SetAside {
  kNone,             // a sale: it names the product and shows its price
  kCancellation,     // InvoiceNo begins with C
  kBadDebt,          // InvoiceNo begins with A
  kStockCorrection,  // no price, or a quantity below 1, without being a cancellation
  kMalformed,        // wrong number of columns, no stock code, or a number that is none
};

class RetailCatalogue {
 public:
  static constexpr absl::string_view kHeader[] = {"InvoiceNo",   "StockCode", "Description", "Quantity",
                                                  "InvoiceDate", "UnitPrice", "CustomerID",  "Country"};

  explicit RetailCatalogue(std::string currency) : currency_(std::move(currency)) {}

  // INVALID_ARGUMENT if the first row is not kHeader.
  static absl::Status CheckHeader(const std::vector<std::string>& fields);

  // Takes one row in.
  SetAside Add(const std::vector<std::string>& fields);

  // One product with one variant for each stock code, in order of the codes. Codes differ when their case does.
  // Title: the description that most sales carry (ties: the first in byte order); without sales, the most frequent
  // description in capital letters, because notes of stock corrections ("damages") are not; else the code itself.
  // Price: of the sale with the latest date, the last one in the file among equals; rounded to the currency's minor
  // unit. Kind: IsService.
  std::vector<catalog::v1::Product> Products() const;

  // What each stock code cost from when on: on each day with sales, at its beginning in UTC, the price that most of the
  // day's sales show (ties: the lowest), where it is another than on the day with sales before. In order of code and
  // time.
  std::vector<catalog::v1::ObservedPrice> PriceHistory() const;

  // Not goods: the codes for postage, carriage, manual entries, discounts, samples, bank and marketplace charges, bad
  // debt and commission; codes that begin with "gift_"; titles that end with carriage, postage or charge, or name a
  // gift voucher.
  static bool IsService(absl::string_view stock_code, absl::string_view title);

  // Stock codes whose last price had more decimal places than the currency; counted by Products().
  int64_t CountRoundedPrices() const;

 private:
  struct Observed {
    absl::flat_hash_map<std::string, int64_t> sale_titles;
    absl::flat_hash_map<std::string, int64_t> other_titles;
    std::map<absl::CivilDay, std::map<int64_t, int64_t>> days;  // how many sales show a price
    std::string last_date;
    int64_t last_price_minor = 0;
    bool priced = false;
    bool rounded = false;
  };
  std::string TitleOf(const std::string& code, const Observed& observed) const;

  const std::string currency_;
  std::map<std::string, Observed> codes_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_CATALOGUE_H_
