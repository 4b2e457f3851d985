// What becomes of each line of the retail data, and which order a cancellation belongs to.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_FATES_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_FATES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/storeops/import/retail_lines.h"

namespace storeops {

// The first that fits; every line has exactly one.
enum class RetailFate : int8_t {
  // Adjustments:
  kBadDebt,   // InvoiceNo begins with A, or the code is B
  kFee,       // the codes AMAZONFEE, BANK CHARGES and CRUK
  kDiscount,  // the code D
  // A line of an order that it cancels, see MatchCancellations;
  kCancellation,  // InvoiceNo begins with C
  // else an adjustment.
  kLooseCancellation,
  kCorrection,  // no customer, and the invoice has no line with a price above 0; or a quantity below 0 without a price
  kTakenBack,   // a quantity or a price below 0
  kOversized,   // set aside: one of more than 2,000 lines of an order
  // Lines of orders:
  kGift,  // no price
  kOrderLine,
};
inline constexpr int kRetailFates = static_cast<int>(RetailFate::kOrderLine) + 1;

bool InOrder(RetailFate fate);
bool IsAdjustment(RetailFate fate);
// Of an adjustment: its reason. Of the others: the same, for people.
absl::string_view Describe(RetailFate fate);

// Pieces of an order's line that were cancelled, and by which line.
struct RetailMatch {
  int32_t order_line = 0;
  int32_t cancellation = 0;
  int64_t quantity = 0;
};

struct RetailFates {
  std::vector<RetailFate> of_line;
  // In order of the orders' lines, then as they were cancelled.
  std::vector<RetailMatch> matches;
};

// The rule of cancellations: in order of time (ties: of the file), each looks for lines of orders of the same customer,
// SKU and price that are not younger. The youngest one with as many pieces left takes it whole; if there is none, the
// youngest ones share it, provided that they have as many pieces left together; if they have not, it is loose. Without
// a customer nothing is the same. A line takes at most 100 cancellations.
RetailFates DecideFates(const RetailLines& lines);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_FATES_H_
