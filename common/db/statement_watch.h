// Ends statements at their deadline.
//
// A thread sends KILL QUERY over a connection of its own (the same on MariaDB, MySQL and TiDB) when a statement still
// runs at its deadline. A statement that ends in time costs two atomic stores: no lock, no round trip.
#ifndef STOREOPS_COMMON_DB_STATEMENT_WATCH_H_
#define STOREOPS_COMMON_DB_STATEMENT_WATCH_H_

#include <atomic>
#include <cstdint>
#include <list>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/background_thread.h"
#include "common/db/database.h"

namespace storeops::db {

class StatementWatch {
 public:
  // What runs on one connection. Written by its session, read by the watch.
  struct Slot {
    int64_t connection_id = 0;
    std::string server;  // where connection_id means this connection
    // Microseconds since 1970; 0: nothing runs; kEnding: KILL QUERY is on its way.
    std::atomic<int64_t> deadline{0};
  };

  explicit StatementWatch(Options options);
  StatementWatch(const StatementWatch&) = delete;
  StatementWatch& operator=(const StatementWatch&) = delete;

  // Valid until Remove.
  Slot* Add(int64_t connection_id, std::string server);
  void Remove(Slot* slot);

  // Round a statement with a finite deadline.
  void Begin(Slot& slot, absl::Time deadline);
  // True if the statement was still running at its deadline. Then KILL QUERY may arrive after this, and would hit
  // whatever runs next on the connection: it must be closed.
  static bool End(Slot& slot) { return slot.deadline.exchange(0) == kEnding; }

 private:
  static constexpr int64_t kEnding = -1;
  struct Target {
    int64_t connection_id;
    std::string server;
  };

  void Advance(int64_t deadline);
  void Run();
  std::vector<Target> TakeDue();
  void Kill(const std::vector<Target>& targets) const;

  const Options options_;
  absl::Mutex mutex_;
  std::list<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  // When to look at the slots, in microseconds since 1970. Lowered under the mutex; read without it, after a slot's
  // deadline was stored, so that either the reader or the watch sees the other's store.
  std::atomic<int64_t> next_look_{INT64_MAX};
  BackgroundThread thread_;  // started with the first statement
};

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_STATEMENT_WATCH_H_
