// Compares every counter with the ledger and with what holds pieces. Never repairs.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_CHECK_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_CHECK_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/module/module.h"
#include "services/inventory/stock/check_store.h"
#include "services/inventory/stock/stock_level.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops::inventory {

// Promised pieces by level.
using HeldPieces = absl::btree_map<StockKey, int64_t>;
// Adds what is promised by one kind of holder (reservations, orders), as the session's transaction sees it.
using StockHolder = std::function<absl::Status(db::Session& session, HeldPieces& held)>;

class StockCheck {
 public:
  void Bind(Environment& environment, rpc::ServiceBuilder& service);
  // Before Start: all that changes `reserved` must be said here.
  void AddHolder(StockHolder holder) { holders_.push_back(std::move(holder)); }

 private:
  absl::StatusOr<v1::CheckStockResponse> Check(rpc::Call& call, const v1::CheckStockRequest& request);
  absl::StatusOr<v1::CheckStockResponse> Run(absl::Time deadline);
  // In one snapshot of the database, so that it does not stand in the way of changes.
  absl::Status Compare(db::Session& session, std::vector<CounterDifference>& differences,
                       v1::CheckStockResponse& response) const;
  void Report(const std::vector<CounterDifference>& differences, v1::CheckStockResponse& response) const;

  Environment* environment_ = nullptr;
  std::vector<StockHolder> holders_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_CHECK_H_
