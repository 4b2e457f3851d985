#include "common/search/words.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Words(absl::string_view text) {
  std::vector<std::string> words;
  ForEachWord(text, [&](const Word& word) {
    EXPECT_LT(word.begin, word.end);
    EXPECT_LE(word.end, text.size());
    words.emplace_back(word.lower);
  });
  return words;
}

TEST(ForEachWordTest, SplitsAndLowers) {
  EXPECT_THAT(Words("Red CUPS, 2-pack"), ElementsAre("red", "cups", "2", "pack"));
  EXPECT_THAT(Words("ÉCLAIR à la crème"), ElementsAre("éclair", "à", "la", "crème"));
  EXPECT_THAT(Words(""), IsEmpty());
  EXPECT_THAT(Words(" -- "), IsEmpty());
}

TEST(ForEachWordTest, IdeographsStandAlone) {
  EXPECT_THAT(Words("LED红茶杯x2"), ElementsAre("led", "红", "茶", "杯", "x2"));
  EXPECT_THAT(Words("お茶 𠀀"), ElementsAre("お", "茶", "𠀀"));
}

TEST(ForEachWordTest, CutTextEnds) {
  // A text cut within a character is not valid UTF-8; it must end all the same.
  EXPECT_EQ(Words("a \xe7\xba").front(), "a");
}

TEST(ForEachRunTest, Alternates) {
  std::vector<std::pair<std::string, bool>> runs;
  const auto visit = [&](absl::string_view run, bool ngrams) { runs.emplace_back(run, ngrams); };
  ForEachRun("LED红茶。杯x2 é", visit);
  EXPECT_EQ(runs, (std::vector<std::pair<std::string, bool>>{{"LED", false}, {"红茶。杯", true}, {"x2 é", false}}));
  runs.clear();
  ForEachRun("", visit);
  EXPECT_TRUE(runs.empty());
}

TEST(NormalizeQueryTest, LowersAndLimits) {
  EXPECT_EQ(NormalizeQuery("Red\tCUP\x01"), "red cup ");
  std::string many;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&many, "w", i, " ");
  EXPECT_EQ(Words(NormalizeQuery(many)).size(), 32);
}

TEST(NormalizeQueryTest, Folds) {
  EXPECT_EQ(NormalizeQuery("Café STRASSE Straße"), "cafe strasse strasse");
  EXPECT_EQ(NormalizeQuery("ＵＳＢ－Ｃ\u3000５ｍ"), "usb-c 5m");
}

TEST(FormsOfTest, HasWhatIsNotExcludedAsItIsWritten) {
  const std::vector<WordForms> forms = FormsOf("CAFÉ cup 茶 -thé -\"crème brûlée\"");
  ASSERT_EQ(forms.size(), 2);
  EXPECT_EQ(forms[0].folded, "cafe");
  EXPECT_EQ(forms[0].exact, "café");
  EXPECT_FALSE(forms[1].differ());
  EXPECT_EQ(forms[1].exact, "cup");
}

TEST(StripExcludedTest, DropsWordsAndPhrases) {
  EXPECT_EQ(Words(StripExcluded("red -blue cup")), (std::vector<std::string>{"red", "cup"}));
  EXPECT_EQ(Words(StripExcluded("red -\"blue cup\" saucer")), (std::vector<std::string>{"red", "saucer"}));
  EXPECT_EQ(Words(StripExcluded("t-shirt")), (std::vector<std::string>{"t", "shirt"}));
  EXPECT_EQ(Words(StripExcluded("red -\"never closed")), (std::vector<std::string>{"red"}));
}

TEST(ShapeOfTest, OpenEnd) {
  EXPECT_TRUE(ShapeOf("red cu").open_end);
  EXPECT_FALSE(ShapeOf("red c").open_end);
  EXPECT_FALSE(ShapeOf("red cup ").open_end);
  EXPECT_FALSE(ShapeOf("red 茶").open_end);
  EXPECT_FALSE(ShapeOf("\"red cup\"").open_end);
  EXPECT_EQ(ShapeOf("red 茶杯 cup").words, 2);
}

TEST(IsStopwordTest, CommonWordsOnly) {
  for (const char* word : {"a", "and", "for", "from", "the", "with"}) EXPECT_TRUE(IsStopword(word)) << word;
  EXPECT_FALSE(IsStopword("cup"));
}

}  // namespace
}  // namespace storeops::search
