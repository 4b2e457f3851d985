// Rights to hash a password, of which there are few: sources take turns, so that a flood from one leaves room for
// others.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_HASH_SLOTS_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_HASH_SLOTS_H_

#include <list>
#include <map>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace storeops::gateway {

// One source alone may have all slots and places. As soon as another one wants some, the next free slot is given to the
// source that has fewest, and where all places are taken, the source that waits in most of them loses one. Thread-safe.
class HashSlots {
 public:
  struct Options {
    int concurrent = 2;
    int waiting = 8;
  };

  // Given back at the end of the scope; the slots outlive it.
  class Slot {
   public:
    Slot(Slot&& other) noexcept;
    Slot& operator=(Slot&&) = delete;
    ~Slot();

   private:
    friend class HashSlots;
    Slot(HashSlots& slots, std::string source) : slots_(&slots), source_(std::move(source)) {}

    HashSlots* slots_;
    std::string source_;
  };

  explicit HashSlots(Options options) : options_(options) {}

  // Waits until `deadline` (DEADLINE_EXCEEDED). UNAVAILABLE with RetryInfo if too many wait; RESOURCE_EXHAUSTED with
  // RetryInfo (TOO_MANY_LOGINS_OF_ADDRESS) if too many of this source do.
  absl::StatusOr<Slot> Take(const std::string& source, absl::Time deadline);
  int waiting() const;

 private:
  enum class State { kWaits, kRuns, kDisplaced };
  struct Waiter {
    std::string source;
    State state = State::kWaits;
  };
  using Waiters = std::list<Waiter*>;

  int WaitersOf(const std::string& source) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False if no source waits in more places than `source` then would.
  bool Displace(const std::string& source) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Gives free slots to those that wait.
  void Fill() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GiveBack(const std::string& source);

  const Options options_;
  mutable absl::Mutex mutex_;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int> running_of_ ABSL_GUARDED_BY(mutex_);  // by source
  Waiters waiting_ ABSL_GUARDED_BY(mutex_);                        // the first has waited longest
};

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_HASH_SLOTS_H_
