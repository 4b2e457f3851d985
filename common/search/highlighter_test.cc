#include "common/search/highlighter.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::search {
namespace {

struct Case {
  const char* name;
  const char* query;
  const char* text;
  const char* expected;  // empty: nothing found
};

class HighlightTest : public ::testing::TestWithParam<Case> {};

TEST_P(HighlightTest, Marks) {
  const Case& c = GetParam();
  EXPECT_EQ(Highlighter(c.query).Highlight(c.text, 200).value_or(""), c.expected);
}

INSTANTIATE_TEST_SUITE_P(
    All, HighlightTest,
    ::testing::Values(Case{"Word", "cup", "A red Cup.", "A red <em>Cup</em>."},
                      Case{"Inflected", "boxes", "Lunch box & boxes", "Lunch <em>box</em> &amp; <em>boxes</em>"},
                      Case{"Prefix", "red lan", "Red lantern", "<em>Red</em> <em>lantern</em>"},
                      Case{"NoPrefixAfterBlank", "lan ", "lantern", ""},
                      Case{"Escapes", "b", "<b> \"b\"", "&lt;<em>b</em>&gt; &quot;<em>b</em>&quot;"},
                      Case{"NotExcludedOnes", "cup -red", "red cup", "red <em>cup</em>"},
                      Case{"NotStopwords", "the cup", "the cup of the year", "the <em>cup</em> of the year"},
                      Case{"StopwordsAlone", "the", "the cup", "<em>the</em> cup"},
                      Case{"OneIdeograph", "茶", "红茶杯和茶壶", "红<em>茶</em>杯和<em>茶</em>壶"},
                      Case{"TwoIdeographs", "茶壶", "红茶杯和茶壶", "红茶杯和<em>茶壶</em>"},
                      Case{"ThreeIdeographs", "红茶杯", "大红茶杯", "大<em>红茶杯</em>"},
                      Case{"IdeographsApart", "红 杯", "红茶杯", "<em>红</em>茶<em>杯</em>"},
                      Case{"AccentsInText", "cafe", "Das Café", "Das <em>Café</em>"},
                      Case{"AccentsInQuery", "CAFÉ", "a cafe", "a <em>cafe</em>"},
                      Case{"SharpS", "strasse", "Lange Straße", "Lange <em>Straße</em>"},
                      Case{"FullWidth", "usb", "ＵＳＢ cable", "<em>ＵＳＢ</em> cable"},
                      Case{"Greek", "ΚΑΦΕΣ", "ελληνικός καφές", "ελληνικός <em>καφές</em>"},
                      Case{"Mixed", "led灯", "LED灯泡", "<em>LED灯</em>泡"}, Case{"Nothing", "plate", "red cup", ""},
                      Case{"EmptyQuery", "", "red cup", ""}, Case{"EmptyText", "cup", "", ""}),
    [](const ::testing::TestParamInfo<Case>& info) { return info.param.name; });

TEST(HighlighterTest, CutsLongTextsAroundTheFirstWord) {
  std::string text;
  for (int i = 0; i < 100; ++i) absl::StrAppend(&text, "多字 filler ");
  absl::StrAppend(&text, "the lantern ");
  for (int i = 0; i < 100; ++i) absl::StrAppend(&text, "more filler ");
  const std::string snippet = Highlighter("lantern").Highlight(text, 100).value();
  EXPECT_TRUE(absl::StartsWith(snippet, "…"));
  EXPECT_TRUE(absl::EndsWith(snippet, "…"));
  EXPECT_TRUE(absl::StrContains(snippet, "<em>lantern</em>"));
  EXPECT_EQ(CountCodePoints(snippet), 100 + 2 + 9);
}

TEST(HighlighterTest, LooksNoFurtherThanItsLimit) {
  std::string text;
  while (text.size() < 6001) text += "灯笼和茶杯";
  text += " lantern";
  EXPECT_EQ(Highlighter("lantern").Highlight(text, 100), std::nullopt);
}

}  // namespace
}  // namespace storeops::search
