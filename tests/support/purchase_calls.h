// Suppliers and purchase orders as tests make them most.
#ifndef STOREOPS_TESTS_SUPPORT_PURCHASE_CALLS_H_
#define STOREOPS_TESTS_SUPPORT_PURCHASE_CALLS_H_

#include <string>
#include <tuple>
#include <vector>

#include "common/base/money.h"
#include "storeops/inventory/v1/purchase_order_service.pb.h"
#include "storeops/inventory/v1/supplier_service.pb.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {

// Its name.
inline std::string CreateSupplier(ServiceProcess& process, const std::string& code, int lead_time_days = 7) {
  inventory::v1::CreateSupplierRequest request;
  auto& supplier = *request.mutable_supplier();
  supplier.set_title("Supplier " + code);
  supplier.set_code(code);
  supplier.set_currency("EUR");
  supplier.set_lead_time_days(lead_time_days);
  supplier.set_over_delivery_percent(10);
  const auto made = process.Call<inventory::v1::Supplier>("SupplierService/CreateSupplier", request);
  EXPECT_TRUE(made.ok()) << made.status();
  return made.ok() ? made->name() : "";
}

inline absl::StatusOr<inventory::v1::SupplierItem> CreateSupplierItem(ServiceProcess& process,
                                                                      const std::string& supplier,
                                                                      const std::string& sku, int64_t price_minor,
                                                                      int64_t min_quantity = 0, int64_t pack_size = 0) {
  inventory::v1::CreateSupplierItemRequest request;
  auto& item = *request.mutable_supplier_item();
  item.set_supplier(supplier);
  item.set_sku(sku);
  *item.mutable_price() = MoneyFromMinor(price_minor, "EUR");
  item.set_min_quantity(min_quantity);
  item.set_pack_size(pack_size);
  return process.Call<inventory::v1::SupplierItem>("SupplierService/CreateSupplierItem", request);
}

inline absl::StatusOr<inventory::v1::PurchaseOrder> DraftPurchase(
    ServiceProcess& process, const std::string& supplier, const std::string& location,
    const std::vector<std::pair<std::string, int64_t>>& items, const std::string& request_id = "") {
  inventory::v1::CreatePurchaseOrderRequest request;
  request.set_request_id(request_id);
  request.mutable_purchase_order()->set_supplier(supplier);
  request.mutable_purchase_order()->set_location(location);
  for (const auto& [sku, ordered] : items) {
    auto& item = *request.mutable_purchase_order()->add_items();
    item.set_sku(sku);
    item.set_ordered(ordered);
  }
  return process.Call<inventory::v1::PurchaseOrder>("PurchaseOrderService/CreatePurchaseOrder", request);
}

// Send, Close, Cancel.
template <class Request>
absl::StatusOr<inventory::v1::PurchaseOrder> PurchaseAct(ServiceProcess& process, const std::string& action,
                                                         const std::string& name, const std::string& request_id = "") {
  Request request;
  request.set_name(name);
  request.set_request_id(request_id);
  return process.Call<inventory::v1::PurchaseOrder>("PurchaseOrderService/" + action + "PurchaseOrder", request);
}
inline absl::StatusOr<inventory::v1::PurchaseOrder> SendPurchase(ServiceProcess& process, const std::string& name,
                                                                 const std::string& request_id = "") {
  return PurchaseAct<inventory::v1::SendPurchaseOrderRequest>(process, "Send", name, request_id);
}
inline absl::StatusOr<inventory::v1::PurchaseOrder> ClosePurchase(ServiceProcess& process, const std::string& name) {
  return PurchaseAct<inventory::v1::ClosePurchaseOrderRequest>(process, "Close", name);
}
inline absl::StatusOr<inventory::v1::PurchaseOrder> CancelPurchase(ServiceProcess& process, const std::string& name) {
  return PurchaseAct<inventory::v1::CancelPurchaseOrderRequest>(process, "Cancel", name);
}

// SKU, sound pieces, damaged pieces.
inline absl::StatusOr<inventory::v1::ReceivePurchaseOrderResponse> ReceivePurchase(
    ServiceProcess& process, const std::string& name,
    const std::vector<std::tuple<std::string, int64_t, int64_t>>& items, const std::string& request_id = "") {
  inventory::v1::ReceivePurchaseOrderRequest request;
  request.set_name(name);
  request.set_request_id(request_id);
  for (const auto& [sku, quantity, damaged] : items) {
    auto& item = *request.add_items();
    item.set_sku(sku);
    item.set_quantity(quantity);
    item.set_damaged(damaged);
  }
  return process.Call<inventory::v1::ReceivePurchaseOrderResponse>("PurchaseOrderService/ReceivePurchaseOrder",
                                                                   request);
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_PURCHASE_CALLS_H_
