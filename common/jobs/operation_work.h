// One operation while this process works on it.
#ifndef STOREOPS_COMMON_JOBS_OPERATION_WORK_H_
#define STOREOPS_COMMON_JOBS_OPERATION_WORK_H_

#include <atomic>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/jobs/operation_store.h"
#include "common/jobs/operations.h"

namespace storeops::jobs {

class OperationWork final : public OperationContext {
 public:
  OperationWork(OperationStore& store, const Claim& claim, std::string method, ClaimedWork work, absl::Time claimed);

  int64_t id() const override { return claim_.id; }
  const std::string& request() const override { return work_.request; }
  const std::string& creator() const override { return work_.creator; }
  const std::string& checkpoint() const override { return work_.checkpoint; }
  int attempt() const override { return claim_.attempt; }
  // Begun since the last new checkpoint when this one was, itself included.
  int fruitless_attempts() const { return work_.fruitless_attempts; }
  absl::Status Progress(int64_t done, int64_t total, std::string checkpoint) override;
  absl::Status ProgressIn(db::Session& session, int64_t done, int64_t total, std::string checkpoint) override;
  bool Cancelled() const override { return !Standing().ok(); }

  // Prolongs the lease when it is time to, and finds out whether the work is to stop. Called often, by the watcher.
  void Watch(absl::Time deadline);
  // The process ends: stop and leave the rest to others.
  void Yield() { yielded_.store(true); }
  void RequestCancel() { cancel_requested_.store(true); }

  bool lost() const { return lost_.load(); }
  bool yielded() const { return yielded_.load(); }
  bool cancel_requested() const { return cancel_requested_.load(); }
  // What was reported and is not saved yet.
  OperationProgress Unsaved() const;

  const Claim& claim() const { return claim_; }
  const std::string& method() const { return method_; }
  // Without being renewed, the lease ends then at the latest, by this machine's clock.
  absl::Time lease_end() const;

 private:
  // OK while the work is to go on.
  absl::Status Standing() const;
  void Renewed(absl::Time time);
  absl::Status Lost();

  OperationStore& store_;
  const Claim claim_;
  const std::string method_;
  const ClaimedWork work_;
  std::atomic<bool> lost_{false};
  std::atomic<bool> yielded_{false};
  std::atomic<bool> cancel_requested_;
  mutable absl::Mutex mutex_;
  OperationProgress latest_ ABSL_GUARDED_BY(mutex_);
  absl::Time saved_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  absl::Time renewed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::jobs

#endif  // STOREOPS_COMMON_JOBS_OPERATION_WORK_H_
