// Staged changes of prices: their states, their time, and that each is applied once whoever dies.
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/staged_price.pb.h"
#include "tests/support/price_fixture.h"

namespace storeops::testing {
namespace {

using catalog::v1::ListPriceHistoryRequest;
using catalog::v1::ListPriceHistoryResponse;
using catalog::v1::StagedPriceChange;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StagedPriceTest : public PriceFixture {
 protected:
  using PriceFixture::PriceFixture;

  absl::StatusOr<StagedPriceChange> Create(StagedPriceChange change) {
    catalog::v1::CreateStagedPriceChangeRequest request;
    if (change.title().empty()) change.set_title("Spring");
    *request.mutable_staged_price_change() = change;
    return process_.Call<StagedPriceChange>("PriceService/CreateStagedPriceChange", request);
  }
  static void AddEdit(StagedPriceChange& change, const std::string& list, const std::string& sku,
                      const std::string& euros) {
    auto* edit = change.add_edits();
    edit->set_price_list(list);
    edit->set_sku(sku);
    if (!euros.empty()) *edit->mutable_price() = Euros(euros);
  }
  // The name of a change that waits to be applied.
  std::string Approved(const StagedPriceChange& change) {
    const auto created = Create(change);
    EXPECT_TRUE(created.ok()) << created.status();
    if (!created.ok()) return "";
    EXPECT_TRUE(Act<catalog::v1::SubmitStagedPriceChangeRequest>("Submit", created->name()).ok());
    EXPECT_TRUE(Act<catalog::v1::ApproveStagedPriceChangeRequest>("Approve", created->name()).ok());
    return created->name();
  }
  template <class Request>
  absl::StatusOr<StagedPriceChange> Act(const std::string& action, const std::string& name, Request request = {}) {
    request.set_name(name);
    return process_.Call<StagedPriceChange>("PriceService/" + action + "StagedPriceChange", request);
  }
  absl::StatusOr<StagedPriceChange> Apply(const std::string& name) {
    return Act<catalog::v1::ApplyStagedPriceChangeRequest>("Apply", name);
  }
  StagedPriceChange Get(const std::string& name) {
    catalog::v1::GetStagedPriceChangeRequest request;
    request.set_name(name);
    return *process_.Call<StagedPriceChange>("PriceService/GetStagedPriceChange", request);
  }
  // Who caused each change of the SKU's prices in lists.
  std::vector<std::string> Causes(const std::string& sku) {
    ListPriceHistoryRequest request;
    request.set_sku(sku);
    request.set_page_size(500);
    std::vector<std::string> causes;
    const auto response = process_.Call<ListPriceHistoryResponse>("PriceService/ListPriceHistory", request);
    EXPECT_TRUE(response.ok()) << response.status();
    for (const auto& entry : response->entries()) {
      if (!entry.price_list().empty()) causes.push_back(entry.cause());
    }
    return causes;
  }
};

TEST_F(StagedPriceTest, IsPreparedReviewedAndAppliedByHand) {
  const std::string list = MakeList();
  ASSERT_TRUE(Set({MakePrice(list, "TEA-2", "29")}).ok());
  StagedPriceChange change;
  AddEdit(change, list, "TEA-1", "15");
  AddEdit(change, list, "TEA-2", "");
  auto staged = Create(change);
  ASSERT_TRUE(staged.ok()) << staged.status();
  const std::string name = staged->name();
  EXPECT_EQ(staged->state(), StagedPriceChange::DRAFT);
  EXPECT_THAT(DescribeStatus(Apply(name).status()),
              HasSubstr("allowed are UpdateStagedPriceChange, SubmitStagedPriceChange, CancelStagedPriceChange"));
  ASSERT_TRUE(Act<catalog::v1::SubmitStagedPriceChangeRequest>("Submit", name).ok());
  catalog::v1::RejectStagedPriceChangeRequest reject;
  EXPECT_THAT(WrongFields(Act("Reject", name, reject).status()), ElementsAre("reason"));
  reject.set_reason("Too cheap");
  staged = Act("Reject", name, reject);
  EXPECT_EQ(staged->state(), StagedPriceChange::DRAFT);
  EXPECT_EQ(staged->rejection_reason(), "Too cheap");

  catalog::v1::UpdateStagedPriceChangeRequest update;
  *update.mutable_staged_price_change() = *staged;
  *update.mutable_staged_price_change()->mutable_edits(0)->mutable_price() = Euros("16");
  update.mutable_update_mask()->add_paths("edits");
  ASSERT_TRUE(process_.Call<StagedPriceChange>("PriceService/UpdateStagedPriceChange", update).ok());
  ASSERT_TRUE(Act<catalog::v1::SubmitStagedPriceChangeRequest>("Submit", name).ok());
  update.mutable_staged_price_change()->clear_etag();
  *update.mutable_staged_price_change()->mutable_edits(0)->mutable_price() = Euros("1");
  EXPECT_THAT(DescribeStatus(process_.Call<StagedPriceChange>("PriceService/UpdateStagedPriceChange", update).status()),
              HasSubstr("UpdateStagedPriceChange is not allowed"));
  staged = Act<catalog::v1::ApproveStagedPriceChangeRequest>("Approve", name);
  EXPECT_EQ(staged->approver(), "users/1");
  EXPECT_EQ(Costs("TEA-1"), "20.00 EUR BASE");
  EXPECT_EQ(Costs("TEA-2"), "29.00 EUR PRICE_LIST");

  staged = Apply(name);
  ASSERT_TRUE(staged.ok()) << staged.status();
  EXPECT_EQ(staged->state(), StagedPriceChange::APPLIED);
  EXPECT_TRUE(staged->has_applied_time());
  EXPECT_EQ(Costs("TEA-1"), "16.00 EUR PRICE_LIST");
  EXPECT_EQ(Costs("TEA-2"), "30.00 EUR BASE");
  EXPECT_THAT(Causes("TEA-1"), ElementsAre(name));
  EXPECT_THAT(DescribeStatus(Apply(name).status()), HasSubstr("ACTION_NOT_ALLOWED"));
  catalog::v1::ListStagedPriceChangesRequest applied;
  applied.set_filter("state = APPLIED");
  EXPECT_EQ(process_.Call<catalog::v1::ListStagedPriceChangesResponse>("PriceService/ListStagedPriceChanges", applied)
                ->staged_price_changes_size(),
            1);
  catalog::v1::ListStagedPriceChangeHistoryRequest history;
  history.set_name(name);
  EXPECT_EQ(
      process_
          .Call<catalog::v1::ListStagedPriceChangeHistoryResponse>("PriceService/ListStagedPriceChangeHistory", history)
          ->entries_size(),
      7);
}

TEST_F(StagedPriceTest, WhatIsWrongIsNamed) {
  StagedPriceChange change;
  AddEdit(change, "priceLists/1", "TEA-9", "15");
  AddEdit(change, "priceLists/1", "TEA-9", "");
  EXPECT_THAT(WrongFields(Create(change).status()), ElementsAre("staged_price_change.edits[0].sku"));
  change.mutable_edits(0)->set_sku("TEA-1");
  change.mutable_edits(1)->set_sku("TEA-1");
  EXPECT_THAT(WrongFields(Create(change).status()), ElementsAre("staged_price_change.edits[1]"));
  EXPECT_THAT(WrongFields(Create({}).status()), ElementsAre("staged_price_change.edits"));
  change.mutable_edits()->DeleteSubrange(1, 1);
  change.mutable_edits(0)->set_price_list("priceLists/99");
  EXPECT_THAT(WrongFields(Apply(Approved(change)).status()), ElementsAre("edits[0].price_list"));
}

TEST_F(StagedPriceTest, CancelAndReopen) {
  const std::string list = MakeList();
  StagedPriceChange change;
  AddEdit(change, list, "TEA-1", "15");
  const std::string name = Approved(change);
  EXPECT_EQ(Act<catalog::v1::ReopenStagedPriceChangeRequest>("Reopen", name)->state(), StagedPriceChange::DRAFT);
  EXPECT_EQ(Get(name).approver(), "");
  catalog::v1::CancelStagedPriceChangeRequest cancel;
  cancel.set_etag("1");
  EXPECT_EQ(Act("Cancel", name, cancel).status().code(), absl::StatusCode::kAborted);
  cancel.clear_etag();
  EXPECT_EQ(Act("Cancel", name, cancel)->state(), StagedPriceChange::CANCELLED);
  EXPECT_FALSE(Act<catalog::v1::ReopenStagedPriceChangeRequest>("Reopen", name).ok());
  EXPECT_EQ(Apply("stagedPriceChanges/999").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(StagedPriceTest, WhatCannotBeAppliedAtItsTimeSaysWhy) {
  const std::string list = MakeList();
  StagedPriceChange change;
  AddEdit(change, list, "TEA-1", "15");
  AddEdit(change, "priceLists/99", "TEA-2", "15");
  *change.mutable_apply_time() = ToTimestamp(absl::Now() - absl::Seconds(1));
  const std::string name = Approved(change);
  ASSERT_TRUE(Eventually([&] { return Get(name).state() == StagedPriceChange::FAILED; }));
  EXPECT_THAT(Get(name).failure(), HasSubstr("edits[1].price_list"));
  EXPECT_EQ(Costs("TEA-1"), "20.00 EUR BASE");
  EXPECT_EQ(Act<catalog::v1::ReopenStagedPriceChangeRequest>("Reopen", name)->failure(), "");
}

class StagedPriceTimeTest : public StagedPriceTest {
 protected:
  StagedPriceTimeTest() : StagedPriceTest(Shifted()) {}
  // Made before the fixture that refers to it.
  static ShiftedClock& Shifted() {
    static ShiftedClock* const clock = new ShiftedClock;
    return *clock;
  }
};

TEST_F(StagedPriceTimeTest, TwoProcessesApplyEachOnce) {
  ServiceProcess other(site_, {catalog::CatalogModule()}, {.data = "other", .clock = &clock_});
  ASSERT_NO_FATAL_FAILURE(other.Start());
  const std::string list = MakeList();
  const absl::Time due = clock_.Now() + absl::Hours(1);
  std::vector<std::string> names;
  for (int i = 0; i < 20; ++i) {
    StagedPriceChange change;
    AddEdit(change, list, "TEA-1", absl::StrCat(10 + i));
    AddEdit(change, list, "TEA-2", absl::StrCat(10 + i));
    *change.mutable_apply_time() = ToTimestamp(due + absl::Milliseconds(i));
    names.push_back(Approved(change));
  }
  for (const std::string& name : names) EXPECT_EQ(Get(name).state(), StagedPriceChange::APPROVED) << "not yet due";
  Shifted().Advance(absl::Hours(1));
  // Asked anywhere, at any time, the two prices are of one change.
  ASSERT_TRUE(Eventually([&] {
    for (ServiceProcess* process : {&process_, &other}) {
      const auto response = Resolve(*process, Question({"TEA-1", "TEA-2"}));
      if (!response.ok()) return false;
      const auto &one = response->prices(0), &two = response->prices(1);
      EXPECT_EQ(one.source(), two.source());
      EXPECT_TRUE(one.source() != catalog::v1::ResolvedPrice::PRICE_LIST || one.price().units() == two.price().units());
    }
    return Costs(other, "TEA-2") == "29.00 EUR PRICE_LIST" && Costs("TEA-2") == "29.00 EUR PRICE_LIST";
  }));
  for (const std::string& name : names) {
    EXPECT_EQ(Get(name).state(), StagedPriceChange::APPLIED);
    EXPECT_GE(FromTimestamp(Get(name).applied_time()), due);
  }
  std::vector<std::string> newest_first(names.rbegin(), names.rend());
  EXPECT_EQ(Causes("TEA-1"), newest_first);
  EXPECT_EQ(Causes("TEA-2"), newest_first);
}

class KilledStagedPriceTest : public StagedPriceTest {
 protected:
  // Serves, but does nothing in the background.
  void SetUp() override {
    for (int i = 0; i < kSkus; ++i) MakeTea(absl::StrCat("T", i), "20", "");
  }
  static constexpr int kSkus = 40;
  static constexpr int kChanges = 60;
};

TEST_F(KilledStagedPriceTest, EachIsAppliedOnceAndWhole) {
  const std::string list = MakeList();
  std::vector<std::string> names;
  for (int i = 0; i < kChanges; ++i) {
    StagedPriceChange change;
    for (int sku = 0; sku < kSkus; ++sku) AddEdit(change, list, absl::StrCat("T", sku), absl::StrCat(i + 1));
    *change.mutable_apply_time() = ToTimestamp(absl::Now() - absl::Hours(1) + absl::Seconds(i));
    names.push_back(Approved(change));
  }
  const auto applied = [&] {
    int count = 0;
    for (const std::string& name : names) count += Get(name).state() == StagedPriceChange::APPLIED;
    return count;
  };
  // Killed again and again at some point of its work.
  for (int before = 0; before < kChanges;) {
    BackgroundProcess process(site_, "catalog");
    ASSERT_TRUE(Eventually([&] { return applied() > before; }));
    process.Kill();
    before = applied();
    // What is applied is there, whole and once; of the others there is nothing.
    std::vector<std::string> expected;
    for (const std::string& name : names) {
      if (Get(name).state() == StagedPriceChange::APPLIED) expected.insert(expected.begin(), name);
    }
    for (const char* sku : {"T0", "T17", "T39"}) ASSERT_EQ(Causes(sku), expected) << sku;
  }
  EXPECT_EQ(Costs("T7"), absl::StrCat(kChanges, ".00 EUR PRICE_LIST"));
}

}  // namespace
}  // namespace storeops::testing
