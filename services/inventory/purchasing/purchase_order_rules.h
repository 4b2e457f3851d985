// What a purchase order must say, and what a receipt makes of it.
#ifndef STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_RULES_H_
#define STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "services/inventory/suppliers/supplier_terms.h"
#include "storeops/inventory/v1/purchase_order.pb.h"
#include "storeops/inventory/v1/supplier.pb.h"

namespace storeops::inventory {

using TermsBySku = absl::flat_hash_map<std::string, SupplierTerms>;
using ReceiptItems = google::protobuf::RepeatedPtrField<v1::PurchaseReceipt::Item>;

// Fills a draft's prices, amounts and total. INVALID_ARGUMENT naming items that repeat a SKU, have no price, or one in
// another currency.
absl::Status CompleteDraft(const v1::Supplier& supplier, const TermsBySku& terms, v1::PurchaseOrder& order);

// FAILED_PRECONDITION TERMS_NOT_MET naming each item below the minimum quantity or off the packs, and a total below the
// order minimum.
absl::Status CheckTerms(const v1::Supplier& supplier, const TermsBySku& terms, const v1::PurchaseOrder& order);

// Gives items without an expected date the day on which they should come.
void FillExpectedDates(const v1::Supplier& supplier, const TermsBySku& terms, absl::Time now, v1::PurchaseOrder& order);

// Pieces that are still to come.
int64_t OpenPieces(const v1::PurchaseOrder::Item& item);
// Ordered pieces and what is accepted above them.
int64_t AcceptedPieces(const v1::PurchaseOrder::Item& item, int over_delivery_percent);
bool IsComplete(const v1::PurchaseOrder& order);

// What came of one item of a receipt.
struct Arrival {
  int64_t sound_expected = 0;    // of its sound pieces, those that were still to come
  int64_t damaged_expected = 0;  // likewise
};

// Adds the pieces to the order's items. One arrival for each receipt item. FAILED_PRECONDITION NOT_ORDERED,
// OVER_DELIVERY; INVALID_ARGUMENT for an item without pieces.
absl::StatusOr<std::vector<Arrival>> TakeReceipt(const ReceiptItems& items, v1::PurchaseOrder& order);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_RULES_H_
