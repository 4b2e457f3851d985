// The words on documents.
#ifndef STOREOPS_SERVICES_INVENTORY_DOCUMENTS_DOCUMENT_LABELS_H_
#define STOREOPS_SERVICES_INVENTORY_DOCUMENTS_DOCUMENT_LABELS_H_

#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

struct DocumentLabels {
  const char* language;  // BCP 47
  const char* pick_list;
  const char* packing_slip;
  const char* invoice;
  const char* order;
  const char* reference;
  const char* date;
  const char* location;
  const char* ship_to;
  const char* bill_to;
  const char* sku;
  const char* title;
  const char* quantity;
  const char* picked;
  const char* price;
  const char* discount;
  const char* amount;
  const char* subtotal;
  const char* shipping;
  const char* total;
  const char* contained_tax;
  const char* paid;
  const char* refunded;
  const char* due;
  const char* owed;  // to the customer
  const char* carrier;
  const char* tracking;
  const char* cancelled;
};

const DocumentLabels& LabelsOf(v1::GetOrderDocumentRequest::Language language);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_DOCUMENTS_DOCUMENT_LABELS_H_
