#include "services/inventory/purchasing/purchase_order_store.h"

#include "absl/container/btree_map.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {

absl::Status InsertOrderLines(db::Session& session, int64_t order_id, int64_t location_id,
                              const v1::PurchaseOrder& order) {
  std::vector<db::Value> values;
  for (const auto& item : order.items()) {
    ASSIGN_OR_RETURN(const absl::Time expected, ParseDay(item.expected_date(), "expected_date"));
    values.insert(values.end(), {order_id, item.sku(), order.supplier(), location_id, item.ordered(), 0, 0, expected,
                                 FromTimestamp(order.send_time())});
  }
  return session.InsertRows(
      "purchase_order_lines (purchase_order_id, sku, supplier, location_id, ordered, received, damaged, expected_date, "
      "send_time)",
      9, values);
}

absl::Status UpdateOrderLines(db::Session& session, int64_t order_id, const v1::PurchaseOrder& before,
                              const v1::PurchaseOrder& after, absl::Time now) {
  for (int i = 0; i < after.items_size(); ++i) {
    const auto& item = after.items(i);
    if (item.received() == before.items(i).received()) continue;
    // Only sound pieces make an item full.
    const bool full = item.received() - item.damaged() >= item.ordered();
    RETURN_IF_ERROR(
        session
            .Execute("UPDATE purchase_order_lines SET received = ?, damaged = ?, "
                     "full_time = COALESCE(full_time, ?) WHERE purchase_order_id = ? AND sku = ?",
                     {item.received(), item.damaged(), full ? db::Value(now) : db::Value(), order_id, item.sku()})
            .status());
  }
  return absl::OkStatus();
}

absl::Status EndOrderLines(db::Session& session, int64_t order_id, absl::Time now) {
  return session.Execute("UPDATE purchase_order_lines SET end_time = ? WHERE purchase_order_id = ?", {now, order_id})
      .status();
}

absl::Status DeleteOrderLines(db::Session& session, int64_t order_id) {
  return session.Execute("DELETE FROM purchase_order_lines WHERE purchase_order_id = ?", {order_id}).status();
}

absl::Status InsertReceiptLines(db::Session& session, int64_t receipt_id, const v1::PurchaseReceipt& receipt,
                                absl::Time send_time) {
  struct Pieces {
    int64_t received = 0;
    int64_t damaged = 0;
  };
  absl::btree_map<std::string, Pieces> by_sku;
  for (const auto& item : receipt.items()) {
    Pieces& pieces = by_sku[item.sku()];
    pieces.received += item.quantity() + item.damaged();
    pieces.damaged += item.damaged();
  }
  const int64_t lead_time_s = absl::ToInt64Seconds(FromTimestamp(receipt.arrive_time()) - send_time);
  std::vector<db::Value> values;
  for (const auto& [sku, pieces] : by_sku) {
    values.insert(values.end(),
                  {receipt_id, sku, receipt.supplier(), send_time, pieces.received, pieces.damaged, lead_time_s});
  }
  return session.InsertRows(
      "purchase_receipt_lines (receipt_id, sku, supplier, send_time, received, damaged, lead_time_s)", 7, values);
}

}  // namespace storeops::inventory
