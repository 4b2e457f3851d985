// Planning runs: what they suggest, warn of and classify, and that there is one a day.
#include <string>
#include <vector>

#include "services/inventory/planning/planning_store.h"
#include "storeops/inventory/v1/count_service.pb.h"
#include "tests/support/planning_fixture.h"

namespace storeops::testing {
namespace {

using inventory::v1::ClassifyItemsRequest;
using inventory::v1::ClassifyItemsResponse;
using inventory::v1::ListReplenishmentsRequest;
using inventory::v1::ListReplenishmentsResponse;
using inventory::v1::ListStockAlertsRequest;
using inventory::v1::PlanningSetting;
using inventory::v1::SimulatePolicyRequest;
using inventory::v1::SimulatePolicyResponse;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> SkusOf(const std::vector<inventory::v1::Replenishment>& all) {
  std::vector<std::string> skus;
  for (const auto& one : all) skus.push_back(one.sku());
  return skus;
}

class PlanningRunTest : public PlanningFixture {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(PlanningFixture::SetUp());
    acme_ = CreateSupplier(process_, "ACME", 7);
  }
  std::string ReasonOfList() {
    return Reason(Ask<ListReplenishmentsResponse>("ListReplenishments", ListReplenishmentsRequest()).status());
  }
  ListReplenishmentsRequest By(const std::string& order_by, int page_size = 0) {
    ListReplenishmentsRequest request;
    request.set_order_by(order_by);
    request.set_page_size(page_size);
    return request;
  }

  std::string acme_;
};

// The figures of planner_test.cc, over the wire and from the tables.
TEST_F(PlanningRunTest, SaysWhatToBuyAndEveryFigureOnTheWay) {
  SellWeekly("A", 10, 20);
  ASSERT_TRUE(CreateSupplierItem(process_, acme_, "A", 250, 20, 6).ok());
  SetDay(140);
  ASSERT_TRUE(Receive(process_, "A", berlin_, 14).ok());
  ASSERT_TRUE(MoveStatus(process_, "A", berlin_, 2, inventory::v1::MoveStockStatusRequest::FOR_SALE,
                         inventory::v1::MoveStockStatusRequest::DAMAGED)
                  .ok());
  EXPECT_EQ(ReasonOfList(), "NOT_PLANNED");
  const PlanningRun run = RunPlan();
  EXPECT_EQ(run.state(), PlanningRun::SUCCEEDED);
  EXPECT_EQ(run.order_line_count(), 20);
  EXPECT_EQ(run.sku_count(), 1);
  EXPECT_EQ(run.replenishment_count(), 1);
  EXPECT_EQ(run.creator(), "users/1");
  ASSERT_EQ(run.amounts_size(), 1);
  EXPECT_EQ(FormatMoney(run.amounts(0)), "60.00 EUR");
  clock_.Advance(absl::Minutes(90));
  const auto list = Asked<ListReplenishmentsResponse>("ListReplenishments", ListReplenishmentsRequest());
  EXPECT_EQ(list.source().run(), run.name());
  EXPECT_EQ(list.source().age().seconds(), 90 * 60);
  ASSERT_EQ(list.replenishments_size(), 1);
  const Replenishment& one = list.replenishments(0);
  EXPECT_EQ(one.name(), run.name() + "/replenishments/1");
  EXPECT_EQ(one.sku(), "A");
  EXPECT_EQ(one.location(), berlin_);
  EXPECT_EQ(one.supplier(), acme_);
  EXPECT_EQ(one.state(), Replenishment::OPEN);
  EXPECT_EQ(one.urgency(), Replenishment::DUE);
  EXPECT_THAT(one.reasons(), ElementsAre(Replenishment::BELOW_TARGET, Replenishment::ROUNDED_TO_PACKS,
                                         Replenishment::RAISED_TO_MINIMUM));
  EXPECT_EQ(one.on_hand(), 12);
  EXPECT_THAT(one.forecast_over_lead_time(), DoubleNear(10, 1e-6));
  EXPECT_THAT(one.forecast_over_review(), DoubleNear(10, 1e-6));
  EXPECT_THAT(one.safety_stock(), DoubleNear(5, 1e-6));
  EXPECT_EQ(one.target(), 25);
  EXPECT_EQ(one.position(), 12);
  EXPECT_EQ(one.need(), 13);
  EXPECT_EQ(one.after_packs(), 18);
  EXPECT_EQ(one.after_minimum(), 24);
  EXPECT_EQ(one.quantity(), 24);
  EXPECT_EQ(one.packs(), 4);
  EXPECT_EQ(FormatMoney(one.amount()), "60.00 EUR");
  EXPECT_EQ(one.expected_date(), Date(147));
  EXPECT_EQ(one.order_by_date(), Date(140));
  EXPECT_EQ(one.lead_time_days(), 7);
  EXPECT_EQ(one.service_level_percent(), 95);
  EXPECT_EQ(one.abc_class(), "A");
  EXPECT_EQ(one.xyz_class(), "X");
  EXPECT_THAT(one.explanation(), HasSubstr("need 13; buy 24 in 4 packs"));
}

TEST_F(PlanningRunTest, PlansByDaysIfAskedTo) {
  std::vector<Sale> sales;
  for (int day = 0; day < 140; ++day) sales.push_back({"A", day, 2});
  Sell(sales);
  ASSERT_TRUE(CreateSupplierItem(process_, acme_, "A", 250).ok());
  SetDay(140);
  ASSERT_TRUE(Receive(process_, "A", berlin_, 5).ok());
  inventory::v1::RunPlanningRequest request;
  request.set_period(inventory::v1::DAY);
  request.set_history_days(100);
  const PlanningRun run = RunPlan(request);
  EXPECT_EQ(run.period(), inventory::v1::DAY);
  EXPECT_EQ(run.order_line_count(), 100);
  const Replenishment one = Planned("A");
  EXPECT_THAT(one.demand_per_day(), DoubleNear(2, 1e-6));
  EXPECT_THAT(one.forecast_over_lead_time(), DoubleNear(14, 1e-6));
  // 28 with a deviation of 2 * 1.75: 28 + 1.645 * 3.5 = 33.8.
  EXPECT_EQ(one.target(), 34);
  EXPECT_EQ(one.quantity(), 29);
}

TEST_F(PlanningRunTest, ReceiptsTeachTheLeadTime) {
  SellWeekly("A", 10, 20);
  ASSERT_TRUE(CreateSupplierItem(process_, acme_, "A", 250).ok());
  for (int i = 0; i < 4; ++i) {
    SetDay(30 * i);
    const auto draft = DraftPurchase(process_, acme_, berlin_, {{"A", 5}});
    ASSERT_TRUE(draft.ok()) << draft.status();
    ASSERT_TRUE(SendPurchase(process_, draft->name()).ok());
    SetDay(30 * i + 21);
    const auto received = ReceivePurchase(process_, draft->name(), {{"A", 5, 0}});
    ASSERT_TRUE(received.ok()) << received.status();
  }
  SetDay(140);
  RunPlan();
  const Replenishment one = Planned("A");
  EXPECT_EQ(one.lead_time_receipts(), 4);
  EXPECT_THAT(one.lead_time_days(), DoubleNear(14, 1e-6));
  EXPECT_THAT(one.lead_time_deviation_days(), DoubleNear(7.108, 1e-3));
  EXPECT_EQ(one.target(), 47);
  EXPECT_EQ(one.on_hand(), 20);
  EXPECT_EQ(one.need(), 27);
}

TEST_F(PlanningRunTest, SettingsAreForAllASkuOrALocation) {
  const std::string paris = CreateLocation(process_, "PAR", 2);
  SellWeekly("A", 10, 20);
  SellWeekly("B", 10, 20);
  for (const char* sku : {"A", "B"}) ASSERT_TRUE(CreateSupplierItem(process_, acme_, sku, 250).ok());
  SetDay(140);
  ASSERT_TRUE(Receive(process_, "A", paris, 1).ok());
  ASSERT_TRUE(Receive(process_, "B", berlin_, 1).ok());
  PlanningSetting all, a, b_in_berlin, again;
  all.set_review_days(14);
  Set(all);
  a.set_sku("A");
  a.set_discontinued(true);
  Set(a);
  b_in_berlin.set_sku("B");
  b_in_berlin.set_location(berlin_);
  b_in_berlin.set_maximum_quantity(11);
  Set(b_in_berlin);
  RunPlan();
  EXPECT_THAT(SkusOf(List()), ElementsAre("B"));
  // The only place of "A" is Paris.
  const Replenishment discontinued = Planned("A", paris);
  EXPECT_THAT(discontinued.reasons(), ::testing::Contains(Replenishment::DISCONTINUED));
  EXPECT_EQ(discontinued.quantity(), 0);
  const Replenishment b = Planned("B", berlin_);
  EXPECT_EQ(b.review_days(), 14);
  EXPECT_THAT(b.forecast_over_review(), DoubleNear(20, 1e-6));
  EXPECT_EQ(b.quantity(), 11);
  EXPECT_THAT(b.reasons(), ::testing::Contains(Replenishment::CUT_TO_MAXIMUM));

  inventory::v1::CreatePlanningSettingRequest request;
  *request.mutable_planning_setting() = b_in_berlin;
  EXPECT_EQ(Ask<PlanningSetting>("CreatePlanningSetting", request).status().code(), absl::StatusCode::kAlreadyExists);
  request.mutable_planning_setting()->set_sku("C");
  request.mutable_planning_setting()->set_service_level_percent(100);
  EXPECT_THAT(FieldsOf(Ask<PlanningSetting>("CreatePlanningSetting", request).status()),
              ElementsAre("planning_setting.service_level_percent"));
  request.mutable_planning_setting()->set_service_level_percent(99.5);
  request.mutable_planning_setting()->set_location("locations/99");
  EXPECT_THAT(FieldsOf(Ask<PlanningSetting>("CreatePlanningSetting", request).status()),
              ElementsAre("planning_setting.location"));
}

TEST_F(PlanningRunTest, ListsAreFilteredOrderedAndStable) {
  const std::string zeta = CreateSupplier(process_, "ZETA", 7);
  for (const char* sku : {"A", "B", "C", "D"}) SellWeekly(sku, 10, 20);
  ASSERT_TRUE(CreateSupplierItem(process_, acme_, "A", 100).ok());
  ASSERT_TRUE(CreateSupplierItem(process_, acme_, "B", 900).ok());
  ASSERT_TRUE(CreateSupplierItem(process_, zeta, "C", 500).ok());
  SetDay(140);
  // "A" is out of stock, "B" and "C" are due, nobody sells "D".
  for (const char* sku : {"B", "C", "D"}) ASSERT_TRUE(Receive(process_, sku, berlin_, 14).ok());
  const PlanningRun first = RunPlan();
  EXPECT_THAT(SkusOf(List()), ElementsAre("A", "D", "B", "C"));
  EXPECT_THAT(SkusOf(List(By("amount desc"))), ElementsAre("B", "C", "A", "D"));
  EXPECT_THAT(SkusOf(List(By("sku", 3))), ElementsAre("A", "B", "C", "D"));
  EXPECT_THAT(SkusOf(List(By("amount desc", 1))), ElementsAre("B", "C", "A", "D"));
  EXPECT_THAT(SkusOf(List(By("urgency desc", 1))), ElementsAre("A", "D", "B", "C"));
  ListReplenishmentsRequest request;
  request.set_filter("supplier = \"" + acme_ + "\"");
  EXPECT_THAT(SkusOf(List(request)), ElementsAre("A", "B"));
  request.Clear();
  request.set_filter("reasons:NO_SUPPLIER");
  EXPECT_THAT(SkusOf(List(request)), ElementsAre("D"));
  request.Clear();
  request.set_filter("urgency = CRITICAL");
  EXPECT_THAT(SkusOf(List(request)), ElementsAre("A"));
  request.Clear();
  request.set_filter("location = \"locations/999\"");
  EXPECT_THAT(List(request), IsEmpty());
  request.Clear();
  request.set_filter("sku = \"B*\"");
  EXPECT_THAT(SkusOf(List(request)), ElementsAre("B"));
  // A list that was begun goes on in its run.
  request.Clear();
  request.set_page_size(2);
  const auto page = Asked<ListReplenishmentsResponse>("ListReplenishments", request);
  RunPlan();
  request.set_page_token(page.next_page_token());
  const auto rest = Asked<ListReplenishmentsResponse>("ListReplenishments", request);
  EXPECT_EQ(rest.source().run(), first.name());
  EXPECT_THAT(rest.replenishments(), SizeIs(2));
}

TEST_F(PlanningRunTest, WarnsOfEachKind) {
  for (const char* sku : {"SOON", "SAFE", "OVER", "LOT"}) SellWeekly(sku, 70, 20);
  SellWeekly("OUT", 70, 20);
  Sell({{"DEAD", 2, 5}});
  for (const char* sku : {"SOON", "SAFE", "OVER", "LOT", "OUT", "DEAD"}) {
    ASSERT_TRUE(CreateSupplierItem(process_, acme_, sku, 100).ok());
  }
  SetDay(140);
  PlanningSetting dead;
  dead.set_dead_stock_days(120);
  Set(dead);
  // Ten a day. A lead time of 7 days with a deviation of 1.75 makes a safety stock of 29: 140 + 1.645 * 17.5 = 168.8.
  ASSERT_TRUE(Receive(process_, "SOON", berlin_, 60).ok());
  inventory::v1::SetStockPolicyRequest policy;
  auto& line = *policy.add_lines();
  line.set_sku("SAFE");
  line.set_location(berlin_);
  line.set_safety_stock(500);
  ASSERT_TRUE(Receive(process_, "SAFE", berlin_, 400).ok());
  ASSERT_TRUE(process_.Call<inventory::v1::SetStockPolicyResponse>("SetStockPolicy", policy).ok());
  ASSERT_TRUE(Receive(process_, "OVER", berlin_, 1900).ok());
  ASSERT_TRUE(Receive(process_, "DEAD", berlin_, 9).ok());
  ASSERT_TRUE(Receive(process_, "LOT", berlin_, 150, "L1", Date(144)).ok());
  ASSERT_TRUE(Receive(process_, "LOT", berlin_, 300, "L2", Date(169)).ok());
  const PlanningRun run = RunPlan();
  const auto alerts = Alerts();
  EXPECT_EQ(run.alert_count(), static_cast<int64_t>(alerts.size()));
  std::vector<std::string> told;
  for (const StockAlert& alert : alerts) {
    told.push_back(absl::StrCat(StockAlert::Severity_Name(alert.severity()), " ", StockAlert::Kind_Name(alert.kind()),
                                " ", alert.sku(), " ", alert.pieces(), " ", alert.date()));
  }
  // 60 last 6 days, then a day of 10 is missing; 1900 are 100 more than 180 days need; 5 days sell 50 of L1, 25 more
  // 250 of L2.
  EXPECT_THAT(told,
              ElementsAre("CRITICAL EXPIRING_LOT LOT 100 " + Date(144), "CRITICAL STOCK_OUT_SOON SOON 10 " + Date(146),
                          "CRITICAL OUT_OF_STOCK OUT 0 " + Date(140), "WARNING BELOW_SAFETY SAFE 100 ",
                          "WARNING EXPIRING_LOT LOT 50 " + Date(169), "NOTICE OVERSTOCK OVER 100 ",
                          "NOTICE DEAD_STOCK DEAD 9 "));
  EXPECT_EQ(alerts[0].lot(), "L1");
  EXPECT_THAT(alerts[0].advice(), HasSubstr("Sell 100 pieces of lot L1 first"));
  EXPECT_EQ(FormatMoney(alerts[0].amount()), "100.00 EUR");
  EXPECT_THAT(alerts[1].advice(), HasSubstr("Order 109 from " + acme_));
  EXPECT_THAT(alerts[1].days_of_cover(), DoubleNear(6, 1e-6));
  EXPECT_FALSE(alerts[1].replenishment().empty());
  ListStockAlertsRequest request;
  request.set_page_size(1);
  EXPECT_THAT(Alerts(request), SizeIs(7));
  request.set_filter("kind = DEAD_STOCK");
  EXPECT_THAT(Alerts(request), SizeIs(1));
  request.Clear();
  request.set_filter("severity = CRITICAL");
  EXPECT_THAT(Alerts(request), SizeIs(3));
  request.set_filter("severity = CRITICAL AND sku = \"OUT\"");
  EXPECT_THAT(Alerts(request), SizeIs(1));
}

TEST_F(PlanningRunTest, AnArrivalMakesAStockOutLessSevere) {
  SellWeekly("A", 70, 20);
  ASSERT_TRUE(CreateSupplierItem(process_, acme_, "A", 100).ok());
  SetDay(140);
  ASSERT_TRUE(Receive(process_, "A", berlin_, 60).ok());
  const auto draft = DraftPurchase(process_, acme_, berlin_, {{"A", 300}});
  ASSERT_TRUE(draft.ok());
  ASSERT_TRUE(SendPurchase(process_, draft->name()).ok());
  SetDay(141);
  RunPlan();
  // 60 last 6 days; the order is due in 6.
  EXPECT_THAT(Alerts(), IsEmpty());
  EXPECT_THAT(List(), IsEmpty());
  SetDay(142);
  ASSERT_TRUE(Adjust(process_, "A", berlin_, -20, inventory::v1::LOST).ok());
  RunPlan();
  const auto alerts = Alerts();
  ASSERT_THAT(alerts, SizeIs(1));
  EXPECT_EQ(alerts[0].kind(), StockAlert::STOCK_OUT_SOON);
  EXPECT_EQ(alerts[0].severity(), StockAlert::WARNING);
  EXPECT_EQ(alerts[0].advice(), "Enough is on its way: press for it.");
}

TEST_F(PlanningRunTest, ClassifiesByRevenueAndEvenness) {
  SellWeekly("EVEN", 10, 20, 700);  // 1,400.00
  SellWeekly("NEXT", 10, 20, 250);  // 500.00: begins at 70%, so the cut at 80% falls in it
  std::vector<Sale> sales;
  for (int week = 0; week < 20; ++week) sales.push_back({"LUMPY", week * 7 + 2, week % 4 == 0 ? 10 : 1, 0, 10});
  Sell(sales);                                               // 50 + 15 pieces: 6.50
  Sell({{"REST", 2, 150, 0, 100}, {"REST", 2, 5, 5, 100}});  // 150.00
  Sell({{"FOREIGN", 100, 1000, 0, 1000, "USD"}});
  SetDay(140);
  ASSERT_TRUE(Receive(process_, "EVEN", berlin_, 20).ok());
  const PlanningRun run = RunPlan();
  EXPECT_EQ(run.currency(), "EUR");
  const auto answer = Asked<ClassifyItemsResponse>("ClassifyItems", ClassifyItemsRequest());
  std::vector<std::string> told;
  for (const auto& item : answer.items()) {
    told.push_back(absl::StrCat(item.rank(), " ", item.sku(), " ", item.abc_class(), item.xyz_class(), " ",
                                FormatMoney(item.revenue())));
  }
  EXPECT_THAT(told, ElementsAre("1 EVEN AX 1400.00 EUR", "2 NEXT AX 500.00 EUR", "3 REST BZ 150.00 EUR",
                                "4 LUMPY CZ 6.50 EUR", "5 FOREIGN CZ 0.00 EUR"));
  EXPECT_THAT(answer.items(0).revenue_share(), DoubleNear(1400 / 2056.5, 1e-9));
  EXPECT_THAT(answer.items(1).cumulative_share(), DoubleNear(1900 / 2056.5, 1e-9));
  EXPECT_EQ(answer.items(0).free(), 20);
  EXPECT_THAT(answer.items(0).days_of_cover(), DoubleNear(14, 1e-6));
  ASSERT_EQ(answer.totals_size(), 3);
  EXPECT_EQ(answer.totals(0).items(), 2);
  EXPECT_EQ(FormatMoney(answer.totals(0).revenue()), "1900.00 EUR");
  ClassifyItemsRequest request;
  request.set_abc_class("A");
  request.set_page_size(1);
  const auto page = Asked<ClassifyItemsResponse>("ClassifyItems", request);
  EXPECT_THAT(page.items(), SizeIs(1));
  request.set_page_token(page.next_page_token());
  EXPECT_EQ(Asked<ClassifyItemsResponse>("ClassifyItems", request).items(0).sku(), "NEXT");
}

TEST_F(PlanningRunTest, CountsArePlannedByClass) {
  SellWeekly("EVEN", 10, 20, 700);
  SellWeekly("LESS", 10, 20, 90);
  SetDay(140);
  ASSERT_TRUE(Receive(process_, "EVEN", berlin_, 20).ok());
  ASSERT_TRUE(Receive(process_, "LESS", berlin_, 30).ok());
  inventory::v1::CreateCountRequest create;
  create.mutable_count()->set_title("Class A");
  create.mutable_count()->set_location(berlin_);
  create.mutable_count()->set_abc_class("D");
  EXPECT_THAT(FieldsOf(process_.Call<inventory::v1::Count>("CountService/CreateCount", create).status()),
              ElementsAre("count.abc_class"));
  create.mutable_count()->set_abc_class("A");
  const auto count = process_.Call<inventory::v1::Count>("CountService/CreateCount", create);
  ASSERT_TRUE(count.ok()) << count.status();
  inventory::v1::StartCountRequest start;
  start.set_name(count->name());
  EXPECT_EQ(Reason(process_.Call<inventory::v1::Count>("CountService/StartCount", start).status()), "NOT_PLANNED");
  RunPlan();
  const auto started = process_.Call<inventory::v1::Count>("CountService/StartCount", start);
  ASSERT_TRUE(started.ok()) << started.status();
  EXPECT_EQ(started->line_count(), 1);
  inventory::v1::ListCountLinesRequest lines;
  lines.set_name(count->name());
  const auto listed = process_.Call<inventory::v1::ListCountLinesResponse>("CountService/ListCountLines", lines);
  ASSERT_TRUE(listed.ok()) << listed.status();
  EXPECT_EQ(listed->lines(0).sku(), "EVEN");
  create.mutable_count()->set_abc_class("CZ");
  const auto none = process_.Call<inventory::v1::Count>("CountService/CreateCount", create);
  ASSERT_TRUE(none.ok()) << none.status();
  start.set_name(none->name());
  EXPECT_EQ(Reason(process_.Call<inventory::v1::Count>("CountService/StartCount", start).status()), "NOTHING_TO_COUNT");
}

TEST_F(PlanningRunTest, SimulatesAYearOfBothPolicies) {
  std::vector<Sale> sales;
  for (int week = 0; week < 60; ++week) sales.push_back({"A", week * 7 + 2, (week * 7919) % 23 + 1});
  Sell(sales);
  ASSERT_TRUE(CreateSupplierItem(process_, acme_, "A", 100).ok());
  SetDay(420);
  RunPlan();
  SimulatePolicyRequest request;
  const auto answer = Asked<SimulatePolicyResponse>("SimulatePolicy", request);
  ASSERT_EQ(answer.items_size(), 1);
  EXPECT_EQ(answer.items(0).sku(), "A");
  EXPECT_GT(answer.suggested().fill_rate(), 0.9);
  EXPECT_EQ(answer.suggested().demand(), answer.min_max().demand());
  EXPECT_GT(answer.suggested().average_stock(), 0);
  EXPECT_GE(answer.min_max_as_good().fill_rate(), answer.suggested().fill_rate());
  EXPECT_EQ(Asked<SimulatePolicyResponse>("SimulatePolicy", request).SerializeAsString(), answer.SerializeAsString());
  request.set_service_level_percent(60);
  EXPECT_LT(Asked<SimulatePolicyResponse>("SimulatePolicy", request).suggested().average_stock(),
            answer.suggested().average_stock());
  request.add_skus("none");
  EXPECT_THAT(Asked<SimulatePolicyResponse>("SimulatePolicy", request).skus_without_sales(), ElementsAre("none"));
}

TEST_F(PlanningRunTest, IsDoneOnceADayByWhicheverProcess) {
  SellWeekly("A", 10, 20);
  SetDay(140);
  ServiceProcess other(site_, {inventory::InventoryModule()}, {.data = "other", .clock = &clock_});
  ASSERT_NO_FATAL_FAILURE(other.Start());
  const auto run_jobs = [&] {
    for (ServiceProcess* process : {&process_, &other}) {
      const auto ran = process->runtime().periodic().RunDue();
      ASSERT_TRUE(ran.ok()) << ran.status();
    }
  };
  ASSERT_NO_FATAL_FAILURE(run_jobs());
  const auto runs = [&] {
    inventory::v1::ListPlanningRunsRequest request;
    request.set_filter("state = \"SUCCEEDED\"");
    return Asked<inventory::v1::ListPlanningRunsResponse>("ListPlanningRuns", request).planning_runs_size();
  };
  EXPECT_EQ(runs(), 0);
  for (int day = 1; day <= 2; ++day) {
    clock_.Advance(absl::Hours(24));
    ASSERT_NO_FATAL_FAILURE(run_jobs());
    EXPECT_TRUE(Eventually([&] { return runs() == day; }));
  }
  EXPECT_EQ(Asked<inventory::v1::ListPlanningRunsResponse>("ListPlanningRuns", inventory::v1::ListPlanningRunsRequest())
                .planning_runs_size(),
            2);
}

TEST_F(PlanningRunTest, ARunWhoseProcessDiedIsDoneOnceMore) {
  SellWeekly("A", 10, 20);
  SetDay(140);
  const PlanningRun run = RunPlan();
  // As a process leaves it that dies over it: the lists are there in part, the operation is nobody's any more.
  SellWeekly("B", 10, 20);
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  for (const char* sql : {"UPDATE planning_runs SET state = 1, end_time = NULL",
                          "UPDATE operations SET state = 2, result = '', end_time = NULL, holder = 'gone', "
                          "lease_expire_time = '2001-01-01'"}) {
    const auto changed = process_.database().Execute(deadline, sql);
    ASSERT_TRUE(changed.ok()) << changed.status();
  }
  EXPECT_TRUE(Eventually([&] {
    inventory::v1::GetPlanningRunRequest request;
    request.set_name(run.name());
    return Asked<PlanningRun>("GetPlanningRun", request).state() == PlanningRun::SUCCEEDED;
  }));
  EXPECT_THAT(SkusOf(List()), ElementsAre("A", "B"));
  EXPECT_EQ(Planned("B").name(), run.name() + "/replenishments/2");
}

TEST_F(PlanningRunTest, OldRunsExpire) {
  SellWeekly("A", 10, 4);
  SetDay(28);
  const PlanningRun first = RunPlan();
  for (int i = 0; i < 14; ++i) RunPlan();
  ListReplenishmentsRequest request;
  request.set_run(first.name());
  EXPECT_EQ(Reason(Ask<ListReplenishmentsResponse>("ListReplenishments", request).status()), "RUN_HAS_NO_LISTS");
  const auto left =
      process_.database().Query(absl::Now() + absl::Seconds(10), "SELECT COUNT(DISTINCT run_id) FROM planning_items");
  ASSERT_TRUE(left.ok()) << left.status();
  EXPECT_EQ(left->Int(0, 0), 14);
  request.set_run("planningRuns/999999");
  EXPECT_EQ(Ask<ListReplenishmentsResponse>("ListReplenishments", request).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace storeops::testing
