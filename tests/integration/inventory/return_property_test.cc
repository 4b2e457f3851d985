// Whatever is asked for, received, refused, refunded and exchanged at the same time, in whatever order: no piece comes
// back twice, no money is given back twice, and the ledger agrees.
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/return_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;

constexpr int kWorkers = 4;
constexpr int kSteps = 150;
constexpr int kOrders = 6;

class ReturnPropertyTest : public ReturnFixture {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(ReturnFixture::SetUp());
    ASSERT_TRUE(Receive(*process_, "A", berlin_, 200).ok());
    ASSERT_TRUE(Receive(*process_, "B", paris_, 200).ok());
    for (int i = 0; i < kOrders; ++i) {
      PlaceOrderRequest request = Request({{"A", 16}, {"B", 15}, {"A", 9}});
      *request.mutable_lines(2)->mutable_unit_price() = MoneyFromMinor(333, "EUR");
      orders_.push_back(Sent(request).name());
    }
  }

  struct Worker {
    std::mt19937 dice;
    std::vector<std::string> returns;

    int Roll(int sides) { return static_cast<int>(dice() % sides); }
    template <class T>
    const T& Pick(const std::vector<T>& from) {
      return from[dice() % from.size()];
    }
  };
  // Refusals are part of the game; anything else is not.
  template <class T>
  void Expected(const absl::StatusOr<T>& result) {
    const absl::StatusCode code = result.status().code();
    EXPECT_TRUE(code == absl::StatusCode::kOk || code == absl::StatusCode::kFailedPrecondition ||
                code == absl::StatusCode::kInvalidArgument || code == absl::StatusCode::kAborted)
        << result.status();
  }

  void Begin(Worker& worker) {
    const auto kind = static_cast<Return::Kind>(1 + worker.Roll(3));
    Order order;
    order.set_name(worker.Pick(orders_));
    const auto ret = Create(order, {{1 + worker.Roll(3), 1 + worker.Roll(3)}}, kind);
    Expected(ret);
    if (!ret.ok()) return;
    // Two workers have it, now and then.
    absl::MutexLock lock(&mutex_);
    worker.returns.push_back(ret->name());
    if (shared_.empty() || worker.Roll(4) > 0) shared_ = ret->name();
    worker.returns.push_back(shared_);
  }
  void Step(Worker& worker) {
    if (worker.returns.empty() || worker.Roll(4) == 0) return Begin(worker);
    const Return ret = GetReturn(worker.Pick(worker.returns));
    worker.Roll(4) == 0 ? Stray(worker, ret) : Advance(worker, ret);
  }
  // What a desk would do next.
  void Advance(Worker& worker, const Return& ret) {
    const bool nothing_came = ret.state() == Return::REQUESTED || ret.state() == Return::APPROVED;
    if (nothing_came && worker.Roll(8) == 0) return Expected(CancelReturn(ret));
    switch (ret.state()) {
      case Return::REQUESTED:
        return Decide(worker, ret);
      case Return::APPROVED:
        return Expected(Arrive(ret, {{ret.items(0).order_line(), 1 + worker.Roll(3)}}));
      case Return::RECEIVED:
        return LookAt(worker, ret);
      case Return::INSPECTED:
      case Return::ACCEPTED:
        return worker.Roll(2) == 0 ? Expected(Exchange(ret)) : Pay(worker, ret);
      case Return::REFUNDING:
        return Pay(worker, ret);
      default:
        return Begin(worker);
    }
  }
  void LookAt(Worker& worker, const Return& ret) {
    for (const auto& item : ret.items()) {
      int64_t waiting = 0;
      for (const auto& parcel : item.parcels()) waiting += parcel.received() - parcel.inspected();
      if (waiting == 0) continue;
      const int64_t part = worker.Roll(3) == 0 ? 1 : waiting;
      const int64_t damaged = worker.Roll(2);
      return Expected(Inspect(ret, item.number(), part - damaged, damaged));
    }
  }
  void Decide(Worker& worker, const Return& ret) {
    const bool claim = ret.kind() == Return::CLAIM;
    Expected(Approve(ret, claim ? static_cast<Return::Remedy>(1 + worker.Roll(3)) : Return::REMEDY_UNSPECIFIED));
  }
  void Pay(Worker& worker, const Return& ret) {
    static constexpr ScriptedProvider::Mode kModes[] = {ScriptedProvider::kApprove, ScriptedProvider::kApprove,
                                                        ScriptedProvider::kRefuse,
                                                        ScriptedProvider::kTimeOutAfterwards};
    provider_->Do(kModes[worker.Roll(4)]);
    Expected(Refund(ret, worker.Roll(2) ? "again-" + ret.name() : ""));
  }
  // What nobody should do now, most of the time.
  void Stray(Worker& worker, const Return& ret) {
    switch (worker.Roll(6)) {
      case 0:
        return Decide(worker, ret);
      case 1:
        return Expected(Arrive(ret, {{1 + worker.Roll(3), 1 + worker.Roll(3)}}));
      case 2:
        return Expected(Inspect(ret, 1, worker.Roll(3), worker.Roll(2), worker.Roll(2)));
      case 3:
        return Pay(worker, ret);
      case 4:
        return Expected(Exchange(ret));
      default:
        return worker.Roll(2) == 0 ? Expected(CancelReturn(ret)) : Expected(CloseReturn(ret));
    }
  }

  // In turn by money, by an exchange and by nothing, as far as a return allows it.
  void EndAll() {
    int turn = 0;
    for (const std::string& name : ListReturns("")) {
      const Return ret = GetReturn(name);
      if (ret.state() == Return::REQUESTED || ret.state() == Return::APPROVED) Expected(CancelReturn(ret));
      if (ret.state() != Return::INSPECTED && ret.state() != Return::ACCEPTED) continue;
      ++turn % 2 == 0 ? Expected(Exchange(ret)) : Expected(Refund(ret));
    }
  }

  // What all returns together say of a line: received, open, settled.
  std::map<std::pair<std::string, int32_t>, std::vector<int64_t>> Sums() {
    std::map<std::pair<std::string, int32_t>, std::vector<int64_t>> sums;
    for (const std::string& name : ListReturns("")) {
      const Return ret = GetReturn(name);
      for (const auto& item : ret.items()) {
        auto& sum = sums[{ret.source_order(), item.order_line()}];
        sum.resize(3);
        sum[0] += item.received_quantity();
        sum[1] += item.open_quantity();
        sum[2] += item.settled_quantity();
      }
    }
    return sums;
  }
  void ExpectBounds() {
    auto sums = Sums();
    for (const Order& order : List({})) {
      for (const auto& line : order.lines()) {
        auto& sum = sums[{order.name(), line.number()}];
        sum.resize(3);
        EXPECT_EQ(Of(line), sum) << order.name() << " line " << line.number();
        EXPECT_LE(sum[0] + sum[1] + sum[2], line.shipped_quantity());
      }
      for (const OrderPayment& payment : order.payments()) {
        EXPECT_LE(Minor(payment.refunded()) + Minor(payment.passed_on()), Minor(payment.captured())) << payment.name();
      }
    }
    EXPECT_LE(provider_->Done(Operation::REFUND), provider_->Done(Operation::CAPTURE));
  }

  std::vector<std::string> orders_;
  absl::Mutex mutex_;
  std::string shared_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(ReturnPropertyTest, PiecesAndMoneyComeBackOnce) {
  std::vector<Worker> workers(kWorkers);
  std::vector<std::thread> threads;
  for (int i = 0; i < kWorkers; ++i) {
    workers[i].dice.seed(4711 + i);
    threads.emplace_back([this, &worker = workers[i]] {
      for (int step = 0; step < kSteps; ++step) Step(worker);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ExpectBounds();
  ExpectSound();
  // What was left to the providers is answered, and what was left to the desk is ended.
  provider_->Do(ScriptedProvider::kApprove);
  RunJobs(absl::Minutes(3));
  RunJobs();
  EXPECT_TRUE(ListReturns("state = \"REFUNDING\"").empty());
  EndAll();
  for (const char* state : {"REFUNDED", "EXCHANGED", "CANCELLED"}) {
    EXPECT_FALSE(ListReturns(absl::StrCat("state = \"", state, "\"")).empty()) << state;
  }
  int64_t refunded = 0;
  for (const Order& order : List({})) refunded += Minor(order.refunded());
  EXPECT_EQ(refunded, provider_->Done(Operation::REFUND));
  ExpectBounds();
  ExpectSound();
}

TEST_F(ReturnPropertyTest, AllThatComesBackGivesAllThatWasPaid) {
  std::mt19937 dice(7);
  Order order = Get(orders_[0]);
  for (;;) {
    std::vector<int> out;
    for (const auto& line : order.lines()) {
      if (line.returned_quantity() + line.claimed_quantity() < line.shipped_quantity()) out.push_back(line.number());
    }
    if (out.empty()) break;
    const int line = out[dice() % out.size()];
    const auto& left = order.lines(line - 1);
    const int64_t still = left.shipped_quantity() - left.returned_quantity() - left.claimed_quantity();
    const int64_t pieces = 1 + static_cast<int64_t>(dice() % still);
    const Return ret = dice() % 2 == 0 ? Approved(order, {{line, pieces}}, Return::CLAIM, Return::MONEY)
                                       : Back(order, {{line, pieces}});
    const auto refund = Refund(ret);
    ASSERT_TRUE(refund.ok()) << refund.status();
    order = Get(order.name());
  }
  EXPECT_EQ(order.payment_status(), Order::REFUNDED);
  EXPECT_EQ(Minor(order.balance_due()), 0);
  EXPECT_EQ(Minor(order.refunded()), Minor(order.total()));
  for (const auto& line : order.lines()) EXPECT_EQ(Minor(line.refunded()), Minor(line.total()));
  ExpectSound();
}

}  // namespace
}  // namespace storeops::testing
