// Range and If-None-Match of HTTP (RFC 9110, sections 13 and 14).
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_BYTE_RANGE_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_BYTE_RANGE_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace storeops::gateway {

struct ByteRange {
  enum class Kind { kWhole, kPart, kNone };
  Kind kind = Kind::kWhole;
  // Of a part, both included.
  int64_t first = 0;
  int64_t last = 0;
};

// What a Range header asks of content of this size. One range is served; several, and what is not understood, are as if
// the header were not there. kNone: no byte of it is there (416).
ByteRange ChooseRange(absl::string_view range, int64_t size);

// True if a list of entity tags ("*", weak ones) has `etag`, which is strong and quoted.
bool MatchesAny(absl::string_view tags, absl::string_view etag);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_BYTE_RANGE_H_
