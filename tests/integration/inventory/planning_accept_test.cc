// Suggestions that become drafts of purchase orders: once, whoever asks and how often.
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "services/inventory/planning/planning_store.h"
#include "tests/support/planning_fixture.h"

namespace storeops::testing {
namespace {

using inventory::v1::AcceptReplenishmentRequest;
using inventory::v1::AcceptReplenishmentResponse;
using inventory::v1::DismissReplenishmentRequest;
using inventory::v1::ListPurchaseOrdersRequest;
using inventory::v1::ListPurchaseOrdersResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class PlanningAcceptTest : public PlanningFixture {
 protected:
  // "A" and "B" from one supplier, "C" from another, nobody sells "D"; 13 pieces of each are needed.
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(PlanningFixture::SetUp());
    acme_ = CreateSupplier(process_, "ACME", 7);
    zeta_ = CreateSupplier(process_, "ZETA", 7);
    for (const char* sku : {"A", "B", "C", "D"}) {
      SellWeekly(sku, 10, 20);
      ASSERT_TRUE(Receive(process_, sku, berlin_, 12).ok());
    }
    ASSERT_TRUE(CreateSupplierItem(process_, acme_, "A", 100).ok());
    ASSERT_TRUE(CreateSupplierItem(process_, acme_, "B", 200).ok());
    ASSERT_TRUE(CreateSupplierItem(process_, zeta_, "C", 300).ok());
    SetDay(140);
    run_ = RunPlan();
  }
  std::string NameOf(const std::string& sku) { return Planned(sku).name(); }
  std::vector<inventory::v1::PurchaseOrder> Drafts() {
    const auto list = process_.Call<ListPurchaseOrdersResponse>("PurchaseOrderService/ListPurchaseOrders",
                                                                ListPurchaseOrdersRequest());
    EXPECT_TRUE(list.ok()) << list.status();
    if (!list.ok()) return {};
    return {list->purchase_orders().begin(), list->purchase_orders().end()};
  }
  absl::StatusOr<Replenishment> Dismiss(const std::string& name, const std::string& reason, int days = 0,
                                        const std::string& request_id = "") {
    DismissReplenishmentRequest request;
    request.set_name(name);
    request.set_reason(reason);
    request.set_days(days);
    request.set_request_id(request_id);
    return Ask<Replenishment>("DismissReplenishment", request);
  }

  std::string acme_, zeta_;
  PlanningRun run_;
};

TEST_F(PlanningAcceptTest, DraftsAreBySupplierAndStandInTheNextPlan) {
  AcceptReplenishmentRequest request;
  for (const char* sku : {"C", "A", "B"}) request.add_acceptances()->set_name(NameOf(sku));
  request.mutable_acceptances(2)->set_quantity(40);
  const auto accepted = Ask<AcceptReplenishmentResponse>("AcceptReplenishment", request);
  ASSERT_TRUE(accepted.ok()) << accepted.status();
  ASSERT_EQ(accepted->purchase_orders_size(), 2);
  const auto& acme = accepted->purchase_orders(0);
  EXPECT_EQ(acme.supplier(), acme_);
  EXPECT_EQ(acme.state(), inventory::v1::PurchaseOrder::DRAFT);
  ASSERT_EQ(acme.items_size(), 2);
  EXPECT_EQ(acme.items(0).sku(), "A");
  EXPECT_EQ(acme.items(0).ordered(), 13);
  EXPECT_THAT(acme.items(0).reason(), HasSubstr("need 13"));
  EXPECT_EQ(acme.items(1).ordered(), 40);
  EXPECT_EQ(FormatMoney(acme.total()), "93.00 EUR");
  EXPECT_EQ(accepted->purchase_orders(1).supplier(), zeta_);
  ASSERT_EQ(accepted->replenishments_size(), 3);
  EXPECT_EQ(accepted->replenishments(0).sku(), "C");
  EXPECT_EQ(accepted->replenishments(0).purchase_order(), accepted->purchase_orders(1).name());
  EXPECT_EQ(accepted->replenishments(2).accepted_quantity(), 40);
  const Replenishment stored = Planned("B");
  EXPECT_EQ(stored.state(), Replenishment::ACCEPTED);
  EXPECT_EQ(stored.decided_by(), "users/1");
  EXPECT_EQ(stored.purchase_order(), acme.name());
  inventory::v1::ListReplenishmentsRequest open;
  open.set_filter("state = OPEN");
  EXPECT_THAT(List(open), SizeIs(1));

  // What is in drafts is not suggested again; once a draft is cancelled, it is.
  RunPlan();
  EXPECT_THAT(List(), SizeIs(1));
  EXPECT_EQ(Planned("A").drafted(), 13);
  EXPECT_EQ(Planned("A").state(), Replenishment::OPEN);
  ASSERT_TRUE(CancelPurchase(process_, acme.name()).ok());
  RunPlan();
  EXPECT_THAT(List(), SizeIs(3));
}

TEST_F(PlanningAcceptTest, IsDoneOnceWhoeverAsks) {
  ServiceProcess other(site_, {inventory::InventoryModule()}, {.data = "other", .clock = &clock_});
  ASSERT_NO_FATAL_FAILURE(other.Start());
  const std::string a = NameOf("A"), b = NameOf("B"), c = NameOf("C");
  // Each pair shares a suggestion with every other one: one caller can have what it asks for.
  const std::vector<std::vector<std::string>> wanted = {{a, b}, {b, a}, {a, c}, {c, a}, {a}, {b, a, c}};
  std::atomic<int> accepted = 0, refused = 0;
  std::vector<std::thread> threads;
  for (size_t i = 0; i < wanted.size() * 2; ++i) {
    threads.emplace_back([&, i] {
      AcceptReplenishmentRequest request;
      for (const std::string& name : wanted[i / 2]) request.add_acceptances()->set_name(name);
      ServiceProcess& process = i % 2 == 0 ? process_ : other;
      const auto answer = process.Call<AcceptReplenishmentResponse>("PlanningService/AcceptReplenishment", request);
      accepted += answer.ok();
      refused += Reason(answer.status()) == "ACTION_NOT_ALLOWED";
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(refused, static_cast<int>(wanted.size()) * 2 - 1);
  int64_t ordered = 0;
  for (const auto& draft : Drafts()) {
    for (const auto& item : draft.items()) ordered += item.sku() == "A" ? item.ordered() : 0;
  }
  EXPECT_EQ(ordered, 13);
}

TEST_F(PlanningAcceptTest, ARepetitionIsAnsweredAndAnotherBodyRefused) {
  const std::string a = NameOf("A"), b = NameOf("B");
  const auto first = Accept({a}, "accept-1");
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = Accept({a}, "accept-1");
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  EXPECT_EQ(Reason(Accept({b}, "accept-1").status()), "REQUEST_ID_REUSED");
  EXPECT_THAT(Drafts(), SizeIs(1));
  const auto dismissed = Dismiss(b, "no room", 0, "dismiss-1");
  ASSERT_TRUE(dismissed.ok()) << dismissed.status();
  EXPECT_EQ(Dismiss(b, "no room", 0, "dismiss-1")->SerializeAsString(), dismissed->SerializeAsString());
  EXPECT_EQ(Reason(Dismiss(b, "no money", 0, "dismiss-1").status()), "REQUEST_ID_REUSED");

  inventory::v1::RunPlanningRequest run;
  run.set_request_id("run-1");
  const auto started = Ask<google::longrunning::Operation>("RunPlanning", run);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(Ask<google::longrunning::Operation>("RunPlanning", run)->name(), started->name());
  run.set_history_days(30);
  EXPECT_EQ(Reason(Ask<google::longrunning::Operation>("RunPlanning", run).status()), "REQUEST_ID_REUSED");
  EXPECT_TRUE(Await(process_, started->name()).has_response());

  inventory::v1::CreatePlanningSettingRequest create;
  create.mutable_planning_setting()->set_sku("A");
  create.set_request_id("setting-1");
  const auto setting = Ask<inventory::v1::PlanningSetting>("CreatePlanningSetting", create);
  ASSERT_TRUE(setting.ok()) << setting.status();
  EXPECT_EQ(Ask<inventory::v1::PlanningSetting>("CreatePlanningSetting", create)->name(), setting->name());
  create.mutable_planning_setting()->set_review_days(3);
  EXPECT_EQ(Reason(Ask<inventory::v1::PlanningSetting>("CreatePlanningSetting", create).status()), "REQUEST_ID_REUSED");
}

TEST_F(PlanningAcceptTest, RefusalsNameEachAndLeaveNothing) {
  const std::string a = NameOf("A"), b = NameOf("B"), d = NameOf("D");
  EXPECT_THAT(FieldsOf(Accept({a, run_.name() + "/replenishments/99", a}).status()),
              ElementsAre("acceptances[1].name", "acceptances[2].name"));
  const auto unsold = Accept({a, d});
  EXPECT_EQ(Reason(unsold.status()), "NO_SUPPLIER");
  EXPECT_THAT(FieldsOf(unsold.status()), ElementsAre("acceptances[1]"));
  EXPECT_THAT(Drafts(), IsEmpty());
  ASSERT_TRUE(Accept({b}).ok());
  const auto decided = Accept({a, b});
  EXPECT_EQ(Reason(decided.status()), "ACTION_NOT_ALLOWED");
  EXPECT_THAT(FieldsOf(decided.status()), ElementsAre("acceptances[1]"));
  // The supplier is gone: nothing of it stays.
  inventory::v1::DeleteSupplierRequest remove;
  remove.set_name(zeta_);
  ASSERT_TRUE(process_.Call<inventory::v1::Supplier>("SupplierService/DeleteSupplier", remove).ok());
  EXPECT_FALSE(Accept({a, NameOf("C")}).ok());
  EXPECT_EQ(Planned("A").state(), Replenishment::OPEN);
  EXPECT_THAT(Drafts(), SizeIs(1));
  const PlanningRun newer = RunPlan();
  const auto outdated = Accept({a});
  EXPECT_EQ(Reason(outdated.status()), "PLAN_OUTDATED");
  EXPECT_THAT(outdated.status().message(), HasSubstr(newer.name()));
  EXPECT_TRUE(Accept({NameOf("A")}).ok());
}

TEST_F(PlanningAcceptTest, DismissedOnesStaySoForAWhile) {
  const auto dismissed = Dismiss(NameOf("A"), "season is over", 3);
  ASSERT_TRUE(dismissed.ok()) << dismissed.status();
  EXPECT_EQ(dismissed->state(), Replenishment::DISMISSED);
  EXPECT_EQ(Reason(Accept({NameOf("A")}).status()), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(Reason(Dismiss(NameOf("A"), "again").status()), "ACTION_NOT_ALLOWED");
  RunPlan();
  EXPECT_EQ(Planned("A").state(), Replenishment::DISMISSED);
  EXPECT_EQ(Planned("A").decision_reason(), "season is over");
  EXPECT_EQ(Planned("B").state(), Replenishment::OPEN);
  clock_.Advance(absl::Hours(24 * 3 + 1));
  RunPlan();
  EXPECT_EQ(Planned("A").state(), Replenishment::OPEN);
}

TEST_F(PlanningAcceptTest, WhatIsAcceptedWhileAPlanIsMadeIsNotSuggestedByIt) {
  // The run has read drafts and decisions; then somebody accepts; then the run's lists take their place.
  db::Database& database = process_.database();
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  inventory::CurrentPlan seen;
  ASSERT_TRUE(database
                  .Transact(deadline,
                            [&](db::Session& session) {
                              const auto current = inventory::LockCurrent(session);
                              seen = current.value_or(inventory::CurrentPlan());
                              return current.status();
                            })
                  .ok());
  inventory::PlanItem item;
  item.number = 1;
  const auto name = NameOf("A");
  item.key = {"A", std::stoll(berlin_.substr(berlin_.find('/') + 1))};
  item.wanted = true;
  ASSERT_TRUE(Accept({name}).ok());
  const int64_t newer = seen.run_id + 1000;
  ASSERT_TRUE(database
                  .Transact(deadline,
                            [&](db::Session& session) -> absl::Status {
                              absl::Status status = inventory::InsertPlanItems(session, newer, {item});
                              if (!status.ok()) return status;
                              const auto before = inventory::LockCurrent(session);
                              if (!before.ok()) return before.status();
                              return inventory::SetCurrent(session, *before, newer, seen.decisions, clock_.Now());
                            })
                  .ok());
  AcceptReplenishmentRequest request;
  request.add_acceptances()->set_name("planningRuns/" + std::to_string(newer) + "/replenishments/1");
  EXPECT_EQ(Reason(Ask<AcceptReplenishmentResponse>("AcceptReplenishment", request).status()), "ACTION_NOT_ALLOWED");
}

}  // namespace
}  // namespace storeops::testing
