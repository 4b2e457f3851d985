// What a transfer must say, and what an arrival makes of it.
#ifndef STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_RULES_H_
#define STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storeops/inventory/v1/stock_transfer_service.pb.h"

namespace storeops::inventory {

// INVALID_ARGUMENT for one location on both sides and for items that repeat a SKU, lot and bin.
absl::Status CheckTransfer(const v1::StockTransfer& transfer);

// Pieces that are still under way.
int64_t UnderWay(const v1::StockTransfer::Parcel& parcel);
bool AllToldOf(const v1::StockTransfer& transfer);

// What became of some pieces of a parcel.
struct Settlement {
  std::string sku;
  std::string lot;
  int64_t sound = 0;
  int64_t damaged = 0;
  int64_t lost = 0;
  std::string bin;
  std::string note;
  std::string field;  // "items[2]", or "rest_is_lost"
};

// Adds what the request tells to the parcels. FAILED_PRECONDITION NOT_SHIPPED, MORE_THAN_SHIPPED; INVALID_ARGUMENT for
// an item without pieces, without the lot where the SKU is under way in several, or for nothing at all.
absl::StatusOr<std::vector<Settlement>> Settle(const v1::ReceiveStockTransferRequest& request,
                                               v1::StockTransfer& transfer);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_RULES_H_
