// gzip for requests and responses.
#ifndef STOREOPS_COMMON_HTTP_COMPRESSION_H_
#define STOREOPS_COMMON_HTTP_COMPRESSION_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops::http {

std::string GzipCompress(absl::string_view data);
// INVALID_ARGUMENT for what is not gzip or is cut off, RESOURCE_EXHAUSTED beyond `limit` bytes of result.
absl::StatusOr<std::string> GzipDecompress(absl::string_view data, size_t limit);

}  // namespace storeops::http

#endif  // STOREOPS_COMMON_HTTP_COMPRESSION_H_
