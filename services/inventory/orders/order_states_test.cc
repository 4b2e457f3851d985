#include "services/inventory/orders/order_states.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "storeops/inventory/v1/order_service.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif

namespace storeops::inventory {
namespace {

using v1::Order;
using enum OrderAction;

constexpr OrderAction kActions[] = {kConfirm, kComplete, kCancel, kExpire, kHold,      kReleaseHold,
                                    kEdit,    kFulfill,  kPay,    kRefund, kCancelRest};

// Written down by itself: where each action leads from each status, "-" for nowhere, in the order of kActions.
const std::map<std::string, std::string> kMatrix = {
    {"PLACED", "CONFIRMED - CANCELLED EXPIRED PLACED PLACED PLACED - PLACED PLACED -"},
    {"CONFIRMED", "- COMPLETED CANCELLED - CONFIRMED CONFIRMED CONFIRMED CONFIRMED CONFIRMED CONFIRMED CONFIRMED"},
    {"COMPLETED", "- - - - - - - - - COMPLETED -"},
    {"CANCELLED", "- - - - - - - - - CANCELLED -"},
    {"EXPIRED", "- - - - - - - - - EXPIRED -"},
};

Order OrderIn(Order::Status status) {
  Order order;
  order.set_name("orders/7");
  order.set_status(status);
  *order.mutable_expire_time() = ToTimestamp(absl::FromUnixSeconds(2'000'000'000));
  return order;
}

TEST(OrderStatesTest, EveryActionFromEveryStatus) {
  for (int status = Order::PLACED; status <= Order::EXPIRED; ++status) {
    std::vector<std::string> reached;
    for (const OrderAction action : kActions) {
      Order order = OrderIn(static_cast<Order::Status>(status));
      const absl::Status result = Act(action, absl::FromUnixSeconds(1'800'000'000), order);
      EXPECT_EQ(result.ok(), CheckAllowed(OrderIn(static_cast<Order::Status>(status)), action).ok());
      if (!result.ok()) EXPECT_EQ(result.code(), absl::StatusCode::kFailedPrecondition);
      reached.push_back(result.ok() ? Order::Status_Name(order.status()) : "-");
    }
    const std::string& name = Order::Status_Name(static_cast<Order::Status>(status));
    EXPECT_EQ(absl::StrJoin(reached, " "), kMatrix.at(name)) << name;
  }
}

TEST(OrderStatesTest, ARefusalSaysWhatIsAllowed) {
  const absl::Status refusal = CheckAllowed(OrderIn(Order::PLACED), kFulfill);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(refusal, &info));
  EXPECT_EQ(info.reason(), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(info.metadata().at("status"), "PLACED");
  EXPECT_EQ(info.metadata().at("allowed_actions"),
            "ConfirmOrder, CancelOrder, HoldOrder, ReleaseHold, EditOrder, AuthorizePayment, RefundPayment");
}

TEST(OrderStatesTest, AMethodIsToldOnce) {
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(CheckAllowed(OrderIn(Order::CONFIRMED), kConfirm), &info));
  EXPECT_EQ(info.metadata().at("allowed_actions"),
            "CancelOrder, HoldOrder, ReleaseHold, EditOrder, CreateFulfillment, AuthorizePayment, RefundPayment");
}

TEST(OrderStatesTest, ANewStatusHasItsTimeAndEndsTheWait) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  Order order = OrderIn(Order::PLACED);
  ASSERT_TRUE(Act(kHold, now, order).ok());
  EXPECT_TRUE(order.has_expire_time());
  ASSERT_TRUE(Act(kConfirm, now, order).ok());
  EXPECT_FALSE(order.has_expire_time());
  EXPECT_EQ(FromTimestamp(order.confirm_time()), now);
  ASSERT_TRUE(Act(kCancel, now, order).ok());
  EXPECT_EQ(FromTimestamp(order.cancel_time()), now);
}

TEST(OrderStatesTest, ActionsAreRpcs) {
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("storeops.inventory.v1.OrderService");
  ASSERT_NE(service, nullptr);
  for (const OrderAction action : kActions) {
    if (action == kComplete || action == kExpire) continue;
    EXPECT_NE(service->FindMethodByName(std::string(ActionName(action))), nullptr) << ActionName(action);
  }
}

}  // namespace
}  // namespace storeops::inventory
