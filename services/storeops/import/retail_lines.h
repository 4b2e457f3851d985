// The invoice lines of a shop, all of them at once and compactly: half a million take about 40 MB.
//
// Columns as in the UCI data set "Online Retail" (Chen, Sain, Guo 2012, doi:10.1057/dbm.2012.17).
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_LINES_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_LINES_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace storeops {

struct RetailColumn {
  enum Place {
    kInvoiceNo,
    kStockCode,
    kDescription,
    kQuantity,
    kInvoiceDate,
    kUnitPrice,
    kCustomerId,
    kCountry,
    kColumns
  };
};
inline constexpr size_t kMaxCodeBytes = 64;
inline constexpr size_t kDayBytes = 10;  // "2010-12-01"

// Amounts are exact: in thousandths of the currency's minor unit, because prices may have more decimal places than the
// currency.
inline constexpr int64_t kExactPerMinor = 1000;

struct RetailLine {
  int32_t invoice = 0;  // its place in RetailLines::invoices()
  int32_t number = 0;   // within the invoice, in the file's order, from 1
  int32_t sku = 0;      // RetailLines::text()
  int32_t title = 0;
  int64_t quantity = 0;
  int64_t price = 0;  // exact, of one piece

  absl::int128 amount() const { return absl::int128(price) * quantity; }
};

struct RetailInvoice {
  std::string number;
  std::string customer;    // of the first line that names one; may be empty
  std::string country;     // as the file has it
  absl::CivilSecond time;  // of the first line
  std::vector<int32_t> lines;
};

class RetailLines {
 public:
  explicit RetailLines(absl::string_view currency);

  // Takes one row in. False if it is malformed: a wrong number of columns; no invoice or code; texts too long or with
  // characters that references and SKUs cannot have; a quantity of 0; a number or time that is none; a price with too
  // many decimal places or an amount that no order can have.
  bool Add(const std::vector<std::string>& fields);

  const std::vector<RetailLine>& lines() const { return lines_; }
  // In the order of their first lines.
  const std::vector<RetailInvoice>& invoices() const { return invoices_; }
  const std::string& text(int32_t index) const { return texts_[index]; }
  int64_t malformed() const { return malformed_; }
  // Of every row whose quantity and price are numbers, malformed or not; of the former,
  absl::int128 amount() const { return amount_; }
  absl::int128 malformed_amount() const { return malformed_amount_; }

 private:
  int32_t Intern(absl::string_view text);
  RetailInvoice& Invoice(const std::string& number, int32_t* index);

  const int decimals_;
  std::vector<RetailLine> lines_;
  std::vector<RetailInvoice> invoices_;
  absl::flat_hash_map<std::string, int32_t> invoice_places_;
  std::deque<std::string> texts_;  // never move: the keys below point at them
  absl::flat_hash_map<absl::string_view, int32_t> text_places_;
  int64_t malformed_ = 0;
  absl::int128 amount_ = 0;
  absl::int128 malformed_amount_ = 0;
};

// "-2.55" as an integer of 10^-decimals. INVALID_ARGUMENT for what is no plain decimal, has more places, or is beyond
// 10^15.
absl::StatusOr<int64_t> ParseExact(absl::string_view text, int decimals);

// Rounded half away from zero.
int64_t ToMinor(absl::int128 exact);

// "-9747747.934": all places that are not 0, at least those of the currency.
std::string FormatExact(absl::int128 exact, absl::string_view currency);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_LINES_H_
