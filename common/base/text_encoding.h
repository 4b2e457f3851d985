// Encodings of text files other than UTF-8: what a file is in, and the file as UTF-8.
#ifndef STOREOPS_COMMON_BASE_TEXT_ENCODING_H_
#define STOREOPS_COMMON_BASE_TEXT_ENCODING_H_

#include <cstddef>
#include <functional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops {

enum class TextEncoding { kUtf8, kUtf16Le, kUtf16Be, kWindows1252, kGb18030 };
inline constexpr TextEncoding kTextEncodings[] = {TextEncoding::kUtf8, TextEncoding::kUtf16Le, TextEncoding::kUtf16Be,
                                                  TextEncoding::kWindows1252, TextEncoding::kGb18030};

// "UTF-8", "UTF-16LE", "UTF-16BE", "windows-1252", "GB18030".
absl::string_view NameOf(TextEncoding encoding);

// Of a text that begins with `head`; `whole`: it is all of it. By its byte-order mark; by the zero bytes of UTF-16;
// UTF-8 if most of what is not ASCII is; GB18030 if everything that is not ASCII is a pair of bytes and most pairs are
// Chinese characters; windows-1252 otherwise.
TextEncoding DetectEncoding(absl::string_view head, bool whole);

// Fills `buffer` with up to `size` bytes; 0 at the end.
using ByteSource = std::function<absl::StatusOr<size_t>(char* buffer, size_t size)>;

// The text as UTF-8, with U+FFFD in place of bytes that are not text of the encoding. INTERNAL if this machine cannot
// decode it.
absl::StatusOr<ByteSource> DecodeText(ByteSource source, TextEncoding encoding);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_TEXT_ENCODING_H_
