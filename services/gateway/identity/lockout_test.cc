#include "services/gateway/identity/lockout.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace storeops::gateway {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'767'225'600);

struct Case {
  const char* name;
  std::vector<int> failure_seconds;  // since kStart
  int asked_at_second;
  absl::Duration locked_for;
};

class LockoutTest : public ::testing::TestWithParam<Case> {};

TEST_P(LockoutTest, LocksByTheRule) {
  LoginFailures state;
  for (const int second : GetParam().failure_seconds) state = AfterFailure(state, kStart + absl::Seconds(second));
  EXPECT_EQ(LockedFor(state, kStart + absl::Seconds(GetParam().asked_at_second)), GetParam().locked_for);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LockoutTest,
    ::testing::Values(
        Case{"None", {}, 0, absl::ZeroDuration()}, Case{"Nine", {0, 1, 2, 3, 4, 5, 6, 7, 8}, 9, absl::ZeroDuration()},
        Case{"Ten", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 9, absl::Minutes(15)},
        Case{"TenALittleLater", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 69, absl::Minutes(14)},
        Case{"LockEnds", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 909, absl::ZeroDuration()},
        Case{"TenSpreadBeyondTheWindow", {0, 100, 200, 300, 400, 500, 600, 700, 800, 900}, 900, absl::ZeroDuration()},
        Case{"TenJustWithinTheWindow", {0, 100, 200, 300, 400, 500, 600, 700, 800, 899}, 899, absl::Minutes(15)},
        // The window slides: nine late in one quarter of an hour and one early in the next are ten.
        Case{"AcrossQuarters", {850, 860, 870, 880, 890, 891, 892, 893, 894, 910}, 910, absl::Minutes(15)},
        // After a lock the count starts anew.
        Case{"OneAfterALock", {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 910}, 910, absl::ZeroDuration()},
        Case{"TenAfterALock",
             {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 910, 911, 912, 913, 914, 915, 916, 917, 918, 919},
             919,
             absl::Minutes(15)}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(LockoutBoundTest, KeepsFewerTimesThanTheRuleCounts) {
  LoginFailures state;
  for (int i = 0; i < 100; ++i) {
    state = AfterFailure(state, kStart + absl::Seconds(i));
    EXPECT_LT(state.times.size(), 10u);
  }
}

}  // namespace
}  // namespace storeops::gateway
