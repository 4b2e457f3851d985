#include "common/search/fold.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/utf16.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

struct FoldCase {
  const char* text;
  const char* folded;
};

class FoldTest : public ::testing::TestWithParam<FoldCase> {};

TEST_P(FoldTest, Folds) {
  EXPECT_EQ(Fold(GetParam().text), GetParam().folded);
  EXPECT_EQ(Fold(GetParam().folded), GetParam().folded) << "once is enough";
}

// FoldCase foldings are those of CaseFolding.txt, status C and F; compatibility forms those of UnicodeData.txt.
INSTANTIATE_TEST_SUITE_P(
    All, FoldTest,
    ::testing::Values(FoldCase{"", ""}, FoldCase{"Cup", "Cup"}, FoldCase{"Café", "Cafe"},
                      FoldCase{"Cafe\u0301", "Cafe"}, FoldCase{"ÀÉÎÕÜ", "aeiou"}, FoldCase{"Straße", "Strasse"},
                      FoldCase{"ẞ", "ss"}, FoldCase{"İI ı", "iI i"}, FoldCase{"i\u0307", "i"},
                      FoldCase{"Đường", "duong"}, FoldCase{"Việt Nam", "Viet Nam"}, FoldCase{"Łódź", "lodz"},
                      FoldCase{"smørrebrød", "smorrebrod"}, FoldCase{"Ærø", "aero"}, FoldCase{"œuvre", "oeuvre"},
                      FoldCase{"ﬁne", "fine"}, FoldCase{"Ὀδυσσεύς", "οδυσσευσ"}, FoldCase{"ΚΑΦΈΣ", "καφεσ"},
                      FoldCase{"ЁЖИК", "ежик"}, FoldCase{"Їжак", "іжак"}, FoldCase{"Ｆｕｌｌ　１２", "full 12"},
                      FoldCase{"ｶﾞﾗｽ", "ガラス"}, FoldCase{"ｶﾒﾗ", "カメラ"}, FoldCase{"が", "が"},
                      FoldCase{"か\u3099", "が"}, FoldCase{"한국", "한국"}, FoldCase{"\u1112\u1161\u11AB", "한"},
                      FoldCase{"数据线，５米", "数据线,5米"}, FoldCase{"\uF900", "\u8C48"},
                      FoldCase{"㎏ ㈱ ①", "kg (株) 1"}, FoldCase{"LEGO™ X® ℠", "LEGO™ X® ℠"}, FoldCase{"m²", "m2"},
                      FoldCase{"soft\u00ADware", "software"}, FoldCase{"a\u200Bb", "a\u200Bb"},
                      FoldCase{"d´or", "d or"}, FoldCase{"हिंदी", "हिंदी"},
                      FoldCase{"\u05E9\u05B8\u05C1\u05DC", "\u05E9\u05B8\u05C1\u05DC"},
                      FoldCase{"\u0E01\u0E33", "\u0E01\u0E4D\u0E32"}, FoldCase{"❤\uFE0F", "❤"},
                      FoldCase{"😀 Café", "😀 Cafe"}, FoldCase{"𝐀", "A"}));

TEST(FoldTest, LeavesInvalidTextAlone) { EXPECT_EQ(Fold("a \xe7\xba").substr(0, 2), "a "); }

TEST(FoldTest, FormsOfOneTextFoldAlike) {
  UErrorCode error = U_ZERO_ERROR;
  const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(error);
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(error);
  ASSERT_TRUE(U_SUCCESS(error));
  for (UChar32 c = 0xA0; c < 0x30000; ++c) {
    if (U_IS_SURROGATE(c) || !u_isalpha(c)) continue;
    const icu::UnicodeString text = icu::UnicodeString(u"ab ").append(c).append(icu::UnicodeString(u"c"));
    std::string composed;
    std::string decomposed;
    nfc->normalize(text, error).toUTF8String(composed);
    nfd->normalize(text, error).toUTF8String(decomposed);
    if (u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE) == U_DT_CANONICAL) {
      ASSERT_EQ(absl::AsciiStrToLower(Fold(composed)), absl::AsciiStrToLower(Fold(decomposed)))
          << absl::StrCat("U+", absl::Hex(c));
    }
    ASSERT_EQ(Fold(Fold(composed)), Fold(composed)) << absl::StrCat("U+", absl::Hex(c));
  }
}

std::vector<std::pair<std::string, std::string>> Folded(absl::string_view text) {
  std::vector<std::pair<std::string, std::string>> words;
  ForEachFolded(text, [&](absl::string_view folded, absl::string_view exact) { words.emplace_back(folded, exact); });
  return words;
}

TEST(ForEachFoldedTest, VisitsWordsThatChangeInMoreThanTheirCase) {
  EXPECT_THAT(Folded("Das CAFÉ, die Straße: Cup 茶"), ElementsAre(Pair("cafe", "café"), Pair("strasse", "straße")));
  EXPECT_THAT(Folded("ЧАШКА ΚΑΦΕΣ cup 茶杯，红"), IsEmpty());
  EXPECT_THAT(Folded("ＵＳＢ"), ElementsAre(Pair("usb", "ｕｓｂ")));
}

}  // namespace
}  // namespace storeops::search
