#include "common/db/statement_watch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/now.h"
#include "common/db/connection.h"
#include "common/telemetry/telemetry.h"

namespace storeops::db {
namespace {

constexpr absl::Duration kKillTimeout = absl::Seconds(2);

}  // namespace

StatementWatch::StatementWatch(Options options)
    : options_([&] {
        options.statement_limit = kKillTimeout;  // a server that hangs does not hold up the end of the process
        return std::move(options);
      }()),
      thread_({.name = "statements", .body = [this] { Run(); }}) {}

StatementWatch::Slot* StatementWatch::Add(int64_t connection_id, std::string server) {
  absl::MutexLock lock(&mutex_);
  Slot& slot = slots_.emplace_back();
  slot.connection_id = connection_id;
  slot.server = std::move(server);
  return &slot;
}

void StatementWatch::Remove(Slot* slot) {
  absl::MutexLock lock(&mutex_);
  slots_.remove_if([slot](const Slot& one) { return &one == slot; });
}

void StatementWatch::Begin(Slot& slot, absl::Time deadline) {
  const int64_t micros = std::max<int64_t>(1, absl::ToUnixMicros(deadline));
  slot.deadline.store(micros);
  if (micros < next_look_.load()) Advance(micros);
}

void StatementWatch::Advance(int64_t deadline) {
  absl::MutexLock lock(&mutex_);
  if (deadline >= next_look_.load()) return;
  next_look_.store(deadline);
  if (!thread_.Running()) thread_.Start();
  thread_.Wake();
}

void StatementWatch::Run() {
  while (!thread_.Stopping()) {
    const int64_t next = next_look_.load();
    if (next > absl::ToUnixMicros(SteadyNow())) {
      thread_.AwaitWake(next == INT64_MAX ? absl::InfiniteFuture() : absl::FromUnixMicros(next));
    } else if (const std::vector<Target> due = TakeDue(); !due.empty()) {
      Kill(due);
    }
  }
}

std::vector<StatementWatch::Target> StatementWatch::TakeDue() {
  absl::MutexLock lock(&mutex_);
  std::vector<Target> due;
  next_look_.store(INT64_MAX);  // before the slots are read: see next_look_
  int64_t earliest = INT64_MAX;
  const int64_t now = absl::ToUnixMicros(SteadyNow());
  for (Slot& slot : slots_) {
    int64_t deadline = slot.deadline.load();
    if (deadline <= 0) continue;
    if (deadline > now) {
      earliest = std::min(earliest, deadline);
    } else if (slot.deadline.compare_exchange_strong(deadline, kEnding)) {
      due.push_back({slot.connection_id, slot.server});
    }
  }
  next_look_.store(earliest);
  return due;
}

void StatementWatch::Kill(const std::vector<Target>& targets) const {
  const auto connection = Connection::Open(options_, kKillTimeout, nullptr);
  if (!connection.ok()) {
    telemetry::Log(telemetry::LogLevel::kWarning, "statements past their deadline cannot be ended",
                   {{"error", std::string(connection.status().message())}});
    return;
  }
  (*connection)->set_deadline(SteadyNow() + kKillTimeout);
  const auto server = (*connection)->ServerName();
  for (const Target& target : targets) {
    // Behind a proxy the same number may be somebody else's connection to another server.
    if (!server.ok() || *server != target.server) continue;
    // Fails if the connection has been closed meanwhile.
    (void)(*connection)->Execute(absl::StrCat("KILL QUERY ", target.connection_id));
  }
}

}  // namespace storeops::db
