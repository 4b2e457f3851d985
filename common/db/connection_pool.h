// A bounded number of connections, handed to waiters in the order of their coming.
#ifndef STOREOPS_COMMON_DB_CONNECTION_POOL_H_
#define STOREOPS_COMMON_DB_CONNECTION_POOL_H_

#include <list>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/db/connection.h"

namespace storeops::db {

class ConnectionPool {
 public:
  // The right to use a connection; given back at the end of its life. A connection that is broken, or still inside a
  // transaction, is closed instead.
  class Lease {
   public:
    Lease(ConnectionPool* pool, std::unique_ptr<Connection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { GiveBack(); }

    Connection* operator->() const { return connection_.get(); }
    Connection& operator*() const { return *connection_; }

   private:
    void GiveBack();

    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  explicit ConnectionPool(Options options);
  ~ConnectionPool();

  // Its deadline is set. DEADLINE_EXCEEDED when none came free in time.
  absl::StatusOr<Lease> Acquire(absl::Time deadline);
  // Closes what lies idle: after a connection was found dead, the others of the same age most likely are as well.
  void CloseIdle();

  const Options& options() const { return options_; }

 private:
  struct Waiter {
    absl::CondVar wake;
    bool granted = false;
    std::unique_ptr<Connection> connection;  // null: the right to open one
  };

  // A connection, or null: the right to open one.
  absl::StatusOr<std::unique_ptr<Connection>> TakeOrWait(absl::Time deadline);
  absl::StatusOr<std::unique_ptr<Connection>> Open(absl::Time deadline);
  // Null: a connection was closed, its place is free.
  void Return(std::unique_ptr<Connection> connection);
  void Watch();

  const Options options_;
  StatementWatch watch_;
  absl::Mutex mutex_;
  std::vector<std::unique_ptr<Connection>> idle_ ABSL_GUARDED_BY(mutex_);  // most recently used last
  // Each waiter is a thread that waits, so their number needs no limit of its own.
  std::list<Waiter*> waiters_ ABSL_GUARDED_BY(mutex_);
  int places_taken_ ABSL_GUARDED_BY(mutex_) = 0;  // connections, open or about to be
  std::vector<std::shared_ptr<void>> watches_;
};

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_CONNECTION_POOL_H_
