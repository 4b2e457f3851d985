// Money of the past that belongs to no order.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ADJUSTMENT_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ADJUSTMENT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace storeops::inventory {

struct StoredAdjustment {
  std::string external_reference;
  absl::Time time;
  std::string currency;
  int64_t amount_minor = 0;
  std::string reason;
  std::string customer;
  std::string sku;
  int64_t quantity = 0;

  friend bool operator==(const StoredAdjustment&, const StoredAdjustment&) = default;
};

// Those that exist, by external reference.
absl::StatusOr<absl::flat_hash_map<std::string, StoredAdjustment>> FindAdjustments(
    db::Session& session, const std::vector<std::string>& references);
absl::Status InsertAdjustments(db::Session& session, const std::vector<StoredAdjustment>& adjustments, absl::Time now);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ADJUSTMENT_STORE_H_
