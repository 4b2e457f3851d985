#include "services/inventory/fulfillments/fulfillment_actions.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/inventory/fulfillments/fulfillment_states.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using v1::CreateFulfillmentRequest;
using v1::Order;
using v1::OrderAllocation;
using v1::OrderFulfillment;
using v1::OrderLine;

bool StillToLeave(const OrderFulfillment& fulfillment) {
  return fulfillment.status() == OrderFulfillment::PICKING || fulfillment.status() == OrderFulfillment::PACKED;
}

std::string FirstFreeLocation(const Order& order) {
  for (const OrderLine& line : order.lines()) {
    for (const OrderAllocation& allocation : line.allocations()) {
      if (FreePieces(order, line, allocation.location()) > 0) return allocation.location();
    }
  }
  return "";
}

// Those that are free and can leave: units on their way wait for another fulfilment, expired ones for other stock.
void PickAll(OrderEdit& edit, OrderFulfillment& fulfillment) {
  const int64_t location = ParseLocation(fulfillment.location(), "").value_or(0);
  std::map<std::string, int64_t> there;
  for (const OrderLine& line : edit.order().lines()) {
    const auto entry = there.try_emplace(line.sku(), 0);
    if (entry.second) {
      entry.first->second = edit.transaction().stock().Shippable({line.sku(), location});
    }
    const int64_t pieces = std::min(FreePieces(edit.order(), line, fulfillment.location()), entry.first->second);
    if (pieces <= 0) continue;
    entry.first->second -= pieces;
    OrderFulfillment::Line& picked = *fulfillment.add_lines();
    picked.set_line(line.number());
    picked.set_quantity(pieces);
  }
}

absl::Status PickStated(const Order& order, const CreateFulfillmentRequest& request, OrderFulfillment& fulfillment) {
  std::vector<FieldViolation> violations;
  std::map<int32_t, int64_t> sums;
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& wanted = request.lines(i);
    const std::string field = absl::StrCat("lines[", i, "]");
    if (wanted.line() > order.lines_size()) {
      violations.push_back({field + ".line", "is no line of the order"});
      continue;
    }
    const OrderLine& line = order.lines(wanted.line() - 1);
    const int64_t free = FreePieces(order, line, fulfillment.location());
    if ((sums[wanted.line()] += wanted.quantity()) > free) {
      violations.push_back({field + ".quantity", absl::StrCat("only ", free, " pieces are promised at ",
                                                              fulfillment.location(), " and in no fulfilment")});
    }
  }
  if (!violations.empty()) return InvalidFields(violations);
  for (const auto& [number, quantity] : sums) {
    OrderFulfillment::Line& picked = *fulfillment.add_lines();
    picked.set_line(number);
    picked.set_quantity(quantity);
  }
  return absl::OkStatus();
}

void TakeOff(int64_t quantity, const std::string& location, OrderLine& line) {
  auto& allocations = *line.mutable_allocations();
  for (int i = 0; i < allocations.size(); ++i) {
    OrderAllocation& allocation = allocations[i];
    if (allocation.location() != location) continue;
    const int64_t left = allocation.quantity() - quantity;
    allocation.set_quantity(left);
    allocation.set_backordered(std::min(allocation.backordered(), left));
    allocation.set_preordered(std::min(allocation.preordered(), left - allocation.backordered()));
    if (left == 0) allocations.DeleteSubrange(i, 1);
    return;
  }
}

}  // namespace

absl::StatusOr<OrderFulfillment*> FindFulfillment(Order& order, int32_t number) {
  if (number > 0 && number <= order.fulfillments_size()) return order.mutable_fulfillments(number - 1);
  return ResourceNotFound("inventory.storeops/OrderFulfillment", absl::StrCat(order.name(), "/fulfillments/", number));
}

absl::Status CheckNotOnHold(const Order& order) {
  std::string reasons;
  for (const v1::OrderHold& hold : order.holds()) {
    if (hold.has_release_time()) continue;
    absl::StrAppend(&reasons, reasons.empty() ? "" : "; ", v1::OrderHold::Reason_Name(hold.reason()),
                    hold.note().empty() ? "" : ": ", hold.note());
  }
  if (reasons.empty()) return absl::OkStatus();
  return PreconditionFailed(order_states::kNotOnHold.reason, order.name(),
                            absl::StrCat(order.name(), " is on hold (", reasons, ")"));
}

int64_t FreePieces(const Order& order, const OrderLine& line, const std::string& location) {
  int64_t pieces = 0;
  for (const OrderAllocation& allocation : line.allocations()) {
    if (allocation.location() == location) pieces += allocation.quantity();
  }
  for (const OrderFulfillment& fulfillment : order.fulfillments()) {
    if (!StillToLeave(fulfillment) || fulfillment.location() != location) continue;
    for (const OrderFulfillment::Line& picked : fulfillment.lines()) {
      if (picked.line() == line.number()) pieces -= picked.quantity();
    }
  }
  return pieces;
}

absl::Status CreateFulfillment(OrderEdit& edit, const CreateFulfillmentRequest& request) {
  Order& order = edit.order();
  RETURN_IF_ERROR(kOrderStates.Check(order, OrderAction::kFulfill));
  RETURN_IF_ERROR(CheckNotOnHold(order));
  if (order.fulfillments_size() >= kMaxFulfillments) {
    return PreconditionFailed("TOO_MANY_FULFILLMENTS", order.name(),
                              absl::StrCat("an order has at most ", kMaxFulfillments, " fulfilments"));
  }
  OrderFulfillment fulfillment;
  fulfillment.set_location(request.location().empty() ? FirstFreeLocation(order) : request.location());
  if (request.lines().empty()) {
    PickAll(edit, fulfillment);
  } else {
    RETURN_IF_ERROR(PickStated(order, request, fulfillment));
  }
  if (fulfillment.lines().empty()) {
    return PreconditionFailed("NOTHING_TO_FULFILL", order.name(),
                              absl::StrCat("no pieces of ", order.name(), " wait to be picked",
                                           fulfillment.location().empty() ? "" : " at ", fulfillment.location()));
  }
  fulfillment.set_name(kFulfillmentNames.Format({order.fulfillments_size() + 1, edit.id()}));
  fulfillment.set_status(OrderFulfillment::PICKING);
  *fulfillment.mutable_create_time() = ToTimestamp(edit.now());
  *order.add_fulfillments() = std::move(fulfillment);
  return absl::OkStatus();
}

absl::Status PackFulfillment(OrderEdit& edit, int32_t number, int64_t weight_grams) {
  ASSIGN_OR_RETURN(OrderFulfillment * fulfillment, FindFulfillment(edit.order(), number));
  RETURN_IF_ERROR(kFulfillmentStates.Move(FulfillmentAction::kPack, *fulfillment));
  RETURN_IF_ERROR(CheckNotOnHold(edit.order()));
  fulfillment->set_weight_grams(weight_grams);
  *fulfillment->mutable_pack_time() = ToTimestamp(edit.now());
  return absl::OkStatus();
}

absl::Status ShipFulfillment(OrderEdit& edit, int32_t number, const v1::ShipFulfillmentRequest& request) {
  Order& order = edit.order();
  ASSIGN_OR_RETURN(OrderFulfillment * fulfillment, FindFulfillment(order, number));
  RETURN_IF_ERROR(kFulfillmentStates.Move(FulfillmentAction::kShip, *fulfillment));
  RETURN_IF_ERROR(CheckNotOnHold(order));
  fulfillment->set_carrier(request.carrier());
  fulfillment->set_tracking_number(request.tracking_number());
  fulfillment->set_tracking_url(request.tracking_url());
  *fulfillment->mutable_ship_time() = ToTimestamp(edit.now());
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(fulfillment->location(), "location"));
  std::vector<Movement> movements;
  for (const OrderFulfillment::Line& picked : fulfillment->lines()) {
    OrderLine& line = *order.mutable_lines(picked.line() - 1);
    TakeOff(picked.quantity(), fulfillment->location(), line);
    line.set_shipped_quantity(line.shipped_quantity() + picked.quantity());
    movements.push_back(Ship({line.sku(), location}, picked.quantity(), picked.quantity()));
  }
  return edit.Move(movements);
}

absl::Status AddTrackingEvent(OrderEdit& edit, int32_t number, const v1::OrderTrackingEvent& event) {
  ASSIGN_OR_RETURN(OrderFulfillment * fulfillment, FindFulfillment(edit.order(), number));
  RETURN_IF_ERROR(kFulfillmentStates.Move(FulfillmentAction::kTrack, *fulfillment));
  v1::OrderTrackingEvent added = event;
  if (!added.has_time()) *added.mutable_time() = ToTimestamp(edit.now());
  auto& events = *fulfillment->mutable_events();
  for (const v1::OrderTrackingEvent& present : events) {
    if (google::protobuf::util::MessageDifferencer::Equals(present, added)) return absl::OkStatus();
  }
  if (events.size() >= kMaxTrackingEvents) {
    return PreconditionFailed("TOO_MANY_EVENTS", fulfillment->name(),
                              absl::StrCat("a fulfilment has at most ", kMaxTrackingEvents, " tracking events"));
  }
  *events.Add() = std::move(added);
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return FromTimestamp(a.time()) < FromTimestamp(b.time()); });
  return absl::OkStatus();
}

absl::Status DeliverFulfillment(OrderEdit& edit, int32_t number, absl::Time time) {
  ASSIGN_OR_RETURN(OrderFulfillment * fulfillment, FindFulfillment(edit.order(), number));
  RETURN_IF_ERROR(kFulfillmentStates.Move(FulfillmentAction::kDeliver, *fulfillment));
  *fulfillment->mutable_deliver_time() = ToTimestamp(time);
  return absl::OkStatus();
}

absl::Status CancelFulfillment(OrderEdit& edit, int32_t number) {
  ASSIGN_OR_RETURN(OrderFulfillment * fulfillment, FindFulfillment(edit.order(), number));
  return kFulfillmentStates.Move(FulfillmentAction::kCancel, *fulfillment);
}

}  // namespace storeops::inventory
