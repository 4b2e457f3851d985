// On what terms a supplier sells a SKU.
#ifndef STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_TERMS_H_
#define STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_TERMS_H_

#include <cstdint>
#include <optional>
#include <string>

namespace storeops::inventory {

struct SupplierTerms {
  std::string supplier_sku;
  int64_t price_minor = 0;  // of one piece, in the supplier's currency
  int64_t min_quantity = 0;
  int64_t pack_size = 0;  // 0 and 1: single pieces
  std::optional<int> lead_time_days;
};

// From sending an order to the arrival of pieces, over receipts.
struct LeadTime {
  double mean_days = 0;
  double deviation_days = 0;  // of the sample; 0 below two receipts
  int64_t receipts = 0;
};

// All that planning needs to order a SKU from a supplier.
struct SupplierOffer {
  std::string supplier;  // "suppliers/3"
  std::string sku;
  std::string currency;
  SupplierTerms terms;  // lead_time_days is set: the supplier's if the item has none
  int priority = 0;     // smaller ones first
  int64_t order_minimum_minor = 0;
  LeadTime learned;  // of this SKU from this supplier
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_TERMS_H_
