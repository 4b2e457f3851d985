// Media types and content codings of requests and responses.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_CONTENT_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_CONTENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/http/server.h"

namespace storeops::gateway {

// "application/json; charset=utf-8" -> "application/json", in lower case.
std::string MediaType(absl::string_view content_type);

// UNIMPLEMENTED naming the supported codings for any but "", "identity" and "gzip".
absl::Status CheckCoding(absl::string_view coding);
inline bool IsGzip(absl::string_view coding) { return coding == "gzip"; }

// Decompresses a body sent with a checked coding; an empty one stays empty. RESOURCE_EXHAUSTED beyond `limit` bytes.
absl::StatusOr<std::string> DecodeBody(absl::string_view coding, std::string body, size_t limit);

// True if an Accept-Encoding header takes gzip.
bool AcceptsGzip(absl::string_view accept_encoding);

// Compresses what is worth it (1 KiB and more) for a client that takes gzip, and says on what the response depends.
void CompressResponse(bool accepts_gzip, http::Response& response);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_CONTENT_H_
