#include "common/base/text_encoding.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"

namespace storeops {
namespace {

constexpr size_t kInputBytes = 16 << 10;
constexpr size_t kMaxUtf8PerByte = 4;
// Enough to see whether every other byte is zero.
constexpr size_t kZeroSample = 4096;
constexpr absl::string_view kUnknownCharacter = "\xEF\xBF\xBD";

unsigned char At(absl::string_view text, size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; }

bool Between(unsigned char byte, unsigned char first, unsigned char last) { return byte >= first && byte <= last; }

// UTF-16 without a mark: one half of most of its units is zero in Western text, and no other encoding has zeros.
bool IsUtf16(absl::string_view head, bool little) {
  const size_t units = std::min(head.size(), kZeroSample) / 2;
  size_t high_zeros = 0, low_zeros = 0;
  for (size_t i = 0; i < units; ++i) {
    high_zeros += head[2 * i + (little ? 1 : 0)] == '\0';
    low_zeros += head[2 * i + (little ? 0 : 1)] == '\0';
  }
  return units > 0 && high_zeros * 4 > units && low_zeros * 4 < high_zeros;
}

// Whether more characters beyond ASCII are UTF-8 than bytes are not: a single broken byte does not change the encoding.
bool IsMostlyUtf8(absl::string_view head, bool whole) {
  size_t good = 0, bad = 0;
  while (!head.empty()) {
    const size_t length = std::min(FindInvalidUtf8(head), head.size());
    for (const char c : head.substr(0, length)) good += static_cast<unsigned char>(c) >= 0xC0;
    head.remove_prefix(length);
    if (head.empty()) break;
    // A character of which the head has only the beginning.
    if (!whole && head.size() < 4 && static_cast<unsigned char>(head[0]) >= 0xC0) break;
    ++bad;
    head.remove_prefix(1);
  }
  return bad == 0 || good > bad;
}

bool IsGb18030(absl::string_view head) {
  size_t pairs = 0, characters = 0;
  for (size_t i = 0; i < head.size(); ++i) {
    const unsigned char lead = At(head, i);
    if (lead < 0x80) continue;
    if (i + 1 == head.size()) break;
    const unsigned char trail = At(head, i + 1);
    if (!Between(lead, 0x81, 0xFE)) return false;
    if (Between(trail, 0x30, 0x39)) {  // the first half of four bytes
      i += 3;
      continue;
    }
    if (!Between(trail, 0x40, 0xFE) || trail == 0x7F) return false;
    ++pairs;
    characters += Between(lead, 0xB0, 0xF7) && Between(trail, 0xA1, 0xFE);
    ++i;
  }
  return pairs >= 2 && characters * 5 >= pairs * 4;
}

class Decoder {
 public:
  Decoder(ByteSource source, iconv_t converter, size_t unit)
      : source_(std::move(source)), converter_(converter), unit_(unit) {}
  ~Decoder() { iconv_close(converter_); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  absl::StatusOr<size_t> Read(char* buffer, size_t size) {
    while (given_ == decoded_.size()) {
      if (ended_ && input_.empty()) return 0;
      RETURN_IF_ERROR(Decode());
    }
    const size_t count = std::min(size, decoded_.size() - given_);
    std::memcpy(buffer, decoded_.data() + given_, count);
    given_ += count;
    return count;
  }

 private:
  absl::Status Fill() {
    if (ended_) return absl::OkStatus();
    const size_t kept = input_.size();
    input_.resize(kept + kInputBytes);
    const auto read = source_(input_.data() + kept, kInputBytes);
    input_.resize(kept + (read.ok() ? *read : 0));
    RETURN_IF_ERROR(read.status());
    ended_ = *read == 0;
    return absl::OkStatus();
  }

  absl::Status Decode() {
    RETURN_IF_ERROR(Fill());
    given_ = 0;
    decoded_.resize(input_.size() * kMaxUtf8PerByte + kUnknownCharacter.size());
    char* in = input_.data();
    size_t in_left = input_.size();
    char* out = decoded_.data();
    size_t out_left = decoded_.size();
    const size_t converted = iconv(converter_, &in, &in_left, &out, &out_left);
    const bool cut_off = converted == static_cast<size_t>(-1) && errno == EINVAL && !ended_;
    decoded_.resize(decoded_.size() - out_left);
    input_.erase(0, input_.size() - in_left);
    if (converted != static_cast<size_t>(-1) || cut_off) return absl::OkStatus();
    input_.erase(0, std::min(unit_, input_.size()));
    absl::StrAppend(&decoded_, kUnknownCharacter);
    return absl::OkStatus();
  }

  const ByteSource source_;
  const iconv_t converter_;
  const size_t unit_;  // bytes that are passed over where they are not text
  std::string input_;  // not decoded yet
  std::string decoded_;
  size_t given_ = 0;  // of `decoded_`
  bool ended_ = false;
};

}  // namespace

absl::string_view NameOf(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::kUtf16Le:
      return "UTF-16LE";
    case TextEncoding::kUtf16Be:
      return "UTF-16BE";
    case TextEncoding::kWindows1252:
      return "windows-1252";
    case TextEncoding::kGb18030:
      return "GB18030";
    default:
      return "UTF-8";
  }
}

TextEncoding DetectEncoding(absl::string_view head, bool whole) {
  if (absl::StartsWith(head, "\xEF\xBB\xBF")) return TextEncoding::kUtf8;
  if (absl::StartsWith(head, "\xFF\xFE") || IsUtf16(head, /*little=*/true)) return TextEncoding::kUtf16Le;
  if (absl::StartsWith(head, "\xFE\xFF") || IsUtf16(head, /*little=*/false)) return TextEncoding::kUtf16Be;
  if (IsMostlyUtf8(head, whole)) return TextEncoding::kUtf8;
  return IsGb18030(head) ? TextEncoding::kGb18030 : TextEncoding::kWindows1252;
}

absl::StatusOr<ByteSource> DecodeText(ByteSource source, TextEncoding encoding) {
  if (encoding == TextEncoding::kUtf8) return source;
  const iconv_t converter = iconv_open("UTF-8", std::string(NameOf(encoding)).c_str());
  if (converter == reinterpret_cast<iconv_t>(-1)) {  // NOLINT: as iconv_open says
    return absl::InternalError(absl::StrCat("this machine cannot decode ", NameOf(encoding), ": ", strerror(errno)));
  }
  const bool wide = encoding == TextEncoding::kUtf16Le || encoding == TextEncoding::kUtf16Be;
  auto decoder = std::make_shared<Decoder>(std::move(source), converter, wide ? 2 : 1);
  return ByteSource([decoder](char* buffer, size_t size) { return decoder->Read(buffer, size); });
}

}  // namespace storeops
