// A copy of a service's own rows in the memory of a process, for reads: loaded in the background, then kept in step by
// the service's change feed.
#ifndef STOREOPS_COMMON_CHANGES_REPLICA_H_
#define STOREOPS_COMMON_CHANGES_REPLICA_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/changes/changes.h"
#include "common/telemetry/telemetry.h"

namespace storeops::changes {

// Until the state is loaded, and while it would exceed its memory budget, loaded() is false and the database answers in
// its place. A state that is loaded contains every change that had its sequence when loaded() became true, so that
// readers who come from the database do not see a resource go back. Writers of this process apply their own commits as
// well, before they answer. Thread-safe.
class Replica {
 public:
  struct Options {
    std::string name;                // of the consumer, e.g. "stock-memory"
    std::vector<std::string> types;  // that it follows; empty: all
    Contents contents = Contents::kWhole;
    // "storeops_stock_memory_loaded", 1 while loaded() is true, and its help.
    std::string gauge;
    std::string help;
    // Memory budget. Beyond it the state is cleared, and loaded again every 10 minutes to see whether it fits by then.
    size_t max_bytes = size_t{2} << 30;
    telemetry::Telemetry* telemetry = nullptr;  // may be null
  };
  // The state's own part. `load`, `apply` and `clear` are called by one thread at a time.
  struct State {
    // Reads all rows from the database into the state, page by page while `keep_going`.
    std::function<absl::Status(absl::FunctionRef<bool()> keep_going)> load;
    // Applies changes, which the state may contain already.
    std::function<absl::Status(const Batch&)> apply;
    // Estimated from the number of rows and a stated size of each.
    std::function<size_t()> bytes;
    std::function<void()> clear;
  };

  // The feed outlives the replica.
  Replica(Options options, Feed& feed, State state);
  ~Replica() { Stop(); }

  void Start() { consumer_.Start(); }
  void Stop();

  bool loaded() const { return loaded_.load(std::memory_order_acquire); }
  // While it is loaded or being loaded: writers of this process apply their commits then, and only then.
  bool active() const { return active_.load(std::memory_order_acquire); }
  // True once it is loaded or known to exceed its budget, which loaded() tells; false at the deadline or when stopping.
  bool AwaitSettled(absl::Time deadline) const;
  // All changes up to here are in the state, once it is loaded.
  int64_t position() const { return position_.load(); }

 private:
  absl::StatusOr<int64_t> Begin();
  absl::Status Load();
  absl::Status CatchUp();
  absl::Status Apply(const Batch& batch);
  absl::Status CheckBudget();
  void SetLoaded(bool loaded);
  void SetOverBudget(bool over);

  const Options options_;
  Feed& feed_;
  const State state_;
  prometheus::Gauge* loaded_gauge_ = nullptr;
  prometheus::Gauge* bytes_gauge_ = nullptr;
  std::atomic<bool> active_{false};
  std::atomic<bool> loaded_{false};  // changes under mutex_
  std::atomic<int64_t> position_{0};
  std::atomic<bool> over_budget_{false};  // changes under mutex_
  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Consumer consumer_;
};

}  // namespace storeops::changes

#endif  // STOREOPS_COMMON_CHANGES_REPLICA_H_
