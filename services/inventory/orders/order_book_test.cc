#include "services/inventory/orders/order_book.h"

#include "gtest/gtest.h"
#include "services/inventory/orders/order_totals.h"

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

TEST(OrderBookTest, ClaimedAndCancelledPiecesHaveHadTheirShare) {
  LineFacts facts;
  facts.ordered = 6;
  facts.paid_minor = 1'000;
  int64_t sum = 0;
  for (int64_t* gone :
       {&facts.cancelled, &facts.claimed, &facts.returned, &facts.claimed, &facts.returned, &facts.cancelled}) {
    sum += RefundFor(facts, 1);
    ++*gone;
  }
  EXPECT_EQ(sum, 1'000);
  EXPECT_EQ(RefundFor(facts, 1), 0);
}

TEST(OrderBookTest, TheOrdersDiscountIsSharedByItsLines) {
  v1::Order order;
  order.set_name("orders/7");
  order.set_currency("EUR");
  for (const int64_t total : {333, 333, 334}) {
    v1::OrderLine& line = *order.add_lines();
    line.set_number(order.lines_size());
    line.set_quantity(1);
    SetMinor(total, "EUR", line.mutable_unit_price());
  }
  SetMinor(100, "EUR", order.mutable_discount());
  ASSERT_TRUE(ComputeTotals(order).ok());
  int64_t paid = 0;
  for (int line = 1; line <= 3; ++line) paid += FactsOf(order, line)->paid_minor;
  EXPECT_EQ(paid, 900);
  EXPECT_EQ(FactsOf(order, 1)->paid_minor, 300);
}

TEST(OrderBookTest, WhatCanBeReturned) {
  v1::OrderLine line;
  line.set_quantity(10);
  line.set_shipped_quantity(7);
  line.set_returned_quantity(1);
  line.set_returning_quantity(2);
  line.set_claimed_quantity(3);
  EXPECT_EQ(Returnable(line), 1);
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
