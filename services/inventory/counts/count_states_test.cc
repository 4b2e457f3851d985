#include "services/inventory/counts/count_states.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using v1::Count;
using enum CountAction;

constexpr CountAction kActions[] = {kStart, kEnter, kSubmit, kDemandRecount, kRecount, kPost, kCancel};

// One row for each state, one letter for the state after each action in the order above; "-": refused.
TEST(CountStatesTest, EveryActionInEveryState) {
  struct Case {
    Count::State state;
    const char* after;
  };
  // Planned, cOunting, Review, Ted (posted), Cancelled.
  const std::string letters = "?PORTC";
  const Case cases[] = {
      {Count::STATE_UNSPECIFIED, "-------"},
      {Count::PLANNED, "O-----C"},
      {Count::COUNTING, "-ORO--C"},
      {Count::REVIEW, "----OTC"},
      {Count::POSTED, "-------"},
      {Count::CANCELLED, "-------"},
  };
  for (const Case& one : cases) {
    Count count;
    count.set_state(one.state);
    for (size_t i = 0; i < std::size(kActions); ++i) {
      const auto next = NextState(count, kActions[i]);
      EXPECT_EQ(next.ok() ? letters[*next] : '-', one.after[i])
          << Count::State_Name(one.state) << " " << CountActionName(kActions[i]);
    }
  }
}

TEST(CountStatesTest, ARefusalSaysWhatIsAllowed) {
  Count count;
  count.set_state(Count::REVIEW);
  EXPECT_THAT(std::string(NextState(count, kEnter).status().message()),
              ::testing::HasSubstr("allowed are RecountCount, PostCount, CancelCount"));
}

}  // namespace
}  // namespace storeops::inventory
