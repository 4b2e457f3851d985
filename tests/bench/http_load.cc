#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>  // before Boost.Asio 1.74, which forgets it
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/bench_support.h"
#include "tests/bench/load.h"

namespace storeops::bench {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Tcp = asio::ip::tcp;

constexpr int kConnections = 32;

int Connect(int port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Fail("connect");
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return descriptor;
}

void SendAll(int descriptor, const std::string& text) {
  for (size_t sent = 0; sent < text.size();) {
    const ssize_t count = send(descriptor, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) Fail("send");
    sent += count;
  }
}

// Bytes of the whole response at the start of `text`, 0 while it is not complete.
size_t ResponseSize(absl::string_view text) {
  const size_t end = text.find("\r\n\r\n");
  if (end == absl::string_view::npos) return 0;
  const size_t name = text.find("Content-Length: ");
  if (name == absl::string_view::npos || name > end) Fail("a response without Content-Length");
  const size_t value = name + 16;
  size_t length = 0;
  if (!absl::SimpleAtoi(text.substr(value, text.find('\r', value) - value), &length)) Fail("Content-Length");
  const size_t size = end + 4 + length;
  return text.size() < size ? 0 : size;
}

// Reads what is there; true once a response is complete, which is then removed.
bool ReadResponse(int descriptor, std::string& buffer, std::string* body = nullptr) {
  char chunk[64 << 10];
  const ssize_t count = recv(descriptor, chunk, sizeof(chunk), 0);
  if (count <= 0) Fail("the server closed the connection");
  buffer.append(chunk, count);
  const size_t size = ResponseSize(buffer);
  if (size == 0) return false;
  if (!absl::StartsWith(buffer, "HTTP/1.1 200")) Fail(buffer.substr(0, 300));
  if (body != nullptr) *body = buffer.substr(buffer.find("\r\n\r\n") + 4);
  buffer.erase(0, size);
  return true;
}

}  // namespace

double HttpLoad(int port, const std::function<std::string(int64_t)>& request, absl::Duration duration) {
  struct Connection {
    int descriptor;
    std::string buffer;
  };
  std::vector<Connection> connections(kConnections);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  int64_t next = 0;
  int64_t done = 0;
  const absl::Time start = absl::Now();
  for (Connection& connection : connections) {
    connection.descriptor = Connect(port);
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &connection}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, connection.descriptor, &event);
    SendAll(connection.descriptor, request(next++));
  }
  int waiting = kConnections;
  while (waiting > 0) {
    epoll_event events[kConnections];
    const int count = epoll_wait(epoll, events, kConnections, 10'000);
    if (count <= 0) Fail("no answer for 10 s");
    const bool more = absl::Now() - start < duration;
    for (int i = 0; i < count; ++i) {
      auto& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (!ReadResponse(connection.descriptor, connection.buffer)) continue;
      ++done;
      if (more) {
        SendAll(connection.descriptor, request(next++));
      } else {
        --waiting;
      }
    }
  }
  const double elapsed = absl::ToDoubleSeconds(absl::Now() - start);
  for (const Connection& connection : connections) close(connection.descriptor);
  close(epoll);
  return static_cast<double>(done) / elapsed;
}

std::string HttpOnce(int port, const std::string& request) {
  const int descriptor = Connect(port);
  SendAll(descriptor, request);
  std::string buffer;
  std::string body;
  while (!ReadResponse(descriptor, buffer, &body)) {
  }
  close(descriptor);
  return body;
}

std::string HttpGet(const std::string& target, const std::string& authorization) {
  return absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: localhost\r\nAuthorization: ", authorization, "\r\n\r\n");
}

std::string HttpPost(const std::string& target, const std::string& type, const std::string& body,
                     const std::string& authorization) {
  return absl::StrCat("POST ", target, " HTTP/1.1\r\nHost: localhost\r\nAuthorization: ", authorization,
                      "\r\nContent-Type: ", type, "\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

namespace {

// The plainest asynchronous Beast session: read a request, write the answer, again.
class BareSession : public std::enable_shared_from_this<BareSession> {
 public:
  BareSession(Tcp::socket socket, const std::string& type, const std::string& answer)
      : stream_(std::move(socket)), type_(type), answer_(answer) {}

  void Read() {
    request_ = {};
    beast::http::async_read(stream_, buffer_, request_, [self = shared_from_this()](beast::error_code error, size_t) {
      if (!error) self->Write();
    });
  }

 private:
  void Write() {
    response_ = {beast::http::status::ok, 11};
    response_.set(beast::http::field::content_type, type_);
    response_.body() = answer_;
    response_.prepare_payload();
    beast::http::async_write(stream_, response_, [self = shared_from_this()](beast::error_code error, size_t) {
      if (!error) self->Read();
    });
  }

  beast::tcp_stream stream_;
  const std::string& type_;
  const std::string& answer_;
  beast::flat_buffer buffer_;
  beast::http::request<beast::http::string_body> request_;
  beast::http::response<beast::http::string_body> response_;
};

void Accept(asio::io_context& context, Tcp::acceptor& acceptor, const std::string& type, const std::string& answer) {
  acceptor.async_accept(asio::make_strand(context), [&](beast::error_code error, Tcp::socket socket) {
    if (error) return;
    socket.set_option(Tcp::no_delay(true));
    std::make_shared<BareSession>(std::move(socket), type, answer)->Read();
    Accept(context, acceptor, type, answer);
  });
}

}  // namespace

void ServeBareHttp(int port, const std::string& type, const std::string& answer) {
  asio::io_context context;
  Tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
  Accept(context, acceptor, type, answer);
  std::thread second([&context] { context.run(); });
  context.run();
  second.join();
  std::_Exit(0);
}

}  // namespace storeops::bench
