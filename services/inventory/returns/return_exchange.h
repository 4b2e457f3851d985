// Other goods for those that came back or were accepted as gone: an order that is paid by the first one's money.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_EXCHANGE_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_EXCHANGE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/inventory/orders/order_store.h"
#include "services/inventory/returns/return_edit.h"
#include "storeops/inventory/v1/return_service.pb.h"

namespace storeops::inventory {

// The new order, priced as far as the old goods go: units beyond those that came back are lines of their own, and want
// the catalog's price (WantsPrice) as others do, whatever was paid for the old ones.
// INVALID_ARGUMENT naming each wrong field; PERMISSION_DENIED for stated prices.
absl::StatusOr<v1::Order> DraftReplacement(const rpc::Call& call, const v1::ExchangeReturnRequest& request,
                                           const v1::Order& source, const v1::Return& ret);

// Places `replacement`, drafted when the return had `drafted_etag`, under `order_id`, pays it from the source order,
// and opens the refund of what it is cheaper. The return and its order are locked, stock is not. FAILED_PRECONDITION
// OUT_OF_STOCK naming each line, NOT_PAID, PAYMENT_OPEN, ALREADY_EXCHANGED. The order that is to be inserted when all
// is stored.
absl::StatusOr<StoredOrder> PlaceReplacement(const v1::ExchangeReturnRequest& request, const std::string& drafted_etag,
                                             v1::Order replacement, int64_t order_id, ReturnEdit edit);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_EXCHANGE_H_
