#include "common/jobs/poller.h"

#include <utility>

#include "common/telemetry/telemetry.h"

namespace storeops::jobs {

Poller::Poller(std::string name, absl::Duration interval, Round round, const Clock& clock)
    : name_(std::move(name)),
      interval_(interval),
      round_(std::move(round)),
      clock_(clock),
      thread_({.name = name_, .body = [this] { Run(); }, .clock = &clock_}) {}

void Poller::Run() {
  while (!thread_.Stopping()) {
    const absl::Time start = clock_.Steady();
    const absl::StatusOr<bool> more = round_();
    if (!more.ok()) {
      telemetry::Log(telemetry::LogLevel::kWarning, "a round of due work failed",
                     {{"work", name_}, {"error", more.status().ToString()}});
    }
    if (more.ok() && *more) continue;
    thread_.AwaitWake(start + interval_);
  }
}

}  // namespace storeops::jobs
