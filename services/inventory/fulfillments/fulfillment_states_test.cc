#include "services/inventory/fulfillments/fulfillment_states.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {
namespace {

using v1::OrderFulfillment;
using enum FulfillmentAction;

constexpr FulfillmentAction kActions[] = {kPack, kShip, kTrack, kDeliver, kCancel};

// Written down by itself: where each action leads from each status, in the order of kActions.
const std::map<std::string, std::string> kMatrix = {
    {"PICKING", "PACKED SHIPPED - - CANCELLED"},
    {"PACKED", "- SHIPPED - - CANCELLED"},
    {"SHIPPED", "- - SHIPPED DELIVERED -"},
    {"DELIVERED", "- - DELIVERED - -"},
    {"CANCELLED", "- - - - -"},
};

TEST(FulfillmentStatesTest, EveryActionFromEveryStatus) {
  for (int status = OrderFulfillment::PICKING; status <= OrderFulfillment::CANCELLED; ++status) {
    std::vector<std::string> reached;
    for (const FulfillmentAction action : kActions) {
      OrderFulfillment fulfillment;
      fulfillment.set_status(static_cast<OrderFulfillment::Status>(status));
      const absl::Status result = Act(action, fulfillment);
      if (!result.ok()) EXPECT_EQ(result.code(), absl::StatusCode::kFailedPrecondition);
      reached.push_back(result.ok() ? OrderFulfillment::Status_Name(fulfillment.status()) : "-");
    }
    const std::string& name = OrderFulfillment::Status_Name(static_cast<OrderFulfillment::Status>(status));
    EXPECT_EQ(absl::StrJoin(reached, " "), kMatrix.at(name)) << name;
  }
}

TEST(FulfillmentStatesTest, ActionsAreRpcs) {
  const auto* service =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName("storeops.inventory.v1.OrderService");
  ASSERT_NE(service, nullptr);
  for (const FulfillmentAction action : kActions) {
    EXPECT_NE(service->FindMethodByName(std::string(ActionName(action))), nullptr) << ActionName(action);
  }
}

}  // namespace
}  // namespace storeops::inventory
