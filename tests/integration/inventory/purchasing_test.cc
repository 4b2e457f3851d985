// Suppliers, what is ordered from them, and what comes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "common/base/time.h"
#include "services/inventory/purchasing/purchase_order_service.h"
#include "services/inventory/suppliers/supplier_store.h"
#include "tests/support/purchase_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::PurchaseOrder;
using inventory::v1::ReceivePurchaseOrderRequest;
using inventory::v1::ReceivePurchaseOrderResponse;
using inventory::v1::SupplierPerformance;

class PurchasingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    berlin_ = CreateLocation(process_, "BER");
    acme_ = CreateSupplier(process_, "ACME");
    ASSERT_TRUE(CreateSupplierItem(process_, acme_, "A", 250).ok());
    ASSERT_TRUE(CreateSupplierItem(process_, acme_, "B", 100, 10, 5).ok());
  }
  void TearDown() override { ExpectSound(process_); }

  // on hand, incoming, damaged
  std::vector<int64_t> Stock(const std::string& sku) {
    const auto level = ReadLevel(process_, sku, berlin_);
    return {level.on_hand(), level.incoming(), level.damaged()};
  }
  // A sent order.
  PurchaseOrder Sent(const std::vector<std::pair<std::string, int64_t>>& items) {
    const auto draft = DraftPurchase(process_, acme_, berlin_, items);
    EXPECT_TRUE(draft.ok()) << draft.status();
    const auto sent = SendPurchase(process_, draft.value_or(PurchaseOrder()).name());
    EXPECT_TRUE(sent.ok()) << sent.status();
    return sent.value_or(PurchaseOrder());
  }
  SupplierPerformance Performance() {
    inventory::v1::GetSupplierPerformanceRequest request;
    request.set_supplier(acme_);
    const auto performance = process_.Call<SupplierPerformance>("SupplierService/GetSupplierPerformance", request);
    EXPECT_TRUE(performance.ok()) << performance.status();
    return performance.value_or(SupplierPerformance());
  }

  Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
  std::string berlin_, acme_;
};

TEST_F(PurchasingTest, ASupplierSellsASkuOnce) {
  const auto again = CreateSupplierItem(process_, acme_, "A", 1);
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  const std::string other = CreateSupplier(process_, "OTHER");
  EXPECT_TRUE(CreateSupplierItem(process_, other, "A", 1).ok());
  inventory::v1::ListSupplierItemsRequest list;
  list.set_filter("sku = \"A\"");
  const auto items = process_.Call<inventory::v1::ListSupplierItemsResponse>("SupplierService/ListSupplierItems", list);
  ASSERT_TRUE(items.ok()) << items.status();
  EXPECT_EQ(items->supplier_items_size(), 2);
  EXPECT_EQ(CreateSupplierItem(process_, "suppliers/99", "A", 1).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PurchasingTest, RacingItemsOfOneSkuLeaveOne) {
  std::atomic<int> made = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] { made += CreateSupplierItem(process_, acme_, "RACE", 1).ok(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(made, 1);
}

TEST_F(PurchasingTest, CurrencyAndOpenOrdersBindASupplier) {
  inventory::v1::UpdateSupplierRequest update;
  update.mutable_supplier()->set_name(acme_);
  update.mutable_supplier()->set_currency("USD");
  update.mutable_update_mask()->add_paths("currency");
  EXPECT_EQ(Reason(process_.Call<inventory::v1::Supplier>("SupplierService/UpdateSupplier", update).status()),
            "SUPPLIER_HAS_PRICES");
  const auto draft = DraftPurchase(process_, acme_, berlin_, {{"A", 1}});
  ASSERT_TRUE(draft.ok()) << draft.status();
  inventory::v1::DeleteSupplierRequest remove;
  remove.set_name(acme_);
  EXPECT_EQ(Reason(process_.Call<inventory::v1::Supplier>("SupplierService/DeleteSupplier", remove).status()),
            "SUPPLIER_IN_USE");
  ASSERT_TRUE(CancelPurchase(process_, draft->name()).ok());
  EXPECT_TRUE(process_.Call<inventory::v1::Supplier>("SupplierService/DeleteSupplier", remove).ok());
  const auto refused = DraftPurchase(process_, acme_, berlin_, {{"A", 1}});
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("purchase_order.supplier"));
}

TEST_F(PurchasingTest, FromDraftToTheLastReceipt) {
  const auto draft = DraftPurchase(process_, acme_, berlin_, {{"A", 20}, {"B", 10}});
  ASSERT_TRUE(draft.ok()) << draft.status();
  EXPECT_EQ(draft->state(), PurchaseOrder::DRAFT);
  EXPECT_EQ(FormatMoney(draft->total()), "60.00 EUR");
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{0, 0, 0}));
  const auto sent = SendPurchase(process_, draft->name());
  ASSERT_TRUE(sent.ok()) << sent.status();
  EXPECT_EQ(sent->state(), PurchaseOrder::SENT);
  EXPECT_EQ(sent->items(0).expected_date().size(), 10u);
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{0, 20, 0}));

  const auto part = ReceivePurchase(process_, draft->name(), {{"A", 12, 3}});
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->purchase_order().state(), PurchaseOrder::PARTLY_RECEIVED);
  EXPECT_EQ(part->receipt().actor(), "users/1");
  EXPECT_EQ(part->receipt().purchase_order(), draft->name());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{15, 5, 3}));
  EXPECT_EQ(ListMovements(process_, "A", part->receipt().name()).size(), 2u);

  const auto rest = ReceivePurchase(process_, draft->name(), {{"A", 7, 0}, {"B", 10, 0}});
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(rest->purchase_order().state(), PurchaseOrder::RECEIVED);
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{22, 0, 3}));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{10, 0, 0}));
  const auto closed = ClosePurchase(process_, draft->name());
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->state(), PurchaseOrder::CLOSED);
  EXPECT_EQ(Reason(ReceivePurchase(process_, draft->name(), {{"A", 1, 0}}).status()), "ACTION_NOT_ALLOWED");

  inventory::v1::ListPurchaseReceiptsRequest list;
  list.set_filter("purchase_order = \"" + draft->name() + "\"");
  const auto receipts =
      process_.Call<inventory::v1::ListPurchaseReceiptsResponse>("PurchaseOrderService/ListPurchaseReceipts", list);
  ASSERT_TRUE(receipts.ok()) << receipts.status();
  EXPECT_EQ(receipts->purchase_receipts_size(), 2);
}

TEST_F(PurchasingTest, LotsComeWithTheirDates) {
  const PurchaseOrder order = Sent({{"A", 20}});
  ReceivePurchaseOrderRequest request;
  request.set_name(order.name());
  for (const char* lot : {"L1", "L2"}) {
    auto& item = *request.add_items();
    item.set_sku("A");
    item.set_quantity(5);
    item.set_lot(lot);
    item.set_bin("R-1");
    item.set_expire_date("2099-01-31");
  }
  const std::string method = "PurchaseOrderService/ReceivePurchaseOrder";
  ASSERT_TRUE(process_.Call<ReceivePurchaseOrderResponse>(method, request).ok());
  inventory::v1::ListLotsRequest lots;
  lots.set_filter("sku = \"A\"");
  const auto listed = process_.Call<inventory::v1::ListLotsResponse>("ListLots", lots);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->lots_size(), 2);
  EXPECT_EQ(listed->lots(1).lot(), "L2");
  EXPECT_EQ(listed->lots(1).expire_date(), "2099-01-31");
  // The lot has another date: nothing of the receipt stays.
  request.mutable_items(1)->set_expire_date("2099-02-01");
  EXPECT_EQ(Reason(process_.Call<ReceivePurchaseOrderResponse>(method, request).status()), "LOT_DATE_DIFFERS");
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 10, 0}));
  request.mutable_items(1)->clear_lot();
  EXPECT_THAT(FieldsOf(process_.Call<ReceivePurchaseOrderResponse>(method, request).status()),
              ::testing::ElementsAre("items[1].expire_date"));
}

TEST_F(PurchasingTest, OnlyADraftIsEdited) {
  const PurchaseOrder order = Sent({{"A", 20}});
  inventory::v1::UpdatePurchaseOrderRequest update;
  update.mutable_purchase_order()->set_name(order.name());
  update.mutable_purchase_order()->set_notes("later");
  update.mutable_update_mask()->add_paths("notes");
  EXPECT_EQ(Reason(process_.Call<PurchaseOrder>("PurchaseOrderService/UpdatePurchaseOrder", update).status()),
            "ACTION_NOT_ALLOWED");
}

TEST_F(PurchasingTest, TermsHoldUnlessTheyAreWaived) {
  const auto draft = DraftPurchase(process_, acme_, berlin_, {{"B", 7}});
  ASSERT_TRUE(draft.ok()) << draft.status();
  const auto refused = SendPurchase(process_, draft->name());
  EXPECT_EQ(Reason(refused.status()), "TERMS_NOT_MET");
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("items[0].ordered"));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{0, 0, 0}));
  inventory::v1::SendPurchaseOrderRequest request;
  request.set_name(draft->name());
  request.set_waive_terms(true);
  EXPECT_TRUE(process_.Call<PurchaseOrder>("PurchaseOrderService/SendPurchaseOrder", request).ok());
}

TEST_F(PurchasingTest, OverDeliveryIsRefusedAsAWhole) {
  const PurchaseOrder order = Sent({{"A", 20}, {"B", 10}});
  const auto refused = ReceivePurchase(process_, order.name(), {{"B", 10, 0}, {"A", 23, 0}});
  EXPECT_EQ(Reason(refused.status()), "OVER_DELIVERY");
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("items[1]"));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{0, 10, 0}));
}

TEST_F(PurchasingTest, HowADeliveryIsSplitDoesNotMatter) {
  // 20 ordered, 10 % tolerated.
  for (const std::vector<int64_t>& parts :
       std::vector<std::vector<int64_t>>{{22}, {11, 11}, {12, 10}, {10, 10, 2}, {20, 1, 1}, {21, 1}}) {
    const PurchaseOrder order = Sent({{"A", 20}});
    const int64_t before = Stock("A")[0];
    for (const int64_t part : parts) {
      const auto received = ReceivePurchase(process_, order.name(), {{"A", part, 0}});
      ASSERT_TRUE(received.ok()) << parts.size() << " parts: " << received.status();
    }
    EXPECT_EQ(Stock("A"), (std::vector<int64_t>{before + 22, 0, 0}));
    const auto beyond = ReceivePurchase(process_, order.name(), {{"A", 1, 0}});
    EXPECT_EQ(Reason(beyond.status()), "OVER_DELIVERY") << beyond.status();
    const auto closed = ClosePurchase(process_, order.name());
    ASSERT_TRUE(closed.ok()) << closed.status();
  }
}

TEST_F(PurchasingTest, TheLastItemToComeDoesNotEndTheToleranceOfTheOthers) {
  const PurchaseOrder order = Sent({{"A", 20}, {"B", 10}});
  ASSERT_TRUE(ReceivePurchase(process_, order.name(), {{"A", 20, 0}}).ok());
  const auto complete = ReceivePurchase(process_, order.name(), {{"B", 10, 0}});
  ASSERT_TRUE(complete.ok()) << complete.status();
  EXPECT_EQ(complete->purchase_order().state(), PurchaseOrder::RECEIVED);
  const auto more = ReceivePurchase(process_, order.name(), {{"A", 2, 0}, {"B", 0, 1}});
  ASSERT_TRUE(more.ok()) << more.status();
  EXPECT_EQ(more->purchase_order().state(), PurchaseOrder::RECEIVED);
  EXPECT_EQ(more->purchase_order().items(0).received(), 22);
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{22, 0, 0}));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{11, 0, 1}));
}

TEST_F(PurchasingTest, ClosingAndCancellingGiveIncomingBack) {
  const PurchaseOrder shorter = Sent({{"A", 20}});
  EXPECT_EQ(Reason(ClosePurchase(process_, shorter.name()).status()), "ACTION_NOT_ALLOWED");
  ASSERT_TRUE(ReceivePurchase(process_, shorter.name(), {{"A", 15, 0}}).ok());
  EXPECT_EQ(Reason(CancelPurchase(process_, shorter.name()).status()), "ACTION_NOT_ALLOWED");
  ASSERT_TRUE(ClosePurchase(process_, shorter.name()).ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{15, 0, 0}));
  const PurchaseOrder none = Sent({{"A", 8}});
  ASSERT_TRUE(CancelPurchase(process_, none.name()).ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{15, 0, 0}));
}

TEST_F(PurchasingTest, WritesAreReplayed) {
  const auto first = DraftPurchase(process_, acme_, berlin_, {{"A", 20}}, "draft-1");
  const auto again = DraftPurchase(process_, acme_, berlin_, {{"A", 20}}, "draft-1");
  ASSERT_TRUE(first.ok() && again.ok()) << first.status() << again.status();
  EXPECT_EQ(first->name(), again->name());
  EXPECT_FALSE(DraftPurchase(process_, acme_, berlin_, {{"A", 21}}, "draft-1").ok());
  ASSERT_TRUE(SendPurchase(process_, first->name(), "send-1").ok());
  ASSERT_TRUE(SendPurchase(process_, first->name(), "send-1").ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{0, 20, 0}));
  const auto receipt = ReceivePurchase(process_, first->name(), {{"A", 5, 0}}, "receive-1");
  const auto same = ReceivePurchase(process_, first->name(), {{"A", 5, 0}}, "receive-1");
  ASSERT_TRUE(receipt.ok() && same.ok()) << receipt.status() << same.status();
  EXPECT_EQ(receipt->SerializeAsString(), same->SerializeAsString());
  EXPECT_FALSE(ReceivePurchase(process_, first->name(), {{"A", 6, 0}}, "receive-1").ok());
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{5, 15, 0}));
}

TEST_F(PurchasingTest, RacingReceiptsNeverTakeMoreThanIsAccepted) {
  const PurchaseOrder order = Sent({{"A", 20}, {"B", 20}});
  ServiceProcess other{site_, {inventory::InventoryModule()}, {.data = "other"}};
  ASSERT_NO_FATAL_FAILURE(other.Start());
  std::atomic<int> taken = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const std::string first = i % 2 == 0 ? "A" : "B", second = i % 2 == 0 ? "B" : "A";
      const auto received =
          ReceivePurchase(i % 2 == 0 ? process_ : other, order.name(), {{first, 5, 0}, {second, 5, 0}});
      taken += received.ok();
      if (!received.ok()) {
        // Complete, or beyond what is tolerated.
        EXPECT_THAT(Reason(received.status()), ::testing::AnyOf("OVER_DELIVERY", "ACTION_NOT_ALLOWED"));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(taken, 4);
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{20, 0, 0}));
  EXPECT_EQ(Stock("B"), (std::vector<int64_t>{20, 0, 0}));
}

TEST_F(PurchasingTest, PerformanceIsCountedFromReceipts) {
  EXPECT_EQ(Performance().due_lines(), 0);
  const PurchaseOrder good = Sent({{"A", 20}, {"B", 10}});
  ASSERT_TRUE(ReceivePurchase(process_, good.name(), {{"A", 20, 0}, {"B", 8, 2}}).ok());  // B is not in full
  const PurchaseOrder shorter = Sent({{"A", 20}});
  ASSERT_TRUE(ReceivePurchase(process_, shorter.name(), {{"A", 15, 0}}).ok());
  SupplierPerformance performance = Performance();
  EXPECT_EQ(performance.due_lines(), 1);  // B and the second A are not due before their dates
  EXPECT_EQ(performance.on_time_lines(), 1);
  ASSERT_TRUE(ClosePurchase(process_, shorter.name()).ok());
  ASSERT_TRUE(ClosePurchase(process_, good.name()).ok());
  ASSERT_TRUE(CancelPurchase(process_, Sent({{"A", 1}}).name()).ok());  // does not count
  performance = Performance();
  EXPECT_EQ(performance.due_lines(), 3);
  EXPECT_EQ(performance.on_time_lines(), 1);
  EXPECT_EQ(performance.in_full_lines(), 1);
  EXPECT_DOUBLE_EQ(performance.in_full_share(), 1.0 / 3);
  EXPECT_EQ(performance.ordered_pieces(), 50);
  EXPECT_EQ(performance.received_pieces(), 45);
  EXPECT_EQ(performance.damaged_pieces(), 2);
  EXPECT_EQ(performance.receipts(), 2);
  EXPECT_EQ(performance.stated_lead_time_days(), 7);
}

TEST_F(PurchasingTest, ALateLineIsNotOnTimeAndItsLeadTimeIsLearned) {
  // Orders that were sent 2, 4 and 6 days before what came of them now.
  for (const int days : {2, 4, 6}) {
    const PurchaseOrder order = Sent({{"A", 10}});
    const absl::Time sent = FromTimestamp(order.send_time()) - absl::Hours(24) * days;
    const std::string id = order.name().substr(order.name().find('/') + 1);
    ASSERT_TRUE(process_.database()
                    .Execute(absl::Now() + absl::Seconds(10), "UPDATE purchase_orders SET send_time = ? WHERE id = ?",
                             {sent, id})
                    .ok());
    ASSERT_TRUE(process_.database()
                    .Execute(absl::Now() + absl::Seconds(10),
                             "UPDATE purchase_order_lines SET send_time = ?, expected_date = ? "
                             "WHERE purchase_order_id = ?",
                             {sent, absl::Now() - absl::Hours(24) * (days == 6 ? 3 : -3), id})
                    .ok());
    ASSERT_TRUE(ReceivePurchase(process_, order.name(), {{"A", 10, 0}}).ok());
  }
  const SupplierPerformance performance = Performance();
  EXPECT_EQ(performance.due_lines(), 3);
  EXPECT_EQ(performance.on_time_lines(), 2);
  EXPECT_EQ(performance.in_full_lines(), 3);
  EXPECT_NEAR(performance.lead_time_mean_days(), 4, 0.01);
  EXPECT_NEAR(performance.lead_time_deviation_days(), 2, 0.01);
  EXPECT_EQ(performance.receipts(), 3);

  const std::string other = CreateSupplier(process_, "OTHER", 3);
  ASSERT_TRUE(CreateSupplierItem(process_, other, "A", 240, 6, 6).ok());
  const auto offers = inventory::ReadOffers(process_.database(), {"A", "B", "none"}, absl::Now() - absl::Hours(24 * 30),
                                            absl::Now() + absl::Seconds(10));
  ASSERT_TRUE(offers.ok()) << offers.status();
  ASSERT_EQ(offers->size(), 3u);
  EXPECT_EQ((*offers)[0].supplier, acme_);
  EXPECT_EQ((*offers)[0].learned.receipts, 3);
  EXPECT_NEAR((*offers)[0].learned.mean_days, 4, 0.01);
  EXPECT_NEAR((*offers)[0].learned.deviation_days, 2, 0.01);
  EXPECT_EQ((*offers)[1].supplier, other);
  EXPECT_EQ((*offers)[1].terms.lead_time_days, 3);
  EXPECT_EQ((*offers)[1].terms.pack_size, 6);
  EXPECT_EQ((*offers)[1].learned.receipts, 0);
  EXPECT_EQ((*offers)[2].sku, "B");
}

// As planning has them made, in its own write.
TEST_F(PurchasingTest, DraftsAreMadeForEachSupplierAndLocation) {
  const std::string hamburg = CreateLocation(process_, "HAM");
  const std::string other = CreateSupplier(process_, "OTHER");
  ASSERT_TRUE(CreateSupplierItem(process_, other, "C", 300).ok());
  Environment& whole = process_.runtime().environment();
  rpc::MethodTable table;
  Environment environment{whole.store,     whole.replays,     whole.page_tokens, whole.access_tokens, table,
                          whole.lanes,     whole.periodic,    whole.operations,  whole.outbound,      whole.followers,
                          whole.telemetry, whole.data_folder, whole.blobs,       whole.peer,          whole.access,
                          whole.version,   whole.path_signer};
  inventory::LocationService locations;
  inventory::SupplierService suppliers;
  const inventory::StockLedger ledger{nullptr};
  inventory::PurchaseOrderService orders{locations, suppliers, ledger};
  ASSERT_TRUE(locations.Bind(environment).ok() && suppliers.Bind(environment).ok() && orders.Bind(environment).ok());
  rpc::Call call;
  call.principal.name = "users/1";
  call.deadline = absl::Now() + absl::Seconds(30);
  std::vector<PurchaseOrder> drafts;
  const auto make = [&](const std::vector<inventory::WantedPurchase>& wanted) {
    PurchaseOrder ignored;
    return resource::RunWrite(environment.store, call, &ignored, [&](resource::Write& write) -> absl::Status {
      auto made = orders.MakeDrafts(write, wanted);
      if (made.ok()) drafts = *std::move(made);
      return made.status();
    });
  };
  const absl::Status made = make({{acme_, berlin_, "A", 5, "below reorder point", "2099-01-31"},
                                  {other, berlin_, "C", 1, "", ""},
                                  {acme_, hamburg, "A", 2, "", ""},
                                  {acme_, berlin_, "B", 10, "", ""},
                                  {acme_, berlin_, "A", 7, "", ""}});
  ASSERT_TRUE(made.ok()) << made;
  ASSERT_EQ(drafts.size(), 3u);
  EXPECT_EQ(drafts[0].supplier(), acme_);
  EXPECT_EQ(drafts[0].location(), berlin_);
  EXPECT_EQ(drafts[0].state(), PurchaseOrder::DRAFT);
  ASSERT_EQ(drafts[0].items_size(), 2);
  EXPECT_EQ(drafts[0].items(0).ordered(), 12);
  EXPECT_EQ(drafts[0].items(0).reason(), "below reorder point");
  EXPECT_EQ(FormatMoney(drafts[0].total()), "40.00 EUR");
  EXPECT_EQ(drafts[2].supplier(), other);
  EXPECT_TRUE(SendPurchase(process_, drafts[1].name()).ok());
  // All or none.
  EXPECT_FALSE(make({{other, berlin_, "C", 1, "", ""}, {acme_, berlin_, "unknown", 1, "", ""}}).ok());
  const auto listed = process_.Call<inventory::v1::ListPurchaseOrdersResponse>(
      "PurchaseOrderService/ListPurchaseOrders", inventory::v1::ListPurchaseOrdersRequest());
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->purchase_orders_size(), 3);
  // More SKUs than one order may have.
  std::vector<inventory::WantedPurchase> many;
  for (int i = 0; i < 501; ++i) {
    const std::string sku = absl::StrCat("M-", 1000 + i);
    ASSERT_TRUE(CreateSupplierItem(process_, other, sku, 10).ok());
    many.push_back({other, berlin_, sku, 1, "", ""});
  }
  ASSERT_TRUE(make(many).ok());
  ASSERT_EQ(drafts.size(), 2u);
  EXPECT_EQ(drafts[0].items_size(), 500);
  EXPECT_EQ(drafts[1].items_size(), 1);
}

TEST_F(PurchasingTest, ThePageShowsTheOrder) {
  const PurchaseOrder order = Sent({{"A", 20}});
  inventory::v1::GetPurchaseOrderDocumentRequest request;
  request.set_name(order.name());
  const auto document =
      process_.Call<inventory::v1::PurchaseOrderDocument>("PurchaseOrderService/GetPurchaseOrderDocument", request);
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_THAT(document->html(), ::testing::HasSubstr("Supplier ACME"));
  EXPECT_THAT(document->html(), ::testing::HasSubstr("50.00 EUR"));
}

}  // namespace
}  // namespace storeops::testing
