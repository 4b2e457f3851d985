#include "services/inventory/returns/return_rules.h"

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/returns/return_reception.h"
#include "services/inventory/returns/return_refund.h"

namespace storeops::inventory {
namespace {

using ::testing::ElementsAre;
using Refund = v1::Return::Refund;
using Operation = v1::OrderPayment::Operation;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  google::rpc::BadRequest request;
  GetDetail(status, &request);
  std::vector<std::string> fields;
  for (const auto& violation : request.field_violations()) fields.push_back(violation.field());
  return fields;
}

v1::RefundReturnRequest Request(int64_t amount, int64_t fee, int64_t shipping, const std::string& reason) {
  v1::RefundReturnRequest request;
  if (amount >= 0) *request.mutable_amount() = MoneyFromMinor(amount, "EUR");
  if (fee >= 0) *request.mutable_restocking_fee() = MoneyFromMinor(fee, "EUR");
  if (shipping >= 0) *request.mutable_shipping() = MoneyFromMinor(shipping, "EUR");
  request.set_reason(reason);
  return request;
}

TEST(ReturnRulesTest, WhatIsPaidBack) {
  const auto amount = [](const v1::RefundReturnRequest& request) {
    const auto refund = DecideRefund(request, "EUR", 1'000);
    return refund.ok() ? Minor(refund->amount()) : -1;
  };
  EXPECT_EQ(amount(Request(-1, -1, -1, "")), 1'000);
  EXPECT_EQ(amount(Request(-1, 100, 490, "opened")), 1'390);
  EXPECT_EQ(amount(Request(800, 100, -1, "used")), 700);
  EXPECT_EQ(amount(Request(-1, 1'000, -1, "ruined")), 0);
  EXPECT_EQ(amount(Request(0, -1, -1, "agreed")), 0);
  EXPECT_THAT(FieldsOf(DecideRefund(Request(-1, 1'001, -1, "x"), "EUR", 1'000).status()),
              ElementsAre("restocking_fee"));
  EXPECT_THAT(FieldsOf(DecideRefund(Request(5, -1, -1, ""), "EUR", 1'000).status()), ElementsAre("reason"));
  EXPECT_THAT(FieldsOf(DecideRefund(Request(5, -1, 1, "x"), "USD", 1'000).status()), ElementsAre("amount", "shipping"));
  auto below = Request(5, -1, -1, "x");
  *below.mutable_amount() = MoneyFromMinor(-5, "EUR");
  EXPECT_THAT(FieldsOf(DecideRefund(below, "EUR", 1'000).status()), ElementsAre("amount"));
}

TEST(ReturnRulesTest, TheLastShipmentOfALineCounts) {
  v1::Order order;
  for (const auto& [status, time, line] :
       std::vector<std::tuple<v1::OrderFulfillment::Status, int64_t, int>>{{v1::OrderFulfillment::SHIPPED, 100, 1},
                                                                           {v1::OrderFulfillment::DELIVERED, 200, 1},
                                                                           {v1::OrderFulfillment::CANCELLED, 300, 1},
                                                                           {v1::OrderFulfillment::SHIPPED, 400, 2}}) {
    auto& fulfillment = *order.add_fulfillments();
    fulfillment.set_status(status);
    *fulfillment.mutable_ship_time() = ToTimestamp(absl::FromUnixSeconds(time));
    fulfillment.add_lines()->set_line(line);
  }
  EXPECT_EQ(LastShipped(order, 1), absl::FromUnixSeconds(200));
  EXPECT_EQ(LastShipped(order, 3), absl::InfinitePast());
}

v1::Return Refunding() {
  v1::Return ret;
  ret.set_name("returns/3");
  ret.set_currency("EUR");
  ret.set_state(v1::Return::REFUNDING);
  SetMinor(1'000, "EUR", ret.add_items()->mutable_value());
  ret.add_refunds()->set_outcome(Refund::REFUSED);
  ret.add_refunds()->set_outcome(Refund::OPEN);
  return ret;
}

void Add(const std::string& key, int64_t amount, Operation::Outcome outcome, v1::Order& order) {
  auto& operation = *order.add_payments()->add_operations();
  operation.set_kind(Operation::REFUND);
  operation.set_idempotency_key(key);
  SetMinor(amount, "EUR", operation.mutable_amount());
  operation.set_outcome(outcome);
}

TEST(ReturnRulesTest, WhatTheProvidersSaidOfTheLastRefund) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  v1::Order order;
  Add("returns/3/refunds/1/1", 1'000, Operation::REFUSED, order);
  Add("returns/3/refunds/2/1", 600, Operation::DONE, order);
  Add("returns/3/refunds/2/2", 400, Operation::UNKNOWN, order);
  Add("returns/33/refunds/2/2", 400, Operation::DONE, order);
  v1::Return ret = Refunding();
  EXPECT_FALSE(*NoteRefund(order, now, ret));
  EXPECT_EQ(ret.state(), v1::Return::REFUNDING);
  auto& last = *order.mutable_payments(2)->mutable_operations(0);
  last.set_outcome(Operation::REFUSED);
  last.set_message("closed account");
  EXPECT_TRUE(*NoteRefund(order, now, ret));
  EXPECT_EQ(ret.state(), v1::Return::INSPECTED);
  EXPECT_EQ(Minor(ret.refunded()), 600);
  EXPECT_EQ(Minor(ret.refundable()), 400);
  EXPECT_EQ(ret.refunds(1).message(), "closed account");
  last.set_outcome(Operation::DONE);
  ret = Refunding();
  EXPECT_TRUE(*NoteRefund(order, now, ret));
  EXPECT_EQ(ret.state(), v1::Return::REFUNDED);
  EXPECT_EQ(Minor(ret.refunded()), 1'000);
  ret = Refunding();
  ret.set_replacement_order("orders/9");
  EXPECT_TRUE(*NoteRefund(order, now, ret));
  EXPECT_EQ(ret.state(), v1::Return::EXCHANGED);
}

v1::Return Received() {
  v1::Return ret;
  ret.set_name("returns/3");
  for (const char* lot : {"L1", "L2", ""}) {
    auto& item = *ret.add_items();
    item.set_number(ret.items_size());
    item.set_sku("A");
    auto& parcel = *item.add_parcels();
    parcel.set_location("locations/2");
    parcel.set_lot(lot);
    parcel.set_received(4);
  }
  *ret.mutable_items(1)->add_parcels() = ret.items(0).parcels(0);
  return ret;
}

TEST(ReturnRulesTest, EveryPieceIsFoundSomewhere) {
  v1::Return ret = Received();
  EXPECT_EQ(Uninspected(ret), 16);
  v1::InspectReturnRequest request;
  for (const int item : {1, 3}) {
    auto& finding = *request.add_items();
    finding.set_item(item);
    finding.set_restock(2);
    finding.set_damaged(1);
    finding.set_discard(1);
  }
  const auto movements = InspectGoods(request, ret);
  ASSERT_TRUE(movements.ok()) << movements.status();
  ASSERT_EQ(movements->size(), 6u);
  for (const Movement& movement : *movements) {
    EXPECT_TRUE(CheckMovement(movement).ok());
    EXPECT_EQ(movement.from, PiecePlace::kHeld);
  }
  EXPECT_EQ(movements->at(0).lot, "L1");
  EXPECT_FALSE(movements->at(0).unfiled);
  EXPECT_TRUE(movements->at(3).unfiled);
  EXPECT_EQ(movements->at(2).reason, v1::DISCARDED);
  EXPECT_EQ(Uninspected(ret), 8);
  EXPECT_EQ(ret.items(0).discarded_quantity(), 1);
}

TEST(ReturnRulesTest, AFindingNamesItsLotAndItsPieces) {
  const auto refusal = [](int item, int64_t restock, const std::string& lot) {
    v1::Return ret = Received();
    v1::InspectReturnRequest request;
    request.add_items()->set_item(item);
    request.mutable_items(0)->set_restock(restock);
    request.mutable_items(0)->set_lot(lot);
    return InspectGoods(request, ret).status();
  };
  EXPECT_THAT(FieldsOf(refusal(2, 1, "")), ElementsAre("items[0].lot"));
  EXPECT_TRUE(refusal(2, 4, "L1").ok());
  EXPECT_EQ(refusal(2, 5, "L1").code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(FieldsOf(refusal(4, 1, "")), ElementsAre("items[0].item"));
  EXPECT_THAT(FieldsOf(refusal(1, 0, "")), ElementsAre("items[0]"));
}

TEST(ReturnRulesTest, IsOpenUntilItsEnd) {
  const std::set<v1::Return::State> ended = {v1::Return::REJECTED, v1::Return::REFUNDED, v1::Return::EXCHANGED,
                                             v1::Return::CLOSED, v1::Return::CANCELLED};
  for (const auto& row : kReturnStates.rows) {
    v1::Return ret;
    ret.set_state(row.from);
    ASSERT_TRUE(Act(row.action, ret).ok());
    EXPECT_EQ(ret.state(), row.to);
    EXPECT_EQ(ret.open(), !ended.contains(row.to)) << v1::Return::State_Name(row.to);
  }
}

}  // namespace
}  // namespace storeops::inventory
