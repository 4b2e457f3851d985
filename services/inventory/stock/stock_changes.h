// Stock changed by hand: adjustments, receipts, damaged and held pieces, limits.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_CHANGES_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_CHANGES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/stock/stock_ledger.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops::inventory {

class StockChanges {
 public:
  explicit StockChanges(const StockLedger& ledger) : ledger_(ledger) {}

  void Bind(Environment& environment, rpc::ServiceBuilder& service);

  // INVALID_ARGUMENT naming `field(i)` for each key whose location is not live.
  absl::Status CheckLocations(db::Session& session, const std::vector<StockKey>& keys,
                              const std::function<std::string(size_t)>& field) const;

 private:
  absl::StatusOr<v1::StockChangeResponse> Adjust(rpc::Call& call, const v1::AdjustStockRequest& request);
  absl::StatusOr<v1::StockChangeResponse> Receive(rpc::Call& call, const v1::ReceiveStockRequest& request);
  absl::StatusOr<v1::StockChangeResponse> MoveStatus(rpc::Call& call, const v1::MoveStockStatusRequest& request);
  absl::StatusOr<v1::SetStockPolicyResponse> SetPolicy(rpc::Call& call, const v1::SetStockPolicyRequest& request);

  // The movements as one change. `cause` empty: "{collection}/{new id}".
  absl::StatusOr<v1::StockChangeResponse> Post(rpc::Call& call, const std::vector<Movement>& movements,
                                               const std::string& cause, absl::string_view collection);

  const StockLedger& ledger_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_CHANGES_H_
