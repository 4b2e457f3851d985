#include "services/inventory/orders/order_names.h"

#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

TEST(OrderNamesTest, Names) {
  EXPECT_EQ(OrderIdOf("orders/12"), 12);
  for (const char* wrong : {"", "orders/", "orders/0", "orders/-1", "order/12", "orders/12x", "orders/12/lines/1"}) {
    EXPECT_EQ(OrderIdOf(wrong), 0) << wrong;
  }
  int64_t order = 0;
  int32_t number = 0;
  ASSERT_TRUE(ParsePartName("orders/12/payments/3", "payments", &order, &number));
  EXPECT_EQ(order, 12);
  EXPECT_EQ(number, 3);
  for (const char* wrong : {"", "orders/12", "orders/12/lines/3", "orders/12/payments/0", "orders/x/payments/1",
                            "orders/12/payments/1/x"}) {
    EXPECT_FALSE(ParsePartName(wrong, "payments", &order, &number)) << wrong;
  }
}

}  // namespace
}  // namespace storeops::inventory
