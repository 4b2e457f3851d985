// ImportOrders: orders of the past, which move no stock and wait for nothing.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_IMPORT_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_IMPORT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/module/module.h"
#include "services/inventory/orders/order_store.h"
#include "storeops/inventory/v1/order_import.pb.h"

namespace storeops::inventory {

// The order that an imported one becomes. INVALID_ARGUMENT naming what is wrong with it.
absl::StatusOr<v1::Order> FromImport(const v1::ImportedOrder& imported, absl::Time now);
// Whether an order that is there is what the file says.
bool SameImport(const v1::Order& present, const v1::Order& imported);

class OrderImport {
 public:
  void Bind(Environment& environment, rpc::ServiceBuilder& service);

 private:
  // Money of one currency, in minor units.
  struct Sums {
    int64_t ordered = 0;
    int64_t cancelled = 0;
    int64_t adjusted = 0;
  };
  struct Progress {
    v1::ImportOrdersResponse report;
    std::map<std::string, Sums> sums;
  };

  absl::StatusOr<v1::ImportOrdersResponse> Import(rpc::Call& call, rpc::RequestStream& requests);
  // Adds one message's orders and adjustments in one transaction.
  absl::Status Take(const rpc::Call& call, const v1::ImportOrdersRequest& request, bool dry_run, Progress& progress);
  absl::Status TakeOrders(resource::Write& write, const v1::ImportOrdersRequest& request, bool dry_run,
                          Progress& progress) const;
  absl::Status TakeAdjustments(resource::Write& write, const v1::ImportOrdersRequest& request, bool dry_run,
                               Progress& progress) const;

  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_IMPORT_H_
