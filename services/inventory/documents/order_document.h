// What goes with the goods, as pages to print.
#ifndef STOREOPS_SERVICES_INVENTORY_DOCUMENTS_ORDER_DOCUMENT_H_
#define STOREOPS_SERVICES_INVENTORY_DOCUMENTS_ORDER_DOCUMENT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

// All documents but pick lists show the customer's address and demand it.
inline constexpr char kReadPersonal[] = "inventory.personal.read";

// `fulfillment`: the number of the one that a pick list or packing slip is for; 0: the last one that was not cancelled.
// NOT_FOUND if there is none such; INVALID_ARGUMENT naming "kind".
absl::StatusOr<v1::OrderDocument> MakeDocument(const v1::Order& order, v1::GetOrderDocumentRequest::Kind kind,
                                               v1::GetOrderDocumentRequest::Language language, int32_t fulfillment);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_DOCUMENTS_ORDER_DOCUMENT_H_
