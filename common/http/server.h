// HTTP/1.1 on Boost.Beast: the transport under Connect, REST, metrics and health pages. Knows no API.
#ifndef STOREOPS_COMMON_HTTP_SERVER_H_
#define STOREOPS_COMMON_HTTP_SERVER_H_

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

struct Request {
  std::string method;  // "GET"
  std::string target;  // as received: path and query, not decoded
  Headers headers;     // names in lower case
  std::string body;    // as received, still compressed if it was sent so
  std::string peer_address;
  std::string certificate_name;  // of a verified client certificate, or empty
  // True once the client has closed the connection.
  std::function<bool()> gone;

  // First value of a header by lower-case name; empty if it is missing.
  absl::string_view Header(absl::string_view name) const;
  absl::string_view Path() const;
  absl::string_view Query() const;  // without '?'
};

struct Response {
  int status = 200;
  Headers headers;  // Content-Length and Date are added
  std::string body;
};

// Called exactly once, from any thread.
using Responder = absl::AnyInvocable<void(Response)>;
// Must not block.
using Handler = std::function<void(Request, Responder)>;

class Server {
 public:
  struct Options {
    std::string address = "127.0.0.1";
    int port = 0;  // 0: any free one
    int threads = 2;
    size_t max_header_bytes = 16 << 10;
    size_t max_body_bytes = 32 << 20;
    int max_connections = 4096;
    absl::Duration idle_timeout = absl::Seconds(60);
    absl::Duration header_timeout = absl::Seconds(10);
    absl::Duration request_timeout = absl::Seconds(60);
    // PEM texts; empty certificate: no TLS. With a client CA, clients must show a certificate it signed.
    std::string certificate_chain;
    std::string private_key;
    std::string client_ca;
    telemetry::Telemetry* telemetry = nullptr;  // may be null
  };

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
