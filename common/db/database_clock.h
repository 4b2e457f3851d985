// The clock that all processes on one database server share: the server's.
#ifndef STOREOPS_COMMON_DB_DATABASE_CLOCK_H_
#define STOREOPS_COMMON_DB_DATABASE_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"
#include "common/base/clock.h"
#include "common/db/database.h"

namespace storeops::db {

// Now() is the server's time, to the time that a statement takes: read when started and every 10 s since, and between
// the readings extrapolated by SteadyNow(). So it knows nothing of the machine's wall clock, and follows the server's
// within 10 s if that is set. Until the server has answered once it is the machine's clock. Thread-safe.
class DatabaseClock final : public Clock {
 public:
  // Uses one connection of its own; of `options`, only where the server is counts.
  explicit DatabaseClock(const Address& address);

  // Reads the server's time, and again every 10 s from then on. Not OK if the server did not answer by `deadline`; then
  // it is asked again all the same.
  absl::Status Start(absl::Time deadline);
  void Stop() { thread_.Stop(); }
  // Reads the server's time once.
  absl::Status Read(absl::Time deadline);

  absl::Time Now() const override;
  absl::Time Steady() const override;

 private:
  static constexpr int64_t kUnknown = INT64_MIN;

  void Run();

  Database database_;
  std::atomic<int64_t> offset_us_{kUnknown};  // of the server's time to SteadyNow()
  BackgroundThread thread_;
};

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_DATABASE_CLOCK_H_
