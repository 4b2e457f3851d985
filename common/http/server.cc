#include "common/http/server.h"

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/ip/address.hpp>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/base/await.h"
#include "common/base/status_macros.h"
#include "common/http/connection.h"
#include "common/http/io_thread.h"
#include "common/http/tls.h"

namespace storeops::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr int kBacklog = 1024;
// Connections above the limits that are told so; any more are closed without a word.
constexpr int kRefusedAtOnce = 64;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

absl::string_view Request::Header(absl::string_view name) const {
  for (const auto& header : headers) {
    if (header.first == name) return header.second;
  }
  return "";
}

absl::string_view Request::Path() const {
  const absl::string_view text = target;
  return text.substr(0, text.find('?'));
}

absl::string_view Request::Query() const {
  const absl::string_view text = target;
  const size_t mark = text.find('?');
  return mark == absl::string_view::npos ? "" : text.substr(mark + 1);
}

class Server::Impl {
 public:
  Impl(const Options& options, Handler handler)
      : shared_(std::make_shared<Shared>()), threads_(MakeThreads(shared_, std::max(1, options.threads))) {
    shared_->options = options;
    shared_->places.emplace(options.max_connections, options.max_connections_per_address);
    shared_->arriving_bytes.emplace(options.max_arriving_bytes, options.max_arriving_bytes_per_address);
    shared_->outgoing_bytes.emplace(options.max_outgoing_bytes, options.max_outgoing_bytes_per_address);
    shared_->handler = std::move(handler);
  }

  ~Impl() {
    Shutdown(absl::InfinitePast());
    watches_.clear();
    for (const auto& thread : threads_) thread->Stop();
  }

  absl::Status Start() {
    RETURN_IF_ERROR(Listen());
    const Options& options = shared_->options;
    if (!options.certificate_chain.empty()) {
      shared_->tls.emplace(asio::ssl::context::tls_server);
      RETURN_IF_ERROR(SetUpTls(options, *shared_->tls));
    }
    if (options.telemetry != nullptr) {
      const std::map<std::string, std::string> labels = {{"port", absl::StrCat(port_)}};
      watches_ = {options.telemetry->Watch("storeops_http_connections", "Open HTTP connections", labels,
                                           [shared = shared_] {
                                             absl::MutexLock lock(&shared->mutex);
                                             return static_cast<double>(shared->connections);
                                           }),
                  options.telemetry->Watch(
                      "storeops_http_outgoing_bytes", "Bytes of large response bodies being sent", labels,
                      [shared = shared_] { return static_cast<double>(shared->outgoing_bytes->taken()); })};
    }
    Accept();
    for (const auto& thread : threads_) thread->Start();
    started_ = true;
    return absl::OkStatus();
  }

  int port() const { return port_; }

  void Shutdown(absl::Time deadline) {
    if (!started_ || shared_->draining.exchange(true)) return;
    OnEach([this](IoThread& thread) {
      if (&thread == threads_[0].get()) StopAccepting();
    });
    OnEach([](IoThread& thread) { thread.DrainConnections(); });
    {
      absl::MutexLock lock(&shared_->mutex);
      AwaitUntil(
          shared_->mutex,
          absl::Condition(
              +[](Shared* shared) ABSL_NO_THREAD_SAFETY_ANALYSIS { return shared->connections == 0; }, shared_.get()),
          deadline);
    }
    OnEach([](IoThread& thread) { thread.CloseConnections(); });
  }

 private:
  static std::vector<std::shared_ptr<IoThread>> MakeThreads(const std::shared_ptr<Shared>& shared, int count) {
    std::vector<std::shared_ptr<IoThread>> threads;
    for (int i = 0; i < count; ++i) threads.push_back(std::make_shared<IoThread>(shared));
    return threads;
  }

  absl::Status Listen() {
    const Options& options = shared_->options;
    error_code error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error || options.port < 0 || options.port > 65535) {
      return absl::InvalidArgumentError(absl::StrCat("not an address: ", options.address, ":", options.port));
    }
    const tcp::endpoint endpoint(address, static_cast<unsigned short>(options.port));
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (!error) acceptor_.non_blocking(true, error);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", options.address, ":", options.port, ": ", error.message()));
    }
    return absl::OkStatus();
  }

  // Gives connections to each thread in turn; runs on the first.
  void Accept() {
    next_ = (next_ + 1) % threads_.size();
    // The thread of the socket: `next_` may be another one when the door closes before this is called.
    const std::shared_ptr<IoThread>& thread = threads_[next_];
    accepted_.emplace(thread->context());
    acceptor_.async_accept(*accepted_, [this, &thread](const error_code& error) {
      if (error == asio::error::operation_aborted) return;
      if (error) {  // out of descriptors, most likely
        PauseAccepting();
        return;
      }
      Take(thread, *std::move(accepted_));
      Accept();
    });
  }

  void PauseAccepting() {
    pause_.expires_after(kAcceptPause);
    pause_.async_wait([this](const error_code& error) {
      if (!error && acceptor_.is_open()) Accept();
    });
  }

  void Take(const std::shared_ptr<IoThread>& thread, TcpSocket socket) {
    error_code ignored;
    const std::string peer = socket.remote_endpoint(ignored).address().to_string();
    std::optional<AddressShares::Share> share = shared_->places->Take(AddressGroup(peer));
    const bool refuse = !share.has_value();
    {
      absl::MutexLock lock(&shared_->mutex);
      if (refuse && shared_->refused >= kRefusedAtOnce) return;
      if (refuse) ++shared_->refused;
      ++shared_->connections;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    auto connection = shared_->tls.has_value() && !refuse ? MakeTlsConnection(thread, std::move(socket))
                                                          : MakePlainConnection(thread, std::move(socket));
    if (share.has_value()) connection->HoldShare(*std::move(share));
    thread->Post([thread = thread.get(), connection = std::move(connection), refuse]() mutable {
      Connection& started = *connection;
      thread->Add(std::move(connection));
      if (refuse) {
        started.Refuse();
      } else {
        started.Start();
      }
    });
  }

  // Connections that the system has completed are taken before the door closes: their clients believe they are in.
  void StopAccepting() {
    error_code error;
    acceptor_.cancel(error);
    pause_.cancel();
    while (true) {
      next_ = (next_ + 1) % threads_.size();
      TcpSocket socket(threads_[next_]->context());
      acceptor_.accept(socket, error);
      if (error) break;
      Take(threads_[next_], std::move(socket));
    }
    acceptor_.close(error);
  }

  // Runs `task` on every thread and waits for all.
  void OnEach(const std::function<void(IoThread&)>& task) {
    for (const auto& thread : threads_) {
      absl::Notification done;
      thread->Post([&task, &done, &thread] {
        task(*thread);
        done.Notify();
      });
      done.WaitForNotification();
    }
  }

  const std::shared_ptr<Shared> shared_;
  const std::vector<std::shared_ptr<IoThread>> threads_;
  asio::basic_socket_acceptor<tcp, asio::io_context::executor_type> acceptor_{threads_[0]->context()};
  asio::steady_timer pause_{threads_[0]->context()};
  std::optional<TcpSocket> accepted_;
  size_t next_ = 0;
  bool started_ = false;
  int port_ = 0;
  std::vector<std::shared_ptr<void>> watches_;
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Options& options, Handler handler) {
  auto impl = std::make_unique<Impl>(options, std::move(handler));
  RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
int Server::port() const { return impl_->port(); }
void Server::Shutdown(absl::Time deadline) { impl_->Shutdown(deadline); }

}  // namespace storeops::http
