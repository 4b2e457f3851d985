#include "common/changes/waiting_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace storeops::changes {
namespace {

using ::testing::ElementsAre;

std::vector<WaitingGroup> Groups(const std::vector<int64_t>& ids) {
  std::vector<WaitingGroup> groups;
  for (const int64_t id : ids) groups.push_back({id, "", 1});
  return groups;
}

// Ids that are taken when the statements see these, one after the other; the last is seen from then on.
std::vector<int64_t> Taken(const std::vector<std::vector<int64_t>>& seen) {
  size_t next = 0;
  const auto read = [&]() -> absl::StatusOr<std::vector<WaitingGroup>> {
    if (next + 1 < seen.size()) ++next;
    return Groups(seen[next]);
  };
  const auto groups = ReadWithPredecessors(Groups(seen[0]), read);
  std::vector<int64_t> ids;
  for (const WaitingGroup& group : *groups) ids.push_back(group.id);
  return ids;
}

TEST(WaitingGroupsTest, AreTakenWithThoseThatWereCommittedBefore) {
  EXPECT_THAT(Taken({{1, 2}}), ElementsAre(1, 2));
  EXPECT_THAT(Taken({{2}, {1, 2}}), ElementsAre(1, 2));
  // 3 was committed after the first statement, and its snapshot in turn missed 1.
  EXPECT_THAT(Taken({{4}, {3, 4}, {1, 3, 4}}), ElementsAre(1, 3, 4));
}

TEST(WaitingGroupsTest, ReportAFailure) {
  const auto fails = []() -> absl::StatusOr<std::vector<WaitingGroup>> { return absl::UnavailableError("gone"); };
  EXPECT_TRUE(absl::IsUnavailable(ReadWithPredecessors(Groups({1}), fails).status()));
}

}  // namespace
}  // namespace storeops::changes
