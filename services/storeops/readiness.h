// Whether this process can serve: follows the database. Whether it lives does not.
#ifndef STOREOPS_SERVICES_STOREOPS_READINESS_H_
#define STOREOPS_SERVICES_STOREOPS_READINESS_H_

#include <functional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"

namespace storeops {

// Asks `check` once a second in a thread of its own and hands each change of the answer to `report`, first of all the
// first one.
class Readiness {
 public:
  Readiness(std::function<absl::Status()> check, std::function<void(bool)> report);
  ~Readiness() { Stop(); }

  // Until then it is not ready.
  void Start() { thread_.Start(); }
  bool ready() const;
  bool AwaitReady(absl::Time deadline) const;
  // Reports not ready, and asks no more.
  void Stop();

 private:
  void Run();
  void Set(bool ready);

  const std::function<absl::Status()> check_;
  const std::function<void(bool)> report_;
  mutable absl::Mutex mutex_;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
  BackgroundThread thread_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_READINESS_H_
