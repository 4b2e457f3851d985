// A payment provider that does what a test says, and remembers what it did.
#ifndef STOREOPS_TESTS_SUPPORT_SCRIPTED_PROVIDER_H_
#define STOREOPS_TESTS_SUPPORT_SCRIPTED_PROVIDER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "services/inventory/payments/payment_provider.h"

namespace storeops::testing {

class ScriptedProvider final : public inventory::PaymentProvider {
 public:
  enum Mode {
    kApprove,
    kRefuse,
    kTimeOutAfterwards,  // it is done, and the answer is lost
    kTimeOutBefore,      // the question is lost
  };
  using Kind = inventory::v1::OrderPayment::Operation::Kind;

  absl::string_view name() const override { return "scripted"; }

  absl::StatusOr<inventory::PaymentAnswer> Execute(const inventory::PaymentCommand& command) override {
    std::function<void()> meanwhile;
    {
      absl::MutexLock lock(&mutex_);
      meanwhile = std::exchange(meanwhile_, nullptr);
    }
    if (meanwhile) meanwhile();
    absl::MutexLock lock(&mutex_);
    ++asked_;
    const auto before = answers_.find(command.idempotency_key);
    if (before != answers_.end()) return before->second;
    if (mode_ == kTimeOutBefore) return absl::DeadlineExceededError("no answer");
    inventory::PaymentAnswer answer{mode_ != kRefuse, absl::StrCat("p", answers_.size() + 1),
                                    mode_ == kRefuse ? "card declined" : ""};
    answers_[command.idempotency_key] = answer;
    if (answer.done) {
      done_[command.kind] += command.amount_minor;
      ++done_count_[command.kind];
    }
    if (mode_ == kTimeOutAfterwards) return absl::DeadlineExceededError("no answer");
    return answer;
  }

  absl::StatusOr<std::optional<inventory::PaymentAnswer>> Find(const inventory::PaymentCommand& command) override {
    absl::MutexLock lock(&mutex_);
    if (away_) return absl::UnavailableError("away");
    const auto found = answers_.find(command.idempotency_key);
    if (found == answers_.end()) return std::nullopt;
    return std::optional<inventory::PaymentAnswer>(found->second);
  }

  void Do(Mode mode) {
    absl::MutexLock lock(&mutex_);
    mode_ = mode;
  }
  // Find fails.
  void GoAway(bool away) {
    absl::MutexLock lock(&mutex_);
    away_ = away;
  }
  // Runs once, before the next question is answered.
  void Meanwhile(std::function<void()> action) {
    absl::MutexLock lock(&mutex_);
    meanwhile_ = std::move(action);
  }
  // Money that was moved by questions of a kind, in minor units, and how many did.
  int64_t Done(Kind kind) {
    absl::MutexLock lock(&mutex_);
    return done_[kind];
  }
  int DoneCount(Kind kind) {
    absl::MutexLock lock(&mutex_);
    return done_count_[kind];
  }
  int asked() {
    absl::MutexLock lock(&mutex_);
    return asked_;
  }

 private:
  absl::Mutex mutex_;
  Mode mode_ = kApprove;
  bool away_ = false;
  int asked_ = 0;
  std::function<void()> meanwhile_;
  std::map<std::string, inventory::PaymentAnswer> answers_;
  std::map<Kind, int64_t> done_;
  std::map<Kind, int> done_count_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_SCRIPTED_PROVIDER_H_
