// PurchaseOrderService: from draft to the last receipt.
#ifndef STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_SERVICE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/module/module.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/purchasing/purchase_order_states.h"
#include "services/inventory/stock/stock_ledger.h"
#include "services/inventory/suppliers/supplier_service.h"
#include "storeops/inventory/v1/purchase_order_service.pb.h"

namespace storeops::inventory {

// Pieces that somebody decided to order.
struct WantedPurchase {
  std::string supplier;  // "suppliers/3"
  std::string location;  // "locations/1"
  std::string sku;
  int64_t quantity = 0;
  std::string reason;         // at most 1,000 code points
  std::string expected_date;  // "2026-12-31"; empty: by the stated lead time
};

// Pieces in drafts by SKU and location.
using DraftedPieces = absl::flat_hash_map<StockKey, int64_t>;

class PurchaseOrderService {
 public:
  PurchaseOrderService(const LocationService& locations, const SupplierService& suppliers, const StockLedger& ledger)
      : locations_(locations), suppliers_(suppliers), ledger_(ledger) {}

  absl::Status Bind(Environment& environment);

  // Drafts of purchase orders, one for each supplier and location (more above 500 SKUs), in their order; pieces of one
  // SKU are summed. To be called inside a write, before it locks stock. INVALID_ARGUMENT if a supplier or location is
  // not live or has no price for a SKU.
  absl::StatusOr<std::vector<v1::PurchaseOrder>> MakeDrafts(resource::Write& write,
                                                            absl::Span<const WantedPurchase> wanted) const;

  // What drafts ask for: nobody expects it yet, but somebody decided to buy it.
  absl::StatusOr<DraftedPieces> SumDrafts(absl::Time deadline) const;

 private:
  using Order = v1::PurchaseOrder;
  // What an action does besides entering its state. `before` is locked.
  using Effect = std::function<absl::Status(resource::Write&, const Order& before, Order& after)>;

  absl::Status CompleteOrder(resource::Write& write, const Order* before, Order& after) const;
  absl::StatusOr<Order> Act(rpc::Call& call, const std::string& name, const std::string& etag, PurchaseAction action,
                            const Effect& effect);
  // Locks the order, has `change` make it what it is to be, and writes it; `keep` puts it into the response.
  absl::Status Change(rpc::Call& call, const std::string& name, const std::string& etag,
                      google::protobuf::Message* response, const Effect& change,
                      const std::function<void(Order&)>& keep);

  absl::StatusOr<Order> Send(rpc::Call& call, const v1::SendPurchaseOrderRequest& request);
  absl::StatusOr<v1::ReceivePurchaseOrderResponse> Receive(rpc::Call& call,
                                                           const v1::ReceivePurchaseOrderRequest& request);
  absl::StatusOr<Order> Close(rpc::Call& call, const v1::ClosePurchaseOrderRequest& request);
  absl::StatusOr<Order> Cancel(rpc::Call& call, const v1::CancelPurchaseOrderRequest& request);
  absl::StatusOr<v1::PurchaseOrderDocument> GetDocument(rpc::Call& call,
                                                        const v1::GetPurchaseOrderDocumentRequest& request);

  absl::StatusOr<v1::PurchaseReceipt> StoreReceipt(resource::Write& write,
                                                   const v1::ReceivePurchaseOrderRequest& request, Order& after);
  // Nothing more is expected of the order.
  absl::Status End(resource::Write& write, const std::string& reason, const Order& before, Order& after) const;
  // The pieces that are still to come become incoming (`sign` 1), or are no more (-1).
  absl::Status Expect(resource::Write& write, const Order& order, int sign) const;

  const LocationService& locations_;
  const SupplierService& suppliers_;
  const StockLedger& ledger_;
  Environment* environment_ = nullptr;
  std::unique_ptr<resource::Resource> orders_;
  std::unique_ptr<resource::Resource> receipts_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PURCHASING_PURCHASE_ORDER_SERVICE_H_
