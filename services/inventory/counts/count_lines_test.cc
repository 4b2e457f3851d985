#include "services/inventory/counts/count_lines.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

CountEntry Found(int64_t quantity, int64_t book) { return {quantity, book, 0, "users/1", absl::UnixEpoch(), ""}; }

TEST(CountLinesTest, ToleranceIsTheLargerOfPiecesAndPercent) {
  struct Case {
    int64_t pieces;
    int percent;
    int64_t book;
    int64_t counted;
    bool again;
  };
  for (const Case& one : std::vector<Case>{{0, 0, 10, 10, false},
                                           {0, 0, 10, 9, true},
                                           {2, 0, 10, 8, false},
                                           {2, 0, 10, 7, true},
                                           {2, 0, 10, 13, true},
                                           {0, 10, 100, 90, false},
                                           {0, 10, 100, 89, true},
                                           {0, 10, 9, 8, true},
                                           {5, 1, 100, 95, false},
                                           {0, 50, 0, 1, true}}) {
    v1::Count count;
    count.set_tolerance_pieces(one.pieces);
    count.set_tolerance_percent(one.percent);
    std::vector<CountedLine> lines(1);
    Enter(Found(one.counted, one.book), lines[0]);
    EXPECT_EQ(DemandRecounts(count, lines) == 1, one.again) << one.pieces << " " << one.percent << " " << one.counted;
  }
}

TEST(CountLinesTest, ALineIsCountedAgainOnce) {
  v1::Count count;
  std::vector<CountedLine> lines(1);
  EXPECT_FALSE(CheckAllCounted(count, lines).ok());
  Enter(Found(7, 10), lines[0]);
  Enter(Found(8, 10), lines[0]);  // corrected before it was submitted
  EXPECT_EQ(lines[0].entries, 1);
  EXPECT_EQ(DemandRecounts(count, lines), 1);
  EXPECT_FALSE(CheckAllCounted(count, lines).ok());
  Enter(Found(6, 9), lines[0]);
  EXPECT_EQ(lines[0].first_counted, 8);
  EXPECT_EQ(lines[0].difference(), -3);
  EXPECT_TRUE(CheckAllCounted(count, lines).ok());
  EXPECT_EQ(DemandRecounts(count, lines), 0);
}

TEST(CountLinesTest, ABlindCountShowsNothingWhileItIsCounted) {
  v1::Count count;
  count.set_blind(true);
  count.set_state(v1::Count::COUNTING);
  std::vector<CountedLine> lines(2);
  lines[0].expected = 10;
  Enter(Found(7, 10), lines[0]);
  Summarise(lines, count);
  EXPECT_EQ(count.line_count(), 2);
  EXPECT_EQ(count.entered_count(), 1);
  EXPECT_EQ(count.different_count(), 0);
  v1::CountLine shown = ToMessage(lines[0], HidesExpected(count));
  EXPECT_FALSE(shown.has_expected() || shown.has_book() || shown.has_difference());
  EXPECT_EQ(shown.counted(), 7);
  count.set_state(v1::Count::REVIEW);
  Summarise(lines, count);
  EXPECT_EQ(count.different_count(), 1);
  shown = ToMessage(lines[0], HidesExpected(count));
  EXPECT_EQ(shown.expected(), 10);
  EXPECT_EQ(shown.difference(), -3);
}

}  // namespace
}  // namespace storeops::inventory
