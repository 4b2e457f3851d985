// Prices of lists in the database.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_STORE_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "services/catalog/prices/price_resolution.h"

namespace storeops::catalog {

struct StoredPrice {
  int64_t id = 0;
  int64_t version = 0;
  int64_t revision = 0;
  absl::Time update_time;
  bool deleted = false;
  int64_t list_id = 0;
  std::string sku;
  int64_t min_quantity = 1;
  int64_t start = kEver;  // microseconds since 1970
  int64_t end = kForever;
  std::string currency;  // the list's
  int64_t minor = 0;
};

// Where a price stands; what its list has no second of.
struct PricePlace {
  int64_t list_id = 0;
  std::string sku;
  int64_t min_quantity = 1;
  int64_t start = kEver;

  friend auto operator<=>(const PricePlace&, const PricePlace&) = default;
};
inline PricePlace PlaceOf(const StoredPrice& price) {
  return {price.list_id, price.sku, price.min_quantity, price.start};
}

// The revision of the prices that this transaction writes. Until its end nobody else writes any.
absl::StatusOr<int64_t> NextPriceRevision(db::Session& session);
// Of the last transaction that is committed.
absl::StatusOr<int64_t> ReadPriceRevision(db::Database& database, absl::Time deadline);

// All of a list's prices of these SKUs, deleted ones too.
absl::StatusOr<std::vector<StoredPrice>> ReadListPrices(db::Session& session, int64_t list_id,
                                                        const std::vector<std::string>& skus);
// Inserts new rows and writes over those that are there, by id.
absl::Status WritePrices(db::Session& session, const std::vector<StoredPrice>& prices);

// Prices that are not deleted, of these SKUs, in all lists.
absl::StatusOr<std::vector<StoredPrice>> ReadPricesOfSkus(db::Database& database, const std::vector<std::string>& skus,
                                                          absl::Time deadline);
// Prices that are not deleted with id > after, ascending.
absl::StatusOr<std::vector<StoredPrice>> ScanPrices(db::Database& database, int64_t after, int limit,
                                                    absl::Time deadline);
// Prices, deleted ones too, whose (revision, id) lies behind that of `after`, ascending.
absl::StatusOr<std::vector<StoredPrice>> ReadChangedPrices(db::Database& database, int64_t after_revision,
                                                           int64_t after_id, int limit, absl::Time deadline);

// What lists of prices can be filtered by.
absl::StatusOr<resource::FilterFields> OpenPriceFilter(db::Database& database);

// What ListPrices is asked for: the place behind which it goes on, and 0 or "" for any list or SKU.
struct PricePage {
  int64_t list_id = 0;
  std::string sku;
  resource::Condition condition;  // beside these; may be empty
  PricePlace after;
  int limit = 0;
};
// Prices that are not deleted, in the order of their places.
absl::StatusOr<std::vector<StoredPrice>> ListStoredPrices(db::Database& database, const PricePage& page,
                                                          absl::Time deadline);

// Lists that are not deleted.
absl::StatusOr<int64_t> CountPriceLists(db::Session& session);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_STORE_H_
