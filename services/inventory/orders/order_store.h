// Orders as rows. One is written whole, with the rows by which it is found and counted.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "services/inventory/orders/location_choice.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {

inline constexpr char kOrderType[] = "inventory.storeops/Order";

// An order as stored, with name and etag.
struct StoredOrder {
  int64_t id = 0;
  int64_t version = 0;
  v1::Order order;
};

// Sets what is made from them.
void SetBookkeeping(int64_t id, int64_t version, v1::Order& order);

// Those that exist, by id; locked until the end of the transaction if `lock`.
absl::StatusOr<std::vector<StoredOrder>> LoadOrders(db::Session& session, std::vector<int64_t> ids, bool lock);
absl::StatusOr<std::vector<StoredOrder>> ReadOrders(db::Database& database, std::vector<int64_t> ids,
                                                    absl::Time deadline);
// With id > after, ascending.
absl::StatusOr<std::vector<StoredOrder>> ScanOrders(db::Database& database, int64_t after, int limit,
                                                    absl::Time deadline);

// Appends orders of rows with id, version and content.
absl::Status ToOrders(const db::Rows& rows, std::vector<StoredOrder>& orders);

// New ones. ALREADY_EXISTS if an external reference is taken.
absl::Status InsertOrders(db::Session& session, absl::Span<const StoredOrder* const> orders);
// One that was loaded under lock; `after.version` is the new one.
absl::Status UpdateOrder(db::Session& session, const v1::Order& before, const StoredOrder& after);

// Stores balance_due of up to `limit` orders that are older than its column. How many were left to do, at most `limit`.
absl::StatusOr<int> FillBalances(db::Session& session, int limit);

// Ids of orders by external reference; those that nobody has are missing.
absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> FindByReference(db::Session& session,
                                                                          const std::vector<std::string>& references);
// Orders of each customer placed at or after `since`; those without any are missing.
absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> CountRecentOrders(db::Database& database,
                                                                            const std::vector<std::string>& customers,
                                                                            absl::Time since, absl::Time deadline);
// Ids of orders that are to expire by `now` and have no question to a provider open.
absl::StatusOr<std::vector<int64_t>> FindExpired(db::Database& database, absl::Time now, int limit,
                                                 absl::Time deadline);
// Ids above `after`, ascending, of orders whose questions to providers are open since two minutes before `now`.
absl::StatusOr<std::vector<int64_t>> FindUnsettled(db::Database& database, absl::Time now, int64_t after, int limit,
                                                   absl::Time deadline);

// What orders hold: `take(sku, location, pieces)` for each level.
absl::Status SumAllocations(db::Session& session,
                            const std::function<void(const std::string&, int64_t, int64_t)>& take);

// Live locations that ship orders, those to take from first at the front.
absl::StatusOr<std::vector<ShippingLocation>> ReadShippingLocations(db::Session& session);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_STORE_H_
