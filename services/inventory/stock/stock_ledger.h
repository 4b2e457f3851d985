// The only way by which stock changes: whoever ships, counts, buys or promises pieces does it through here, inside
// their own transaction.
//
//   RunWrite(store, call, &response, [&](resource::Write& write) -> absl::Status {
//     ASSIGN_OR_RETURN(LockedStock stock, ledger.Lock(write, {"A-1", "A-2"}));
//     RETURN_IF_ERROR(ledger.Apply(stock, {Allocate({"A-1", 3}, 2)}, MakeCause(write, "orders/12")));
//     ... more of the transaction ...
//     return ledger.Store(write, std::move(stock));
//   });
//
// Levels are locked in the order of (sku, location), so that transactions that lock all their SKUs in one Lock do not
// wait for each other in a circle. Lock before any row that others lock after levels; whatever was read of stock before
// Lock may be out of date.
//
// A lot has one expiry date wherever it is: what comes in with another one is refused (LOT_DATE_DIFFERS), what comes in
// with none has the lot's.
//
// No unit of an expired lot is available to anybody: whatever of such lots is not reserved is on quality hold as soon
// as the level is locked and after each Apply (STATUS_CHANGED, EXPIRED_GOODS, cause "stockLots/expired"). The time is
// that of the write.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_LEDGER_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_LEDGER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/resource/write.h"
#include "services/inventory/stock/movement.h"
#include "services/inventory/stock/stock_level.h"
#include "services/inventory/stock/stock_store.h"

namespace storeops::inventory {

class StockMemory;

// Why and by whom. `name` is a resource's, e.g. "orders/12"; at most 120 bytes.
struct Cause {
  std::string name;
  std::string actor;
  absl::Time time;
};
Cause MakeCause(const resource::Write& write, std::string name);

// The levels of some SKUs, locked until the end of the transaction, as they are with all that was applied so far.
class LockedStock {
 public:
  // Zeros if there is no such level.
  const StockLevel& Level(const StockKey& key) const;
  // By location.
  std::vector<const StockLevel*> LevelsOf(const std::string& sku) const;
  // What was applied, by (sku, location).
  std::vector<StockLevel> Changed() const;
  // Units of the level that may leave for a customer or another location: for sale, and in no expired lot.
  int64_t Shippable(const StockKey& key) const;

 private:
  friend class StockLedger;
  friend class StockDraft;
  struct KeptLot {
    StockLot lot;
    bool changed = false;
  };
  struct Entry {
    StockLevel level;
    bool changed = false;
    std::string actor;                         // of the last change
    std::optional<std::vector<KeptLot>> lots;  // once they are needed
  };

  LockedStock(db::Session& session, absl::Time now) : session_(&session), now_(now) {}
  absl::Status Load(absl::Span<const std::string> skus);
  absl::Status LoadLots(Entry& entry) const;
  static std::optional<absl::Time> DateIn(const Entry& entry, const std::string& lot);
  // What of a lot is known before the present draft: at any location, because all levels of its SKU are locked.
  absl::StatusOr<std::optional<absl::Time>> DateOf(const std::string& sku, const std::string& lot) const;
  // Reads the lots of levels of which some have expired; HoldExpired.
  absl::Status HoldAllExpired();
  // Puts units of expired lots on quality hold, as far as they are not reserved. The lots are loaded.
  void HoldExpired(Entry& entry);
  // Changed by time, not by a caller.
  static void Touch(Entry& entry);

  db::Session* session_;
  absl::Time now_;
  absl::btree_map<StockKey, Entry> entries_;
  std::vector<LedgerRow> rows_;
};

class StockLedger {
 public:
  // `memory` may be null: nobody reads levels from there.
  explicit StockLedger(StockMemory* memory) : memory_(memory) {}

  // Locks the levels of these SKUs at all locations, in any order and repeated as the caller has them. `wanted`: levels
  // that pieces may come into; those that are missing are made. Their locations must be live.
  // `now`: by which lots have expired.
  absl::StatusOr<LockedStock> Lock(db::Session& session, absl::Time now, absl::Span<const std::string> skus,
                                   absl::Span<const StockKey> wanted = {}) const;
  absl::StatusOr<LockedStock> Lock(resource::Write& write, absl::Span<const std::string> skus,
                                   absl::Span<const StockKey> wanted = {}) const {
    return Lock(write.session(), write.now(), skus, wanted);
  }
  absl::StatusOr<LockedStock> Lock(resource::Write& write, std::initializer_list<std::string> skus,
                                   absl::Span<const StockKey> wanted = {}) const {
    return Lock(write, absl::MakeConstSpan(skus.begin(), skus.size()), wanted);
  }

  // All of the movements or none, summed for each level: FAILED_PRECONDITION naming each line that cannot be (see
  // refusals.h: OUT_OF_STOCK and others). Pieces that leave are taken from lots, first expired first. May be called
  // several times; nothing is written before Store.
  absl::Status Apply(LockedStock& stock, absl::Span<const Movement> movements, const Cause& cause) const;
  absl::Status Apply(LockedStock& stock, std::initializer_list<Movement> movements, const Cause& cause) const {
    return Apply(stock, absl::MakeConstSpan(movements.begin(), movements.size()), cause);
  }

  // FAILED_PRECONDITION OUT_OF_STOCK if pieces are promised already that the new limits do not allow.
  absl::Status SetPolicy(LockedStock& stock, const StockKey& key, const StockPolicy& policy, const std::string& field,
                         const Cause& cause) const;

  // FAILED_PRECONDITION LOT_DATE_DIFFERS naming `field` if the lot is known, at any location, with another date than
  // `stated` (InfiniteFuture: none is stated).
  absl::Status CheckLotDate(const LockedStock& stock, const StockKey& key, const std::string& lot, absl::Time stated,
                            const std::string& field) const;

  // Pieces on hand of one lot and bin.
  absl::StatusOr<int64_t> CountLot(LockedStock& stock, const StockKey& key, const std::string& lot,
                                   const std::string& bin) const;

  // Writes counters, lots, the ledger and the feed. The levels as they became.
  absl::StatusOr<std::vector<StockLevel>> Store(resource::Write& write, LockedStock stock) const;

  // Lock, Apply and Store in one, for those who decide nothing by what is there.
  absl::StatusOr<std::vector<StockLevel>> Post(resource::Write& write, absl::Span<const Movement> movements,
                                               const Cause& cause) const;

 private:
  StockMemory* const memory_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_LEDGER_H_
