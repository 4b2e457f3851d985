// StockService: what is there, and how it changes.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_SERVICE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/reservations/reservation_service.h"
#include "services/inventory/stock/expired_lots.h"
#include "services/inventory/stock/stock_changes.h"
#include "services/inventory/stock/stock_check.h"
#include "services/inventory/stock/stock_filters.h"
#include "services/inventory/stock/stock_import.h"
#include "services/inventory/stock/stock_ledger.h"
#include "services/inventory/stock/stock_memory.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops::inventory {

class StockService {
 public:
  explicit StockService(const LocationService& locations) : changes_(ledger_), import_(locations, ledger_) {}

  absl::Status Bind(Environment& environment);
  absl::Status Start();
  void Stop();

  // For all who change stock.
  const StockLedger& ledger() const { return ledger_; }
  // Whoever promises pieces other than by reservations says so here, before Start.
  void AddHolder(StockHolder holder) { check_.AddHolder(std::move(holder)); }

 private:
  using InlineReply = std::optional<absl::StatusOr<rpc::Reply>>;

  InlineReply TryGet(rpc::Call& call, const v1::GetStockRequest& request);
  absl::StatusOr<v1::SkuStock> Get(rpc::Call& call, const v1::GetStockRequest& request);
  absl::StatusOr<v1::BatchGetStockResponse> BatchGet(rpc::Call& call, const v1::BatchGetStockRequest& request);
  absl::StatusOr<v1::ListStockResponse> List(rpc::Call& call, const v1::ListStockRequest& request);
  absl::StatusOr<v1::ListStockMovementsResponse> ListLedger(rpc::Call& call,
                                                            const v1::ListStockMovementsRequest& request);
  absl::StatusOr<v1::ListLotsResponse> ListLots(rpc::Call& call, const v1::ListLotsRequest& request);
  absl::StatusOr<std::vector<changes::SnapshotResource>> ReadSnapshot(const std::string& after_id, int limit,
                                                                      absl::Time deadline) const;
  absl::Status Watch(rpc::Call& call, const v1::WatchStockRequest& request, rpc::ReplyStream& out);

  StockFilters filters_;
  Environment* environment_ = nullptr;
  StockMemory memory_;
  const StockLedger ledger_{&memory_};
  StockChanges changes_;
  StockImport import_;
  StockCheck check_;
  ExpiredLots expired_lots_{ledger_};
  ReservationService reservations_{ledger_};
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_SERVICE_H_
