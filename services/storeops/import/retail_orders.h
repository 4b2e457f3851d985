// The retail data as orders and adjustments for OrderService/ImportOrders, and what the stock should be after them.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_ORDERS_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_ORDERS_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/numeric/int128.h"
#include "services/storeops/import/retail_fates.h"
#include "services/storeops/import/retail_lines.h"
#include "storeops/inventory/v1/order_import.pb.h"

namespace storeops {

class RetailOrders {
 public:
  // What became of the lines of one fate.
  struct Tally {
    int64_t lines = 0;
    absl::int128 amount = 0;  // exact
    // Of it, what the minor unit cannot say: prices of orders' lines and amounts of adjustments are rounded to it.
    absl::int128 rounding = 0;
  };

  // `lines` outlives this.
  RetailOrders(const RetailLines& lines, std::string currency);

  // One message after the other: orders, then adjustments, in the order of the file. False: there are no more. An order
  // is an invoice with lines in orders, called by the invoice's number; its time is read as UTC; its customer is the
  // file's customer number. An adjustment is a line, called by its invoice and its number in it: "C536379-1".
  bool Next(inventory::v1::ImportOrdersRequest* request);

  int64_t orders() const { return static_cast<int64_t>(orders_.size()); }
  int64_t adjustments() const { return static_cast<int64_t>(adjustments_.size()); }
  int64_t cancelled_parts() const { return static_cast<int64_t>(fates_.matches.size()); }
  int64_t CountCustomers() const;
  const std::array<Tally, kRetailFates>& tallies() const { return tallies_; }

  // The rule of opening stock: of each of `goods`, four weeks' worth of what was sold in the file's last eight weeks,
  // to the day: pieces in orders less those cancelled since, halved, rounded up. None is less than one piece.
  std::map<std::string, int64_t> OpeningStock(const absl::flat_hash_set<std::string>& goods) const;

 private:
  void WriteOrder(int32_t invoice, inventory::v1::ImportedOrder* order) const;
  void WriteLine(int32_t line, inventory::v1::ImportedOrder::Line* out) const;
  void WriteAdjustment(int32_t line, inventory::v1::ImportedAdjustment* adjustment) const;
  absl::int128 RoundingOf(int32_t line) const;
  void TallyAll();

  const RetailLines& lines_;
  const std::string currency_;
  const RetailFates fates_;
  std::vector<int32_t> orders_;       // invoices
  std::vector<int32_t> adjustments_;  // lines
  std::array<Tally, kRetailFates> tallies_;
  size_t next_order_ = 0;
  size_t next_adjustment_ = 0;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_ORDERS_H_
