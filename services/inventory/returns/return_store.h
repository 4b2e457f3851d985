// Rows by which returns are found, and what the ledger knows of the order's parcels.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "storeops/inventory/v1/return.pb.h"

namespace storeops::inventory {

// Writes the rows of a return's items over those that are there.
absl::Status WriteReturnItems(db::Session& session, int64_t return_id, int64_t order_id, const v1::Return& ret);

// Fields of items by which returns can be filtered.
std::vector<resource::FilterField> ReturnFilterFields();

struct ShippedLot {
  std::string sku;
  std::string lot;  // empty: pieces without one
  absl::Time expire_date;
};
// The lots that left for an order, by SKU and lot.
absl::StatusOr<std::vector<ShippedLot>> ReadShippedLots(db::Session& session, const std::string& order);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_STORE_H_
