// TLS set-up for the server. Internal to common/http.
#ifndef STOREOPS_COMMON_HTTP_TLS_H_
#define STOREOPS_COMMON_HTTP_TLS_H_

#include <openssl/ssl.h>

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "absl/status/status.h"
#include "common/http/server.h"

namespace storeops::http {

// TLS 1.2 or newer with the options' certificate; INVALID_ARGUMENT says which text is not good.
absl::Status SetUpTls(const Server::Options& options, boost::asio::ssl::context& context);

// Of the verified client certificate: its first DNS name, else its common name; empty if there is none.
std::string ClientCertificateName(SSL* ssl);

}  // namespace storeops::http

#endif  // STOREOPS_COMMON_HTTP_TLS_H_
