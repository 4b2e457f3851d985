#include "services/inventory/orders/order_actions.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/orders/line_allocation.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/payments/payment_operations.h"

namespace storeops::inventory {
namespace {

using v1::CancelOrderRequest;
using v1::Order;
using v1::OrderFulfillment;
using v1::OrderHold;

void CancelFulfillments(Order& order) {
  for (OrderFulfillment& fulfillment : *order.mutable_fulfillments()) {
    if (fulfillment.status() == OrderFulfillment::PICKING || fulfillment.status() == OrderFulfillment::PACKED) {
      fulfillment.set_status(OrderFulfillment::CANCELLED);
    }
  }
}

// Pieces given back go on hold for a look, as far as they are there.
std::vector<Movement> HoldReleased(const std::vector<Movement>& released, OrderTransaction& transaction) {
  std::vector<Movement> holds;
  std::map<StockKey, int64_t> freed;
  for (const Movement& movement : released) freed[movement.key] -= movement.reserved;
  for (const auto& [key, pieces] : freed) {
    const int64_t spare = transaction.stock().Level(key).counters.available() + pieces;
    const int64_t held = std::min(pieces, std::max<int64_t>(0, spare));
    if (held == 0) continue;
    holds.push_back(ChangeStatus(key, held, PiecePlace::kForSale, PiecePlace::kHeld));
    holds.back().reason = v1::INSPECTION;
  }
  return holds;
}

absl::Status GiveBack(OrderEdit& edit, CancelOrderRequest::Restock restock) {
  std::vector<Movement> movements;
  for (v1::OrderLine& line : *edit.order().mutable_lines()) {
    const int64_t open = OpenQuantity(line);
    ReleaseLine(open, "", line, movements);
    line.set_cancelled_quantity(line.cancelled_quantity() + open);
  }
  if (restock == CancelOrderRequest::INSPECT) {
    std::vector<Movement> holds = HoldReleased(movements, edit.transaction());
    std::move(holds.begin(), holds.end(), std::back_inserter(movements));
  }
  return edit.Move(movements);
}

bool Active(const OrderHold& hold) { return !hold.has_release_time(); }

}  // namespace

absl::Status CheckEtag(const Order& order, const std::string& etag) {
  if (etag.empty() || etag == order.etag()) return absl::OkStatus();
  return EtagMismatch(kOrderType, order.name(), order.etag());
}

absl::Status Confirm(OrderEdit& edit) { return Act(OrderAction::kConfirm, edit.now(), edit.order()); }

absl::Status Cancel(OrderEdit& edit, const std::string& reason, CancelOrderRequest::Restock restock,
                    CancelOrderRequest::Refund refund) {
  Order& order = edit.order();
  RETURN_IF_ERROR(CheckAllowed(order, OrderAction::kCancel));
  for (const v1::OrderLine& line : order.lines()) {
    if (line.shipped_quantity() == 0) continue;
    return PreconditionFailed("ORDER_PARTLY_SHIPPED", order.name(),
                              absl::StrCat("pieces of ", order.name(), " have left: they can be returned"));
  }
  RETURN_IF_ERROR(Act(OrderAction::kCancel, edit.now(), order));
  order.set_cancel_reason(reason);
  CancelFulfillments(order);
  order.set_keeps_payments(refund == CancelOrderRequest::NONE);
  if (!order.keeps_payments()) ReverseAll(edit.now(), "order cancelled", order);
  return GiveBack(edit, restock);
}

absl::Status Expire(OrderEdit& edit) {
  Order& order = edit.order();
  const bool due = order.has_expire_time() && FromTimestamp(order.expire_time()) <= edit.now();
  if (!due) return PreconditionFailed("NOT_DUE", order.name(), absl::StrCat(order.name(), " does not expire yet"));
  if (HasOpenOperation(order)) {
    return PreconditionFailed("PAYMENT_OPEN", order.name(), absl::StrCat("a payment of ", order.name(), " is open"));
  }
  RETURN_IF_ERROR(Act(OrderAction::kExpire, edit.now(), order));
  order.set_cancel_reason("not paid in time");
  ReverseAll(edit.now(), "order expired", order);
  return GiveBack(edit, CancelOrderRequest::GIVE_BACK);
}

void AddHold(OrderHold::Reason reason, const std::string& note, const std::string& creator, absl::Time now,
             Order& order) {
  OrderHold& hold = *order.add_holds();
  hold.set_reason(reason);
  hold.set_note(note);
  hold.set_creator(creator);
  *hold.mutable_create_time() = ToTimestamp(now);
}

absl::Status Hold(OrderEdit& edit, OrderHold::Reason reason, const std::string& note) {
  Order& order = edit.order();
  RETURN_IF_ERROR(Act(OrderAction::kHold, edit.now(), order));
  for (const OrderHold& hold : order.holds()) {
    if (Active(hold) && hold.reason() == reason && hold.note() == note) return absl::OkStatus();
  }
  if (order.holds_size() >= kMaxHolds) {
    return PreconditionFailed("TOO_MANY_HOLDS", order.name(),
                              absl::StrCat("an order has at most ", kMaxHolds, " holds"));
  }
  AddHold(reason, note, edit.actor(), edit.now(), order);
  return absl::OkStatus();
}

absl::Status ReleaseHold(OrderEdit& edit, OrderHold::Reason reason, const std::string& note) {
  Order& order = edit.order();
  RETURN_IF_ERROR(Act(OrderAction::kReleaseHold, edit.now(), order));
  bool any = false;
  for (OrderHold& hold : *order.mutable_holds()) {
    if (!Active(hold) || (reason != OrderHold::REASON_UNSPECIFIED && hold.reason() != reason)) continue;
    *hold.mutable_release_time() = ToTimestamp(edit.now());
    hold.set_releaser(edit.actor());
    hold.set_release_note(note);
    any = true;
  }
  if (any) return absl::OkStatus();
  return PreconditionFailed("NOT_ON_HOLD", order.name(), absl::StrCat(order.name(), " has no such hold"));
}

absl::Status AddNote(OrderEdit& edit, const std::string& text) {
  Order& order = edit.order();
  if (order.notes_size() >= kMaxNotes) {
    return PreconditionFailed("TOO_MANY_NOTES", order.name(),
                              absl::StrCat("an order has at most ", kMaxNotes, " notes"));
  }
  v1::OrderNote& note = *order.add_notes();
  note.set_text(text);
  note.set_author(edit.actor());
  *note.mutable_create_time() = ToTimestamp(edit.now());
  return absl::OkStatus();
}

}  // namespace storeops::inventory
