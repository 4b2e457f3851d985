#include "services/gateway/http/byte_range.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace storeops::gateway {
namespace {

std::string Choose(const char* range, int64_t size) {
  const ByteRange chosen = ChooseRange(range, size);
  if (chosen.kind == ByteRange::Kind::kWhole) return "whole";
  return chosen.kind == ByteRange::Kind::kNone ? "none" : absl::StrCat(chosen.first, "-", chosen.last);
}

TEST(ChooseRange, KeepsToTheRfc) {
  const struct {
    const char* range;
    int64_t size;
    const char* chosen;
  } cases[] = {{"", 100, "whole"},
               {"bytes=0-0", 100, "0-0"},
               {"bytes=0-99", 100, "0-99"},
               {"bytes=10-19", 100, "10-19"},
               {"Bytes=10-19", 100, "10-19"},
               {"bytes= 10-19 ", 100, "10-19"},
               {"bytes=10-", 100, "10-99"},
               {"bytes=90-1000", 100, "90-99"},
               {"bytes=90-99999999999999999999999999", 100, "90-99"},
               {"bytes=99-", 100, "99-99"},
               {"bytes=100-", 100, "none"},
               {"bytes=99999999999999999999999999-", 100, "none"},
               {"bytes=100-200", 100, "none"},
               {"bytes=-1", 100, "99-99"},
               {"bytes=-100", 100, "0-99"},
               {"bytes=-500", 100, "0-99"},
               {"bytes=-0", 100, "none"},
               {"bytes=0-", 0, "none"},
               {"bytes=-5", 0, "none"},
               {"bytes=19-10", 100, "whole"},
               {"bytes=0-9,20-29", 100, "whole"},
               {"bytes=-", 100, "whole"},
               {"bytes=", 100, "whole"},
               {"bytes=a-b", 100, "whole"},
               {"bytes=1-b", 100, "whole"},
               {"bytes=+1-2", 100, "whole"},
               {"bytes=--5", 100, "whole"},
               {"bytes=1 - 2", 100, "whole"},
               {"items=0-9", 100, "whole"},
               {"0-9", 100, "whole"}};
  for (const auto& c : cases) EXPECT_EQ(Choose(c.range, c.size), c.chosen) << c.range << " of " << c.size;
}

TEST(MatchesAny, ComparesTagsWeakly) {
  for (const char* tags : {"\"abc\"", "W/\"abc\"", "*", " \"x\" , \"abc\"", "\"x\",W/\"abc\""}) {
    EXPECT_TRUE(MatchesAny(tags, "\"abc\"")) << tags;
  }
  for (const char* tags : {"", "abc", "\"ABC\"", "\"x\", \"y\"", "\"abcd\""}) {
    EXPECT_FALSE(MatchesAny(tags, "\"abc\"")) << tags;
  }
}

}  // namespace
}  // namespace storeops::gateway
