#include "common/db/database_clock.h"

#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/telemetry/telemetry.h"

namespace storeops::db {
namespace {

constexpr absl::Duration kReadInterval = absl::Seconds(10);
constexpr absl::Duration kFirstInterval = absl::Seconds(1);  // until it has answered once
constexpr absl::Duration kReadLimit = absl::Seconds(5);

Options ClockOptions(const Address& address) {
  Options options;
  options.address = address;
  options.max_connections = 1;
  return options;
}

}  // namespace

DatabaseClock::DatabaseClock(const Address& address)
    : database_(ClockOptions(address)), thread_({.name = "database-clock", .body = [this] { Run(); }}) {}

absl::Status DatabaseClock::Start(absl::Time deadline) {
  absl::Status read = Read(deadline);  // connects, which takes longer than a reading
  if (read.ok()) read = Read(deadline);
  thread_.Start();
  return read;
}

absl::Status DatabaseClock::Read(absl::Time deadline) {
  const absl::Time begin = SteadyNow();
  ASSIGN_OR_RETURN(const Rows rows, database_.Query(deadline, "SELECT UTC_TIMESTAMP(6)"));
  const absl::Duration half = (SteadyNow() - begin) / 2;
  const int64_t offset = absl::ToInt64Microseconds(rows.Time(0, 0) - (begin + half));
  // It was read at some time between: what is known may be more exact than this reading.
  const int64_t known = offset_us_.load(std::memory_order_relaxed);
  if (known != kUnknown && absl::AbsDuration(absl::Microseconds(offset - known)) <= half) return absl::OkStatus();
  offset_us_.store(offset, std::memory_order_relaxed);
  return absl::OkStatus();
}

void DatabaseClock::Run() {
  while (thread_.WaitFor(offset_us_.load() == kUnknown ? kFirstInterval : kReadInterval)) {
    const absl::Status read = Read(SteadyNow() + kReadLimit);
    if (read.ok()) continue;
    telemetry::Log(telemetry::LogLevel::kWarning, "the database's time cannot be read", {{"error", read.ToString()}});
  }
}

absl::Time DatabaseClock::Now() const {
  const int64_t offset = offset_us_.load(std::memory_order_relaxed);
  return offset == kUnknown ? WallNow() : SteadyNow() + absl::Microseconds(offset);
}

absl::Time DatabaseClock::Steady() const { return SteadyNow(); }

}  // namespace storeops::db
