// What the customer prints: a slip to lie in the parcel, with the label to stick on it.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_DOCUMENT_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_DOCUMENT_H_

#include "storeops/inventory/v1/location.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "storeops/inventory/v1/return.pb.h"

namespace storeops::inventory {

// `location`: where the goods are to come to.
v1::OrderDocument MakeReturnDocument(const v1::Return& ret, const v1::Order& order, const v1::Location& location,
                                     v1::GetOrderDocumentRequest::Language language);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_DOCUMENT_H_
