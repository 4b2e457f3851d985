// Orders from files, and to files.
#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using inventory::v1::ImportedOrder;
using inventory::v1::ImportOrdersRequest;
using inventory::v1::ImportOrdersResponse;
using ::testing::HasSubstr;

class OrderImportTest : public OrderFixture {
 protected:
  static ImportedOrder Imported(const std::string& reference, int64_t price, int64_t quantity, int64_t cancelled = 0) {
    ImportedOrder order;
    order.set_external_reference(reference);
    *order.mutable_place_time() = ToTimestamp(absl::FromUnixSeconds(1'291'190'760));
    order.set_customer("17850");
    order.set_country("GB");
    order.set_currency("GBP");
    auto& line = *order.add_lines();
    line.set_sku("85123A");
    line.set_title("WHITE HANGING HEART");
    line.set_quantity(quantity);
    *line.mutable_unit_price() = MoneyFromMinor(price, "GBP");
    if (cancelled > 0) line.add_cancellations()->set_quantity(cancelled);
    return order;
  }
  static inventory::v1::ImportedAdjustment Adjustment(const std::string& reference, int64_t amount) {
    inventory::v1::ImportedAdjustment adjustment;
    adjustment.set_external_reference(reference);
    *adjustment.mutable_time() = ToTimestamp(absl::FromUnixSeconds(1'291'190'760));
    *adjustment.mutable_amount() = MoneyFromMinor(amount, "GBP");
    adjustment.set_reason("bad debt");
    return adjustment;
  }
  absl::StatusOr<ImportOrdersResponse> Import(const std::vector<ImportOrdersRequest>& messages) {
    size_t next = 0;
    const auto bytes = process_->peer().Upload(process_->MakeCall("OrderService/ImportOrders"),
                                               [&](std::string* out) -> absl::StatusOr<bool> {
                                                 if (next == messages.size()) return false;
                                                 *out = messages[next++].SerializeAsString();
                                                 return true;
                                               });
    if (!bytes.ok()) return bytes.status();
    ImportOrdersResponse response;
    EXPECT_TRUE(response.ParseFromString(*bytes));
    return response;
  }
};

TEST_F(OrderImportTest, DemandsThePermissionToStatePrices) {
  ImportOrdersRequest free, refund;
  *free.add_orders() = Imported("I1", 0, 3);
  *refund.add_adjustments() = Adjustment("A1", -500'000);
  for (const ImportOrdersRequest& request : {free, refund}) {
    for (const auto& [permission, code] : std::vector<std::pair<std::string, absl::StatusCode>>{
             {"inventory.orders.write", absl::StatusCode::kPermissionDenied}, {"inventory.*", absl::StatusCode::kOk}}) {
      rpc::PeerCall call = process_->MakeCall("OrderService/ImportOrders");
      call.principal = {"users/2", "Agent", {permission}};
      bool sent = false;
      const auto answer = process_->peer().Upload(call, [&](std::string* out) -> absl::StatusOr<bool> {
        if (std::exchange(sent, true)) return false;
        *out = request.SerializeAsString();
        return true;
      });
      EXPECT_EQ(answer.status().code(), code) << permission;
    }
  }
}

TEST_F(OrderImportTest, CountsAndMoneyAddUpAndARepetitionChangesNothing) {
  ImportOrdersRequest first, second;
  *first.add_orders() = Imported("536365", 255, 6);
  *first.add_orders() = Imported("536366", 185, 10, 4);
  *second.add_orders() = Imported("536367", 100, 1);
  *second.add_adjustments() = Adjustment("A563185", -1106);
  first.set_dry_run(true);
  auto report = Import({first, second});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->orders_created(), 3);
  EXPECT_EQ(List({}).size(), 1u);
  first.set_dry_run(false);
  report = Import({first, second});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->orders_created(), 3);
  EXPECT_EQ(report->cancellations(), 1);
  EXPECT_EQ(report->adjustments_created(), 1);
  ASSERT_EQ(report->totals_size(), 1);
  EXPECT_EQ(Minor(report->totals(0).ordered()), 6 * 255 + 10 * 185 + 100);
  EXPECT_EQ(Minor(report->totals(0).cancelled()), 4 * 185);
  EXPECT_EQ(Minor(report->totals(0).adjusted()), -1106);
  EXPECT_EQ(Minor(report->totals(0).revenue()), 6 * 255 + 6 * 185 + 100 - 1106);

  *second.add_orders() = Imported("536366", 185, 11, 4);
  *second.add_orders() = Imported("536368", 100, 1, 2);
  const auto again = Import({first, second});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->orders_created(), 0);
  EXPECT_EQ(again->orders_unchanged(), 3);
  EXPECT_EQ(again->orders_refused(), 2);
  EXPECT_EQ(again->adjustments_unchanged(), 1);
  ASSERT_EQ(again->problems_size(), 2);
  EXPECT_EQ(again->problems(0).external_reference(), "536366");
  EXPECT_EQ(again->totals(0).SerializeAsString(), report->totals(0).SerializeAsString());
}

TEST_F(OrderImportTest, WhatViolatesARuleDoesNotHoldUpTheOthers) {
  ImportOrdersRequest message;
  *message.add_orders() = Imported("1", 100, 1);
  *message.add_orders() = Imported("2", 100, 1);
  message.mutable_orders(1)->mutable_lines(0)->set_sku("85123\tA");
  *message.add_orders() = Imported("3", 100, 0);
  *message.add_orders() = Imported("4", 100, 1);
  *message.add_adjustments() = Adjustment("A1", -10);
  *message.add_adjustments() = Adjustment("A2", -10);
  message.mutable_adjustments(0)->set_reason(std::string(1000, 'x'));
  const auto report = Import({message});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->orders_created(), 2);
  EXPECT_EQ(report->orders_refused(), 2);
  EXPECT_EQ(report->adjustments_created(), 1);
  EXPECT_EQ(report->adjustments_refused(), 1);
  ASSERT_EQ(report->problems_size(), 3);
  EXPECT_EQ(report->problems(0).external_reference(), "2");
  EXPECT_THAT(report->problems(0).description(), HasSubstr("lines[0].sku"));
  EXPECT_THAT(report->problems(1).description(), HasSubstr("lines[0].quantity"));
  EXPECT_THAT(report->problems(2).description(), HasSubstr("reason"));
}

// As after a kill -9 of the first one, whose last message is still being written.
TEST_F(OrderImportTest, TwoWhoBringTheSameAtOnceBringItOnce) {
  std::vector<ImportOrdersRequest> messages;
  for (int i = 0; i < 400; ++i) {
    if (i % 20 == 0) messages.emplace_back();
    *messages.back().add_orders() = Imported(absl::StrCat(i), 100, 1);
    *messages.back().add_adjustments() = Adjustment(absl::StrCat("A", i), -10);
  }
  absl::StatusOr<ImportOrdersResponse> reports[2];
  std::thread other([&] { reports[1] = Import(messages); });
  reports[0] = Import(messages);
  other.join();
  for (const auto& report : reports) {
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_EQ(report->orders_created() + report->orders_unchanged(), 400);
    EXPECT_EQ(report->orders_refused() + report->adjustments_refused(), 0);
    EXPECT_EQ(Minor(report->totals(0).revenue()), 400 * 90);
  }
  EXPECT_EQ(reports[0]->orders_created() + reports[1]->orders_created(), 400);
  EXPECT_EQ(reports[0]->adjustments_created() + reports[1]->adjustments_created(), 400);
}

TEST_F(OrderImportTest, HistoricalOrdersMoveNothingAndWaitForNothing) {
  ImportOrdersRequest request;
  *request.add_orders() = Imported("536365", 255, 6, 2);
  ASSERT_TRUE(Import({request}).ok());
  const auto orders = List("customer = \"17850\"");
  ASSERT_EQ(orders.size(), 1u);
  EXPECT_TRUE(orders[0].historical());
  EXPECT_EQ(orders[0].status(), Order::COMPLETED);
  EXPECT_EQ(orders[0].fulfillment_status(), Order::HISTORICAL);
  EXPECT_EQ(GetStock(*process_, "85123A").levels_size(), 0);
  EXPECT_EQ(Reason(Cancel(orders[0].name()).status()), "ACTION_NOT_ALLOWED");
  // What never changes is not kept a second time.
  inventory::v1::ListOrderHistoryRequest history;
  history.set_name(orders[0].name());
  const auto told = Ask<inventory::v1::ListOrderHistoryResponse>("ListOrderHistory", history);
  ASSERT_TRUE(told.ok()) << told.status();
  ASSERT_EQ(told->entries_size(), 1);
  EXPECT_THAT(told->entries(0).DebugString(), HasSubstr("536365"));
  EXPECT_THAT(told->entries(0).DebugString(), ::testing::Not(HasSubstr("85123A")));
  inventory::v1::AddOrderNoteRequest note;
  note.set_name(orders[0].name());
  note.set_text("looked at");
  const auto noted = Ask<Order>("AddOrderNote", note);
  ASSERT_TRUE(noted.ok()) << noted.status();
  EXPECT_EQ(noted->payment_status(), Order::PARTLY_REFUNDED);
  ExpectSound();
}

TEST_F(OrderImportTest, AnExportHasARowForEachLine) {
  Placed(Request({{"A", 1}, {"B", 2}}));
  std::string csv;
  inventory::v1::ExportOrdersResponse last;
  inventory::v1::ExportOrdersRequest request;
  request.set_filter("status = PLACED");
  const absl::Status status = process_->peer().Stream(process_->MakeCall("OrderService/ExportOrders"),
                                                      request.SerializeAsString(), [&](const std::string& bytes) {
                                                        EXPECT_TRUE(last.ParseFromString(bytes));
                                                        csv += last.chunk();
                                                        return true;
                                                      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(last.orders(), 1);
  EXPECT_EQ(last.rows(), 2);
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_THAT(csv, HasSubstr(",A,"));
}

}  // namespace
}  // namespace storeops::testing
