#include "common/base/input_text.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/utf.h>
#include <unicode/utf8.h>

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/text.h"

namespace storeops {
namespace {

// A library that normalizes takes quadratic time over long runs of marks.
constexpr int kMaxMarksInARow = 30;
// Categories without control characters, noncharacters, blanks and marks: most characters are of these.
constexpr uint32_t kHarmless = U_GC_L_MASK | U_GC_N_MASK | U_GC_P_MASK | U_GC_S_MASK;
constexpr UChar32 kBrailleBlank = 0x2800;  // a symbol without dots: neither a blank nor visible

bool IsAsciiBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Without branches, so that the compiler makes vector instructions of the loops.
bool IsPrintableAscii(absl::string_view text) {
  bool odd = false;
  for (const char c : text) odd |= static_cast<unsigned char>(c - 0x20) > 0x7E - 0x20;
  return !odd;
}

bool IsPrintableAsciiOrBreak(absl::string_view text) {
  bool odd = false;
  for (const char c : text) {
    odd |= (static_cast<unsigned char>(c - 0x20) > 0x7E - 0x20) & (c != '\n') & (c != '\r') & (c != '\t');
  }
  return !odd;
}

UChar32 Next(absl::string_view text, int32_t* at) {
  UChar32 c = 0;
  U8_NEXT(text.data(), *at, static_cast<int32_t>(text.size()), c);
  return c;
}

UChar32 Previous(absl::string_view text, int32_t* at) {
  UChar32 c = 0;
  U8_PREV(text.data(), 0, *at, c);
  return c;
}

// Besides blanks, characters that only allow or forbid a line break beside them: zero width space, word joiner, byte
// order mark.
bool IsTrimmed(UChar32 c) {
  if (u_isUWhiteSpace(c)) return true;
  const int32_t line_break = u_getIntPropertyValue(c, UCHAR_LINE_BREAK);
  return line_break == U_LB_ZWSPACE || line_break == U_LB_WORD_JOINER;
}

bool IsVisible(UChar32 c) {
  if (u_isUWhiteSpace(c) || c == kBrailleBlank) return false;
  return !u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) && u_charType(c) != U_FORMAT_CHAR;
}

bool IsLineBreak(UChar32 c) {
  return c == '\n' || c == '\r' || u_charType(c) == U_LINE_SEPARATOR || u_charType(c) == U_PARAGRAPH_SEPARATOR;
}

std::string CodePointName(UChar32 c) { return absl::StrFormat("U+%04X", static_cast<uint32_t>(c)); }

std::string NothingVisible(UChar32 c) {
  return absl::StrCat("must have a visible character, has invisible ones only (", CodePointName(c), ")");
}

// What is wrong with one character, wherever it is; empty if nothing is.
std::string FindProblem(TextForm form, UChar32 c) {
  if (form == TextForm::kLines && (IsLineBreak(c) || c == '\t')) return "";
  if (IsLineBreak(c)) return absl::StrCat("must not contain the line break ", CodePointName(c));
  if (u_charType(c) == U_CONTROL_CHAR) return absl::StrCat("must not contain the control character ", CodePointName(c));
  if (U_IS_UNICODE_NONCHAR(c)) {
    return absl::StrCat("must not contain ", CodePointName(c), ", which is not a character");
  }
  return "";
}

// `text` is valid UTF-8 and not empty.
std::string FindProblem(TextForm form, absl::string_view text) {
  int64_t character = 0;
  int marks = 0;
  UChar32 invisible = 0;
  bool visible = false;
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) {
    const UChar32 c = Next(text, &at);
    ++character;
    if (c >= ' ' && c <= '~') {
      marks = 0;
      visible |= c != ' ';
      continue;
    }
    if ((U_GET_GC_MASK(c) & kHarmless) != 0) {
      marks = 0;
      if (!visible) visible = IsVisible(c);
      if (!visible) invisible = c;
      continue;
    }
    std::string problem = FindProblem(form, c);
    marks = u_getCombiningClass(c) == 0 ? 0 : marks + 1;
    if (marks > kMaxMarksInARow) {
      problem = absl::StrCat("must have at most ", kMaxMarksInARow, " combining marks in a row, has more");
    }
    if (!problem.empty()) return absl::StrCat(problem, " (at character ", character, ")");
    if (!visible) visible = IsVisible(c);
    if (!visible && !u_isUWhiteSpace(c)) invisible = c;
  }
  return visible ? "" : NothingVisible(invisible);
}

// Empty, with the last invisible character that is no blank, or 0, if nothing is left.
absl::string_view Trim(absl::string_view text, UChar32* invisible) {
  const auto note = [&](UChar32 c) {
    if (!u_isUWhiteSpace(c)) *invisible = c;
  };
  int32_t begin = 0;
  int32_t end = static_cast<int32_t>(text.size());
  for (int32_t at = 0; begin < end; begin = at) {
    const UChar32 c = Next(text, &at);
    if (!IsTrimmed(c)) break;
    note(c);
  }
  for (int32_t at = end; end > begin; end = at) {
    const UChar32 c = Previous(text, &at);
    if (!IsTrimmed(c)) break;
    note(c);
  }
  return text.substr(begin, end - begin);
}

enum class Cleaning { kNone, kBlank, kRemoved };

Cleaning CleaningOf(TextForm form, UChar32 c) {
  constexpr UChar32 kVerticalTab = 0x0B, kFormFeed = 0x0C, kNextLine = 0x85;
  constexpr UChar32 kNoBreakSpace = 0xA0, kFigureSpace = 0x2007, kNarrowNoBreakSpace = 0x202F;
  if (c == kVerticalTab || c == kFormFeed || c == kNextLine) return Cleaning::kBlank;
  if (c == '\t' || IsLineBreak(c) || c == kNoBreakSpace || c == kFigureSpace || c == kNarrowNoBreakSpace) {
    return form == TextForm::kLine ? Cleaning::kBlank : Cleaning::kNone;
  }
  if (u_charType(c) == U_CONTROL_CHAR || U_IS_UNICODE_NONCHAR(c)) return Cleaning::kRemoved;
  return form == TextForm::kLine && IsTrimmed(c) && !u_isUWhiteSpace(c) ? Cleaning::kRemoved : Cleaning::kNone;
}

// The first character of one kind that was changed, and how many were.
struct Changed {
  UChar32 first = 0;
  int64_t character = 0;
  int64_t count = 0;

  void Note(UChar32 c, int64_t at) {
    if (count++ > 0) return;
    first = c;
    character = at;
  }
  void Describe(absl::string_view how, std::string* description) const {
    if (count == 0) return;
    absl::StrAppend(description, description->empty() ? "" : "; ", CodePointName(first), " (at character ", character,
                    ")", count > 1 ? absl::StrCat(" and ", count - 1, " more") : "", count > 1 ? " are " : " is ", how);
  }
};

// `text` is valid UTF-8 without U+0000.
std::string CleanInner(TextForm form, absl::string_view text, std::string* cleaned, bool* visible) {
  Changed blanks, removed;
  int64_t character = 0;
  bool in_blank = false;  // the last character is a blank in place of another character
  *visible = false;
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) {
    const int32_t begin = at;
    const UChar32 c = Next(text, &at);
    ++character;
    const Cleaning cleaning = (c > ' ' && c <= '~') ? Cleaning::kNone : CleaningOf(form, c);
    if (cleaning == Cleaning::kRemoved) {
      removed.Note(c, character);
    } else if (cleaning == Cleaning::kBlank) {
      blanks.Note(c, character);
      if (cleaned->empty() || cleaned->back() != ' ') cleaned->push_back(' ');
      in_blank = true;
    } else if (c != ' ' || !in_blank) {
      cleaned->append(text.data() + begin, at - begin);
      in_blank = false;
      if (!*visible) *visible = IsVisible(c);
    }
  }
  std::string description;
  blanks.Describe("stored as a blank", &description);
  removed.Describe("left out", &description);
  return description;
}

// False: `text` is NFC already.
bool MakeNfc(absl::string_view text, std::string* nfc) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* const normalizer = icu::Normalizer2::getNFCInstance(error);
  const icu::StringPiece piece(text.data(), static_cast<int32_t>(text.size()));
  if (U_FAILURE(error) || normalizer->isNormalizedUTF8(piece, error)) return false;
  icu::StringByteSink<std::string> sink(nfc, piece.length());
  normalizer->normalizeUTF8(0, piece, sink, nullptr, error);
  return U_SUCCESS(error);
}

}  // namespace

bool IsPlainText(TextForm form, absl::string_view text) {
  if (text.empty()) return true;
  if (IsAsciiBlank(text.front()) || IsAsciiBlank(text.back())) return false;
  return form == TextForm::kLine ? IsPrintableAscii(text) : IsPrintableAsciiOrBreak(text);
}

std::string NormalizeText(TextForm form, std::string* text) {
  if (IsPlainText(form, *text)) return "";
  if (!IsValidUtf8(*text)) return "must be valid UTF-8";
  UChar32 invisible = 0;
  const absl::string_view trimmed = Trim(*text, &invisible);
  if (trimmed.empty()) {
    if (invisible != 0) return NothingVisible(invisible);
    text->clear();
    return "";
  }
  std::string problem = FindProblem(form, trimmed);
  if (!problem.empty()) return problem;
  std::string nfc;
  if (MakeNfc(trimmed, &nfc)) {
    *text = std::move(nfc);
  } else if (trimmed.size() < text->size()) {
    *text = std::string(trimmed);
  }
  return "";
}

std::string CleanFileText(TextForm form, std::string* text) {
  if (IsPlainText(form, *text) || text->find('\0') != std::string::npos || !IsValidUtf8(*text)) return "";
  UChar32 invisible = 0;
  const absl::string_view trimmed = Trim(*text, &invisible);
  std::string cleaned;
  bool visible = false;
  std::string description = CleanInner(form, trimmed, &cleaned, &visible);
  if (!visible && (invisible != 0 || !trimmed.empty())) {
    int32_t at = 0;
    const UChar32 shown = trimmed.empty() ? invisible : Next(trimmed, &at);
    text->clear();
    return absl::StrCat("has invisible characters only (", CodePointName(shown), "): left out");
  }
  if (cleaned != *text) *text = std::move(cleaned);
  return description;
}

void NormalizeToNfc(std::string* text) {
  if (IsPrintableAsciiOrBreak(*text) || !IsValidUtf8(*text) || !FindProblem(TextForm::kLines, *text).empty()) return;
  std::string nfc;
  if (MakeNfc(*text, &nfc)) *text = std::move(nfc);
}

}  // namespace storeops
