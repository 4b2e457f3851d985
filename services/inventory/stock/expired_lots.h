// Counters follow the calendar: what expired over night is shown to readers of the feed as not for sale.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_EXPIRED_LOTS_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_EXPIRED_LOTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/module/module.h"
#include "services/inventory/stock/stock_ledger.h"

namespace storeops::inventory {

// A job that locks and stores levels of which units have expired; the ledger puts these on quality hold. Reservations,
// orders and reads do not wait for it: it writes the counters for those that follow the feed, such as the catalog.
class ExpiredLots {
 public:
  explicit ExpiredLots(const StockLedger& ledger) : ledger_(ledger) {}
  void Bind(Environment& environment);

 private:
  absl::Status HoldAll(absl::Time deadline) const;
  absl::Status Hold(const std::vector<std::string>& skus, absl::Time deadline) const;

  const StockLedger& ledger_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_EXPIRED_LOTS_H_
