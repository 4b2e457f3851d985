#include "services/inventory/orders/order_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/db/in_parts.h"
#include "google/protobuf/util/json_util.h"
#include "services/inventory/orders/order_balance.h"
#include "services/inventory/orders/order_rows_store.h"
#include "services/inventory/orders/order_totals.h"
#include "storeops/inventory/v1/location.pb.h"

namespace storeops::inventory {
namespace {

constexpr char kSelect[] = "SELECT id, version, content FROM orders ";

void SortUnique(std::vector<int64_t>& ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
}

}  // namespace

void SetBookkeeping(int64_t id, int64_t version, v1::Order& order) {
  order.set_name(absl::StrCat("orders/", id));
  order.set_etag(absl::StrCat(version));
}

absl::Status ToOrders(const db::Rows& rows, std::vector<StoredOrder>& orders) {
  for (size_t i = 0; i < rows.size(); ++i) {
    StoredOrder stored{rows.Int(i, 0), rows.Int(i, 1), {}};
    if (!stored.order.ParseFromString(rows.Text(i, 2))) return absl::DataLossError("an order cannot be read");
    SetBookkeeping(stored.id, stored.version, stored.order);
    // Written by a version before this field.
    if (!stored.order.has_balance_due()) ShowBalance(stored.order);
    orders.push_back(std::move(stored));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredOrder>> LoadOrders(db::Session& session, std::vector<int64_t> ids, bool lock) {
  SortUnique(ids);
  std::vector<StoredOrder> orders;
  RETURN_IF_ERROR(db::InParts(ids, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows, session.Query(absl::StrCat(kSelect, "WHERE id IN (", marks, ") ORDER BY id",
                                                                     lock ? " FOR UPDATE" : ""),
                                                        absl::MakeConstSpan(values)));
    return ToOrders(rows, orders);
  }));
  return orders;
}

absl::StatusOr<std::vector<StoredOrder>> ReadOrders(db::Database& database, std::vector<int64_t> ids,
                                                    absl::Time deadline) {
  SortUnique(ids);
  std::vector<StoredOrder> orders;
  RETURN_IF_ERROR(db::InParts(ids, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows,
                     database.Query(deadline, absl::StrCat(kSelect, "WHERE id IN (", marks, ") ORDER BY id"),
                                    absl::MakeConstSpan(values)));
    return ToOrders(rows, orders);
  }));
  return orders;
}

absl::StatusOr<std::vector<StoredOrder>> ScanOrders(db::Database& database, int64_t after, int limit,
                                                    absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline, absl::StrCat(kSelect, "WHERE id > ? ORDER BY id LIMIT ?"), {after, limit}));
  std::vector<StoredOrder> orders;
  RETURN_IF_ERROR(ToOrders(rows, orders));
  return orders;
}

absl::Status InsertOrders(db::Session& session, absl::Span<const StoredOrder* const> orders) {
  OrderRows rows;
  for (const StoredOrder* stored : orders) rows.Add(*stored);
  return rows.Insert(session);
}

absl::Status UpdateOrder(db::Session& session, const v1::Order& before, const StoredOrder& after) {
  return RewriteOrder(session, before, after);
}

absl::StatusOr<int> FillBalances(db::Session& session, int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT id, version, content FROM orders FORCE INDEX (by_balance_due) WHERE "
                                 "balance_due_minor IS NULL LIMIT ? FOR UPDATE",
                                 {limit}));
  std::vector<StoredOrder> orders;
  RETURN_IF_ERROR(ToOrders(rows, orders));
  for (const StoredOrder& stored : orders) {
    RETURN_IF_ERROR(session
                        .Execute("UPDATE orders SET balance_due_minor = ? WHERE id = ?",
                                 {Minor(stored.order.balance_due()), stored.id})
                        .status());
  }
  return static_cast<int>(orders.size());
}

absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> FindByReference(db::Session& session,
                                                                          const std::vector<std::string>& references) {
  absl::flat_hash_map<std::string, int64_t> ids;
  RETURN_IF_ERROR(db::InParts(references, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows, session.Query(absl::StrCat("SELECT external_reference, id FROM orders "
                                                                     "WHERE external_reference IN (",
                                                                     marks, ")"),
                                                        absl::MakeConstSpan(values)));
    for (size_t i = 0; i < rows.size(); ++i) ids[rows.Text(i, 0)] = rows.Int(i, 1);
    return absl::OkStatus();
  }));
  return ids;
}

absl::StatusOr<absl::flat_hash_map<std::string, int64_t>> CountRecentOrders(db::Database& database,
                                                                            const std::vector<std::string>& customers,
                                                                            absl::Time since, absl::Time deadline) {
  absl::flat_hash_map<std::string, int64_t> counts;
  RETURN_IF_ERROR(db::InParts(customers, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    values.emplace_back(since);
    ASSIGN_OR_RETURN(const db::Rows rows,
                     database.Query(deadline,
                                    absl::StrCat("SELECT customer, COUNT(*) FROM orders WHERE customer IN (", marks,
                                                 ") AND place_time >= ? GROUP BY customer"),
                                    absl::MakeConstSpan(values)));
    for (size_t i = 0; i < rows.size(); ++i) counts[rows.Text(i, 0)] = rows.Int(i, 1);
    return absl::OkStatus();
  }));
  return counts;
}

absl::StatusOr<std::vector<int64_t>> FindExpired(db::Database& database, absl::Time now, int limit,
                                                 absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT id FROM orders WHERE expire_time <= ? AND settle_time IS NULL "
                                  "ORDER BY expire_time LIMIT ?",
                                  {now, limit}));
  return Ids(rows);
}

absl::StatusOr<std::vector<int64_t>> FindUnsettled(db::Database& database, absl::Time now, int64_t after, int limit,
                                                   absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline, "SELECT id FROM orders WHERE settle_time <= ? AND id > ? ORDER BY id LIMIT ?",
                     {now, after, limit}));
  return Ids(rows);
}

absl::Status SumAllocations(db::Session& session,
                            const std::function<void(const std::string&, int64_t, int64_t)>& take) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT sku, location_id, SUM(quantity) FROM order_allocations "
                                                      "GROUP BY sku, location_id"));
  for (size_t i = 0; i < rows.size(); ++i) take(rows.Text(i, 0), rows.Int(i, 1), rows.Int(i, 2));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<ShippingLocation>> ReadShippingLocations(db::Session& session) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT id, address, coordinates FROM locations "
                                 "WHERE ships_orders = 1 AND delete_time IS NULL ORDER BY priority, id"));
  std::vector<ShippingLocation> locations;
  for (size_t i = 0; i < rows.size(); ++i) {
    ShippingLocation location{rows.Int(i, 0), "", std::nullopt};
    v1::Location::Address address;
    v1::Location::Coordinates coordinates;
    if (!rows.Null(i, 1) && google::protobuf::util::JsonStringToMessage(rows.Text(i, 1), &address).ok()) {
      location.country = address.country();
    }
    if (!rows.Null(i, 2) && google::protobuf::util::JsonStringToMessage(rows.Text(i, 2), &coordinates).ok()) {
      location.place = Place{coordinates.latitude(), coordinates.longitude()};
    }
    locations.push_back(std::move(location));
  }
  return locations;
}

}  // namespace storeops::inventory
