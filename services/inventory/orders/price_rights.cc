#include "services/inventory/orders/price_rights.h"

#include <algorithm>

#include "common/base/errors.h"
#include "google/protobuf/util/message_differencer.h"

namespace storeops::inventory {
namespace {

// For one piece that a price was stated for, others are not to be had at it.
bool IsMoreAtAStatedPrice(const v1::EditOrderRequest::LineChange& change, const v1::Order& order) {
  const auto line = std::find_if(order.lines().begin(), order.lines().end(), [&change](const v1::OrderLine& candidate) {
    return candidate.number() == change.number();
  });
  if (line == order.lines().end() || change.quantity() <= line->quantity()) return false;
  return line->price_source() == kStatedPrice || line->price_source() == kReturnedPrice;
}

bool StatesPrices(const v1::EditOrderRequest& request, const v1::Order& order) {
  using google::protobuf::util::MessageDifferencer;
  if (request.has_shipping_charge() &&
      !MessageDifferencer::Equals(request.shipping_charge(), order.shipping_charge())) {
    return true;
  }
  return std::any_of(request.lines().begin(), request.lines().end(), [&order](const auto& change) {
    return change.has_unit_price() || IsMoreAtAStatedPrice(change, order);
  });
}

}  // namespace

absl::Status CheckMayStatePrices(const rpc::Principal& caller) {
  return caller.Has(kSetPrices) ? absl::OkStatus() : PermissionMissing(kSetPrices);
}

absl::Status CheckMayEdit(const rpc::Principal& caller, const v1::EditOrderRequest& request, const v1::Order& order) {
  return StatesPrices(request, order) ? CheckMayStatePrices(caller) : absl::OkStatus();
}

}  // namespace storeops::inventory
