#include "common/jobs/poller.h"

#include <utility>

#include "common/db/database.h"
#include "common/telemetry/telemetry.h"

namespace storeops::jobs {

Poller::Poller(std::string name, absl::Duration interval, Round round)
    : name_(std::move(name)), interval_(interval), round_(std::move(round)) {}

Poller::~Poller() { Stop(); }

void Poller::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Poller::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  if (thread_.joinable()) thread_.join();
}

void Poller::Run() {
  db::ThreadInit();
  bool more = true;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (mutex_.AwaitWithTimeout(absl::Condition(&stopping_), more ? absl::ZeroDuration() : interval_)) break;
    }
    const absl::StatusOr<bool> result = round_();
    if (!result.ok()) {
      telemetry::Log(telemetry::LogLevel::kWarning, "a round of due work failed",
                     {{"work", name_}, {"error", result.status().ToString()}});
    }
    more = result.ok() && *result;
  }
  db::ThreadEnd();
}

}  // namespace storeops::jobs
