// What one caller may have of the workers, so that the others find some: a part of them at a time, and a part of the
// places in which calls wait.
#ifndef STOREOPS_COMMON_RPC_WORKER_SHARES_H_
#define STOREOPS_COMMON_RPC_WORKER_SHARES_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "common/base/worker_pool.h"

namespace storeops::rpc {

// In front of a worker pool: it is handed no more tasks of one caller than that caller may have running; the others
// wait here, the most urgent first. Thread-safe.
class WorkerShares {
 public:
  struct Options {
    // Places in which calls of all callers wait, beside those of the pool.
    int max_waiting = 1024;
    // Of one caller: a quarter of them. Of an address whose callers are not known as many: whenever a role or a key
    // changes, all calls of a busy client wait there for a moment.
    int max_waiting_of_caller = 256;
    int max_waiting_of_address = 256;
  };
  // Who is limited. Workers at a time: of a caller half, of an address whose callers are not known a quarter, at least
  // one; of these at most half for batch and a quarter for background calls.
  struct Caller {
    enum class Kind { kUnlimited, kCaller, kAddress };
    Kind kind = Kind::kUnlimited;
    std::string name;  // principal or address group
  };
  // Called once: on a worker, or with the reason why there is none, from any thread: UNAVAILABLE with RetryInfo
  // (OVERLOADED), RESOURCE_EXHAUSTED with RetryInfo (TOO_MANY_CALLS_OF_CALLER, TOO_MANY_CALLS_OF_ADDRESS).
  using Task = absl::AnyInvocable<void(absl::Status)>;

  // `workers` outlives all tasks.
  WorkerShares(WorkerPool& workers, Options options);
  ~WorkerShares();

  void Submit(const Caller& caller, Task task, Urgency urgency, WorkerPool::Owner owner);

 private:
  struct State;
  // Also held by tasks under way, which may outlive the pipeline.
  const std::shared_ptr<State> state_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_WORKER_SHARES_H_
