#include "common/base/visible_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"

namespace storeops {
namespace {

constexpr int kMaxNames = 100;

struct Range {
  uint32_t first, last;
};
// Unicode's controls and formats, its blanks but U+0020, letters that are drawn as nothing, variation selectors,
// private tags, and what is no character.
constexpr Range kInvisible[] = {
    {0x0000, 0x001F}, {0x007F, 0x00A0}, {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C}, {0x115F, 0x1160},
    {0x1680, 0x1680}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x2000, 0x200F},   {0x2028, 0x202F}, {0x205F, 0x206F},
    {0x3000, 0x3000}, {0x3164, 0x3164}, {0xFDD0, 0xFDEF},   {0xFE00, 0xFE0F},   {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
};

bool IsInvisible(uint32_t code_point) {
  if ((code_point & 0xFFFE) == 0xFFFE) return true;
  return std::any_of(std::begin(kInvisible), std::end(kInvisible), [code_point](const Range& range) {
    return code_point >= range.first && code_point <= range.last;
  });
}

// Of valid UTF-8 that begins with one.
uint32_t FirstCodePoint(absl::string_view text, size_t* length) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  *length = byte(0) < 0x80 ? 1 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (*length == 1) return byte(0);
  uint32_t code_point = byte(0) & (0x7Fu >> *length);
  for (size_t i = 1; i < *length; ++i) code_point = (code_point << 6) | (byte(i) & 0x3F);
  return code_point;
}

std::string Numbered(char kind, uint32_t number) {
  return absl::StrCat("\\", std::string(1, kind), "{", absl::AsciiStrToUpper(absl::StrCat(absl::Hex(number))), "}");
}

}  // namespace

std::string Visible(absl::string_view text, size_t limit) {
  std::string shown = "\"";
  for (size_t count = 0; !text.empty(); ++count) {
    if (count == limit) {
      absl::StrAppend(&shown, "…");
      break;
    }
    if (FindInvalidUtf8(text.substr(0, 4)) == 0) {
      absl::StrAppend(&shown, Numbered('x', static_cast<unsigned char>(text[0])));
      text.remove_prefix(1);
      continue;
    }
    size_t length = 0;
    const uint32_t code_point = FirstCodePoint(text, &length);
    absl::StrAppend(&shown, IsInvisible(code_point) ? Numbered('u', code_point) : std::string(text.substr(0, length)));
    text.remove_prefix(length);
  }
  return shown + "\"";
}

std::string EnumNames(const google::protobuf::EnumDescriptor& type) {
  std::string names;
  for (int i = 0; i < std::min(type.value_count(), kMaxNames); ++i) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", type.value(i)->name());
  }
  return names;
}

}  // namespace storeops
