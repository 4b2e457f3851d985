// Counted stock from files, row by row.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_IMPORT_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_IMPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/stock/stock_ledger.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops::inventory {

class StockImport {
 public:
  StockImport(const LocationService& locations, const StockLedger& ledger) : locations_(locations), ledger_(ledger) {}

  void Bind(Environment& environment, rpc::ServiceBuilder& service);

 private:
  using Row = v1::ImportStockRequest::Row;
  using Result = v1::ImportStockResponse::Result;

  absl::StatusOr<v1::ImportStockResponse> Import(rpc::Call& call, const v1::ImportStockRequest& request);
  // `locations`: of the rows, 0 for a code that nobody has.
  absl::Status ImportRows(resource::Write& write, const v1::ImportStockRequest& request,
                          const std::vector<int64_t>& locations, v1::ImportStockResponse& response) const;
  // A refusal goes into the result; an error ends the whole import.
  absl::Status ImportRow(resource::Write& write, const Row& row, const StockKey& key, const Cause& cause,
                         LockedStock& stock, Result& result) const;

  const LocationService& locations_;
  const StockLedger& ledger_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_IMPORT_H_
