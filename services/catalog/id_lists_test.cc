#include "services/catalog/id_lists.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(IdListsTest, DistinctSortsAndKeepsOneOfEach) {
  EXPECT_THAT(Distinct({3, 1, 3, 2, 1}), ElementsAre(1, 2, 3));
  EXPECT_THAT(Distinct({}), IsEmpty());
}

TEST(IdListsTest, ComparesBothWays) {
  const IdChanges changes = CompareIds({1, 2, 4}, {2, 3, 4, 5});
  EXPECT_THAT(changes.added, ElementsAre(3, 5));
  EXPECT_THAT(changes.removed, ElementsAre(1));
  EXPECT_THAT(CompareIds({1, 2}, {1, 2}).added, IsEmpty());
  EXPECT_THAT(CompareIds({}, {7}).added, ElementsAre(7));
  EXPECT_THAT(CompareIds({7}, {}).removed, ElementsAre(7));
}

}  // namespace
}  // namespace storeops::catalog
