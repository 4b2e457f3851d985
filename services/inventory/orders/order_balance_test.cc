#include "services/inventory/orders/order_balance.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/payments/payment_operations.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using v1::OrderPayment;
using Operation = OrderPayment::Operation;

const absl::Time kEditedAt = absl::FromUnixSeconds(1'800'000'000);

// An order of 200.00 EUR.
class OrderBalanceTest : public ::testing::Test {
 protected:
  OrderBalanceTest() {
    order_.set_name("orders/7");
    order_.set_currency("EUR");
    order_.set_status(Order::CONFIRMED);
    order_.add_lines()->set_quantity(1);  // waits to be sent
    Edit(20'000);
  }

  void Edit(int64_t total) {
    SetMinor(total, "EUR", order_.mutable_total());
    Advance(kEditedAt, order_);
  }
  void Pay(int64_t amount) {
    ASSERT_TRUE(BeginPayment({"manual", "", Euros(amount)}, NewKey(), kEditedAt, order_).ok());
    Settle();
    OrderPayment& payment = *order_.mutable_payments(order_.payments_size() - 1);
    ASSERT_TRUE(BeginOperation({Operation::CAPTURE, {}, NewKey(), "", 0}, kEditedAt, order_, payment).ok());
    Settle();
  }
  // No amount: what is proposed.
  void Begin(StatedMoney amount, bool for_returned_goods = false, int payment = 1) {
    NewOperation refund{Operation::REFUND, std::move(amount), NewKey(), "", 0};
    refund.for_returned_goods = for_returned_goods;
    ASSERT_TRUE(BeginOperation(refund, kEditedAt, order_, *order_.mutable_payments(payment - 1)).ok());
    Advance(kEditedAt, order_);
  }
  void Refund(StatedMoney amount, bool for_returned_goods = false, int payment = 1) {
    Begin(std::move(amount), for_returned_goods, payment);
    Settle();
  }
  void Settle() {
    for (OrderPayment& payment : *order_.mutable_payments()) {
      Operation* const open = OpenOperation(payment);
      if (open != nullptr) ASSERT_TRUE(Answer({true, "ref", ""}, kEditedAt, order_, {&payment, open}).ok());
    }
    Advance(kEditedAt, order_);
  }

  static StatedMoney Euros(int64_t cents) { return {MoneyFromMinor(cents, "EUR"), "amount"}; }
  std::string NewKey() { return absl::StrCat("key-", ++keys_); }
  int64_t Balance() const { return Minor(order_.balance_due()); }
  // "1: 10000, 2: 500"
  std::string Proposed() const {
    std::string text;
    for (const auto& refund : order_.proposed_refunds()) {
      const std::string number = refund.payment().substr(refund.payment().rfind('/') + 1);
      absl::StrAppend(&text, text.empty() ? "" : ", ", number, ": ", Minor(refund.amount()));
    }
    return text;
  }

  Order order_;
  int keys_ = 0;
};

TEST_F(OrderBalanceTest, WhatIsNotPaidIsDue) {
  EXPECT_EQ(Balance(), 20'000);
  Pay(5'000);
  EXPECT_EQ(Balance(), 15'000);
  EXPECT_EQ(Proposed(), "");
  Pay(15'000);
  EXPECT_EQ(Balance(), 0);
  EXPECT_EQ(order_.payment_status(), Order::PAID);
}

TEST_F(OrderBalanceTest, WhatIsPaidBeyondWhatIsDueIsOwed) {
  Pay(20'000);
  Edit(10'000);
  EXPECT_EQ(Balance(), -10'000);
  EXPECT_EQ(order_.payment_status(), Order::OVERPAID);
  EXPECT_EQ(Proposed(), "1: 10000");
  Refund(Euros(4'000));
  EXPECT_EQ(Balance(), -6'000);
  EXPECT_EQ(order_.payment_status(), Order::OVERPAID);
  Refund({});
  EXPECT_EQ(Balance(), 0);
  EXPECT_EQ(Minor(order_.refunded()), 10'000);
  EXPECT_EQ(order_.payment_status(), Order::PARTLY_REFUNDED);
  EXPECT_EQ(Proposed(), "");
}

TEST_F(OrderBalanceTest, WhatWasPaidBackIsDueAgainWhenTheOrderBecomesDearer) {
  Pay(20'000);
  Edit(10'000);
  Refund({});
  Edit(20'000);
  EXPECT_EQ(Balance(), 10'000);
  EXPECT_EQ(order_.payment_status(), Order::PARTLY_PAID);
  EXPECT_TRUE(IsUnpaid(order_));
  EXPECT_EQ(Chargeable(order_), 10'000);
  Pay(10'000);
  EXPECT_EQ(Balance(), 0);
}

TEST_F(OrderBalanceTest, GoodwillIsNotToBePaidAgain) {
  Pay(20'000);
  Refund(Euros(3'000));
  EXPECT_EQ(Balance(), 0);
  EXPECT_EQ(order_.payment_status(), Order::PARTLY_REFUNDED);
  EXPECT_EQ(Chargeable(order_), 0);
}

TEST_F(OrderBalanceTest, ARefundBeyondWhatIsOwedIsGoodwillAsFarAsItIs) {
  Pay(20'000);
  Edit(19'000);
  Refund(Euros(5'000));
  EXPECT_EQ(Minor(order_.payments(0).operations(2).overpayment()), 1'000);
  EXPECT_EQ(Balance(), 0);
}

TEST_F(OrderBalanceTest, MoneyForReturnedGoodsPaysBackNoOverpayment) {
  Pay(20'000);
  Edit(10'000);
  Refund(Euros(4'000), /*for_returned_goods=*/true);
  EXPECT_EQ(Balance(), -10'000);
  Order replacement;
  replacement.set_name("orders/8");
  replacement.set_currency("EUR");
  ASSERT_TRUE(PassOn(6'000, "exchange", NewKey(), kEditedAt, order_, replacement).ok());
  Advance(kEditedAt, order_);
  EXPECT_EQ(Balance(), -10'000);
  EXPECT_EQ(Proposed(), "1: 10000");
}

TEST_F(OrderBalanceTest, TheOldestPaymentsArePaidBackFirst) {
  Pay(6'000);
  Pay(14'000);
  Edit(5'000);
  EXPECT_EQ(Proposed(), "1: 6000, 2: 9000");
  Refund({});
  EXPECT_EQ(Proposed(), "2: 9000");
  Refund({}, false, 2);
  EXPECT_EQ(Balance(), 0);
}

TEST_F(OrderBalanceTest, WhatIsBeingPaidBackIsNotProposedAgain) {
  Pay(10'000);
  Pay(10'000);
  Edit(15'000);
  Begin(Euros(5'000));
  EXPECT_EQ(Balance(), -5'000);
  EXPECT_EQ(Proposed(), "");
  Settle();
  EXPECT_EQ(Balance(), 0);
}

TEST_F(OrderBalanceTest, NothingIsDueOfAnOrderThatEnded) {
  for (const auto status : {Order::CANCELLED, Order::EXPIRED}) {
    order_.clear_payments();
    order_.set_status(Order::CONFIRMED);
    Pay(8'000);
    order_.set_status(status);
    Advance(kEditedAt, order_);
    EXPECT_EQ(Balance(), -8'000);
    EXPECT_EQ(order_.payment_status(), Order::OVERPAID);
    EXPECT_EQ(Proposed(), "1: 8000");
    Refund({});
    EXPECT_EQ(Balance(), 0);
    EXPECT_EQ(order_.payment_status(), Order::REFUNDED);
  }
}

TEST_F(OrderBalanceTest, NoMoreIsOwedThanIsLeft) {
  Pay(20'000);
  Refund(Euros(3'000));
  order_.set_status(Order::CANCELLED);
  Advance(kEditedAt, order_);
  EXPECT_EQ(Balance(), -17'000);
  EXPECT_EQ(Proposed(), "1: 17000");
  Refund({});
  EXPECT_EQ(Balance(), 0);
}

TEST_F(OrderBalanceTest, RefundsOfEarlierVersionsPaidBackWhatWasOwed) {
  Pay(20'000);
  Edit(10'000);
  Refund(Euros(10'000));
  order_.mutable_payments(0)->mutable_operations(2)->clear_overpayment();
  Advance(kEditedAt, order_);
  EXPECT_EQ(Balance(), 0);
}

}  // namespace
}  // namespace storeops::inventory
