#include "common/base/text.h"

#include <gtest/gtest.h>

namespace storeops {
namespace {

TEST(Text, CountsCodePoints) {
  EXPECT_EQ(CountCodePoints(""), 0u);
  EXPECT_EQ(CountCodePoints("abc"), 3u);
  EXPECT_EQ(CountCodePoints("茶杯"), 2u);
  EXPECT_EQ(CountCodePoints("é🫖x"), 3u);
  EXPECT_EQ(CountCodePoints(absl::string_view("a\0b", 3)), 3u);
  EXPECT_EQ(CountCodePoints("\xF4\x8F\xBF\xBF"), 1u);  // U+10FFFF
}

TEST(Text, XmlHasNoCharacterThatXmlDoesNotKnow) {
  EXPECT_EQ(EscapeXml("a < b & \"c\"\n\t"), "a &lt; b &amp; &quot;c&quot;\n\t");
  EXPECT_EQ(EscapeXml("a\uFFFE\uFFFF\x01\x1F\x0B"
                      "b\uFFFD茶\U0001FFFE"),
            "ab\uFFFD茶\U0001FFFE");
  EXPECT_EQ(EscapeXml(std::string("a\0b", 3)), "ab");
}

TEST(Text, RefusesWhatIsNotUtf8) {
  for (const char* text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2x", "\xE0\x9F\xBF", "\xE4\xB8",
                           "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF0\x9F\xAB", "\xF4\x90\x80\x80",
                           "\xF5\x80\x80\x80", "\xFE", "\xFF", "abc\xFF"}) {
    EXPECT_FALSE(IsValidUtf8(text)) << text;
  }
}

TEST(Text, CutsBetweenCodePoints) {
  EXPECT_EQ(TruncateCodePoints("茶杯x", 0), "");
  EXPECT_EQ(TruncateCodePoints("茶杯x", 2), "茶杯");
  EXPECT_EQ(TruncateCodePoints("茶杯x", 3), "茶杯x");
  EXPECT_EQ(TruncateCodePoints("茶杯x", 99), "茶杯x");
}

TEST(Text, TurnsCamelIntoSnake) {
  EXPECT_EQ(CamelToSnake("ProductService"), "product_service");
  EXPECT_EQ(CamelToSnake("ApiKey"), "api_key");
  EXPECT_EQ(CamelToSnake("product"), "product");
  EXPECT_EQ(CamelToSnake(""), "");
}

TEST(Text, QuotesWordsForAShell) {
  EXPECT_EQ(ShellQuoted("/home/ada/.storeops"), "/home/ada/.storeops");
  EXPECT_EQ(ShellQuoted(""), "''");
  EXPECT_EQ(ShellQuoted("/my shop"), "'/my shop'");
  EXPECT_EQ(ShellQuoted("a;b$(c)"), "'a;b$(c)'");
  EXPECT_EQ(ShellQuoted("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuoted("店"), "'店'");
}

TEST(Text, EscapesHtml) {
  EXPECT_EQ(EscapeHtml("<a href=\"x\">'&amp;'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/a&gt;");
}

}  // namespace
}  // namespace storeops
