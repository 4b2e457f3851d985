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
#include "services/inventory/orders/order_balance.h"
#include "services/inventory/orders/order_book.h"
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

enum class Services { kCancel, kKeep };

absl::Status GiveBack(OrderEdit& edit, CancelOrderRequest::Restock restock, Services services) {
  std::vector<Movement> movements;
  for (v1::OrderLine& line : *edit.order().mutable_lines()) {
    if (line.service() && services == Services::kKeep) continue;
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

// What the pieces cost that are not sent yet, by line.
absl::StatusOr<std::vector<RefundPart>> OpenParts(const Order& order) {
  std::vector<RefundPart> parts;
  for (const v1::OrderLine& line : order.lines()) {
    if (OpenQuantity(line) == 0 || line.service()) continue;
    ASSIGN_OR_RETURN(const LineFacts facts, FactsOf(order, line.number()));
    parts.push_back({line.number(), RefundFor(facts, OpenQuantity(line))});
  }
  return parts;
}

// Pays back what was paid beyond what is due now, for the first lines first.
absl::Status RefundOverpaid(OrderEdit& edit, std::vector<RefundPart> parts) {
  Order& order = edit.order();
  int64_t overpaid = Owed(order);
  for (RefundPart& part : parts) {
    part.amount_minor = std::min(overpaid, part.amount_minor);
    overpaid -= part.amount_minor;
  }
  std::erase_if(parts, [](const RefundPart& part) { return part.amount_minor == 0; });
  if (parts.empty()) return absl::OkStatus();
  return OpenRefunds(edit, RefundCause::kOverpaid, std::move(parts), "not sent",
                     absl::StrCat(order.name(), "/rest/", order.etag()));
}

absl::Status CancelRest(OrderEdit& edit, const Cancellation& cancellation) {
  Order& order = edit.order();
  ASSIGN_OR_RETURN(std::vector<RefundPart> parts, OpenParts(order));
  if (parts.empty()) {
    return PreconditionFailed(order_states::kSomeUnshipped.reason, order.name(),
                              absl::StrCat("all pieces of ", order.name(), " have left: they can be returned"));
  }
  RETURN_IF_ERROR(Act(OrderAction::kCancelRest, edit.now(), order));
  int64_t amount = 0;
  for (const RefundPart& part : parts) amount += part.amount_minor;
  SetMinor(Minor(order.cancelled_amount()) + amount, order.currency(), order.mutable_cancelled_amount());
  *order.mutable_cancel_time() = ToTimestamp(edit.now());
  order.set_cancel_reason(cancellation.reason);
  CancelFulfillments(order);
  if (cancellation.refund != CancelOrderRequest::NONE) RETURN_IF_ERROR(RefundOverpaid(edit, std::move(parts)));
  // What was sent had its postage and its wrapping.
  return GiveBack(edit, cancellation.restock, Services::kKeep);
}

bool Active(const OrderHold& hold) { return !hold.has_release_time(); }

}  // namespace

absl::Status CheckEtag(const Order& order, const std::string& etag) {
  if (etag.empty() || etag == order.etag()) return absl::OkStatus();
  return EtagMismatch(kOrderType, order.name(), order.etag());
}

absl::Status Confirm(OrderEdit& edit) { return Act(OrderAction::kConfirm, edit.now(), edit.order()); }

absl::Status Cancel(OrderEdit& edit, const Cancellation& cancellation) {
  Order& order = edit.order();
  RETURN_IF_ERROR(kOrderStates.Check(order, OrderAction::kCancel));
  const auto shipped = [](const v1::OrderLine& line) { return line.shipped_quantity() > 0; };
  if (std::any_of(order.lines().begin(), order.lines().end(), shipped)) {
    if (cancellation.rest) return CancelRest(edit, cancellation);
    return PreconditionFailed(order_states::kNothingShipped.reason, order.name(),
                              absl::StrCat("pieces of ", order.name(),
                                           " have left: they can be returned, and the rest "
                                           "be cancelled"));
  }
  RETURN_IF_ERROR(Act(OrderAction::kCancel, edit.now(), order));
  order.set_cancel_reason(cancellation.reason);
  CancelFulfillments(order);
  order.set_keeps_payments(cancellation.refund == CancelOrderRequest::NONE);
  if (!order.keeps_payments()) ReverseAll(edit.now(), "order cancelled", order);
  return GiveBack(edit, cancellation.restock, Services::kCancel);
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
  return GiveBack(edit, CancelOrderRequest::GIVE_BACK, Services::kCancel);
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
  return PreconditionFailed(order_states::kOnSuchHold.reason, order.name(),
                            absl::StrCat(order.name(), " has no such hold"));
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
