#include "common/base/input_text.h"

#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

using ::testing::HasSubstr;

std::string Utf8(uint32_t c) {
  std::string text;
  if (c < 0x80) return std::string(1, static_cast<char>(c));
  const int tail = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr unsigned kLead[] = {0, 0xC0, 0xE0, 0xF0};
  text.push_back(static_cast<char>(kLead[tail] | (c >> (6 * tail))));
  for (int i = tail - 1; i >= 0; --i) text.push_back(static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F)));
  return text;
}

// "0044 0307" as text.
std::string FromHex(absl::string_view code_points) {
  std::string text;
  for (const absl::string_view code_point : absl::StrSplit(code_points, ' ')) {
    uint32_t c = 0;
    EXPECT_TRUE(absl::SimpleHexAtoi(code_point, &c)) << code_point;
    text += Utf8(c);
  }
  return text;
}

std::string Normal(TextForm form, std::string text) {
  EXPECT_EQ(NormalizeText(form, &text), "") << text;
  return text;
}

std::string Problem(TextForm form, std::string text) {
  const std::string before = text;
  std::string problem = NormalizeText(form, &text);
  EXPECT_EQ(text, before) << "wrong text stays as it is";
  return problem;
}

struct CleaningRow {
  TextForm form;
  std::string text, cleaned, change;
};

TEST(FileTextTest, IsCleanedOfWhatSpreadsheetsLeaveInIt) {
  const TextForm line = TextForm::kLine, lines = TextForm::kLines;
  const CleaningRow rows[] = {
      {line, "Blue Mug", "Blue Mug", ""},
      {line, " \t Blue Mug\r\n", "Blue Mug", ""},
      {line, "Blue\tMug", "Blue Mug", "U+0009 (at character 5) is stored as a blank"},
      {line, "Blue \r\n\t Mug", "Blue Mug", "U+000D (at character 6) and 2 more are stored as a blank"},
      {line, "Blue\u00A0Mug", "Blue Mug", "U+00A0 (at character 5) is stored as a blank"},
      {line, "青花\u3000瓷", "青花\u3000瓷", ""},
      {line, "a  b", "a  b", ""},
      {line, "Mug\x07 2\u200B", "Mug 2", "U+0007 (at character 4) is left out"},
      {line, "A\u200B-1\uFFFE", "A-1", "U+200B (at character 2) and 1 more are left out"},
      {line,
       "a\vb\x1F"
       "c",
       "a bc", "U+000B (at character 2) is stored as a blank; U+001F (at character 4) is left out"},
      {line, "👩\u200D👧", "👩\u200D👧", ""},
      {line, "\u200B", "", "has invisible characters only (U+200B): left out"},
      {line, "\u200D", "", "has invisible characters only (U+200D): left out"},
      {line, std::string("a\0\tb", 4), std::string("a\0\tb", 4), ""},
      {line, "a\t\xFF", "a\t\xFF", ""},
      {lines, "a\tb\nc\u00A0d", "a\tb\nc\u00A0d", ""},
      {lines, "a\vb\x02", "a b", "U+000B (at character 2) is stored as a blank; U+0002 (at character 4) is left out"},
      {line, "", "", ""},
      {line, "  ", "", ""},
  };
  for (const CleaningRow& row : rows) {
    std::string text = row.text;
    EXPECT_EQ(CleanFileText(row.form, &text), row.change) << row.text;
    EXPECT_EQ(text, row.cleaned) << row.text;
    EXPECT_EQ(CleanFileText(row.form, &text), "") << "a second time nothing is left to clean";
    if (row.change.empty()) continue;
    EXPECT_EQ(NormalizeText(row.form, &text), "") << "the rule takes it";
  }
}

struct NormalizationRow {
  const char* source;
  const char* nfc;
  const char* nfd;
};

class NormalizationTest : public ::testing::TestWithParam<NormalizationRow> {};

// NFC = toNFC(source) = toNFC(NFC) = toNFC(NFD), as NormalizationTest.txt demands.
TEST_P(NormalizationTest, MakesNfc) {
  const std::string nfc = FromHex(GetParam().nfc);
  for (const char* form : {GetParam().source, GetParam().nfc, GetParam().nfd}) {
    EXPECT_EQ(Normal(TextForm::kLine, "-" + FromHex(form) + "-"), "-" + nfc + "-") << form;
    std::string text = "-" + FromHex(form) + "-";
    NormalizeToNfc(&text);
    EXPECT_EQ(text, "-" + nfc + "-") << form;
  }
}

// Rows of https://www.unicode.org/Public/15.0.0/ucd/NormalizationTest.txt: source, NFC, NFD.
INSTANTIATE_TEST_SUITE_P(
    Rows, NormalizationTest,
    ::testing::Values(
        NormalizationRow{"1E0A", "1E0A", "0044 0307"}, NormalizationRow{"1E0A 0323", "1E0C 0307", "0044 0323 0307"},
        NormalizationRow{"1E0C 0307", "1E0C 0307", "0044 0323 0307"},
        NormalizationRow{"1E14 0304", "1E14 0304", "0045 0304 0300 0304"},
        NormalizationRow{"212B", "00C5", "0041 030A"}, NormalizationRow{"2126", "03A9", "03A9"},
        NormalizationRow{"0344", "0308 0301", "0308 0301"}, NormalizationRow{"0374", "02B9", "02B9"},
        NormalizationRow{"0958", "0915 093C", "0915 093C"}, NormalizationRow{"F900", "8C48", "8C48"},
        NormalizationRow{"FB1D", "05D9 05B4", "05D9 05B4"}, NormalizationRow{"AC01", "AC01", "1100 1161 11A8"},
        NormalizationRow{"1D15E", "1D157 1D165", "1D157 1D165"}, NormalizationRow{"2ADC", "2ADD 0338", "2ADD 0338"},
        NormalizationRow{"1EAF", "1EAF", "0061 0306 0301"}, NormalizationRow{"30AC", "30AC", "30AB 3099"},
        NormalizationRow{"05B8 05B9 05B1 0591 05C3 05B0 05AC 059F", "05B1 05B8 05B9 0591 05C3 05B0 05AC 059F",
                         "05B1 05B8 05B9 0591 05C3 05B0 05AC 059F"},
        NormalizationRow{"0061 0315 0300 05AE 0300 0062", "00E0 05AE 0300 0315 0062",
                         "0061 05AE 0300 0300 0315 0062"}));

struct TextCase {
  const char* name;
  std::string text;
  std::string normal;
};

class AcceptedTest : public ::testing::TestWithParam<TextCase> {};

TEST_P(AcceptedTest, IsNormalized) { EXPECT_EQ(Normal(TextForm::kLine, GetParam().text), GetParam().normal); }

INSTANTIATE_TEST_SUITE_P(
    All, AcceptedTest,
    ::testing::Values(TextCase{"Empty", "", ""}, TextCase{"Plain", "Red cup", "Red cup"},
                      TextCase{"Nfd", "Cafe\u0301", "Café"}, TextCase{"Blanks", "  cup\t\n", "cup"},
                      TextCase{"BlanksOnly", " \t\u00A0\u3000 ", ""},
                      TextCase{"WideBlanks", "\u3000茶杯\u00A0", "茶杯"},
                      TextCase{"ByteOrderMark", "\uFEFFcup\u200B ", "cup"},
                      TextCase{"BlanksInside", "red  cup", "red  cup"}, TextCase{"Emoji", "❤\uFE0F", "❤\uFE0F"},
                      TextCase{"Joined", "👩\u200D🍳", "👩\u200D🍳"}, TextCase{"PrivateUse", "\uE000", "\uE000"},
                      TextCase{"SoftHyphen", "soft\u00ADware", "soft\u00ADware"},
                      TextCase{"RightToLeft", "\u200Fשלום", "\u200Fשלום"}, TextCase{"Replacement", "\uFFFD", "\uFFFD"}),
    [](const ::testing::TestParamInfo<TextCase>& info) { return info.param.name; });

TEST(NormalizeTextTest, RefusesControlCharacters) {
  for (uint32_t c = 0; c < 0xA0; ++c) {
    if ((c >= 0x20 && c < 0x7F) || c == '\n' || c == '\r') continue;
    EXPECT_EQ(Problem(TextForm::kLine, "ab" + Utf8(c) + "c"),
              absl::StrFormat("must not contain the control character U+%04X (at character 3)", c));
  }
  EXPECT_THAT(Problem(TextForm::kLines, std::string("a\0b", 3)), HasSubstr("U+0000"));
  EXPECT_THAT(Problem(TextForm::kLine, "茶\x1F" + std::string("杯")), HasSubstr("U+001F (at character 2)"));
}

TEST(NormalizeTextTest, RefusesNoncharacters) {
  for (uint32_t plane = 0; plane <= 0x10; ++plane) {
    for (const uint32_t last : {0xFFFEu, 0xFFFFu}) {
      const uint32_t c = plane << 16 | last;
      EXPECT_EQ(Problem(TextForm::kLines, "ab" + Utf8(c)),
                absl::StrFormat("must not contain U+%04X, which is not a character (at character 3)", c));
    }
  }
  for (uint32_t c = 0xFDD0; c <= 0xFDEF; ++c) EXPECT_NE(Problem(TextForm::kLine, "ab" + Utf8(c)), "");
  EXPECT_EQ(Normal(TextForm::kLine, "a\uFDCF\uFDF0\uFFFD"), "a\uFDCF\uFDF0\uFFFD");
}

TEST(NormalizeTextTest, LineBreaksAreForTextOfSeveralLines) {
  for (const char* line_break : {"\n", "\r\n", "\u2028", "\u2029"}) {
    const std::string text = absl::StrCat("a", line_break, "b");
    EXPECT_THAT(Problem(TextForm::kLine, text), HasSubstr("must not contain the line break U+")) << line_break;
    EXPECT_EQ(Normal(TextForm::kLines, text), text) << line_break;
  }
  EXPECT_EQ(Problem(TextForm::kLine, "a\tb"), "must not contain the control character U+0009 (at character 2)");
  EXPECT_EQ(Normal(TextForm::kLines, "\na\tb\n"), "a\tb");
}

TEST(NormalizeTextTest, RefusesTextInWhichNothingIsVisible) {
  const std::string expected = "must have a visible character, has invisible ones only (U+200B)";
  EXPECT_EQ(Problem(TextForm::kLine, "\u200B"), expected);
  EXPECT_EQ(Problem(TextForm::kLines, " \u200B\n"), expected);
  for (const char* text : {"\uFEFF", "\u2060", "\u200D", "\u200E\u200F", "\u00AD", "\u2800", "\u3164", "\uFFA0",
                           "\u034F", "\u180E", "\uFE0F", "\u202E", "\u200C \u200C"}) {
    EXPECT_THAT(Problem(TextForm::kLine, text), HasSubstr("invisible")) << text;
  }
}

TEST(NormalizeTextTest, LimitsCombiningMarks) {
  std::string thirty = "a";
  for (int i = 0; i < 30; ++i) thirty += "\u0316";
  EXPECT_EQ(Normal(TextForm::kLine, thirty), thirty);
  EXPECT_EQ(Problem(TextForm::kLine, thirty + "\u0316"),
            "must have at most 30 combining marks in a row, has more (at character 32)");
}

TEST(NormalizeTextTest, ManyMarksTakeNoLongerThanOtherText) {
  // Sorting these would take minutes.
  std::string marks = "a";
  for (int i = 0; i < 500'000; ++i) marks += i % 2 == 0 ? "\u0301" : "\u0316";
  const absl::Time start = absl::Now();
  EXPECT_NE(Problem(TextForm::kLine, marks), "");
  NormalizeToNfc(&marks);
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

TEST(NormalizeTextTest, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(Problem(TextForm::kLine, "caf\xE9"), "must be valid UTF-8");
  EXPECT_EQ(Problem(TextForm::kLines, "\xED\xA0\x80"), "must be valid UTF-8");
}

TEST(IsPlainTextTest, IsTrueForPrintableAsciiOnly) {
  for (const char* text : {"", "a", "Red cup, 5 units", "a~"}) {
    EXPECT_TRUE(IsPlainText(TextForm::kLine, text)) << text;
    EXPECT_TRUE(IsPlainText(TextForm::kLines, text)) << text;
  }
  for (const char* text : {" a", "a ", "a\x7f",
                           "a\x1f"
                           "b",
                           "é", "a\xE9"}) {
    EXPECT_FALSE(IsPlainText(TextForm::kLine, text)) << text;
    EXPECT_FALSE(IsPlainText(TextForm::kLines, text)) << text;
  }
  EXPECT_FALSE(IsPlainText(TextForm::kLine, "a\nb"));
  EXPECT_TRUE(IsPlainText(TextForm::kLines, "a\r\n\tb"));
  EXPECT_FALSE(IsPlainText(TextForm::kLines, "a\n"));
}

}  // namespace
}  // namespace storeops
