#include "services/inventory/purchasing/purchase_order_rules.h"

#include <string>
#include <vector>

#include "common/base/errors.h"
#include "common/base/money.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/inventory/purchasing/purchase_order_document.h"

namespace storeops::inventory {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using v1::PurchaseOrder;

std::vector<std::string> Fields(const absl::Status& status) {
  google::rpc::BadRequest request;
  GetDetail(status, &request);
  std::vector<std::string> fields;
  for (const auto& violation : request.field_violations()) fields.push_back(violation.field());
  return fields;
}

v1::Supplier MakeSupplier() {
  v1::Supplier supplier;
  supplier.set_name("suppliers/1");
  supplier.set_currency("EUR");
  supplier.set_lead_time_days(10);
  supplier.set_over_delivery_percent(5);
  return supplier;
}

PurchaseOrder MakeOrder(const std::vector<std::pair<std::string, int64_t>>& items) {
  PurchaseOrder order;
  order.set_name("purchaseOrders/1");
  for (const auto& [sku, ordered] : items) {
    auto& item = *order.add_items();
    item.set_sku(sku);
    item.set_ordered(ordered);
  }
  return order;
}

ReceiptItems MakeReceipt(const std::vector<std::tuple<std::string, int64_t, int64_t>>& items) {
  ReceiptItems receipt;
  for (const auto& [sku, quantity, damaged] : items) {
    auto& item = *receipt.Add();
    item.set_sku(sku);
    item.set_quantity(quantity);
    item.set_damaged(damaged);
  }
  return receipt;
}

TEST(PurchaseOrderRulesTest, ADraftTakesPricesFromTheSupplier) {
  const TermsBySku terms = {{"A", {"a-1", 250, 0, 0, 3}}};
  PurchaseOrder order = MakeOrder({{"A", 4}, {"B", 3}});
  *order.mutable_items(1)->mutable_price() = MoneyFromMinor(5, "EUR");
  ASSERT_TRUE(CompleteDraft(MakeSupplier(), terms, order).ok());
  EXPECT_EQ(order.items(0).supplier_sku(), "a-1");
  EXPECT_EQ(FormatMoney(order.items(0).price()), "2.50 EUR");
  EXPECT_EQ(FormatMoney(order.items(0).amount()), "10.00 EUR");
  EXPECT_EQ(FormatMoney(order.total()), "10.15 EUR");
  EXPECT_EQ(order.over_delivery_percent(), 5);
  FillExpectedDates(MakeSupplier(), terms, absl::FromUnixSeconds(1767225600), order);  // 2026-01-01
  EXPECT_EQ(order.items(0).expected_date(), "2026-01-04");
  EXPECT_EQ(order.items(1).expected_date(), "2026-01-11");
}

TEST(PurchaseOrderRulesTest, ADraftNamesEverythingThatIsWrong) {
  PurchaseOrder order = MakeOrder({{"A", 1}, {"A", 1}, {"B", 1}, {"C", 1}});
  *order.mutable_items(0)->mutable_price() = MoneyFromMinor(5, "EUR");
  *order.mutable_items(1)->mutable_price() = MoneyFromMinor(5, "EUR");
  *order.mutable_items(2)->mutable_price() = MoneyFromMinor(5, "USD");
  order.mutable_items(0)->set_expected_date("2026-02-30");
  EXPECT_THAT(Fields(CompleteDraft(MakeSupplier(), {}, order)),
              ElementsAre("items[0].expected_date", "items[1].sku", "items[2].price", "items[3].price"));
}

TEST(PurchaseOrderRulesTest, ATotalThatDoesNotFitIsRefused) {
  PurchaseOrder order = MakeOrder({{"A", 1'000'000'000}, {"B", 1'000'000'000}});
  for (auto& item : *order.mutable_items()) *item.mutable_price() = MoneyFromMinor(9'000'000'000, "EUR");
  EXPECT_THAT(Fields(CompleteDraft(MakeSupplier(), {}, order)), ElementsAre("items[1]"));
}

TEST(PurchaseOrderRulesTest, TermsNameItemsAndTheTotal) {
  const TermsBySku terms = {{"A", {"", 100, 10, 0, {}}}, {"B", {"", 100, 0, 6, {}}}, {"C", {"", 100, 12, 6, {}}}};
  v1::Supplier supplier = MakeSupplier();
  *supplier.mutable_order_minimum() = MoneyFromMinor(3'000, "EUR");
  PurchaseOrder order = MakeOrder({{"A", 9}, {"B", 7}, {"C", 12}});
  ASSERT_TRUE(CompleteDraft(supplier, terms, order).ok());
  const absl::Status refused = CheckTerms(supplier, terms, order);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Fields(refused), ElementsAre("items[0].ordered", "items[1].ordered", "total"));
  order.mutable_items(0)->set_ordered(10);
  order.mutable_items(1)->set_ordered(12);
  ASSERT_TRUE(CompleteDraft(supplier, terms, order).ok());
  EXPECT_TRUE(CheckTerms(supplier, terms, order).ok());
}

TEST(PurchaseOrderRulesTest, AMinimumIsComparedInItsCurrencyOnly) {
  v1::Supplier supplier = MakeSupplier();
  PurchaseOrder order = MakeOrder({{"A", 100}});
  *order.mutable_items(0)->mutable_price() = MoneyFromMinor(500, "EUR");
  ASSERT_TRUE(CompleteDraft(supplier, {}, order).ok());
  supplier.set_currency("JPY");  // since the draft was written
  *supplier.mutable_order_minimum() = MoneyFromMinor(40'000, "JPY");
  EXPECT_THAT(Fields(CheckTerms(supplier, {}, order)), ElementsAre("total"));
}

TEST(PurchaseOrderRulesTest, ReceiptsAreTakenUntilTheToleranceIsUsed) {
  PurchaseOrder order = MakeOrder({{"A", 100}, {"B", 3}});
  order.set_over_delivery_percent(5);
  // Two lots of A, and damaged pieces.
  auto arrivals = TakeReceipt(MakeReceipt({{"A", 60, 0}, {"A", 30, 4}}), order);
  ASSERT_TRUE(arrivals.ok()) << arrivals.status();
  EXPECT_EQ((*arrivals)[1].sound_expected, 30);
  EXPECT_EQ((*arrivals)[1].damaged_expected, 4);
  EXPECT_EQ(OpenPieces(order.items(0)), 6);
  EXPECT_FALSE(IsComplete(order));
  // 105 are accepted of A; of B, whose tolerance is below one piece, 3.
  const PurchaseOrder before = order;
  const auto over = TakeReceipt(MakeReceipt({{"A", 12, 0}, {"B", 4, 0}}), order);
  EXPECT_EQ(over.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(Fields(over.status()), ElementsAre("items[0]", "items[1]"));
  order = before;
  arrivals = TakeReceipt(MakeReceipt({{"A", 5, 6}, {"B", 3, 0}}), order);
  ASSERT_TRUE(arrivals.ok()) << arrivals.status();
  EXPECT_EQ((*arrivals)[0].sound_expected, 5);
  EXPECT_EQ((*arrivals)[0].damaged_expected, 1);
  EXPECT_TRUE(IsComplete(order));
  EXPECT_EQ(order.items(0).received(), 105);
  EXPECT_EQ(order.items(0).damaged(), 10);
}

TEST(PurchaseOrderRulesTest, AReceiptNamesWhatWasNotOrdered) {
  PurchaseOrder order = MakeOrder({{"A", 1}});
  EXPECT_THAT(Fields(TakeReceipt(MakeReceipt({{"A", 1, 0}, {"X", 1, 0}}), order).status()),
              ElementsAre("items[1].sku"));
  EXPECT_THAT(Fields(TakeReceipt(MakeReceipt({{"A", 0, 0}}), order).status()), ElementsAre("items[0]"));
}

TEST(PurchaseOrderDocumentTest, ShowsItemsAndEscapesTexts) {
  PurchaseOrder order = MakeOrder({{"A<1>", 4}});
  *order.mutable_items(0)->mutable_price() = MoneyFromMinor(250, "EUR");
  ASSERT_TRUE(CompleteDraft(MakeSupplier(), {}, order).ok());
  order.set_notes("ring \"twice\"\n& wait");
  v1::Location location;
  location.set_title("Berlin");
  const std::string html = RenderPurchaseOrder(order, MakeSupplier(), location);
  EXPECT_THAT(html, HasSubstr("Purchase order 1"));
  EXPECT_THAT(html, HasSubstr("A&lt;1&gt;"));
  EXPECT_THAT(html, HasSubstr("10.00 EUR"));
  EXPECT_THAT(html, HasSubstr("ring &quot;twice&quot;<br>&amp; wait"));
  EXPECT_THAT(html, Not(HasSubstr("A<1>")));
}

}  // namespace
}  // namespace storeops::inventory
