#include "common/search/parser.h"

#include <xapian.h>

#include <iterator>
#include <random>
#include <string>

#include "common/search/words.h"
#include "gtest/gtest.h"

namespace storeops::search {
namespace {

class ParseWordsTest : public ::testing::Test {
 protected:
  std::string Parsed(const std::string& words) {
    return ParseWords(database_, NormalizeQuery(words), FormsOf(words)).get_description();
  }

  Xapian::WritableDatabase database_{"", Xapian::DB_BACKEND_INMEMORY};
};

TEST_F(ParseWordsTest, ScriptsMix) {
  const std::string expected = Parsed("usb, 数据, 3m");
  EXPECT_NE(expected.find("数据"), std::string::npos);
  for (const char* words : {"usb 数据 3m", "usb数据 3m", "usb  数据  3m", "usb\u3000数据\u30003m", "usb\t数据\n3m"}) {
    EXPECT_EQ(Parsed(words), expected) << words;
  }
  EXPECT_NE(Parsed("\"usb 数据 3m\"").find("PHRASE"), std::string::npos);
  EXPECT_NE(Parsed("usb 数据 -3m").find("AND_NOT"), std::string::npos);
}

TEST_F(ParseWordsTest, AnythingThatPeopleTypeIsAQuery) {
  constexpr const char* kPieces[] = {"a", "usb", "茶", "数据", " ",   "\u3000", "\"", "-", "+",   "(",  ")", "*",
                                     ":", ".",   ",",  "。",   "AND", "OR",     "&",  "#", "c++", "Ａ", "é", "～"};
  std::mt19937 random(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string words;
    for (int pieces = 1 + random() % 9; pieces > 0; --pieces) words += kPieces[random() % std::size(kPieces)];
    ASSERT_NO_THROW(Parsed(words)) << words;
  }
}

}  // namespace
}  // namespace storeops::search
