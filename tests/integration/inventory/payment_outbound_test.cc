// Payments through the outbound queue: providers that hang, replicas, orders of the version before.
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/database_helpers.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using Operation = inventory::v1::OrderPayment::Operation;

// Charges, and does not answer until it is released.
class HangingProvider final : public inventory::PaymentProvider {
 public:
  absl::string_view name() const override { return "hanging"; }

  absl::StatusOr<inventory::PaymentAnswer> Execute(const inventory::PaymentCommand& command) override {
    absl::MutexLock lock(&mutex_);
    const auto [charge, is_new] =
        charges_.try_emplace(command.idempotency_key, inventory::PaymentAnswer{true, "h", ""});
    charged_ += is_new;
    if (AwaitRelease()) return charge->second;
    return absl::DeadlineExceededError("no answer");
  }
  absl::StatusOr<std::optional<inventory::PaymentAnswer>> Find(const inventory::PaymentCommand& command) override {
    absl::MutexLock lock(&mutex_);
    if (!AwaitRelease()) return absl::DeadlineExceededError("no answer");
    const auto found = charges_.find(command.idempotency_key);
    if (found == charges_.end()) return std::nullopt;
    return std::optional<inventory::PaymentAnswer>(found->second);
  }

  // Ends the calls under way as time-outs; later ones hang again.
  void TimeOut() {
    absl::MutexLock lock(&mutex_);
    ++timed_out_;
  }
  void Heal() {
    absl::MutexLock lock(&mutex_);
    healthy_ = true;
  }
  int hanging() {
    absl::MutexLock lock(&mutex_);
    return hanging_;
  }
  int charged() {
    absl::MutexLock lock(&mutex_);
    return charged_;
  }

 private:
  // False: timed out.
  bool AwaitRelease() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const int before = timed_out_;
    ++hanging_;
    const auto released = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return healthy_ || timed_out_ > before; };
    mutex_.Await(absl::Condition(&released));
    --hanging_;
    return timed_out_ == before;
  }

  absl::Mutex mutex_;
  bool healthy_ = false;
  int timed_out_ = 0;
  int hanging_ = 0;
  int charged_ = 0;
  std::map<std::string, inventory::PaymentAnswer> charges_;
};

class PaymentOutboundTest : public OrderFixture {
 protected:
  PaymentOutboundTest() { process_ = MakeProcess("inventory", {hanging_}); }

  absl::StatusOr<Order> AuthorizeHanging(const Order& order) {
    auto request = Payment(order);
    request.set_provider("hanging");
    return Ask<Order>("AuthorizePayment", request);
  }
  OrderPayment::Status PaymentOf(const Order& order) { return Get(order.name()).payments(0).status(); }
  int64_t Messages() { return Number(process_->database(), "SELECT COUNT(*) FROM outbound_messages"); }

  std::shared_ptr<HangingProvider> hanging_ = std::make_shared<HangingProvider>();
};

TEST_F(PaymentOutboundTest, AProviderThatHangsHoldsUpNoOther) {
  constexpr int kHanging = 5;
  std::vector<Order> orders;
  for (int i = 0; i < kHanging; ++i) orders.push_back(Placed(Request({{"B", 1}})));
  const Order lost = Placed(Request({{"A", 1}}));
  const Order unpaid = Placed(Request({{"A", 2}}));
  const Order unsent = Placed(Request({{"A", 1}}));
  std::vector<std::thread> callers;
  for (const Order& order : orders) {
    callers.emplace_back([&] {
      const auto paid = AuthorizeHanging(order);
      EXPECT_TRUE(paid.ok()) << paid.status();
      EXPECT_EQ(paid->payments(0).status(), OrderPayment::UNKNOWN);
    });
  }
  ASSERT_TRUE(Eventually([&] { return hanging_->hanging() == kHanging; }));

  // The answer for another order is lost; calls of that provider, and its messages in the queue, go on.
  provider_->Do(ScriptedProvider::kTimeOutAfterwards);
  ASSERT_EQ(Authorize(lost)->payments(0).status(), OrderPayment::UNKNOWN);
  provider_->Do(ScriptedProvider::kApprove);
  const Order other = Placed(Request({{"A", 1}}));
  EXPECT_EQ(Authorize(other)->payments(0).status(), OrderPayment::AUTHORIZED);
  // All leases end, so that the queue's threads hang, too, as many as one provider may have.
  clock_.Advance(absl::Minutes(31));
  process_->runtime().outbound().Start();
  EXPECT_TRUE(Eventually([&] { return hanging_->hanging() == kHanging + 2; }));
  EXPECT_TRUE(Eventually([&] { return PaymentOf(lost) == OrderPayment::AUTHORIZED; }));
  ASSERT_TRUE(process_->runtime().periodic().RunDue().ok());
  EXPECT_EQ(Get(unpaid.name()).status(), Order::EXPIRED);

  const Order late = Placed(Request({{"A", 1}}));
  // Its breaker opens: it is not even asked.
  hanging_->TimeOut();
  for (std::thread& caller : callers) caller.join();
  EXPECT_TRUE(Eventually([&] {
    return Number(process_->database(), "SELECT COUNT(*) FROM outbound_breakers WHERE open_until IS NOT NULL") == 1;
  }));
  const auto open = AuthorizeHanging(late);
  ASSERT_TRUE(open.ok()) << open.status();
  EXPECT_EQ(open->payments(0).status(), OrderPayment::PENDING);

  // Attempts of the queue's threads that failed are noted by the clock as it is now; one that began since may hang.
  EXPECT_TRUE(Eventually([&] {
    return Number(process_->database(), "SELECT COUNT(*) FROM outbound_messages WHERE lease_owner <> ''") ==
           hanging_->hanging();
  }));

  // It recovers: each order gets its answer, and nothing is charged twice or behind anybody's back.
  hanging_->Heal();
  clock_.Advance(absl::Minutes(3));
  process_->runtime().outbound().Wake();
  EXPECT_TRUE(Eventually([&] { return Messages() == 0; }));
  for (const Order& order : orders) EXPECT_EQ(PaymentOf(order), OrderPayment::AUTHORIZED);
  EXPECT_EQ(PaymentOf(late), OrderPayment::FAILED);
  EXPECT_EQ(hanging_->charged(), kHanging);
  EXPECT_EQ(Number(process_->database(), "SELECT COUNT(*) FROM outbound_breakers"), 0);
  EXPECT_EQ(Get(unsent.name()).status(), Order::EXPIRED);
  ExpectSound();
}

TEST_F(PaymentOutboundTest, OperationsOfTheVersionBeforeAreSentToo) {
  const Order order = Placed(Request({{"A", 1}}));
  provider_->Do(ScriptedProvider::kTimeOutAfterwards);
  ASSERT_TRUE(Authorize(order).ok());
  ASSERT_EQ(Messages(), 1);
  // The version before stored no message.
  ASSERT_TRUE(process_->database().Execute(Soon(), "DELETE FROM outbound_messages").ok());
  provider_->Do(ScriptedProvider::kApprove);
  RunJobs(absl::Minutes(11));
  EXPECT_EQ(Messages(), 1);
  RunJobs();
  EXPECT_EQ(Messages(), 0);
  EXPECT_EQ(PaymentOf(order), OrderPayment::AUTHORIZED);
  EXPECT_EQ(provider_->DoneCount(Operation::AUTHORIZE), 1);
}

TEST_F(PaymentOutboundTest, ARepeatedCallNeedsNoMessageOfTheVersionBefore) {
  const Order order = Placed(Request({{"A", 1}}));
  provider_->Do(ScriptedProvider::kTimeOutBefore);
  ASSERT_TRUE(Authorize(order, "pay").ok());
  ASSERT_TRUE(process_->database().Execute(Soon(), "DELETE FROM outbound_messages").ok());
  provider_->Do(ScriptedProvider::kApprove);
  EXPECT_EQ(Authorize(order, "pay")->payments(0).status(), OrderPayment::AUTHORIZED);
  EXPECT_EQ(Messages(), 0);
}

TEST_F(PaymentOutboundTest, WhatTheQueueSettlesLeavesNoMessage) {
  const Order order = Placed(Request({{"A", 1}}));
  ASSERT_TRUE(Authorize(order, "", /*capture=*/true).ok());
  EXPECT_EQ(Messages(), 0);
  provider_->Do(ScriptedProvider::kTimeOutBefore);
  ASSERT_TRUE(Cancel(order.name()).ok());
  EXPECT_EQ(Messages(), 1);
  provider_->Do(ScriptedProvider::kApprove);
  // Before two minutes have passed nobody asks again.
  RunJobs(absl::Seconds(59));
  EXPECT_EQ(PaymentOf(order), OrderPayment::CAPTURED);
  RunJobs(absl::Seconds(61));
  EXPECT_EQ(PaymentOf(order), OrderPayment::REFUNDED);
  EXPECT_EQ(Messages(), 0);
}

TEST_F(PaymentOutboundTest, ARequestIdNamesOneOpenPayment) {
  const Order first = Placed(Request({{"A", 1}}));
  const Order second = Placed(Request({{"A", 1}}));
  provider_->Do(ScriptedProvider::kTimeOutBefore);
  ASSERT_TRUE(Authorize(first, "pay").ok());
  EXPECT_EQ(Reason(Authorize(second, "pay").status()), "REQUEST_ID_REUSED");
  EXPECT_EQ(Get(second.name()).payments_size(), 0);
}

}  // namespace
}  // namespace storeops::testing
