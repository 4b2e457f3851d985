#include "services/inventory/orders/order_book.h"

#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

TEST(OrderBookTest, RefundsOfTheParts) {
  LineFacts facts;
  facts.ordered = 3;
  facts.paid_minor = 1'000;
  int64_t sum = 0;
  for (; facts.returned < facts.ordered; ++facts.returned) sum += RefundFor(facts, 1);
  EXPECT_EQ(sum, 1'000);
  facts.returned = 0;
  EXPECT_EQ(RefundFor(facts, 1), 333);
  EXPECT_EQ(RefundFor(facts, 2), 666);
  EXPECT_EQ(RefundFor(facts, 9), 1'000);
}

TEST(OrderBookTest, FactsOfALine) {
  v1::Order order;
  order.set_name("orders/7");
  v1::OrderLine& line = *order.add_lines();
  line.set_number(4);
  line.set_sku("A");
  line.set_quantity(5);
  line.set_shipped_quantity(3);
  const auto facts = FactsOf(order, 4);
  ASSERT_TRUE(facts.ok());
  EXPECT_EQ(facts->shipped, 3);
  EXPECT_EQ(FactsOf(order, 1).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace storeops::inventory
