#include "services/catalog/prices/staged_price_states.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using v1::StagedPriceChange;
using Action = StagedPriceAction;

constexpr Action kActions[] = {Action::kSubmit, Action::kApprove, Action::kReject, Action::kReopen,
                               Action::kApply,  Action::kFail,    Action::kCancel};

// One row for each state, one letter for the state after each action in the order above; "-": refused.
TEST(StagedPriceStatesTest, EveryActionInEveryState) {
  struct Case {
    StagedPriceChange::State state;
    const char* after;
  };
  // Draft, in Review, Approved, aPplied, Failed, Cancelled.
  const std::string letters = "?DRAPFC";
  const Case cases[] = {
      {StagedPriceChange::STATE_UNSPECIFIED, "-------"}, {StagedPriceChange::DRAFT, "R-----C"},
      {StagedPriceChange::IN_REVIEW, "-ADD--C"},         {StagedPriceChange::APPROVED, "---DPFC"},
      {StagedPriceChange::APPLIED, "-------"},           {StagedPriceChange::FAILED, "---D--C"},
      {StagedPriceChange::CANCELLED, "-------"},
  };
  for (const Case& one : cases) {
    StagedPriceChange change;
    change.set_state(one.state);
    for (size_t i = 0; i < std::size(kActions); ++i) {
      const auto next = NextState(change, kActions[i]);
      const char after = next.ok() ? letters[*next] : '-';
      EXPECT_EQ(after, one.after[i]) << StagedPriceChange::State_Name(one.state) << " "
                                     << StagedPriceActionName(kActions[i]);
    }
  }
}

TEST(StagedPriceStatesTest, ARefusalSaysWhatIsAllowed) {
  StagedPriceChange change;
  change.set_name("stagedPriceChanges/7");
  change.set_state(StagedPriceChange::APPROVED);
  EXPECT_THAT(DescribeStatus(NextState(change, Action::kSubmit).status()),
              ::testing::AllOf(::testing::HasSubstr("STATE_FORBIDS_ACTION"),
                               ::testing::HasSubstr("allowed is apply, reopen, cancel, not submit")));
}

}  // namespace
}  // namespace storeops::catalog
