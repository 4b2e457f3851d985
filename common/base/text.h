// Text as people write it: UTF-8, counted in code points.
#ifndef STOREOPS_COMMON_BASE_TEXT_H_
#define STOREOPS_COMMON_BASE_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace storeops {

// Number of code points, or nothing if `text` is not valid UTF-8 (overlong forms and surrogates are not).
std::optional<size_t> CountCodePoints(absl::string_view text);
// Where the first byte stands that is not valid UTF-8; npos if there is none.
size_t FindInvalidUtf8(absl::string_view text);
inline bool IsValidUtf8(absl::string_view text) { return FindInvalidUtf8(text) == absl::string_view::npos; }

// The first `limit` code points of valid UTF-8.
absl::string_view TruncateCodePoints(absl::string_view text, size_t limit);

// "ProductService" -> "product_service", "ApiKey" -> "api_key".
std::string CamelToSnake(absl::string_view camel);

// As one word of a shell's command: as it is, or in single quotes.
std::string ShellQuoted(absl::string_view text);

// & < > " ' as entities.
std::string EscapeHtml(absl::string_view text);
// The same for XML 1.0, which has no control characters, U+FFFE or U+FFFF, not even as entities: they are left out.
std::string EscapeXml(absl::string_view text);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_TEXT_H_
