// HTTP clients for tests: a raw socket that sends exactly what it is told, and Beast's client.
#ifndef STOREOPS_TESTS_SUPPORT_HTTP_CLIENT_H_
#define STOREOPS_TESTS_SUPPORT_HTTP_CLIENT_H_

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace storeops::testing {

struct HttpReply {
  int status = 0;                              // 0: the connection ended instead
  std::map<std::string, std::string> headers;  // names in lower case; values of one name joined by ", "
  std::string body;

  std::string Header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
  }
  void Add(std::string name, const std::string& value) {
    absl::AsciiStrToLower(&name);
    std::string& all = headers[name];
    absl::StrAppend(&all, all.empty() ? "" : ", ", value);
  }
};

class RawClient {
 public:
  // `from`: which of this machine's own addresses it comes from.
  explicit RawClient(int port, const char* from = "127.0.0.1")
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    ::inet_pton(AF_INET, from, &address.sin_addr);
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    timeval limit{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~RawClient() { Close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool connected() const { return connected_; }

  bool Send(absl::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(sent);
    }
    return true;
  }

  // The next response, whole. `head`: it has no body whatever its length says.
  HttpReply Read(bool head = false) {
    HttpReply reply;
    size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!Receive()) return reply;
    }
    const std::vector<std::string> lines = absl::StrSplit(received_.substr(0, end), "\r\n");
    received_.erase(0, end + 4);
    for (size_t i = 1; i < lines.size(); ++i) {
      const std::pair<std::string, std::string> header = absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
      reply.Add(header.first, header.second);
    }
    size_t length = 0;
    if (!head && !absl::SimpleAtoi(reply.Header("content-length"), &length)) length = 0;
    while (received_.size() < length) {
      if (!Receive()) return reply;
    }
    reply.body = received_.substr(0, length);
    received_.erase(0, length);
    if (!absl::SimpleAtoi(lines[0].substr(9, 3), &reply.status)) reply.status = 0;
    return reply;
  }

  HttpReply Exchange(absl::string_view request) {
    Send(request);
    return Read();
  }

  // Receives until `bytes` have come that Read has not returned; false if the connection ends before. What the client
  // does not receive stays with the server, once the system's buffers are full.
  bool Await(size_t bytes) {
    while (received_.size() < bytes) {
      if (!Receive()) return false;
    }
    return true;
  }
  size_t received() const { return received_.size(); }

  // True if the server ends the connection without sending more.
  bool AtEnd() { return received_.empty() && !Receive(); }

  void CloseSending() { ::shutdown(socket_, SHUT_WR); }
  void Close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }

 private:
  bool Receive() {
    char buffer[16384];
    const ssize_t size = ::recv(socket_, buffer, sizeof(buffer), 0);
    if (size > 0) received_.append(buffer, size);
    return size > 0;
  }

  int socket_;
  bool connected_ = false;
  std::string received_;
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// One request on a connection of its own, by Beast's client. `method` in capitals.
inline HttpReply Fetch(int port, const std::string& method, const std::string& target, const HeaderList& headers = {},
                       const std::string& body = "") {
  namespace beast_http = boost::beast::http;
  boost::asio::io_context context;
  boost::asio::ip::tcp::socket socket(context);
  socket.connect({boost::asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
  beast_http::request<beast_http::string_body> request;
  request.method_string(method);
  request.target(target);
  request.set(beast_http::field::host, "localhost");
  for (const auto& [name, value] : headers) request.insert(name, value);
  request.body() = body;
  request.prepare_payload();
  beast_http::write(socket, request);
  boost::beast::flat_buffer buffer;
  beast_http::response_parser<beast_http::string_body> parser;
  parser.body_limit(64u << 20);
  parser.skip(method == "HEAD");
  beast_http::read(socket, buffer, parser);
  HttpReply reply;
  reply.status = parser.get().result_int();
  for (const auto& field : parser.get()) reply.Add(std::string(field.name_string()), std::string(field.value()));
  reply.body = parser.get().body();
  return reply;
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_HTTP_CLIENT_H_
