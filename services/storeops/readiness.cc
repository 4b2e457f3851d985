#include "services/storeops/readiness.h"

#include <string>
#include <utility>

#include "common/base/await.h"
#include "common/telemetry/telemetry.h"

namespace storeops {

constexpr absl::Duration kInterval = absl::Seconds(1);

Readiness::Readiness(std::function<absl::Status()> check, std::function<void(bool)> report)
    : check_(std::move(check)), report_(std::move(report)), thread_({.name = "readiness", .body = [this] { Run(); }}) {}

bool Readiness::ready() const {
  absl::MutexLock lock(&mutex_);
  return ready_;
}

bool Readiness::AwaitReady(absl::Time deadline) const {
  absl::MutexLock lock(&mutex_);
  return AwaitUntil(mutex_, absl::Condition(&ready_), deadline);
}

void Readiness::Set(bool ready) {
  {
    absl::MutexLock lock(&mutex_);
    if (ready == ready_) return;
    ready_ = ready;
  }
  report_(ready);
}

void Readiness::Stop() {
  thread_.Stop();
  Set(false);
}

void Readiness::Run() {
  do {
    const absl::Status status = check_();
    if (!status.ok()) {
      telemetry::Log(telemetry::LogLevel::kWarning, "not ready", {{"error", std::string(status.message())}});
    }
    if (thread_.Stopping()) return;
    Set(status.ok());
  } while (thread_.WaitFor(kInterval));
}

}  // namespace storeops
