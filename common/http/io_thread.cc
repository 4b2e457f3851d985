#include "common/http/io_thread.h"

#include <boost/asio/post.hpp>
#include <ctime>
#include <utility>
#include <vector>

#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/http/connection.h"

namespace storeops::http {
namespace {

// One timer for all connections of a thread instead of one each: limits are coarse, requests are many.
constexpr auto kTick = std::chrono::milliseconds(100);

}  // namespace

IoThread::IoThread(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)),
      thread_({.name = "http", .body = [this] { context_.run(); }, .on_stop = [this] { context_.stop(); }}) {}

void IoThread::Start() {
  work_.emplace(context_.get_executor());
  thread_.Start();
}

void IoThread::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }
  work_.reset();
  thread_.Stop();
  // Pending operations hold connections, and those hold this: none may be left behind.
  context_.restart();
  context_.poll();
  CloseConnections();
  context_.restart();
  context_.poll();
}

void IoThread::Post(absl::AnyInvocable<void()> task) {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return;
  boost::asio::post(context_, std::move(task));
}

void IoThread::Add(std::shared_ptr<Connection> connection) {
  Connection* const key = connection.get();
  connections_[key] = std::move(connection);
  if (ticking_) return;
  ticking_ = true;
  now_ = std::chrono::steady_clock::now();
  Tick();
}

void IoThread::Remove(Connection* connection) {
  // Others may keep the connection for longer, to answer it.
  const bool refused = !connection->GiveBackShare();
  connections_.erase(connection);
  absl::MutexLock lock(&shared_->mutex);
  STOREOPS_ASSERT(shared_->connections > 0);
  --shared_->connections;
  if (refused) --shared_->refused;
}

template <class Function>
void IoThread::ForEach(Function function) {
  std::vector<std::shared_ptr<Connection>> copy;  // they may remove themselves
  copy.reserve(connections_.size());
  for (const auto& [key, connection] : connections_) copy.push_back(connection);
  for (const auto& connection : copy) function(*connection);
}

void IoThread::Tick() {
  now_ = std::chrono::steady_clock::now();
  ForEach([](Connection& connection) { connection.Tick(); });
  ticking_ = !connections_.empty();
  if (!ticking_) return;
  timer_.expires_at(now_ + kTick);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) Tick();
  });
}

void IoThread::DrainConnections() {
  ForEach([](Connection& connection) { connection.Drain(); });
}

void IoThread::CloseConnections() {
  ForEach([](Connection& connection) { connection.Close(); });
  timer_.cancel();
}

const std::string& IoThread::HttpDate() {
  const time_t second = absl::ToTimeT(WallNow());
  if (second != date_second_) {
    date_second_ = second;
    std::tm parts{};
    gmtime_r(&second, &parts);
    char text[40];
    date_.assign(text, std::strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &parts));
  }
  return date_;
}

}  // namespace storeops::http
