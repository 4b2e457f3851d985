// What prices were and became, in the database.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_HISTORY_STORE_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_HISTORY_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "services/catalog/prices/price_resolution.h"

namespace storeops::catalog {

// Numbers as in storeops.catalog.v1.PriceHistoryEntry.Source.
enum class PriceSource : int { kBase = 1, kList = 2, kObserved = 3 };

// Where an entry stands among those of its SKU; the order of reading is the other way round.
struct PriceHistoryPlace {
  absl::Time time;
  PriceSource source = PriceSource::kList;
  int64_t list_id = 0;
  int64_t min_quantity = 1;
  int64_t start = kEver;
  std::string currency;
};

struct PriceHistoryRow {
  std::string sku;
  PriceHistoryPlace place;
  int64_t end = kForever;
  std::optional<int64_t> old_minor;  // nothing: there was none
  std::optional<int64_t> new_minor;
  std::string actor;
  std::string cause;
};

absl::Status WritePriceHistory(db::Session& session, const std::vector<PriceHistoryRow>& rows);

// Of what was observed, by SKU, time and currency: those that are there already, whatever their price.
absl::StatusOr<std::vector<PriceHistoryRow>> ReadObserved(db::Session& session, const std::vector<std::string>& skus);

// What lists of a SKU's history can be filtered by.
absl::StatusOr<resource::FilterFields> OpenPriceHistoryFilter(db::Database& database);
// Rows of a SKU behind `after`, newest first; all if there is none.
absl::StatusOr<std::vector<PriceHistoryRow>> ListPriceHistoryRows(db::Database& database, const std::string& sku,
                                                                  const resource::Condition& condition,
                                                                  const std::optional<PriceHistoryPlace>& after,
                                                                  int limit, absl::Time deadline);
// The first row of the variant's own price; nothing if it never changed.
absl::StatusOr<std::optional<PriceHistoryRow>> ReadFirstBaseChange(db::Database& database, const std::string& sku,
                                                                   absl::Time deadline);

// Who created a resource; empty if that is not known any more.
absl::StatusOr<std::string> ReadCreator(db::Database& database, const std::string& type, int64_t id,
                                        absl::Time deadline);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_HISTORY_STORE_H_
