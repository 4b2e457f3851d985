// Cycle counts: planned, counted, looked at, posted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "storeops/inventory/v1/count_service.pb.h"
#include "storeops/inventory/v1/stock_transfer_service.pb.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::CountLine;
using inventory::v1::EnterCountRequest;
using inventory::v1::PostCountRequest;
using inventory::v1::StockMovement;
using CountMessage = inventory::v1::Count;

class CountTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    berlin_ = CreateLocation(process_, "BER");
    ASSERT_TRUE(Receive(process_, "A", berlin_, 10).ok());
    ASSERT_TRUE(Receive(process_, "B", berlin_, 5, "L1", "2099-01-31", "R-1").ok());
    ASSERT_TRUE(Receive(process_, "B", berlin_, 3).ok());
  }
  void TearDown() override { ExpectSound(process_); }

  CountMessage MakePlan() {
    CountMessage plan;
    plan.set_title("Monday");
    plan.set_location(berlin_);
    return plan;
  }
  absl::StatusOr<CountMessage> Create(const CountMessage& plan) {
    inventory::v1::CreateCountRequest request;
    *request.mutable_count() = plan;
    return process_.Call<CountMessage>("CountService/CreateCount", request);
  }
  // Start, Submit, Cancel, Post.
  template <class Request>
  absl::StatusOr<CountMessage> Act(const std::string& action, const std::string& name, Request request = {}) {
    request.set_name(name);
    return process_.Call<CountMessage>("CountService/" + action + "Count", request);
  }
  absl::StatusOr<CountMessage> Start(const std::string& name) {
    return Act<inventory::v1::StartCountRequest>("Start", name);
  }
  absl::StatusOr<CountMessage> Submit(const std::string& name) {
    return Act<inventory::v1::SubmitCountRequest>("Submit", name);
  }
  std::string Started(const CountMessage& plan) {
    const auto count = Create(plan);
    EXPECT_TRUE(count.ok()) << count.status();
    if (!count.ok()) return "";
    const auto started = Start(count->name());
    EXPECT_TRUE(started.ok()) << started.status();
    return count->name();
  }
  using Found = std::tuple<std::string, std::string, std::string, int64_t>;
  absl::StatusOr<CountMessage> Enter(const std::string& name, const std::vector<Found>& entries,
                                     const std::string& request_id = "") {
    EnterCountRequest request;
    request.set_name(name);
    request.set_request_id(request_id);
    for (const auto& [sku, lot, bin, quantity] : entries) {
      auto& entry = *request.add_entries();
      entry.set_sku(sku);
      entry.set_lot(lot);
      entry.set_bin(bin);
      entry.set_quantity(quantity);
    }
    return process_.Call<CountMessage>("CountService/EnterCount", request);
  }
  std::vector<CountLine> Lines(const std::string& name, inventory::v1::ListCountLinesRequest request = {}) {
    request.set_name(name);
    request.set_page_size(2);
    std::vector<CountLine> lines;
    do {
      const auto page = process_.Call<inventory::v1::ListCountLinesResponse>("CountService/ListCountLines", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      lines.insert(lines.end(), page->lines().begin(), page->lines().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return lines;
  }
  // A count of one SKU in no lot that found `quantity`, ready to be posted.
  std::string InReview(const std::string& sku, int64_t quantity) {
    CountMessage plan = MakePlan();
    plan.add_skus(sku);
    plan.set_tolerance_pieces(100);
    const std::string name = Started(plan);
    const auto entered = Enter(name, {{sku, "", "", quantity}});
    EXPECT_TRUE(entered.ok()) << entered.status();
    const auto submitted = Submit(name);
    EXPECT_TRUE(submitted.ok()) << submitted.status();
    return name;
  }
  // "sku lot bin expected"
  std::vector<std::string> Expected(const std::string& name) {
    std::vector<std::string> expected;
    for (const CountLine& line : Lines(name)) {
      expected.push_back(absl::StrCat(line.sku(), " ", line.lot(), " ", line.bin(), " ", line.expected()));
    }
    return expected;
  }
  int64_t OnHand(const std::string& sku) { return GetStock(process_, sku).total().on_hand(); }

  Site site_;
  ServiceProcess process_{site_, {inventory::InventoryModule()}};
  std::string berlin_;
};

TEST_F(CountTest, LinesAreWhatLiesThere) {
  EXPECT_THAT(Expected(Started(MakePlan())), ::testing::ElementsAre("A   10", "B   3", "B L1 R-1 5"));
  CountMessage plan = MakePlan();
  plan.add_skus("A");
  plan.add_skus("NONE");
  plan.set_abc_class("A");
  EXPECT_THAT(Expected(Started(plan)), ::testing::ElementsAre("A   10", "NONE   0"));
  plan = MakePlan();
  plan.add_bins("R-1");
  EXPECT_THAT(Expected(Started(plan)), ::testing::ElementsAre("B L1 R-1 5"));
  plan.set_bins(0, "R-9");
  const auto empty = Create(plan);
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ(Reason(Start(empty->name()).status()), "NOTHING_TO_COUNT");
  plan.set_abc_class("SHELF");
  EXPECT_THAT(FieldsOf(Create(plan).status()), ::testing::ElementsAre("count.abc_class"));
}

TEST_F(CountTest, DifferencesArePostedWithTheirReasons) {
  const std::string name = Started(MakePlan());
  ASSERT_TRUE(Enter(name, {{"A", "", "", 8}, {"B", "", "", 1}, {"B", "L1", "R-1", 6}}).ok());
  auto submitted = Submit(name);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_EQ(submitted->state(), CountMessage::COUNTING);  // no tolerance: all three are counted again
  EXPECT_EQ(submitted->recount_count(), 3);
  EXPECT_EQ(Reason(Submit(name).status()), "LINES_TO_COUNT");
  ASSERT_TRUE(Enter(name, {{"A", "", "", 9}, {"B", "", "", 1}, {"B", "L1", "R-1", 6}}).ok());
  submitted = Submit(name);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_EQ(submitted->state(), CountMessage::REVIEW);
  EXPECT_EQ(submitted->different_count(), 3);
  PostCountRequest post;
  auto& decision = *post.add_decisions();
  decision.set_line(1);
  decision.set_reason(inventory::v1::STOLEN);
  decision.set_note("seen on camera");
  const auto posted = Act("Post", name, post);
  ASSERT_TRUE(posted.ok()) << posted.status();
  EXPECT_EQ(posted->state(), CountMessage::POSTED);
  EXPECT_EQ(OnHand("A"), 9);
  EXPECT_EQ(OnHand("B"), 7);
  const auto movements = ListMovements(process_, "A", name);
  ASSERT_EQ(movements.size(), 1u);
  EXPECT_EQ(movements[0].type(), StockMovement::COUNTED);
  EXPECT_EQ(movements[0].reason(), inventory::v1::STOLEN);
  EXPECT_EQ(movements[0].note(), "seen on camera");
  // The missing pieces of B were those without a lot.
  for (const auto& movement : ListMovements(process_, "B", name)) {
    EXPECT_EQ(movement.on_hand(), movement.lot() == "L1" ? 1 : -2);
  }
  EXPECT_EQ(Lines(name)[0].first_counted(), 8);
  EXPECT_EQ(Reason(Act<inventory::v1::CancelCountRequest>("Cancel", name).status()), "ACTION_NOT_ALLOWED");
}

TEST_F(CountTest, WhatMovesMeanwhileIsNoDifference) {
  CountMessage plan = MakePlan();
  plan.add_skus("A");
  plan.set_tolerance_pieces(5);
  const std::string name = Started(plan);
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -4).ok());  // before it is counted: 6 lie there, one is missing
  ASSERT_TRUE(Enter(name, {{"A", "", "", 5}}).ok());
  ASSERT_TRUE(Receive(process_, "A", berlin_, 20).ok());  // after it
  ASSERT_TRUE(Submit(name).ok());
  const CountLine line = Lines(name)[0];
  EXPECT_EQ(line.expected(), 10);
  EXPECT_EQ(line.book(), 6);
  EXPECT_EQ(line.difference(), -1);
  ASSERT_TRUE(Act<PostCountRequest>("Post", name).ok());
  EXPECT_EQ(OnHand("A"), 25);
}

TEST_F(CountTest, AnEntryIsComparedWithTheTimeOfCounting) {
  CountMessage plan = MakePlan();
  plan.add_skus("A");
  plan.set_tolerance_pieces(5);
  const std::string name = Started(plan);
  inventory::v1::GetCountRequest get;
  get.set_name(name);
  const auto started = process_.Call<CountMessage>("CountService/GetCount", get);
  ASSERT_TRUE(started.ok()) << started.status();
  // Counted at the start, before four pieces went; entered afterwards.
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -4, inventory::v1::BROKEN).ok());
  EnterCountRequest request;
  request.set_name(name);
  auto& entry = *request.add_entries();
  entry.set_sku("A");
  entry.set_quantity(9);
  *entry.mutable_count_time() = started->start_time();
  ASSERT_TRUE(process_.Call<CountMessage>("CountService/EnterCount", request).ok());
  EXPECT_EQ(Lines(name)[0].book(), 10);
  EXPECT_EQ(Lines(name)[0].difference(), -1);
  entry.mutable_count_time()->set_seconds(1);
  EXPECT_THAT(FieldsOf(process_.Call<CountMessage>("CountService/EnterCount", request).status()),
              ::testing::ElementsAre("entries[0].count_time"));
  ASSERT_TRUE(Submit(name).ok());
  ASSERT_TRUE(Act<PostCountRequest>("Post", name).ok());
  EXPECT_EQ(OnHand("A"), 5);
}

TEST_F(CountTest, ADifferenceThatTwoCountsFoundIsPostedOnce) {
  const std::string first = InReview("A", 8), second = InReview("A", 8);
  ASSERT_TRUE(Act<PostCountRequest>("Post", first).ok());
  const auto refused = Act<PostCountRequest>("Post", second);
  EXPECT_EQ(Reason(refused.status()), "CORRECTED_SINCE_COUNTED");
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("lines[1]"));
  EXPECT_THAT(refused.status().message(), ::testing::HasSubstr("by -2 (" + first + ")"));
  EXPECT_EQ(OnHand("A"), 8);
  // Counted again it is compared with what is on record by now.
  inventory::v1::RecountCountRequest recount;
  recount.add_lines(1);
  ASSERT_TRUE(Act("Recount", second, recount).ok());
  ASSERT_TRUE(Enter(second, {{"A", "", "", 7}}).ok());
  ASSERT_TRUE(Submit(second).ok());
  ASSERT_TRUE(Act<PostCountRequest>("Post", second).ok());
  EXPECT_EQ(OnHand("A"), 7);
  // Or it is left out.
  const std::string third = InReview("A", 5), fourth = InReview("A", 5);
  ASSERT_TRUE(Act<PostCountRequest>("Post", third).ok());
  PostCountRequest post;
  post.add_decisions()->set_line(1);
  post.mutable_decisions(0)->set_leave_out(true);
  ASSERT_TRUE(Act("Post", fourth, post).ok());
  EXPECT_EQ(OnHand("A"), 5);
}

TEST_F(CountTest, ADifferenceThatWasCorrectedByAnAdjustmentOrAFileIsNotPostedOnTop) {
  using inventory::v1::StockReason;
  for (const StockReason reason : {inventory::v1::LOST, inventory::v1::STOLEN, inventory::v1::CORRECTION}) {
    const int64_t before = OnHand("A");
    const std::string count = InReview("A", before - 2);
    ASSERT_TRUE(Adjust(process_, "A", berlin_, -2, reason).ok());
    EXPECT_EQ(Reason(Act<PostCountRequest>("Post", count).status()), "CORRECTED_SINCE_COUNTED");
    ASSERT_TRUE(Act<inventory::v1::CancelCountRequest>("Cancel", count).ok());
  }
  const std::string count = InReview("A", OnHand("A") - 1);
  inventory::v1::ImportStockRequest file;
  auto& row = *file.add_rows();
  row.set_sku("A");
  row.set_location_code("BER");
  row.set_on_hand(OnHand("A") - 1);
  ASSERT_TRUE(process_.Call<inventory::v1::ImportStockResponse>("ImportStock", file).ok());
  EXPECT_EQ(Reason(Act<PostCountRequest>("Post", count).status()), "CORRECTED_SINCE_COUNTED");
  // A correction that was taken back is none.
  const std::string other = InReview("A", OnHand("A") - 1);
  const int64_t present = OnHand("A");
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -1, inventory::v1::LOST).ok());
  ASSERT_TRUE(Adjust(process_, "A", berlin_, 1, inventory::v1::FOUND).ok());
  ASSERT_TRUE(Act<PostCountRequest>("Post", other).ok());
  EXPECT_EQ(OnHand("A"), present - 1);
}

TEST_F(CountTest, WhatHappensBetweenEntryAndPostingStaysOnTop) {
  const std::string hamburg = CreateLocation(process_, "HAM");
  const std::string count = InReview("A", 8);  // of 10
  ASSERT_TRUE(Receive(process_, "A", berlin_, 5).ok());
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -1, inventory::v1::BROKEN).ok());
  const auto reserved = Reserve(process_, {{"A", 2, berlin_}});
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  ASSERT_TRUE(Commit(process_, reserved->name()).ok());
  inventory::v1::CreateStockTransferRequest create;
  create.mutable_stock_transfer()->set_source(berlin_);
  create.mutable_stock_transfer()->set_destination(hamburg);
  auto& item = *create.mutable_stock_transfer()->add_items();
  item.set_sku("A");
  item.set_quantity(3);
  const auto transfer = process_.Call<inventory::v1::StockTransfer>("StockTransferService/CreateStockTransfer", create);
  ASSERT_TRUE(transfer.ok()) << transfer.status();
  inventory::v1::ShipStockTransferRequest ship;
  ship.set_name(transfer->name());
  ASSERT_TRUE(process_.Call<inventory::v1::StockTransfer>("StockTransferService/ShipStockTransfer", ship).ok());
  ASSERT_TRUE(Act<PostCountRequest>("Post", count).ok());
  EXPECT_EQ(GetStock(process_, "A", berlin_).total().on_hand(), 8 + 5 - 1 - 2 - 3);
}

TEST_F(CountTest, AnEntryTypedInLaterIsNotPostedOverACorrectionMadeMeanwhile) {
  CountMessage plan = MakePlan();
  plan.add_skus("A");
  plan.set_tolerance_pieces(5);
  const auto count = Create(plan);
  ASSERT_TRUE(count.ok()) << count.status();
  const auto started = Start(count->name());
  ASSERT_TRUE(started.ok()) << started.status();
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -2, inventory::v1::LOST).ok());
  EnterCountRequest request;
  request.set_name(count->name());
  auto& entry = *request.add_entries();
  entry.set_sku("A");
  entry.set_quantity(8);
  *entry.mutable_count_time() = started->start_time();
  ASSERT_TRUE(process_.Call<CountMessage>("CountService/EnterCount", request).ok());
  ASSERT_TRUE(Submit(count->name()).ok());
  EXPECT_EQ(Reason(Act<PostCountRequest>("Post", count->name()).status()), "CORRECTED_SINCE_COUNTED");
  EXPECT_EQ(OnHand("A"), 8);
}

TEST_F(CountTest, FoundPiecesBecomeLines) {
  CountMessage plan = MakePlan();
  plan.set_tolerance_pieces(100);
  const std::string name = Started(plan);
  ASSERT_TRUE(Enter(name, {{"A", "", "", 10}, {"B", "", "", 3}, {"B", "L1", "R-1", 5}, {"C", "", "R-2", 2}}).ok());
  ASSERT_TRUE(Submit(name).ok());
  ASSERT_TRUE(Act<PostCountRequest>("Post", name).ok());
  EXPECT_EQ(OnHand("C"), 2);
  plan.add_skus("A");
  const std::string narrow = Started(plan);
  EXPECT_THAT(FieldsOf(Enter(narrow, {{"C", "", "", 1}}).status()), ::testing::ElementsAre("entries[0].sku"));
  EXPECT_THAT(FieldsOf(Enter(narrow, {{"A", "", "", 1}, {"A", "", "", 2}}).status()),
              ::testing::ElementsAre("entries[1]"));
}

TEST_F(CountTest, ABlindCountTellsNothingWhileItIsCounted) {
  CountMessage plan = MakePlan();
  plan.set_blind(true);
  plan.set_tolerance_pieces(100);
  const std::string name = Started(plan);
  ASSERT_TRUE(Enter(name, {{"A", "", "", 8}, {"B", "", "", 3}, {"B", "L1", "R-1", 5}}).ok());
  for (const CountLine& line : Lines(name)) {
    EXPECT_FALSE(line.has_expected() || line.has_book() || line.has_difference());
  }
  inventory::v1::ListCountLinesRequest request;
  request.set_name(name);
  request.set_filter("counted:* AND difference != 0");
  const auto hidden = process_.Call<inventory::v1::ListCountLinesResponse>("CountService/ListCountLines", request);
  EXPECT_EQ(Reason(hidden.status()), "COUNT_IS_BLIND");
  const auto submitted = Submit(name);
  ASSERT_TRUE(submitted.ok()) << submitted.status();
  EXPECT_EQ(submitted->different_count(), 1);
  ASSERT_EQ(Lines(name, request).size(), 1u);
  EXPECT_EQ(Lines(name, request)[0].difference(), -2);
}

TEST_F(CountTest, AReviewerSendsLinesBackAndLeavesOthersOut) {
  CountMessage plan = MakePlan();
  plan.set_tolerance_pieces(100);
  const std::string name = Started(plan);
  ASSERT_TRUE(Enter(name, {{"A", "", "", 8}, {"B", "", "", 0}, {"B", "L1", "R-1", 5}}).ok());
  ASSERT_TRUE(Submit(name).ok());
  inventory::v1::RecountCountRequest recount;
  recount.add_lines(9);
  EXPECT_THAT(FieldsOf(Act("Recount", name, recount).status()), ::testing::ElementsAre("lines[0]"));
  recount.set_lines(0, 1);
  const auto back = Act("Recount", name, recount);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->state(), CountMessage::COUNTING);
  inventory::v1::ListCountLinesRequest to_count;
  to_count.set_filter("recount = true OR NOT counted:*");
  EXPECT_EQ(Lines(name, to_count).size(), 1u);
  ASSERT_TRUE(Enter(name, {{"A", "", "", 9}}).ok());
  ASSERT_TRUE(Submit(name).ok());
  PostCountRequest post;
  post.add_decisions()->set_line(2);
  post.mutable_decisions(0)->set_leave_out(true);
  ASSERT_TRUE(Act("Post", name, post).ok());
  EXPECT_EQ(OnHand("A"), 9);
  EXPECT_EQ(OnHand("B"), 8);
  EXPECT_FALSE(Lines(name)[1].has_posted());
}

TEST_F(CountTest, PromisedPiecesThatAreMissingAreNamed) {
  CountMessage plan = MakePlan();
  plan.add_skus("A");
  plan.set_tolerance_pieces(100);
  const std::string name = Started(plan);
  ASSERT_TRUE(Reserve(process_, {{"A", 9, berlin_}}).ok());
  ASSERT_TRUE(Enter(name, {{"A", "", "", 8}}).ok());
  ASSERT_TRUE(Submit(name).ok());
  const auto refused = Act<PostCountRequest>("Post", name);
  EXPECT_EQ(Reason(refused.status()), "OUT_OF_STOCK");
  EXPECT_THAT(FieldsOf(refused.status()), ::testing::ElementsAre("lines[1]"));
  EXPECT_EQ(OnHand("A"), 10);
  ASSERT_TRUE(Act<inventory::v1::CancelCountRequest>("Cancel", name).ok());
}

TEST_F(CountTest, WritesAreReplayedAndPostedOnce) {
  CountMessage plan = MakePlan();
  plan.add_skus("A");
  plan.set_tolerance_pieces(100);
  const std::string name = Started(plan);
  ASSERT_TRUE(Enter(name, {{"A", "", "", 8}}, "enter").ok());
  ASSERT_TRUE(Enter(name, {{"A", "", "", 8}}, "enter").ok());
  EXPECT_FALSE(Enter(name, {{"A", "", "", 7}}, "enter").ok());
  EXPECT_EQ(Lines(name)[0].counted(), 8);
  ASSERT_TRUE(Submit(name).ok());
  std::atomic<int> posted = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) threads.emplace_back([&] { posted += Act<PostCountRequest>("Post", name).ok(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(posted, 1);
  EXPECT_EQ(OnHand("A"), 8);
}

TEST_F(CountTest, OnlyAPlanIsEdited) {
  const std::string name = Started(MakePlan());
  inventory::v1::UpdateCountRequest update;
  update.mutable_count()->set_name(name);
  update.mutable_count()->set_blind(true);
  update.mutable_update_mask()->add_paths("blind");
  EXPECT_EQ(Reason(process_.Call<CountMessage>("CountService/UpdateCount", update).status()), "ACTION_NOT_ALLOWED");
}

}  // namespace
}  // namespace storeops::testing
