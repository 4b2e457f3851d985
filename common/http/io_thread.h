// A network thread with the connections that belong to it. Internal to common/http.
#ifndef STOREOPS_COMMON_HTTP_IO_THREAD_H_
#define STOREOPS_COMMON_HTTP_IO_THREAD_H_

#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "common/base/address_shares.h"
#include "common/base/background_thread.h"
#include "common/http/server.h"

namespace storeops::http {

class Connection;
// With a concrete executor: asio's type-erased one costs a virtual call and an allocation for each operation.
using TcpSocket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

// What the threads of one server share.
struct Shared {
  Server::Options options;
  Handler handler;
  std::optional<boost::asio::ssl::context> tls;
  std::atomic<bool> draining{false};
  // Set when the server is made.
  std::optional<AddressShares> places;
  std::optional<AddressShares> arriving_bytes;
  std::optional<AddressShares> outgoing_bytes;
  mutable absl::Mutex mutex;
  int connections ABSL_GUARDED_BY(mutex) = 0;
  int refused ABSL_GUARDED_BY(mutex) = 0;  // of these, without a share: they are told so and go
};

// Connections keep their thread alive, so that a response may come after the server has gone.
class IoThread : public std::enable_shared_from_this<IoThread> {
 public:
  explicit IoThread(std::shared_ptr<Shared> shared);

  void Start();
  // Ends the thread. What is posted later is dropped.
  void Stop();

  boost::asio::io_context& context() { return context_; }
  bool InThisThread() { return context_.get_executor().running_in_this_thread(); }
  // From any thread.
  void Post(absl::AnyInvocable<void()> task);

  // On this thread only:
  void Add(std::shared_ptr<Connection> connection);
  void Remove(Connection* connection);
  void DrainConnections();
  void CloseConnections();
  // Exact to a tick.
  std::chrono::steady_clock::time_point now() const { return now_; }
  const std::string& HttpDate();

  const Server::Options& options() const { return shared_->options; }
  Shared& shared() { return *shared_; }

 private:
  void Tick();
  template <class Function>
  void ForEach(Function function);

  const std::shared_ptr<Shared> shared_;
  boost::asio::io_context context_{1};
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
  boost::asio::steady_timer timer_{context_};
  bool ticking_ = false;
  std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
  time_t date_second_ = 0;
  std::string date_;
  absl::flat_hash_map<Connection*, std::shared_ptr<Connection>> connections_;
  absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  BackgroundThread thread_;
};

}  // namespace storeops::http

#endif  // STOREOPS_COMMON_HTTP_IO_THREAD_H_
