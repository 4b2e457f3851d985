// Suppliers' items, and what was learned of suppliers, as rows.
#ifndef STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "services/inventory/suppliers/supplier_terms.h"

namespace storeops::inventory {

// Of the supplier's item with this SKU; 0: none.
absl::StatusOr<int64_t> FindSupplierItem(db::Session& session, const std::string& supplier, const std::string& sku);
// Any item of the supplier; 0: none.
absl::StatusOr<int64_t> FindAnySupplierItem(db::Session& session, const std::string& supplier);
// A purchase order with the supplier that is neither closed nor cancelled nor all there; 0: none.
absl::StatusOr<int64_t> FindOpenPurchaseOrder(db::Session& session, const std::string& supplier);

// What the supplier asks for these SKUs, by SKU.
absl::StatusOr<absl::flat_hash_map<std::string, SupplierTerms>> ReadTerms(db::Session& session,
                                                                          const std::string& supplier,
                                                                          const std::vector<std::string>& skus);
// The same of all live suppliers, with what was learned: by SKU, then by priority and supplier.
absl::StatusOr<std::vector<SupplierOffer>> ReadOffers(db::Database& database, const std::vector<std::string>& skus,
                                                      absl::Time since, absl::Time deadline);

struct PerformanceFilter {
  std::string supplier;
  std::string sku;  // empty: all
  absl::Time start;
  absl::Time end;
};
struct PerformanceCounts {
  int64_t due_lines = 0;
  int64_t on_time_lines = 0;
  int64_t in_full_lines = 0;
  int64_t ordered = 0;
  int64_t received = 0;
  int64_t damaged = 0;
};
// Of lines that were sent in the time and are due at `now`.
absl::StatusOr<PerformanceCounts> CountPerformance(db::Database& database, const PerformanceFilter& filter,
                                                   absl::Time now, absl::Time deadline);
absl::StatusOr<LeadTime> ReadLeadTime(db::Database& database, const PerformanceFilter& filter, absl::Time deadline);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_STORE_H_
