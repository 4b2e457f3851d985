#include "common/telemetry/line_limit.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace storeops::telemetry {
namespace {

TEST(LineLimitTest, TheNextSecondSaysHowManyLinesWereLeftOut) {
  LineLimit limit;
  for (int i = 0; i < LineLimit::kLinesPerSecond; ++i) EXPECT_EQ(limit.Admit("call", 7), 0);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(limit.Admit("call", 7), std::nullopt);
  EXPECT_EQ(limit.Admit("other", 7), 0) << "each message has its own limit";
  EXPECT_EQ(limit.Admit("call", 8), 1000);
  EXPECT_EQ(limit.Admit("call", 8), 0);
}

TEST(LineLimitTest, MessagesWithoutEndShareOneLimit) {
  LineLimit limit;
  size_t written = 0;
  for (size_t i = 0; i < 10 * LineLimit::kMaxMessages; ++i) {
    written += limit.Admit(absl::StrCat("message ", i), 7).has_value() ? 1 : 0;
  }
  EXPECT_LE(written, LineLimit::kMaxMessages + LineLimit::kLinesPerSecond);
  EXPECT_EQ(limit.Admit("message 1", 7), 0) << "it has its own still";
}

}  // namespace
}  // namespace storeops::telemetry
