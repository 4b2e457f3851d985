#include "services/storeops/demo/demo_sales.h"

#include <set>

#include "common/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

constexpr absl::CivilDay kToday(2026, 6, 1);

TEST(DemoSalesTest, ItemsAreDemoProducts) {
  const auto items = DemoItems(300);
  ASSERT_EQ(items.size(), 24u);
  std::set<std::string> skus;
  for (const DemoItem& item : items) {
    EXPECT_GT(item.price_minor, 0);
    EXPECT_TRUE(skus.insert(item.sku).second);
  }
  EXPECT_EQ(DemoItems(3).size(), 3u);
}

TEST(DemoSalesTest, OrdersAreOfThePastAndTheSameForTheSameDay) {
  const auto orders = DemoOrders(DemoItems(300), kToday);
  EXPECT_GT(orders.size(), 200u);
  std::set<std::string> references;
  for (const auto& order : orders) {
    EXPECT_TRUE(references.insert(order.external_reference()).second);
    EXPECT_LT(FromTimestamp(order.place_time()), absl::FromCivil(kToday, absl::UTCTimeZone()));
    EXPECT_GT(FromTimestamp(order.place_time()), absl::FromCivil(kToday - 421, absl::UTCTimeZone()));
    for (const auto& line : order.lines()) EXPECT_GT(line.quantity(), 0);
  }
  const auto again = DemoOrders(DemoItems(300), kToday);
  ASSERT_EQ(again.size(), orders.size());
  for (size_t i = 0; i < orders.size(); ++i) {
    EXPECT_EQ(again[i].SerializeAsString(), orders[i].SerializeAsString());
  }
}

}  // namespace
}  // namespace storeops
