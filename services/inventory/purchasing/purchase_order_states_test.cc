#include "services/inventory/purchasing/purchase_order_states.h"

#include <string>

#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using Order = v1::PurchaseOrder;
using enum PurchaseAction;

constexpr PurchaseAction kActions[] = {kSend, kReceivePart, kReceiveRest, kClose, kCancel};

// One row for each state, one letter for the state after each action in the order above; "-": refused.
TEST(PurchaseOrderStatesTest, EveryActionInEveryState) {
  struct Case {
    Order::State state;
    const char* after;
  };
  // Draft, Sent, Partly received, Received, cLosed, Cancelled.
  const std::string letters = "?DSPRLC";
  const Case cases[] = {
      {Order::STATE_UNSPECIFIED, "-----"}, {Order::DRAFT, "S---C"},    {Order::SENT, "-PR-C"},
      {Order::PARTLY_RECEIVED, "-PRL-"},   {Order::RECEIVED, "---L-"}, {Order::CLOSED, "-----"},
      {Order::CANCELLED, "-----"},
  };
  for (const Case& one : cases) {
    Order order;
    order.set_state(one.state);
    for (size_t i = 0; i < std::size(kActions); ++i) {
      const auto next = NextState(order, kActions[i]);
      EXPECT_EQ(next.ok() ? letters[*next] : '-', one.after[i])
          << Order::State_Name(one.state) << " " << PurchaseActionName(kActions[i]);
    }
  }
}

TEST(PurchaseOrderStatesTest, ARefusalSaysWhatIsAllowed) {
  Order order;
  order.set_name("purchaseOrders/7");
  order.set_state(Order::PARTLY_RECEIVED);
  EXPECT_THAT(DescribeStatus(NextState(order, kSend).status()),
              ::testing::AllOf(::testing::HasSubstr("ACTION_NOT_ALLOWED"),
                               ::testing::HasSubstr("allowed are ReceivePurchaseOrder, ClosePurchaseOrder")));
  order.set_state(Order::CLOSED);
  EXPECT_THAT(std::string(NextState(order, kSend).status().message()), ::testing::HasSubstr("allowed is nothing"));
}

}  // namespace
}  // namespace storeops::inventory
