// Pieces that may not be sold any more are not for sale.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_EXPIRED_LOTS_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_EXPIRED_LOTS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/module/module.h"
#include "services/inventory/stock/stock_ledger.h"

namespace storeops::inventory {

// A job that puts the pieces of expired lots on quality hold (STATUS_CHANGED, EXPIRED_GOODS, cause
// "stockLots/expired"), so that nobody promises them. Those that are promised already stay as they are until they are
// given back: there may be fresh ones to ship instead.
class ExpiredLots {
 public:
  explicit ExpiredLots(const StockLedger& ledger) : ledger_(ledger) {}
  void Bind(Environment& environment);

 private:
  absl::Status HoldAll(absl::Time deadline) const;
  absl::Status Hold(absl::Span<const StockLot> lots, absl::Time deadline) const;

  const StockLedger& ledger_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_EXPIRED_LOTS_H_
