// HTTP/1.1 on Boost.Beast: the transport under Connect, REST, metrics and health pages. Knows no API.
#ifndef STOREOPS_COMMON_HTTP_SERVER_H_
#define STOREOPS_COMMON_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/telemetry/telemetry.h"

namespace storeops::http {

using Headers = std::vector<std::pair<std::string, std::string>>;

// Whoever sent a request, while it is being answered.
class Client {
 public:
  virtual ~Client() = default;
  // True once the client has closed the connection, or its sending half. Thread-safe; known within about 100 ms.
  virtual bool gone() const = 0;
  // Calls `notify` on a network thread when the client goes before it was answered. At most one, set inside the
  // handler.
  virtual void OnGone(absl::AnyInvocable<void()> notify) = 0;
};

struct Request {
  std::string method;  // "GET"
  std::string target;  // path and query as received, not decoded
  Headers headers;     // names in lower case
  std::string body;    // as received, still compressed if it was sent so
  std::string peer_address;
  std::string certificate_name;    // of a verified client certificate, or empty
  std::shared_ptr<Client> client;  // never null in a handler

  // First value of a header by lower-case name; empty if it is missing.
  absl::string_view Header(absl::string_view name) const;
  absl::string_view Path() const;
  absl::string_view Query() const;  // without '?'
};

// The part of a body that is read while the client takes it: a chunk is asked for once the one before has been handed
// to the system, so that a connection stores one at a time, whatever the client's speed. Destroyed when the response
// has been sent or its connection has ended, on a network thread.
class BodySource {
 public:
  using Take = absl::AnyInvocable<void(absl::StatusOr<std::string> chunk)>;
  virtual ~BodySource() = default;
  // How many bytes all chunks have together; does not change.
  virtual int64_t bytes() const = 0;
  // Must not block. `take` is called exactly once, from any thread, also after this object was destroyed: with at least
  // one byte, and no more in all than `bytes`; an error ends the connection, as the response cannot be completed.
  // Called on a network thread, and not again before `take` was.
  virtual void Next(Take take) = 0;
  // The connection is closed when the client takes less than 16 KiB for so long.
  virtual absl::Duration stall_limit() const = 0;
};

struct Response {
  int status = 200;
  // Date and Connection are added; Content-Length, unless the answer to a HEAD says it in place of a body; and, unless
  // they are given, "Cache-Control: no-store" and "X-Content-Type-Options: nosniff".
  Headers headers;
  std::string body;
  std::shared_ptr<BodySource> more = nullptr;  // sent after `body`; null: that is all
};

// Called exactly once, from any thread, also after the server has gone. One that is dropped without a call answers 500.
using Responder = absl::AnyInvocable<void(Response)>;
// Must not block.
using Handler = std::function<void(Request, Responder)>;
// The answer to a request that the server refuses by itself, with this status and reason: 400, 408, 413, 417, 431, 501
// or 503. `request` has what was read of it, at least the method and the target, and no body. Must not block.
using Refusal = std::function<Response(const Request& request, int status, absl::string_view reason)>;

// What serves an API over HTTP, and how it words what the server refuses.
struct Api {
  Handler handler;
  Refusal refusal;
};

class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;     // 0: any free one
    int threads = 2;  // for the network alone: handlers and body sources do their work elsewhere
    size_t max_header_bytes = 16 << 10;
    size_t max_body_bytes = 32 << 20;
    // Of all bodies with more than 16 KiB that are still arriving, together and from one AddressGroup: what strangers
    // can make the server hold.
    int64_t max_arriving_bytes = 256 << 20;
    int64_t max_arriving_bytes_per_address = 128 << 20;
    // Of all bodies with more than 64 KiB that are being sent, in the same way: what slow clients can make the server
    // store. A response that exceeds it is replaced by 503.
    int64_t max_outgoing_bytes = 256 << 20;
    int64_t max_outgoing_bytes_per_address = 128 << 20;
    int max_connections = 4096;
    int max_connections_per_address = 2048;  // of an AddressGroup
    // Kept to within about 100 ms. The time that a handler takes is the handler's own matter.
    absl::Duration idle_timeout = absl::Seconds(60);    // between two requests
    absl::Duration header_timeout = absl::Seconds(10);  // from the first byte of a request to the end of its header
    // At least 16 KiB of a body, or its end, must arrive within it.
    absl::Duration arrival_timeout = absl::Seconds(10);
    // For the whole body to arrive, for a response without BodySource to be taken, and for a source to give a chunk.
    absl::Duration request_timeout = absl::Seconds(60);
    // PEM texts; empty certificate: no TLS. With a client CA, clients must show a certificate it signed.
    std::string certificate_chain = "";
    std::string private_key = "";
    std::string client_ca = "";
    // Null, or a request whose first line could not be read: plain text.
    Refusal refusal = nullptr;
    telemetry::Telemetry* telemetry = nullptr;  // may be null
  };

  // INVALID_ARGUMENT for an address or certificate that makes no sense, UNAVAILABLE if the address cannot be bound.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Options& options, Handler handler);
  ~Server();

  int port() const;
  // Stops taking connections and requests; those under way may end before `deadline`.
  void Shutdown(absl::Time deadline);

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace storeops::http

#endif  // STOREOPS_COMMON_HTTP_SERVER_H_
