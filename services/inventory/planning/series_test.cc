#include "services/inventory/planning/series.h"

#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

TEST(SeriesTest, MomentsPassOverWhatIsMissing) {
  // 2, 4, 9: mean 5; squares 9 + 1 + 16 = 26, over 2.
  const Moments moments = MomentsOf({2, kMissing, 4, 9, kMissing});
  EXPECT_EQ(moments.count, 3);
  EXPECT_DOUBLE_EQ(moments.mean, 5);
  EXPECT_DOUBLE_EQ(moments.variance, 13);
  EXPECT_EQ(MomentsOf({}).count, 0);
  EXPECT_DOUBLE_EQ(MomentsOf({7}).variance, 0);
}

TEST(SeriesTest, QuantilesAreLinearBetweenNeighbours) {
  // Places 0 to 3; the quarter lies at 0.75 between 1 and 2.
  EXPECT_DOUBLE_EQ(QuantileOf({4, 1, kMissing, 3, 2}, 0.25), 1.75);
  EXPECT_DOUBLE_EQ(QuantileOf({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(QuantileOf({4, 1, 3, 2}, 1), 4);
  EXPECT_DOUBLE_EQ(QuantileOf({kMissing}, 0.5), 0);
}

TEST(SeriesTest, TheLineKeepsItsPlacesInTime) {
  // 3 + 2t at t = 1, 2, 4; the third place is missing, not skipped.
  const Line line = LineThrough({5, 7, kMissing, 11});
  EXPECT_DOUBLE_EQ(line.level, 3);
  EXPECT_DOUBLE_EQ(line.slope, 2);
  EXPECT_DOUBLE_EQ(LineThrough({kMissing, 6}).level, 6);
}

}  // namespace
}  // namespace storeops::inventory::planning
