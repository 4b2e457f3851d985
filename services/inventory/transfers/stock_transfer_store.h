// What a transfer took, as the ledger says it.
#ifndef STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STORE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/db/database.h"
#include "storeops/inventory/v1/stock_transfer.pb.h"

namespace storeops::inventory {

// The pieces that left by the movements of this cause, by SKU and lot.
absl::StatusOr<std::vector<v1::StockTransfer::Parcel>> ReadShipped(db::Session& session, const std::string& cause);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STORE_H_
