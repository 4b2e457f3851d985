#include "services/inventory/orders/fraud_hints.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using v1::Order;

Order Plain(int64_t total, const std::string& currency = "EUR") {
  Order order;
  order.set_currency(currency);
  order.set_customer("customers/1");
  order.mutable_shipping_address()->set_country("DE");
  SetMinor(total, currency, order.mutable_total());
  return order;
}

TEST(FraudHintsTest, APlainOrderHasNone) {
  Order order = Plain(199'999);
  order.mutable_billing_address()->set_country("DE");
  EXPECT_THAT(FindFraudHints(order, kVelocityLimit - 1), IsEmpty());
}

TEST(FraudHintsTest, Velocity) {
  EXPECT_THAT(FindFraudHints(Plain(100), kVelocityLimit), ElementsAre(StartsWith("VELOCITY: customers/1 placed 5")));
  Order nobody = Plain(100);
  nobody.clear_customer();
  EXPECT_THAT(FindFraudHints(nobody, kVelocityLimit), IsEmpty());
}

TEST(FraudHintsTest, Mismatch) {
  Order order = Plain(100);
  order.mutable_billing_address()->set_country("US");
  EXPECT_THAT(FindFraudHints(order, 0), ElementsAre("MISMATCH: the goods go to DE, the bill to US"));
}

TEST(FraudHintsTest, AmountByCurrencyAndTerms) {
  EXPECT_THAT(FindFraudHints(Plain(200'000), 0), ElementsAre("AMOUNT: 2000.00 EUR is 2000.00 EUR or more"));
  EXPECT_THAT(FindFraudHints(Plain(200'000, "JPY"), 0), IsEmpty());
  EXPECT_THAT(FindFraudHints(Plain(300'000, "JPY"), 0), ElementsAre(StartsWith("AMOUNT")));
  EXPECT_THAT(FindFraudHints(Plain(1'999'999, "KWD"), 0), IsEmpty());
  Order invoice = Plain(200'000);
  invoice.set_payment_terms(Order::INVOICE);
  EXPECT_THAT(FindFraudHints(invoice, 0), IsEmpty());
}

}  // namespace
}  // namespace storeops::inventory
