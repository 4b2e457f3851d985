// Orders as a CSV file.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_EXPORT_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_EXPORT_H_

#include <string>

#include "absl/status/status.h"
#include "common/resource/write.h"
#include "common/rpc/method_table.h"
#include "services/inventory/orders/order_list_store.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

// The header, with its line end.
std::string OrderCsvHeader();
// A row for each line that was not removed; how many. `raw_text`: as in ExportOrdersRequest.
int AppendOrderCsv(const v1::Order& order, bool raw_text, std::string* out);

absl::Status ExportOrders(const resource::Store& store, const rpc::Call& call, const OrderSelection& selection,
                          bool raw_text, rpc::ReplyStream& out);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_EXPORT_H_
