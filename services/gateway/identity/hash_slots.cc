#include "services/gateway/identity/hash_slots.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/await.h"
#include "common/base/errors.h"

namespace storeops::gateway {

HashSlots::Slot::Slot(Slot&& other) noexcept
    : slots_(std::exchange(other.slots_, nullptr)), source_(std::move(other.source_)) {}

HashSlots::Slot::~Slot() {
  if (slots_ != nullptr) slots_->GiveBack(source_);
}

absl::StatusOr<HashSlots::Slot> HashSlots::Take(const std::string& source, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  if (static_cast<int>(waiting_.size()) >= options_.waiting && running_ >= options_.concurrent && !Displace(source)) {
    return UnavailableRetry(absl::StrCat("at most ", options_.concurrent, " passwords are checked at once and ",
                                         options_.waiting, " wait for it"),
                            absl::Seconds(1));
  }
  Waiter waiter{source};
  waiting_.push_back(&waiter);
  Fill();
  const auto decided = [&waiter] { return waiter.state != State::kWaits; };
  if (!AwaitUntil(mutex_, absl::Condition(&decided), deadline)) {
    waiting_.remove(&waiter);
    return absl::DeadlineExceededError("waiting for a password check took too long");
  }
  if (waiter.state == State::kRuns) return Slot(*this, source);
  return WithReason(ExhaustedRetry(absl::StrCat("too many password checks of this network address wait: it shares ",
                                                options_.waiting, " places with others"),
                                   absl::Seconds(1)),
                    "TOO_MANY_LOGINS_OF_ADDRESS");
}

int HashSlots::waiting() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<int>(waiting_.size());
}

int HashSlots::WaitersOf(const std::string& source) const {
  return static_cast<int>(std::count_if(waiting_.begin(), waiting_.end(),
                                        [&source](const Waiter* waiter) { return waiter->source == source; }));
}

bool HashSlots::Displace(const std::string& source) {
  const auto fewer = [this](const Waiter* a, const Waiter* b)
                         ABSL_NO_THREAD_SAFETY_ANALYSIS { return WaitersOf(a->source) < WaitersOf(b->source); };
  const auto most = std::max_element(waiting_.begin(), waiting_.end(), fewer);
  if (most == waiting_.end() || WaitersOf((*most)->source) <= WaitersOf(source) + 1) return false;
  // Of that source, the one that has waited least.
  const auto last = std::find_if(waiting_.rbegin(), waiting_.rend(),
                                 [&](const Waiter* waiter) { return waiter->source == (*most)->source; });
  (*last)->state = State::kDisplaced;
  waiting_.erase(std::next(last).base());
  return true;
}

void HashSlots::Fill() {
  while (running_ < options_.concurrent && !waiting_.empty()) {
    const auto running_of = [this](const Waiter* waiter) ABSL_NO_THREAD_SAFETY_ANALYSIS {
      const auto found = running_of_.find(waiter->source);
      return found == running_of_.end() ? 0 : found->second;
    };
    const auto next = std::min_element(waiting_.begin(), waiting_.end(),
                                       [&](const Waiter* a, const Waiter* b) { return running_of(a) < running_of(b); });
    (*next)->state = State::kRuns;
    ++running_;
    ++running_of_[(*next)->source];
    waiting_.erase(next);
  }
}

void HashSlots::GiveBack(const std::string& source) {
  absl::MutexLock lock(&mutex_);
  --running_;
  const auto of_source = running_of_.find(source);
  if (--of_source->second == 0) running_of_.erase(of_source);
  Fill();
}

}  // namespace storeops::gateway
