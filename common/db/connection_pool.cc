#include "common/db/connection_pool.h"

#include <algorithm>
#include <utility>

#include "common/base/await.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"

namespace storeops::db {
namespace {

// A connection that lay idle for longer is asked whether it still lives before it is used: servers and proxies close
// idle ones. Under load this never happens.
constexpr absl::Duration kTrustIdle = absl::Seconds(10);

}  // namespace

ConnectionPool::Lease& ConnectionPool::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    GiveBack();
    pool_ = other.pool_;
    connection_ = std::move(other.connection_);
  }
  return *this;
}

void ConnectionPool::Lease::GiveBack() {
  if (connection_ == nullptr) return;
  if (connection_->broken() || connection_->retired() || connection_->in_transaction()) connection_.reset();
  pool_->Return(std::move(connection_));
}

ConnectionPool::ConnectionPool(Options options) : options_(std::move(options)), watch_(options_) {
  if (options_.telemetry != nullptr) Watch();
}

ConnectionPool::~ConnectionPool() { watches_.clear(); }

void ConnectionPool::Watch() {
  const std::map<std::string, std::string> labels = {{"database", options_.database}};
  auto watch = [&](const char* name, const char* help, std::function<double()> read) {
    watches_.push_back(options_.telemetry->Watch(name, help, labels, std::move(read)));
  };
  watch("storeops_db_connections", "Open connections to the database", [this] {
    absl::MutexLock lock(&mutex_);
    return static_cast<double>(places_taken_);
  });
  watch("storeops_db_connections_in_use", "Connections at work", [this] {
    absl::MutexLock lock(&mutex_);
    return static_cast<double>(places_taken_) - static_cast<double>(idle_.size());
  });
  watch("storeops_db_waiting", "Callers that wait for a connection", [this] {
    absl::MutexLock lock(&mutex_);
    return static_cast<double>(waiters_.size());
  });
}

absl::StatusOr<ConnectionPool::Lease> ConnectionPool::Acquire(absl::Time deadline) {
  RegisterThread();
  ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, TakeOrWait(deadline));
  if (connection != nullptr && SteadyNow() - connection->idle_since > kTrustIdle) {
    connection->set_deadline(deadline);
    if (!connection->Query("SELECT 1").ok()) connection.reset();
  }
  if (connection == nullptr) {
    absl::StatusOr<std::unique_ptr<Connection>> opened = Open(deadline);
    if (!opened.ok()) {
      Return(nullptr);
      return std::move(opened).status();
    }
    connection = *std::move(opened);
  }
  connection->set_deadline(deadline);
  return Lease(this, std::move(connection));
}

absl::StatusOr<std::unique_ptr<Connection>> ConnectionPool::TakeOrWait(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  if (!idle_.empty()) {  // then nobody waits
    std::unique_ptr<Connection> connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  if (places_taken_ < std::max(1, options_.max_connections)) {
    ++places_taken_;
    return nullptr;
  }
  Waiter self;
  const auto place = waiters_.insert(waiters_.end(), &self);
  while (!self.granted) {
    if (AwaitUntil(self.wake, mutex_, deadline) || self.granted) continue;
    waiters_.erase(place);
    return WithReason(absl::DeadlineExceededError("database: no connection came free in time"), "DATABASE_BUSY");
  }
  return std::move(self.connection);
}

absl::StatusOr<std::unique_ptr<Connection>> ConnectionPool::Open(absl::Time deadline) {
  const absl::Duration left = deadline - SteadyNow();
  if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("database: no time left to connect");
  return Connection::Open(options_, left, &watch_);
}

void ConnectionPool::Return(std::unique_ptr<Connection> connection) {
  if (connection != nullptr) {
    connection->idle_since = SteadyNow();
    connection->used_before = true;
  }
  absl::MutexLock lock(&mutex_);
  if (!waiters_.empty()) {
    Waiter& first = *waiters_.front();
    waiters_.pop_front();
    first.connection = std::move(connection);
    first.granted = true;
    first.wake.Signal();
  } else if (connection != nullptr) {
    idle_.push_back(std::move(connection));
  } else {
    STOREOPS_ASSERT(places_taken_ > 0);
    --places_taken_;
  }
}

void ConnectionPool::CloseIdle() {
  std::vector<std::unique_ptr<Connection>> closed;
  absl::MutexLock lock(&mutex_);
  closed.swap(idle_);
  places_taken_ -= static_cast<int>(closed.size());
}

}  // namespace storeops::db
