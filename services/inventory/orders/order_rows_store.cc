#include "services/inventory/orders/order_rows_store.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/inventory/orders/order_balance.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using google::protobuf::util::MessageDifferencer;
using v1::Order;
using v1::OrderFulfillment;
using v1::OrderLine;
using v1::OrderPayment;

constexpr size_t kOrderColumns = 22;
constexpr char kInsertOrders[] =
    "orders (id, version, create_time, update_time, place_time, status, payment_status, fulfillment_status, on_hold, "
    "historical, customer, channel, currency, total_minor, captured_minor, refunded_minor, balance_due_minor, "
    "external_reference, expire_time, ship_by_time, settle_time, content)";
constexpr size_t kLineColumns = 13;
constexpr char kInsertLines[] =
    "order_lines (order_id, number, sku, place_time, quantity, cancelled_quantity, shipped_quantity, "
    "returned_quantity, returning_quantity, claimed_quantity, unit_price_minor, total_minor, service)";
constexpr size_t kAllocationColumns = 5;
constexpr char kInsertAllocations[] = "order_allocations (order_id, number, location_id, sku, quantity)";
constexpr size_t kPaymentColumns = 9;
constexpr char kInsertPayments[] =
    "order_payments (order_id, number, status, provider, provider_reference, authorized_minor, captured_minor, "
    "refunded_minor, create_time)";
constexpr size_t kFulfillmentColumns = 8;
constexpr char kInsertFulfillments[] =
    "order_fulfillments (order_id, number, status, location_id, carrier, tracking_number, create_time, ship_time)";

// Somebody is still asking the provider before that.
constexpr absl::Duration kSettleAfter = absl::Minutes(2);

db::Value TimeOrNull(bool has, const google::protobuf::Timestamp& time) {
  return has ? db::Value(FromTimestamp(time)) : db::Value();
}

bool WaitsToBeSent(const Order& order) {
  return (order.status() == Order::PLACED || order.status() == Order::CONFIRMED) &&
         order.fulfillment_status() != Order::SHIPPED && order.fulfillment_status() != Order::DELIVERED &&
         order.fulfillment_status() != Order::NOTHING_TO_SEND;
}

db::Value SettleTime(const Order& order) {
  absl::Time first = absl::InfiniteFuture();
  for (const OrderPayment& payment : order.payments()) {
    if (payment.operations().empty()) continue;
    const auto& last = payment.operations(payment.operations_size() - 1);
    if (last.outcome() != OrderPayment::Operation::OPEN && last.outcome() != OrderPayment::Operation::UNKNOWN) continue;
    first = std::min(first, FromTimestamp(last.start_time()) + kSettleAfter);
  }
  return first == absl::InfiniteFuture() ? db::Value() : db::Value(first);
}

// All columns but id, version and create_time in the order of kInsertOrders.
std::vector<db::Value> Columns(const StoredOrder& stored) {
  const Order& order = stored.order;
  Order content = order;
  content.clear_name();
  content.clear_etag();
  return {FromTimestamp(order.update_time()),
          FromTimestamp(order.place_time()),
          order.status(),
          order.payment_status(),
          order.fulfillment_status(),
          order.on_hold(),
          order.historical(),
          order.customer(),
          order.channel(),
          order.currency(),
          Minor(order.total()),
          Minor(order.captured()),
          Minor(order.refunded()),
          order.has_balance_due() ? Minor(order.balance_due()) : BalanceDue(order),
          order.external_reference().empty() ? db::Value() : db::Value(order.external_reference()),
          TimeOrNull(order.has_expire_time(), order.expire_time()),
          TimeOrNull(order.has_ship_by_time() && WaitsToBeSent(order), order.ship_by_time()),
          SettleTime(order),
          content.SerializeAsString()};
}

void Append(std::vector<db::Value> row, std::vector<db::Value>& rows) {
  std::move(row.begin(), row.end(), std::back_inserter(rows));
}

std::vector<db::Value> LineRow(int64_t id, const Order& order, const OrderLine& line) {
  return {id,
          line.number(),
          line.sku(),
          FromTimestamp(order.place_time()),
          line.quantity(),
          line.cancelled_quantity(),
          line.shipped_quantity(),
          line.returned_quantity(),
          line.returning_quantity(),
          line.claimed_quantity(),
          Minor(line.unit_price()),
          Minor(line.total()),
          line.service()};
}

void AppendAllocations(int64_t id, const OrderLine& line, std::vector<db::Value>& rows) {
  for (const v1::OrderAllocation& allocation : line.allocations()) {
    Append({id, line.number(), ParseLocation(allocation.location(), "").value_or(0), line.sku(), allocation.quantity()},
           rows);
  }
}

void AppendPayment(int64_t id, int number, const OrderPayment& payment, std::vector<db::Value>& rows) {
  Append({id, number, payment.status(), payment.provider(), payment.provider_reference(), Minor(payment.authorized()),
          Minor(payment.captured()), Minor(payment.refunded()), FromTimestamp(payment.create_time())},
         rows);
}

template <class Part>
bool Same(const google::protobuf::RepeatedPtrField<Part>& before, int i, const Part& after) {
  return i < before.size() && MessageDifferencer::Equals(before[i], after);
}

bool SameAllocations(const Order& before, const Order& after) {
  if (before.lines_size() > after.lines_size()) return false;
  for (int i = 0; i < after.lines_size(); ++i) {
    const int held = i < before.lines_size() ? before.lines(i).allocations_size() : 0;
    if (held != after.lines(i).allocations_size()) return false;
    for (int k = 0; k < held; ++k) {
      if (!MessageDifferencer::Equals(before.lines(i).allocations(k), after.lines(i).allocations(k))) return false;
    }
  }
  return true;
}

absl::Status RewriteLines(db::Session& session, int64_t id, const Order& before, const Order& after) {
  std::vector<db::Value> lines, allocations;
  for (int i = 0; i < after.lines_size(); ++i) {
    if (!Same(before.lines(), i, after.lines(i))) Append(LineRow(id, after, after.lines(i)), lines);
    AppendAllocations(id, after.lines(i), allocations);
  }
  RETURN_IF_ERROR(session.InsertRows(kInsertLines, kLineColumns, lines,
                                     "ON DUPLICATE KEY UPDATE sku = VALUES(sku), quantity = VALUES(quantity), "
                                     "cancelled_quantity = VALUES(cancelled_quantity), "
                                     "shipped_quantity = VALUES(shipped_quantity), "
                                     "returned_quantity = VALUES(returned_quantity), "
                                     "returning_quantity = VALUES(returning_quantity), "
                                     "claimed_quantity = VALUES(claimed_quantity), "
                                     "unit_price_minor = VALUES(unit_price_minor), total_minor = VALUES(total_minor)"));
  if (SameAllocations(before, after)) return absl::OkStatus();
  RETURN_IF_ERROR(session.Execute("DELETE FROM order_allocations WHERE order_id = ?", {id}).status());
  return session.InsertRows(kInsertAllocations, kAllocationColumns, allocations);
}

absl::Status RewritePayments(db::Session& session, int64_t id, const Order& before, const Order& after) {
  std::vector<db::Value> rows;
  for (int i = 0; i < after.payments_size(); ++i) {
    if (!Same(before.payments(), i, after.payments(i))) AppendPayment(id, i + 1, after.payments(i), rows);
  }
  return session.InsertRows(kInsertPayments, kPaymentColumns, rows,
                            "ON DUPLICATE KEY UPDATE status = VALUES(status), "
                            "provider_reference = VALUES(provider_reference), "
                            "authorized_minor = VALUES(authorized_minor), captured_minor = VALUES(captured_minor), "
                            "refunded_minor = VALUES(refunded_minor)");
}

absl::Status RewriteFulfillments(db::Session& session, int64_t id, const Order& before, const Order& after) {
  std::vector<db::Value> rows;
  for (int i = 0; i < after.fulfillments_size(); ++i) {
    const OrderFulfillment& fulfillment = after.fulfillments(i);
    if (Same(before.fulfillments(), i, fulfillment)) continue;
    Append({id, i + 1, fulfillment.status(), ParseLocation(fulfillment.location(), "").value_or(0),
            fulfillment.carrier(), fulfillment.tracking_number(), FromTimestamp(fulfillment.create_time()),
            TimeOrNull(fulfillment.has_ship_time(), fulfillment.ship_time())},
           rows);
  }
  return session.InsertRows(kInsertFulfillments, kFulfillmentColumns, rows,
                            "ON DUPLICATE KEY UPDATE status = VALUES(status), carrier = VALUES(carrier), "
                            "tracking_number = VALUES(tracking_number), ship_time = VALUES(ship_time)");
}

}  // namespace

void OrderRows::Add(const StoredOrder& stored) {
  Append({stored.id, stored.version, FromTimestamp(stored.order.create_time())}, orders_);
  Append(Columns(stored), orders_);
  for (const OrderLine& line : stored.order.lines()) {
    Append(LineRow(stored.id, stored.order, line), lines_);
    AppendAllocations(stored.id, line, allocations_);
  }
  for (int i = 0; i < stored.order.payments_size(); ++i) {
    AppendPayment(stored.id, i + 1, stored.order.payments(i), payments_);
  }
}

absl::Status OrderRows::Insert(db::Session& session) const {
  RETURN_IF_ERROR(session.InsertRows(kInsertOrders, kOrderColumns, orders_));
  RETURN_IF_ERROR(session.InsertRows(kInsertLines, kLineColumns, lines_));
  RETURN_IF_ERROR(session.InsertRows(kInsertAllocations, kAllocationColumns, allocations_));
  return session.InsertRows(kInsertPayments, kPaymentColumns, payments_);
}

absl::Status RewriteOrder(db::Session& session, const Order& before, const StoredOrder& after) {
  std::vector<db::Value> values = {after.version};
  Append(Columns(after), values);
  values.emplace_back(after.id);
  RETURN_IF_ERROR(
      session
          .Execute(
              "UPDATE orders SET version = ?, update_time = ?, place_time = ?, status = ?, payment_status = ?, "
              "fulfillment_status = ?, on_hold = ?, historical = ?, customer = ?, channel = ?, currency = ?, "
              "total_minor = ?, captured_minor = ?, refunded_minor = ?, balance_due_minor = ?, external_reference = ?, "
              "expire_time = ?, "
              "ship_by_time = ?, settle_time = ?, content = ? WHERE id = ?",
              absl::MakeConstSpan(values))
          .status());
  RETURN_IF_ERROR(RewriteLines(session, after.id, before, after.order));
  RETURN_IF_ERROR(RewritePayments(session, after.id, before, after.order));
  return RewriteFulfillments(session, after.id, before, after.order);
}

}  // namespace storeops::inventory
