#include "services/inventory/orders/order_import.h"

#include "common/base/money.h"
#include "common/base/time.h"
#include "gtest/gtest.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

using v1::ImportedOrder;
using v1::Order;

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

ImportedOrder Two() {
  ImportedOrder order;
  order.set_external_reference("536365");
  *order.mutable_place_time() = ToTimestamp(absl::FromUnixSeconds(1'291'190'760));
  order.set_currency("GBP");
  for (const int64_t price : {255, 339}) {
    auto& line = *order.add_lines();
    line.set_sku("S");
    line.set_quantity(6);
    *line.mutable_unit_price() = MoneyFromMinor(price, "GBP");
  }
  return order;
}

TEST(OrderImportTest, AnOrderOfThePastIsPaidAndSent) {
  const auto order = FromImport(Two(), kNow);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(order->status(), Order::COMPLETED);
  EXPECT_EQ(order->payment_status(), Order::PAID);
  EXPECT_EQ(order->fulfillment_status(), Order::HISTORICAL);
  EXPECT_EQ(Minor(order->total()), 6 * 594);
  EXPECT_EQ(order->lines(1).shipped_quantity(), 6);
}

TEST(OrderImportTest, CancellationsAreMoneyThatWentBack) {
  ImportedOrder imported = Two();
  auto& cancellation = *imported.mutable_lines(0)->add_cancellations();
  cancellation.set_reference("C1");
  cancellation.set_quantity(2);
  auto order = FromImport(imported, kNow);
  ASSERT_TRUE(order.ok()) << order.status();
  EXPECT_EQ(Minor(order->refunded()), 510);
  EXPECT_EQ(order->payment_status(), Order::PARTLY_REFUNDED);
  EXPECT_EQ(order->notes(0).text(), "C1: 2 of line 1 cancelled");
  imported.mutable_lines(0)->mutable_cancellations(0)->set_quantity(6);
  imported.mutable_lines(1)->add_cancellations()->set_quantity(6);
  order = FromImport(imported, kNow);
  EXPECT_EQ(order->status(), Order::CANCELLED);
  EXPECT_EQ(order->payment_status(), Order::REFUNDED);
  imported.mutable_lines(1)->mutable_cancellations(0)->set_quantity(7);
  EXPECT_EQ(FromImport(imported, kNow).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(OrderImportTest, TellsTheSameFromAnother) {
  const Order present = *FromImport(Two(), kNow);
  EXPECT_TRUE(SameImport(present, *FromImport(Two(), kNow + absl::Hours(1))));
  ImportedOrder other = Two();
  other.mutable_lines(1)->set_quantity(5);
  EXPECT_FALSE(SameImport(present, *FromImport(other, kNow)));
  other = Two();
  other.set_customer("17850");
  EXPECT_FALSE(SameImport(present, *FromImport(other, kNow)));
}

}  // namespace
}  // namespace storeops::inventory
