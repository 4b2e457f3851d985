// What was sent and what came, as rows to be counted.
#ifndef STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "storeops/inventory/v1/purchase_order.pb.h"

namespace storeops::inventory {

// The lines of an order that is being sent.
absl::Status InsertOrderLines(db::Session& session, int64_t order_id, int64_t location_id,
                              const v1::PurchaseOrder& order);

// Those whose pieces differ between `before` and `after`; `now` is when the last pieces came.
absl::Status UpdateOrderLines(db::Session& session, int64_t order_id, const v1::PurchaseOrder& before,
                              const v1::PurchaseOrder& after, absl::Time now);

// Nothing more is expected of the order.
absl::Status EndOrderLines(db::Session& session, int64_t order_id, absl::Time now);

// The order was cancelled: its supplier is not measured by it.
absl::Status DeleteOrderLines(db::Session& session, int64_t order_id);

// A receipt's pieces by SKU.
absl::Status InsertReceiptLines(db::Session& session, int64_t receipt_id, const v1::PurchaseReceipt& receipt,
                                absl::Time send_time);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_STORE_H_
