#include <utility>

#include "common/rpc/call.h"

namespace storeops::rpc {

void Cancellation::Cancel() {
  std::vector<std::weak_ptr<const Reaction>> reactions;
  {
    absl::MutexLock lock(&mutex_);
    if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
    reactions.swap(reactions_);
  }
  for (const auto& entry : reactions) {
    if (const auto react = entry.lock()) (*react)();
  }
}

std::shared_ptr<const void> Cancellation::OnCancel(std::function<void()> react) const {
  auto reaction = std::make_shared<const Reaction>(std::move(react));
  {
    absl::MutexLock lock(&mutex_);
    if (!cancelled()) {
      // Interests that ended are swept here, so that a long call with many short ones does not gather them.
      std::erase_if(reactions_, [](const auto& entry) { return entry.expired(); });
      reactions_.push_back(reaction);
      return reaction;
    }
  }
  (*reaction)();
  return reaction;
}

}  // namespace storeops::rpc
