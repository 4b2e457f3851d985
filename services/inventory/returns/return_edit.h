// A return under change, together with its order: both are locked, the return first, then the order, then stock.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_EDIT_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_EDIT_H_

#include "services/inventory/orders/order_transaction.h"
#include "storeops/inventory/v1/return.pb.h"

namespace storeops::inventory {

inline constexpr int kMaxReturnItems = 400;
inline constexpr int kMaxReturnNotes = 200;
inline constexpr int kMaxReturnRefunds = 20;

struct ReturnEdit {
  OrderEdit& order;
  v1::Return& ret;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_EDIT_H_
