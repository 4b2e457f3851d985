// Random payments with a provider that refuses, forgets to answer and goes away: whatever happens, the books agree with
// the provider's.
#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using Operation = inventory::v1::OrderPayment::Operation;

constexpr int kSeeds = 6;
constexpr int kPaymentSteps = 150;
constexpr int kOrders = 5;
constexpr int64_t kPriceMinor = 1000;

class OrderPaymentPropertyTest : public OrderFixture {
 protected:
  int Dice(int sides) { return std::uniform_int_distribution<int>(0, sides - 1)(random_); }
  int64_t SomeAmount() { return 1 + Dice(kPriceMinor + 200); }  // at times more than there is
  std::string NewId() { return absl::StrCat("seed-", seed_, "-", ++ids_); }

  // Asks, and remembers how to ask the same again.
  template <class Request>
  void Do(const std::string& method, const Request& request) {
    const auto ask = [this, method, request] { Learn(Ask<Order>(method, request)); };
    asked_.push_back(ask);
    ask();
  }

  // What an answer acknowledges must be there for ever.
  void Learn(const absl::StatusOr<Order>& order) {
    if (!order.ok()) return;
    for (const OrderPayment& payment : order->payments()) {
      for (const Operation& operation : payment.operations()) {
        if (operation.outcome() != Operation::DONE) continue;
        const auto [known, is_new] =
            acknowledged_.try_emplace(operation.idempotency_key(), operation.SerializeAsString());
        EXPECT_EQ(known->second, operation.SerializeAsString()) << "an acknowledged movement became another";
      }
    }
  }

  std::string SomePayment(const Order& order) {
    return absl::StrCat(order.name(), "/payments/", 1 + Dice(std::max(order.payments_size(), 1)));
  }

  void Authorizes(const Order& order) {
    auto request = Payment(order, NewId(), Dice(3) == 0);
    if (Dice(2) == 0) *request.mutable_amount() = MoneyFromMinor(SomeAmount(), "EUR");
    Do("AuthorizePayment", request);
  }
  template <class Request>
  void Acts(const std::string& method, const Order& order) {
    Request request;
    request.set_name(SomePayment(order));
    request.set_request_id(NewId());
    if constexpr (!std::is_same_v<Request, inventory::v1::VoidPaymentRequest>) {
      if (Dice(2) == 0) *request.mutable_amount() = MoneyFromMinor(SomeAmount(), "EUR");
    }
    Do(method, request);
  }
  void Cancels(const Order& order) {
    inventory::v1::CancelOrderRequest request;
    request.set_name(order.name());
    request.set_reason("random");
    request.set_request_id(NewId());
    Do("CancelOrder", request);
  }

  void ChangeProvider() {
    constexpr ScriptedProvider::Mode kModes[] = {
        ScriptedProvider::kApprove, ScriptedProvider::kApprove,           ScriptedProvider::kApprove,
        ScriptedProvider::kRefuse,  ScriptedProvider::kTimeOutAfterwards, ScriptedProvider::kTimeOutBefore};
    provider_->Do(kModes[Dice(6)]);
    provider_->GoAway(Dice(5) == 0);
  }

  void Step() {
    if (orders_.size() < kOrders && Dice(4) == 0) orders_.push_back(Placed(Request({{"A", 1}})).name());
    if (Dice(3) == 0) ChangeProvider();
    if (orders_.empty()) return;
    const Order order = Get(orders_[Dice(static_cast<int>(orders_.size()))]);
    switch (Dice(12)) {
      case 0:
      case 1:
      case 2:
        return Authorizes(order);
      case 3:
      case 4:
        return Acts<inventory::v1::CapturePaymentRequest>("CapturePayment", order);
      case 5:
      case 6:
        return Acts<inventory::v1::RefundPaymentRequest>("RefundPayment", order);
      case 7:
        return Acts<inventory::v1::VoidPaymentRequest>("VoidPayment", order);
      case 8:
        return Dice(3) == 0 ? Cancels(order) : Authorizes(order);
      case 9:
        return RunJobs(absl::Seconds(Dice(200)));
      default:
        if (!asked_.empty()) asked_[Dice(static_cast<int>(asked_.size()))]();
    }
  }

  void ExpectOrdered() {
    for (const std::string& name : orders_) {
      const Order order = Get(name);
      int64_t captured = 0, refunded = 0;
      for (const OrderPayment& payment : order.payments()) {
        EXPECT_LE(Minor(payment.captured()), Minor(payment.authorized())) << payment.DebugString();
        EXPECT_LE(Minor(payment.refunded()), Minor(payment.captured())) << payment.DebugString();
        captured += Minor(payment.captured());
        refunded += Minor(payment.refunded());
        // Only the last question can be without an answer.
        for (int i = 0; i + 1 < payment.operations_size(); ++i) {
          EXPECT_GE(payment.operations(i).outcome(), Operation::DONE) << payment.DebugString();
        }
      }
      EXPECT_EQ(Minor(order.captured()), captured) << order.DebugString();
      EXPECT_EQ(Minor(order.refunded()), refunded) << order.DebugString();
      // All that is left of an order that ended is owed.
      const bool ended = order.status() == Order::CANCELLED || order.status() == Order::EXPIRED;
      if (ended) EXPECT_EQ(Minor(order.balance_due()), refunded - captured) << order.DebugString();
      EXPECT_EQ(order.payment_status() == Order::OVERPAID, Minor(order.balance_due()) < 0) << order.DebugString();
    }
  }

  // Once everything has its answer: each movement once, and the provider has done just these.
  void ExpectTheProvidersBooks() {
    std::map<Operation::Kind, int64_t> moved;
    std::map<Operation::Kind, int> count;
    std::map<std::string, std::string> present;
    for (const std::string& name : orders_) {
      const Order order = Get(name);
      for (const OrderPayment& payment : order.payments()) {
        for (const Operation& operation : payment.operations()) {
          EXPECT_GE(operation.outcome(), Operation::DONE) << "no answer: " << payment.DebugString();
          inventory::PaymentCommand command;
          command.idempotency_key = operation.idempotency_key();
          const auto known = provider_->Find(command);
          EXPECT_EQ(known.ok() && known->has_value() && (*known)->done, operation.outcome() == Operation::DONE)
              << operation.DebugString();
          EXPECT_TRUE(present.emplace(operation.idempotency_key(), operation.SerializeAsString()).second)
              << "twice: " << operation.DebugString();
          if (operation.outcome() != Operation::DONE) continue;
          moved[operation.kind()] += Minor(operation.amount());
          ++count[operation.kind()];
        }
      }
    }
    for (const auto& [key, operation] : acknowledged_) EXPECT_EQ(present[key], operation) << key << " was acknowledged";
    for (const auto kind : {Operation::AUTHORIZE, Operation::CAPTURE, Operation::VOID, Operation::REFUND}) {
      EXPECT_EQ(provider_->DoneCount(kind) - count_before_[kind], count[kind]) << Operation::Kind_Name(kind);
      EXPECT_EQ(provider_->Done(kind) - done_before_[kind], moved[kind]) << Operation::Kind_Name(kind);
      count_before_[kind] += count[kind];
      done_before_[kind] += moved[kind];
      total_[kind] += count[kind];
    }
  }

  void Settle() {
    provider_->Do(ScriptedProvider::kApprove);
    provider_->GoAway(false);
    RunJobs(absl::Minutes(31));  // what is not paid by now expires here, not among the next seed's steps
    for (int i = 0; i < 4; ++i) RunJobs(absl::Minutes(3));
  }

  void Play(int seed) {
    seed_ = seed;
    random_.seed(seed);
    orders_.clear();
    asked_.clear();
    acknowledged_.clear();
    for (int i = 0; i < kPaymentSteps; ++i) {
      SCOPED_TRACE(absl::StrCat("seed ", seed, ", step ", i));
      Step();
      ASSERT_NO_FATAL_FAILURE(ExpectOrdered());
      if (HasFailure()) return;
    }
    Settle();
    ExpectOrdered();
    ExpectTheProvidersBooks();
  }

  std::mt19937 random_;
  int seed_ = 0;
  int ids_ = 0;
  std::vector<std::string> orders_;
  std::vector<std::function<void()>> asked_;
  // Serialised operations by key.
  std::map<std::string, std::string> acknowledged_;
  std::map<Operation::Kind, int> count_before_, total_;
  std::map<Operation::Kind, int64_t> done_before_;
};

TEST_F(OrderPaymentPropertyTest, TheBooksAgreeWithTheProvidersWhateverHappens) {
  ASSERT_TRUE(Receive(*process_, "A", berlin_, 100).ok());
  for (int seed = 1; seed <= kSeeds && !HasFailure(); ++seed) Play(seed);
  for (const auto kind : {Operation::AUTHORIZE, Operation::CAPTURE, Operation::VOID, Operation::REFUND}) {
    EXPECT_GT(total_[kind], kSeeds) << "hardly any " << Operation::Kind_Name(kind) << " was tried";
  }
  ExpectSound();
}

}  // namespace
}  // namespace storeops::testing
