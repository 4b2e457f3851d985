// Quotes of campaigns: quote, reservation and order stay together whatever fails, and whenever the process dies.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/barrier.h"
#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "tests/support/database_helpers.h"
#include "tests/support/database_proxy.h"
#include "tests/support/order_fixture.h"
#include "tests/support/program.h"
#include "tests/support/scripted_quotes.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Where the process dies: "STEP DONE", then the request_id, and the site.
constexpr char kDieVariable[] = "STOREOPS_TEST_DIE";

std::string LedgerPath(const Site& site) { return site.folder() + "/campaigns"; }

// Needs no catalogue.
inventory::v1::PlaceOrderRequest StatedRequest(const std::string& request_id) {
  inventory::v1::PlaceOrderRequest request;
  auto& line = *request.add_lines();
  line.set_sku("A");
  line.set_quantity(1);
  *line.mutable_unit_price() = MoneyFromMinor(1000, "EUR");
  request.mutable_shipping_address()->set_recipient("Ada");
  request.mutable_shipping_address()->set_country("DE");
  request.set_currency("EUR");
  request.add_coupon_codes("TEN");
  request.set_request_id(request_id);
  return request;
}

// In the other process: places an order and dies on the way.
class DyingMain final : public ::testing::Environment {
 public:
  void SetUp() override {
    const char* setting = std::getenv(kDieVariable);
    if (setting == nullptr) return;
    alarm(120);
    const std::vector<std::string> parts = absl::StrSplit(setting, '\n');
    const Site site(parts.at(3), parts.at(4));
    const auto quotes = std::make_shared<ScriptedQuotes>(LedgerPath(site));
    quotes->Do([&](ScriptedQuotes::Step step, const std::string&, bool done) {
      if (absl::StrCat(step, " ", done) == parts.at(0)) raise(SIGKILL);
      return absl::OkStatus();
    });
    ServiceProcess process(site, {inventory::InventoryModule({}, quotes)}, {.data = parts.at(2)});
    (void)process.Call<inventory::v1::Order>("OrderService/PlaceOrder", StatedRequest(parts.at(1)));
    while (true) pause();
  }
};

const ::testing::Environment* const kDyingMain = ::testing::AddGlobalTestEnvironment(new DyingMain);

class OrderQuoteTest : public OrderFixture {
 protected:
  OrderQuoteTest() { process_ = MakeQuoted("quoted"); }

  std::unique_ptr<ServiceProcess> MakeQuoted(const std::string& data, std::optional<db::Address> database = {}) {
    ProcessOptions options{.data = data, .clock = &clock_, .database = std::move(database)};
    options.peer = [this](absl::string_view service) { return service == "catalog" ? &catalog_.peer() : nullptr; };
    return std::make_unique<ServiceProcess>(site_, std::vector{inventory::InventoryModule({provider_}, quotes_)},
                                            std::move(options));
  }
  static PlaceOrderRequest WithCoupon(const std::string& coupon, const std::string& request_id = "") {
    PlaceOrderRequest request = Request({{"A", 1}});
    request.add_coupon_codes(coupon);
    request.set_request_id(request_id);
    return request;
  }
  // `error` before or after a step's effect, the first `times` it happens.
  void Fail(ScriptedQuotes::Step failing, bool after, absl::Status error, int times = 1) {
    const auto left = std::make_shared<std::atomic<int>>(times);
    quotes_->Do([=](ScriptedQuotes::Step step, const std::string&, bool done) {
      return step == failing && done == after && (*left)-- > 0 ? error : absl::OkStatus();
    });
  }
  // No quote waits to be committed or released.
  bool Settled() { return Number(process_->database(), "SELECT COUNT(*) FROM order_quotes") == 0; }
  // That failed, to commit or release quotes that wait for it.
  int64_t Attempts() {
    return Number(process_->database(), "SELECT CAST(COALESCE(SUM(attempts), 0) AS SIGNED) FROM order_quotes");
  }
  // Of the coupon TEN.
  static std::vector<std::string> Uses(const std::string& order, const std::string& end) {
    return {absl::StrCat("reserve ", order, " quotes/TEN"), absl::StrCat(end, " ", order)};
  }
  // The reservation of the only quoted order, which was refused, is released.
  void ExpectReleased() {
    ASSERT_TRUE(Eventually([this] { return Settled(); }));
    const auto effects = quotes_->Effects();
    ASSERT_EQ(effects.size(), 2u);
    const std::vector<std::string> words = absl::StrSplit(effects[0], ' ');
    EXPECT_EQ(effects, Uses(words[1], "release"));
    EXPECT_EQ(List({}).size(), 1u) << "with the fixture's own";
    EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 0, 10}));
    ExpectSound();
  }
  void ExpectCommitted(const Order& order) {
    ASSERT_TRUE(Eventually([this] { return Settled(); }));
    EXPECT_EQ(quotes_->Effects(), Uses(order.name(), "commit"));
    EXPECT_EQ(Get(order.name()).quote(), "quotes/TEN");
    EXPECT_EQ(List({}).size(), 2u) << "with the fixture's own";
    ExpectSound();
  }
  void ExpectDies(ScriptedQuotes::Step step, bool done, const std::string& request_id) {
    const std::string setting =
        absl::StrCat(step, " ", done, "\n", request_id, "\n", "dying", "\n", site_.prefix(), "\n", site_.folder());
    Program program({"/usr/bin/env", absl::StrCat(kDieVariable, "=", setting),
                     absl::StrCat("STOREOPS_TEST_DB_SOCKET=", TestServer().socket),
                     std::filesystem::read_symlink("/proc/self/exe").string()},
                    site_.folder());
    EXPECT_EQ(program.Wait(), 128 + SIGKILL) << program.Errors();
  }

  std::shared_ptr<ScriptedQuotes> quotes_ = std::make_shared<ScriptedQuotes>(LedgerPath(site_));
};

TEST_F(OrderQuoteTest, AQuoteReducesTheOrderAndIsCommitted) {
  const Order order = Placed(WithCoupon("TEN"));
  EXPECT_EQ(Minor(order.lines(0).discount()), 50);
  EXPECT_EQ(Minor(order.discount()), 100);
  EXPECT_EQ(Minor(order.total()), 850);
  EXPECT_THAT(order.coupon_codes(), ElementsAre("TEN"));
  EXPECT_EQ(Stock("A"), (std::vector<int64_t>{10, 1, 9}));
  ExpectCommitted(order);
  // What becomes of the order later is for campaigns to follow.
  ASSERT_TRUE(Cancel(order.name()).ok());
  ASSERT_NO_FATAL_FAILURE(RunJobs());
  EXPECT_EQ(quotes_->Effects(), Uses(order.name(), "commit"));
}

TEST_F(OrderQuoteTest, WithoutAReservationNothingIsWritten) {
  // Any statement on it would fail.
  ASSERT_TRUE(process_->database().Execute(Soon(), "RENAME TABLE order_quotes TO elsewhere").ok());
  EXPECT_EQ(Minor(Placed(Request({{"A", 1}})).total()), 1000);
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kQuote), 0);
  const Order order = Placed(WithCoupon("FREE"));
  EXPECT_EQ(Minor(order.total()), 850);
  EXPECT_EQ(order.quote(), "");
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kQuote), 1);
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kReserve), 0);
  ASSERT_TRUE(process_->database().Execute(Soon(), "RENAME TABLE elsewhere TO order_quotes").ok());
  EXPECT_THAT(quotes_->Effects(), IsEmpty());
}

TEST_F(OrderQuoteTest, ARefusedQuoteRefusesTheOrderInItsWords) {
  const auto refused = Place(WithCoupon("UNKNOWN"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reason(refused.status()), "COUPON_UNKNOWN");
  EXPECT_THAT(FieldsOf(refused.status()), ElementsAre("coupon_codes[0]"));
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kReserve), 0);
  EXPECT_EQ(List({}).size(), 1u);
  EXPECT_TRUE(Settled());
}

TEST_F(OrderQuoteTest, ASlowQuoteHoldsUpNoOtherOrder) {
  absl::Notification asked, answer;
  quotes_->Do([&](ScriptedQuotes::Step step, const std::string& subject, bool done) {
    if (step == ScriptedQuotes::kQuote && subject == "SLOW" && !done) {
      asked.Notify();
      answer.WaitForNotification();
    }
    return absl::OkStatus();
  });
  absl::StatusOr<Order> slow;
  std::thread waiting([&] { slow = Place(WithCoupon("SLOW")); });
  asked.WaitForNotification();
  EXPECT_TRUE(Place(Request({{"A", 1}})).ok());
  EXPECT_TRUE(Place(WithCoupon("TEN")).ok());
  answer.Notify();
  waiting.join();
  EXPECT_TRUE(slow.ok()) << slow.status();
}

TEST_F(OrderQuoteTest, ARefusedReservationRefusesTheOrderInItsWords) {
  Fail(ScriptedQuotes::kReserve, false, PreconditionFailed("COUPON_USED_UP", "coupons/TEN", "was used 100 times"));
  const auto refused = Place(WithCoupon("TEN"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("was used 100 times"));
  ASSERT_TRUE(Eventually([this] { return Settled(); }));
  EXPECT_EQ(quotes_->Effects().size(), 1u);  // released; nothing was reserved
  EXPECT_EQ(List({}).size(), 1u);
}

TEST_F(OrderQuoteTest, AReservationWhoseAnswerIsLostIsReleased) {
  Fail(ScriptedQuotes::kReserve, true, absl::UnavailableError("no answer"));
  EXPECT_EQ(Place(WithCoupon("TEN")).status().code(), absl::StatusCode::kUnavailable);
  ASSERT_NO_FATAL_FAILURE(ExpectReleased());
}

TEST_F(OrderQuoteTest, AnOrderRefusedForStockReleasesItsReservation) {
  PlaceOrderRequest request = WithCoupon("TEN", "r-1");
  request.mutable_lines(0)->set_quantity(11);
  EXPECT_EQ(Reason(Place(request).status()), "OUT_OF_STOCK");
  ASSERT_NO_FATAL_FAILURE(ExpectReleased());
  // The repetition is a new order.
  ASSERT_TRUE(Receive(*process_, "A", berlin_, 1).ok());
  const Order order = Placed(request);
  ASSERT_TRUE(Eventually([this] { return Settled(); }));
  EXPECT_EQ(quotes_->Effects().size(), 4u);
  EXPECT_EQ(quotes_->Effects()[3], "commit " + order.name());
}

TEST_F(OrderQuoteTest, AFailedTransactionReleasesTheReservationLaterIfNeedBe) {
  ASSERT_TRUE(process_->database().Execute(Soon(), "RENAME TABLE order_lines TO elsewhere").ok());
  Fail(ScriptedQuotes::kRelease, false, absl::InternalError("no release today"), 2);
  EXPECT_EQ(Place(WithCoupon("TEN")).status().code(), absl::StatusCode::kInternal);
  ASSERT_TRUE(process_->database().Execute(Soon(), "RENAME TABLE elsewhere TO order_lines").ok());
  ASSERT_TRUE(Eventually([this] { return Attempts() == 1; }));
  ASSERT_NO_FATAL_FAILURE(RunJobs());
  EXPECT_EQ(Attempts(), 2);
  ASSERT_NO_FATAL_FAILURE(RunJobs());
  EXPECT_EQ(Attempts(), 2) << "the next time is after two minutes";
  ASSERT_NO_FATAL_FAILURE(RunJobs());
  ASSERT_NO_FATAL_FAILURE(ExpectReleased());
}

TEST_F(OrderQuoteTest, ACommitThatFailsIsRepeatedUntilItIsDone) {
  Fail(ScriptedQuotes::kCommit, false, absl::UnavailableError("away"), 3);
  const Order order = Placed(WithCoupon("TEN"));
  // The first attempt is made beside the answer to the caller.
  ASSERT_TRUE(Eventually([this] { return Attempts() == 1; }));
  for (const int minutes : {1, 2, 4}) {
    ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Minutes(minutes) - absl::Seconds(1)));
    ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Seconds(61)));
  }
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kCommit), 4);
  ASSERT_NO_FATAL_FAILURE(ExpectCommitted(order));
}

TEST_F(OrderQuoteTest, ALostAnswerToCommitCommitsOnce) {
  Fail(ScriptedQuotes::kCommit, true, absl::DeadlineExceededError("no answer"));
  const Order order = Placed(WithCoupon("TEN"));
  ASSERT_TRUE(Eventually([this] { return Attempts() == 1; }));
  ASSERT_NO_FATAL_FAILURE(RunJobs());
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kCommit), 2);
  ASSERT_NO_FATAL_FAILURE(ExpectCommitted(order));
}

TEST_F(OrderQuoteTest, ARoundEndsWhereCampaignsDoNotAnswer) {
  std::atomic<bool> away = true;
  quotes_->Do([&](ScriptedQuotes::Step step, const std::string&, bool) {
    return away && step == ScriptedQuotes::kCommit ? absl::UnavailableError("away") : absl::OkStatus();
  });
  for (int i = 0; i < 3; ++i) Placed(WithCoupon("TEN"));
  ASSERT_TRUE(Eventually([this] { return Attempts() == 3; }));
  ASSERT_NO_FATAL_FAILURE(RunJobs());
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kCommit), 4) << "one of three";
  // A process without campaigns leaves them.
  ServiceProcess without(site_, {inventory::InventoryModule()}, {.data = "without", .clock = &clock_});
  clock_.Advance(absl::Minutes(3));
  ASSERT_TRUE(without.runtime().periodic().RunDue().ok());
  EXPECT_EQ(Number(process_->database(), "SELECT COUNT(*) FROM order_quotes"), 3);
  away = false;
  ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Hours(1)));
  EXPECT_TRUE(Settled());
}

TEST_F(OrderQuoteTest, ARepetitionIsNotQuotedAgain) {
  const Order order = Placed(WithCoupon("TEN", "r-1"));
  EXPECT_EQ(Placed(WithCoupon("TEN", "r-1")).SerializeAsString(), order.SerializeAsString());
  PlaceOrderRequest other = WithCoupon("TEN", "r-1");
  other.set_note("by the door");
  EXPECT_EQ(Reason(Place(other).status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kQuote), 1);
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kReserve), 1);
  ASSERT_NO_FATAL_FAILURE(ExpectCommitted(order));
}

TEST_F(OrderQuoteTest, TheSameRequestAtTheSameTimeIsOneReservation) {
  const auto both = std::make_shared<absl::Barrier>(2);
  quotes_->Do([=](ScriptedQuotes::Step step, const std::string&, bool done) {
    if (step == ScriptedQuotes::kReserve && done) both->Block();
    return absl::OkStatus();
  });
  absl::StatusOr<Order> first, second;
  std::thread beside([&] { first = Place(WithCoupon("TEN", "r-1")); });
  second = Place(WithCoupon("TEN", "r-1"));
  beside.join();
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(first->SerializeAsString(), second->SerializeAsString());
  ASSERT_NO_FATAL_FAILURE(ExpectCommitted(*first));
}

// A process that stood still for long finds its reservation gone, and does not store the order.
TEST_F(OrderQuoteTest, AnAbandonedQuoteRefusesItsOrder) {
  quotes_->Do([this](ScriptedQuotes::Step step, const std::string&, bool done) {
    if (step == ScriptedQuotes::kReserve && done) RunJobs(absl::Minutes(3));
    return absl::OkStatus();
  });
  const auto refused = Place(WithCoupon("TEN"));
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Reason(refused.status()), "QUOTE_ABANDONED");
  ASSERT_NO_FATAL_FAILURE(ExpectReleased());
}

TEST_F(OrderQuoteTest, AnUnknownOutcomeIsFoundOut) {
  constexpr char kStatement[] = "UPDATE order_quotes SET state = 2";
  DatabaseProxy proxy;
  const auto first = MakeQuoted("first", proxy.address());
  proxy.LoseCommitAfter(kStatement, DatabaseProxy::Lose::kQuestion);
  auto order = first->Call<Order>("OrderService/PlaceOrder", WithCoupon("TEN"));
  EXPECT_TRUE(proxy.lost());
  EXPECT_EQ(Reason(order.status()), "COMMIT_UNKNOWN") << order.status();
  ASSERT_NO_FATAL_FAILURE(ExpectReleased());

  std::filesystem::remove(LedgerPath(site_));
  DatabaseProxy other;
  const auto second = MakeQuoted("second", other.address());
  other.LoseCommitAfter(kStatement, DatabaseProxy::Lose::kAnswer);
  order = second->Call<Order>("OrderService/PlaceOrder", WithCoupon("TEN"));
  EXPECT_TRUE(other.lost());
  EXPECT_EQ(Reason(order.status()), "COMMIT_UNKNOWN") << order.status();
  ASSERT_NO_FATAL_FAILURE(ExpectCommitted(List({})[0]));
}

TEST_F(OrderQuoteTest, AProcessThatDiesBeforeTheOrderLeavesAReservationThatIsReleased) {
  for (const bool done : {false, true}) {
    ASSERT_NO_FATAL_FAILURE(ExpectDies(ScriptedQuotes::kReserve, done, absl::StrCat("r-", done)));
    EXPECT_FALSE(Settled());
    ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Minutes(3)));
    EXPECT_TRUE(Settled());
    const auto effects = quotes_->Effects();
    ASSERT_EQ(effects.size(), done ? 3u : 1u);  // a release of nothing is one
    EXPECT_THAT(effects.back(), HasSubstr("release"));
  }
  EXPECT_EQ(List({}).size(), 1u);
  ExpectSound();
}

TEST_F(OrderQuoteTest, ARepetitionResumesWhereTheProcessDied) {
  ASSERT_NO_FATAL_FAILURE(ExpectDies(ScriptedQuotes::kReserve, true, "r-1"));
  const auto reserved = quotes_->Effects();
  ASSERT_EQ(reserved.size(), 1u);
  const Order order = Placed(StatedRequest("r-1"));
  EXPECT_EQ(reserved[0], absl::StrCat("reserve ", order.name(), " quotes/TEN"));
  EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kQuote), 0) << "the first process did";
  EXPECT_EQ(Minor(order.total()), 850);
  ASSERT_NO_FATAL_FAILURE(ExpectCommitted(order));
}

TEST_F(OrderQuoteTest, AProcessThatDiesAfterTheOrderLeavesACommitThatIsMade) {
  for (const bool done : {false, true}) {
    std::filesystem::remove(LedgerPath(site_));
    const std::string request_id = absl::StrCat("r-", done);
    ASSERT_NO_FATAL_FAILURE(ExpectDies(ScriptedQuotes::kCommit, done, request_id));
    EXPECT_FALSE(Settled());
    const Order order = Placed(StatedRequest(request_id));
    EXPECT_EQ(quotes_->Asked(ScriptedQuotes::kReserve), 0) << "a repetition gets the answer";
    ASSERT_NO_FATAL_FAILURE(RunJobs(absl::Minutes(3)));
    EXPECT_TRUE(Settled());
    EXPECT_EQ(quotes_->Effects(), Uses(order.name(), "commit"));
  }
  EXPECT_EQ(List({}).size(), 3u);
  ExpectSound();
}

}  // namespace
}  // namespace storeops::testing
