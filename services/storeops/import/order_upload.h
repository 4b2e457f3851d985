// Orders of the past on their way into the suite.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_ORDER_UPLOAD_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_ORDER_UPLOAD_H_

#include <functional>

#include "absl/status/statusor.h"
#include "services/storeops/client.h"
#include "storeops/inventory/v1/order_import.pb.h"

namespace storeops {

// Sends what `next` writes (false: no more) through OrderService/ImportOrders, `streams` calls at a time, so that one
// message is written while another is made. `next` is called by one thread at a time. The sum of the calls' reports, or
// the first call's error; what was written before stays, and a repetition finds it.
absl::StatusOr<inventory::v1::ImportOrdersResponse> UploadOrders(
    Client& client, int streams, const std::function<bool(inventory::v1::ImportOrdersRequest*)>& next);

// Adds one report to another; totals by currency.
void AddReport(const inventory::v1::ImportOrdersResponse& part, inventory::v1::ImportOrdersResponse* sum);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_ORDER_UPLOAD_H_
