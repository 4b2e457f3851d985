#include "services/inventory/orders/order_names.h"

#include "gtest/gtest.h"
#include "storeops/inventory/v1/order.pb.h"

namespace storeops::inventory {
namespace {

TEST(OrderNamesTest, AreOfTheOrdersPattern) {
  EXPECT_EQ(kOrderNames.text(), resource::NamePattern::Of(*v1::Order::descriptor()).text());
  for (const auto& parts : {kOrderLineNames, kPaymentNames, kFulfillmentNames}) {
    EXPECT_EQ(parts.parent().text(), kOrderNames.text()) << parts.text();
  }
}

}  // namespace
}  // namespace storeops::inventory
