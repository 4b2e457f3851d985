// A purchase order as a page to print.
#ifndef STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_DOCUMENT_H_
#define STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_DOCUMENT_H_

#include <string>

#include "storeops/inventory/v1/location.pb.h"
#include "storeops/inventory/v1/purchase_order.pb.h"
#include "storeops/inventory/v1/supplier.pb.h"

namespace storeops::inventory {

// HTML for A4 without scripts or other files; every text is escaped.
std::string RenderPurchaseOrder(const v1::PurchaseOrder& order, const v1::Supplier& supplier,
                                const v1::Location& location);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_DOCUMENT_H_
