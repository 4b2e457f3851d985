#include "services/inventory/orders/order_draft.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/orders/order_actions.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/orders/price_rights.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderAddress;
using v1::PlaceOrderRequest;

constexpr absl::Duration kDefaultWindow = absl::Minutes(30);
constexpr absl::Duration kShortestWindow = absl::Minutes(1);
constexpr absl::Duration kLongestWindow = absl::Hours(24 * 90);
constexpr absl::Duration kShipWithin = absl::Hours(48);

void CheckAddress(const OrderAddress& address, const std::string& field, std::vector<FieldViolation>& violations) {
  if (address.has_latitude() == address.has_longitude()) return;
  violations.push_back({field + (address.has_latitude() ? ".longitude" : ".latitude"), "is required beside the other"});
}

void CheckAmount(const google::type::Money& money, const std::string& field, const std::string& currency,
                 std::vector<FieldViolation>& violations) {
  if (StatedMoney(money, field).In(currency, violations) < 0) violations.push_back({field, "must not be below 0"});
}

std::vector<FieldViolation> FindViolations(const PlaceOrderRequest& request) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& line = request.lines(i);
    if (!line.has_unit_price()) continue;
    CheckAmount(line.unit_price(), absl::StrCat("lines[", i, "].unit_price"), request.currency(), violations);
  }
  if (request.has_shipping_charge()) {
    CheckAmount(request.shipping_charge(), "shipping_charge", request.currency(), violations);
  }
  CheckAddress(request.shipping_address(), "shipping_address", violations);
  if (request.has_billing_address()) CheckAddress(request.billing_address(), "billing_address", violations);
  if (request.has_payment_window()) {
    const absl::Duration window = FromDurationProto(request.payment_window());
    if (window < kShortestWindow || window > kLongestWindow) {
      violations.push_back({"payment_window", "must be from 1 minute to 90 days"});
    }
  }
  return violations;
}

}  // namespace

absl::StatusOr<Order> DraftOrder(const rpc::Call& call, const PlaceOrderRequest& request) {
  const std::vector<FieldViolation> violations = FindViolations(request);
  if (!violations.empty()) return InvalidFields(violations);
  Order order;
  order.set_customer(request.customer());
  order.set_email(request.email());
  *order.mutable_shipping_address() = request.shipping_address();
  if (request.has_billing_address()) *order.mutable_billing_address() = request.billing_address();
  order.set_channel(request.channel());
  order.set_currency(request.currency());
  order.set_payment_terms(request.payment_terms() == Order::INVOICE ? Order::INVOICE : Order::PREPAID);
  *order.mutable_coupon_codes() = request.coupon_codes();
  order.set_external_reference(request.external_reference());
  if (request.has_shipping_charge()) *order.mutable_shipping_charge() = request.shipping_charge();
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& wanted = request.lines(i);
    v1::OrderLine& line = *order.add_lines();
    line.set_number(i + 1);
    line.set_sku(wanted.sku());
    line.set_title(wanted.title());
    line.set_quantity(wanted.quantity());
    line.set_tax_basis_points(wanted.tax_basis_points());
    if (!wanted.has_unit_price()) continue;
    RETURN_IF_ERROR(CheckMayStatePrices(call.principal));
    *line.mutable_unit_price() = wanted.unit_price();
    line.set_price_source(kStatedPrice);
  }
  return order;
}

void Begin(const PlaceOrderRequest& request, const std::vector<std::string>& hints, const std::string& actor,
           absl::Time now, Order& order) {
  *order.mutable_create_time() = ToTimestamp(now);
  *order.mutable_update_time() = order.create_time();
  *order.mutable_place_time() = order.create_time();
  order.set_status(Order::PLACED);
  if (order.payment_terms() == Order::PREPAID) {
    const bool given = request.has_payment_window();
    *order.mutable_expire_time() =
        ToTimestamp(now + (given ? FromDurationProto(request.payment_window()) : kDefaultWindow));
  }
  *order.mutable_ship_by_time() = request.has_ship_by_time() ? request.ship_by_time() : ToTimestamp(now + kShipWithin);
  if (!hints.empty()) AddHold(v1::OrderHold::FRAUD_SUSPICION, absl::StrJoin(hints, "; "), kRules, now, order);
  if (!request.note().empty()) {
    v1::OrderNote& note = *order.add_notes();
    note.set_text(request.note());
    note.set_author(actor);
    *note.mutable_create_time() = order.create_time();
  }
  Advance(now, order);
}

}  // namespace storeops::inventory
