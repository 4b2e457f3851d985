// Movements on locked levels while it is not yet known whether all of them can be.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_DRAFT_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_DRAFT_H_

#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "services/inventory/stock/refusals.h"
#include "services/inventory/stock/stock_ledger.h"

namespace storeops::inventory {

class StockDraft {
 public:
  // Both outlive the draft.
  StockDraft(LockedStock& stock, const Cause& cause) : stock_(stock), cause_(cause) {}

  // INTERNAL, or an error of the database; refusals wait for Check.
  absl::Status Take(const Movement& movement);
  // FAILED_PRECONDITION naming everything that cannot be.
  absl::Status Check();
  // Puts it into the locked stock.
  void Keep();

 private:
  using Entry = LockedStock::Entry;
  using KeptLot = LockedStock::KeptLot;
  struct Touched {
    Entry entry;  // with the changes so far
    int64_t available_change = 0;
    int64_t wanted = 0;               // pieces that promises and departures take
    std::vector<std::string> fields;  // of those
  };

  Touched& Touch(const StockKey& key);
  // What is wrong with the level as it became.
  void CheckLevel(const Touched& touched);
  void Refuse(const Movement& movement, std::string reason, std::string description);
  // `spare` units of the level could go, `expired` ones are passed over.
  void RefuseExpired(const Movement& movement, int64_t spare, int64_t expired);
  // Splits a movement of pieces over lots.
  absl::Status FileByLot(const Movement& movement, Entry& entry);
  absl::Status FileArrival(const Movement& movement, std::vector<KeptLot>& lots);
  // The date of the movement's lot; refuses a stated one that is another.
  absl::StatusOr<absl::Time> DateFor(const Movement& movement);
  void FileDeparture(const Movement& movement, const StockCounters& before, std::vector<KeptLot>& lots);
  void AddRow(const Movement& movement, const StockCounters& change, const std::string& lot, const std::string& bin);

  LockedStock& stock_;
  const Cause& cause_;
  absl::btree_map<StockKey, Touched> touched_;
  std::vector<LedgerRow> rows_;
  std::vector<Refusal> refusals_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_DRAFT_H_
