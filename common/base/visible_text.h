// Values in errors, so that a reader sees what is in them.
#ifndef STOREOPS_COMMON_BASE_VISIBLE_TEXT_H_
#define STOREOPS_COMMON_BASE_VISIBLE_TEXT_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"

namespace storeops {

inline constexpr size_t kShownCharacters = 60;

// The text in quotes, at most its first `limit` characters and an ellipsis. Characters that cannot be seen (controls,
// blanks other than U+0020, zero-width and direction marks, what is no character) are written as their number:
// "A\u{200B}-1". Bytes that are not UTF-8 are written as "\x{FF}".
std::string Visible(absl::string_view text, size_t limit = kShownCharacters);

// "GOODS, SERVICE": the names of an enum's values, in their order; at most 100.
std::string EnumNames(const google::protobuf::EnumDescriptor& type);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_VISIBLE_TEXT_H_
