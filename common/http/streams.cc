// A connection's stream: plain TCP, or TLS on it.
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

#include "common/http/connection.h"
#include "common/http/tls.h"

namespace storeops::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// Of a TLS connection's copy of a response.
constexpr size_t kKeptBytes = 16 << 10;

class PlainConnection final : public Connection {
 public:
  PlainConnection(std::shared_ptr<IoThread> thread, TcpSocket socket)
      : Connection(std::move(thread)), socket_(std::move(socket)) {}

  void Start() override { Begin(); }

 private:
  TcpSocket& socket() override { return socket_; }

  void StartRead(asio::mutable_buffer into) override {
    socket_.async_read_some(
        into, [self = shared_from_this(), this](const error_code& error, size_t bytes) { OnRead(error, bytes); });
  }

  void StartWrite(const Buffers& from) override {
    asio::async_write(socket_, from, Watched(),
                      [self = shared_from_this(), this](const error_code& error, size_t) { OnWritten(error); });
  }

  void StartGoodbye() override {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    Linger();
  }

  TcpSocket socket_;
};

class TlsConnection final : public Connection {
 public:
  TlsConnection(std::shared_ptr<IoThread> thread, TcpSocket socket)
      : Connection(std::move(thread)), stream_(std::move(socket), *thread_->shared().tls) {}

  void Start() override {
    LimitTime(thread_->options().header_timeout);
    stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this(), this](const error_code& error) {
      if (state_ == State::kClosed) return;
      if (error) {
        Close();
        return;
      }
      certificate_name_ = ClientCertificateName(stream_.native_handle());
      Begin();
    });
  }

 private:
  TcpSocket& socket() override { return stream_.next_layer(); }

  void StartRead(asio::mutable_buffer into) override {
    stream_.async_read_some(
        into, [self = shared_from_this(), this](const error_code& error, size_t bytes) { OnRead(error, bytes); });
  }

  void StartWrite(const Buffers& from) override {
    asio::const_buffer whole = from[0];
    if (from[1].size() > 0) {
      // In one piece: each buffer would become a TLS record and a packet of its own.
      joined_.assign(static_cast<const char*>(from[0].data()), from[0].size());
      joined_.append(static_cast<const char*>(from[1].data()), from[1].size());
      whole = asio::buffer(joined_);
    }
    asio::async_write(stream_, whole, Watched(), [self = shared_from_this(), this](const error_code& error, size_t) {
      if (joined_.capacity() > kKeptBytes) std::string().swap(joined_);
      OnWritten(error);
    });
  }

  void StartGoodbye() override {
    state_ = State::kLingering;
    LimitTime(absl::Seconds(2));
    stream_.async_shutdown([self = shared_from_this(), this](const error_code&) { Close(); });
  }

  asio::ssl::stream<TcpSocket> stream_;
  std::string joined_;
};

}  // namespace

std::shared_ptr<Connection> MakePlainConnection(std::shared_ptr<IoThread> thread, TcpSocket socket) {
  return std::make_shared<PlainConnection>(std::move(thread), std::move(socket));
}

std::shared_ptr<Connection> MakeTlsConnection(std::shared_ptr<IoThread> thread, TcpSocket socket) {
  return std::make_shared<TlsConnection>(std::move(thread), std::move(socket));
}

}  // namespace storeops::http
