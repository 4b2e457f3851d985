// Campaigns that do what a test says, and remember in a file what they did, so that they survive their process.
#ifndef STOREOPS_TESTS_SUPPORT_SCRIPTED_QUOTES_H_
#define STOREOPS_TESTS_SUPPORT_SCRIPTED_QUOTES_H_

#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"
#include "services/inventory/orders/order_quotes.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::testing {

// The coupon "FREE" gives a discount without anything to reserve, "UNKNOWN" is refused, any other one takes 1.00 off
// the order and 0.50 off its first line.
class ScriptedQuotes final : public inventory::OrderQuotes {
 public:
  enum Step { kQuote, kReserve, kCommit, kRelease };
  // Runs before (`done` false) and after (true) each step, which fails with its error. `subject` is the order's name;
  // of kQuote its first coupon code.
  using Script = std::function<absl::Status(Step step, const std::string& subject, bool done)>;

  explicit ScriptedQuotes(std::string path) : path_(std::move(path)) {}

  void Do(Script script) {
    absl::MutexLock lock(&mutex_);
    script_ = std::move(script);
  }
  // Calls of this object.
  int Asked(Step step) {
    absl::MutexLock lock(&mutex_);
    return asked_[step];
  }
  // What had an effect, in order, of all objects with this file: "reserve orders/1 quotes/a", "commit orders/1",
  // "release orders/1".
  std::vector<std::string> Effects() {
    absl::MutexLock lock(&mutex_);
    return Read();
  }

  bool Applies(const inventory::v1::PlaceOrderRequest& request) const override {
    return !request.coupon_codes().empty();
  }

  absl::Status Quote(inventory::v1::Order& order, absl::Time) override {
    const std::string coupon = order.coupon_codes(0);
    return Run(kQuote, coupon, [&]() -> absl::Status {
      if (coupon == "UNKNOWN") return WithReason(InvalidField("coupon_codes[0]", "is unknown"), "COUPON_UNKNOWN");
      inventory::SetMinor(100, order.currency(), order.mutable_discount());
      inventory::SetMinor(50, order.currency(), order.mutable_lines(0)->mutable_discount());
      if (coupon != "FREE") order.set_quote(absl::StrCat("quotes/", coupon));
      return absl::OkStatus();
    });
  }

  absl::Status Reserve(const std::string& order, const std::string& quote, absl::Time) override {
    return Run(kReserve, order, [&]() -> absl::Status {
      const std::string last = LastOf(order);
      if (last == "release") return absl::FailedPreconditionError("was released");
      if (last.empty()) Write(absl::StrCat("reserve ", order, " ", quote));
      return absl::OkStatus();
    });
  }

  absl::Status Commit(const std::string& order, absl::Time) override {
    return Run(kCommit, order, [&]() -> absl::Status {
      const std::string last = LastOf(order);
      if (last != "reserve" && last != "commit") return absl::NotFoundError("is not reserved");
      if (last == "reserve") Write(absl::StrCat("commit ", order));
      return absl::OkStatus();
    });
  }

  absl::Status Release(const std::string& order, absl::Time) override {
    return Run(kRelease, order, [&]() -> absl::Status {
      const std::string last = LastOf(order);
      if (last == "commit") return absl::FailedPreconditionError("was committed");
      if (last != "release") Write(absl::StrCat("release ", order));
      return absl::OkStatus();
    });
  }

 private:
  absl::Status Run(Step step, const std::string& subject, const std::function<absl::Status()>& effect) {
    Script script;
    {
      absl::MutexLock lock(&mutex_);
      ++asked_[step];
      script = script_;
    }
    if (script) {
      if (absl::Status status = script(step, subject, false); !status.ok()) return status;
    }
    {
      absl::MutexLock lock(&mutex_);
      if (absl::Status status = effect(); !status.ok()) return status;
    }
    return script ? script(step, subject, true) : absl::OkStatus();
  }

  std::vector<std::string> Read() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::ifstream file(path_);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  void Write(const std::string& line) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    std::ofstream file(path_, std::ios::app);
    file << line << '\n';
  }
  // The verb of the last effect on an order.
  std::string LastOf(const std::string& order) const {
    mutex_.AssertHeld();
    std::string last;
    for (const std::string& line : Read()) {
      const size_t space = line.find(' ');
      const std::string rest = line.substr(space + 1);
      if (rest == order || rest.rfind(order + " ", 0) == 0) last = line.substr(0, space);
    }
    return last;
  }

  const std::string path_;
  mutable absl::Mutex mutex_;
  Script script_ ABSL_GUARDED_BY(mutex_);
  std::map<Step, int> asked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_SCRIPTED_QUOTES_H_
