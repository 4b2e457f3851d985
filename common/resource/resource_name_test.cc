#include "common/resource/resource_name.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::resource {
namespace {

using ::testing::HasSubstr;

constexpr NamePattern kOrders("orders/{order}");
constexpr NamePattern kPayments("orders/{order}/payments/{payment}");

TEST(NamePattern, KnowsItsParts) {
  EXPECT_TRUE(kPayments.ok());
  EXPECT_EQ(kPayments.collection(), "payments");
  EXPECT_EQ(kPayments.variable(), "payment");
  EXPECT_EQ(kPayments.parent_variable(), "order");
  EXPECT_EQ(kPayments.parent().text(), "orders/{order}");
  EXPECT_FALSE(kOrders.has_parent());
  EXPECT_EQ(kOrders.collection(), "orders");
  EXPECT_EQ(NamePattern::Of(*storeops::catalog::v1::Product::descriptor()).text(), "products/{product}");
  for (const char* wrong : {"", "orders", "orders/order", "orders/{}", "{order}/orders", "/{order}", "orders/{order}/",
                            "orders/{order}/payments", "a/{a}/b/{b}/c/{c}", "orders/{order}/{payment}/payments"}) {
    const NamePattern pattern(wrong);
    EXPECT_FALSE(pattern.ok()) << wrong;
    EXPECT_FALSE(pattern.Match("orders/1").has_value()) << wrong;
  }
}

TEST(NamePattern, ReadsWhatItFormats) {
  EXPECT_EQ(kOrders.Format(12), "orders/12");
  EXPECT_EQ(kOrders.Match("orders/12"), (NameIds{12, 0}));
  EXPECT_EQ(kPayments.Format({3, 12}), "orders/12/payments/3");
  EXPECT_EQ(kPayments.Match("orders/12/payments/3"), (NameIds{3, 12}));
  EXPECT_EQ(kPayments.Format(3), "orders/-/payments/3");
  EXPECT_EQ(kOrders.IdIn("orders/9223372036854775807"), INT64_MAX);
}

TEST(NamePattern, TakesOneSpellingOnly) {
  for (const char* wrong :
       {"", "orders", "orders/", "orders/0", "orders/-1", "orders/+1", "orders/01", "orders/12x", "orders/ 12",
        "order/12", "orders/12/", "orders/9223372036854775808", "xorders/12", "orders/-", "orders/12/payments/3"}) {
    EXPECT_EQ(kOrders.IdIn(wrong), 0) << wrong;
  }
  for (const char* wrong : {"", "orders/12", "orders/12/lines/3", "orders/12/payments/0", "orders/x/payments/1",
                            "orders/12/payments/1/x", "orders/-/payments/1", "payments/1"}) {
    EXPECT_FALSE(kPayments.Match(wrong).has_value()) << wrong;
  }
}

TEST(NamePattern, ErrorsNameFieldValueAndPattern) {
  EXPECT_THAT(kPayments.Parse("orders/12/payment/3", "names[4]").status().message(),
              HasSubstr("names[4]: must be a name of the form orders/{order}/payments/{payment}, got "
                        "\"orders/12/payment/3\""));
  EXPECT_THAT(kOrders.ParseId("", "name").status().message(), HasSubstr("name: is required"));
  EXPECT_LT(kOrders.ParseId(std::string(5000, 'x'), "name").status().message().size(), 300);
}

TEST(NamePattern, AnyParentIsZero) {
  EXPECT_EQ(*kOrders.ParseIdOrAny("orders/-", "parent"), 0);
  EXPECT_EQ(*kOrders.ParseIdOrAny("orders/12", "parent"), 12);
  EXPECT_FALSE(kOrders.ParseIdOrAny("order/-", "parent").ok());
  EXPECT_FALSE(kOrders.ParseIdOrAny("", "parent").ok());
}

}  // namespace
}  // namespace storeops::resource
