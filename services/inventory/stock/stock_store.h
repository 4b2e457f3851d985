// Rows of levels, lots and the ledger.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "services/inventory/stock/stock_level.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::resource {
struct Condition;
}

namespace storeops::inventory {

// One row of stock_movements.
struct LedgerRow {
  int64_t id = 0;  // given by the database
  StockKey key;
  v1::StockMovement::Type type = v1::StockMovement::TYPE_UNSPECIFIED;
  StockCounters change;
  std::string lot;
  std::string bin;
  std::string cause;
  v1::StockReason reason = v1::STOCK_REASON_UNSPECIFIED;
  std::string note;
  std::string actor;
  absl::Time time;
};

// All levels of the SKUs, locked one after the other in the order of (sku, location) until the end of the transaction.
// `skus` are sorted and distinct.
absl::StatusOr<std::vector<StockLevel>> LockLevels(db::Session& session, absl::Span<const std::string> skus);
// Makes rows of zeros for those that are missing. What is there already is not changed.
absl::Status AddMissingLevels(db::Session& session, absl::Span<const StockKey> keys, absl::Time now);
absl::StatusOr<std::vector<StockLot>> ReadLots(db::Session& session, const StockKey& key);
// The date of a lot, which it has at all locations; InfiniteFuture: it has none. Nothing for a lot that was never
// there.
absl::StatusOr<std::optional<absl::Time>> ReadLotDate(db::Session& session, const std::string& sku,
                                                      const std::string& lot);

// Over what is there; the levels are locked.
absl::Status WriteLevels(db::Session& session, absl::Span<const StockLevel> levels);
absl::Status WriteLots(db::Session& session, absl::Span<const StockLot> lots);
absl::Status AddMovements(db::Session& session, absl::Span<const LedgerRow> rows);

// A condition on the ledger's rows, with the table's alias "m": what corrects the record, i.e. counts and adjustments
// that report no event (such as BROKEN). All other movements are events.
std::string IsCorrection();
// A lot, a bin or both.
struct LotPlace {
  std::string lot;
  std::string bin;
};
// By how much on hand changed later than a time.
struct MovedSince {
  int64_t moved = 0;      // by events
  int64_t corrected = 0;  // by corrections
  std::string cause;      // of one of those; empty: there was none
};
// Of a level, or of one place of it. The level is locked.
absl::StatusOr<MovedSince> ReadMovedSince(db::Session& session, const StockKey& key,
                                          const std::optional<LotPlace>& place, absl::Time time);

// By SKU and location.
absl::StatusOr<std::vector<StockLevel>> ReadLevels(db::Database& database, absl::Span<const std::string> skus,
                                                   absl::Time deadline);
// Those behind `after`, at most `limit`, for loading all.
absl::StatusOr<std::vector<StockLevel>> ScanLevels(db::Database& database, const StockKey& after, int limit,
                                                   absl::Time deadline);

// Lists of what `condition` selects; an empty one selects everything.
absl::StatusOr<std::vector<StockLevel>> ListLevels(db::Database& database, const resource::Condition& condition,
                                                   const StockKey& after, int limit, absl::Time deadline);
// Newest first, with ids below `before` (0: all).
absl::StatusOr<std::vector<LedgerRow>> ListMovements(db::Database& database, const resource::Condition& condition,
                                                     int64_t before, int limit, absl::Time deadline);
// Behind the lot `after` (nothing: from the start).
absl::StatusOr<std::vector<StockLot>> ListStockLots(db::Database& database, const resource::Condition& condition,
                                                    const std::optional<StockLot>& after, int limit,
                                                    absl::Time deadline);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_STORE_H_
