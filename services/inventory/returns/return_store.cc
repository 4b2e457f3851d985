#include "services/inventory/returns/return_store.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {

absl::Status WriteReturnItems(db::Session& session, int64_t return_id, int64_t order_id, const v1::Return& ret) {
  std::vector<db::Value> values;
  for (const v1::Return::Item& item : ret.items()) {
    values.insert(values.end(), {return_id, item.number(), order_id, item.order_line(), item.sku(),
                                 static_cast<int>(item.reason()), item.requested_quantity(), item.open_quantity(),
                                 item.received_quantity(), item.settled_quantity(), FromTimestamp(ret.create_time())});
  }
  return session.InsertRows(
      "order_return_items (return_id, number, order_id, order_line, sku, reason, requested_quantity, open_quantity, "
      "received_quantity, settled_quantity, create_time)",
      11, values,
      "ON DUPLICATE KEY UPDATE open_quantity = VALUES(open_quantity), received_quantity = VALUES(received_quantity), "
      "settled_quantity = VALUES(settled_quantity)");
}

std::vector<resource::FilterField> ReturnFilterFields() {
  constexpr char kWithin[] = "id IN (SELECT return_id FROM order_return_items WHERE ";
  return {{.path = "items.sku", .column = "sku", .table = "order_return_items", .within = kWithin},
          {.path = "items.reason", .column = "reason", .table = "order_return_items", .within = kWithin}};
}

absl::StatusOr<std::vector<ShippedLot>> ReadShippedLots(db::Session& session, const std::string& order) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT m.sku, m.lot, MAX(l.expire_date) FROM stock_movements m "
                    "LEFT JOIN stock_lots l ON l.sku = m.sku AND l.location_id = m.location_id AND l.lot = m.lot "
                    "AND l.bin = m.bin WHERE m.cause = ? AND m.type = ? GROUP BY m.sku, m.lot ORDER BY m.sku, m.lot",
                    {order, v1::StockMovement::SHIPPED}));
  std::vector<ShippedLot> lots;
  for (size_t i = 0; i < rows.size(); ++i) {
    lots.push_back({rows.Text(i, 0), rows.Text(i, 1), rows.Null(i, 2) ? absl::InfiniteFuture() : rows.Time(i, 2)});
  }
  return lots;
}

}  // namespace storeops::inventory
