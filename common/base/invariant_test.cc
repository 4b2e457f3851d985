#include "common/base/invariant.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

using ::testing::ElementsAre;

std::vector<std::string>& Logged() {
  static auto* const logged = new std::vector<std::string>;
  return *logged;
}

class InvariantTest : public ::testing::Test {
 protected:
  InvariantTest() {
    Logged().clear();
    SetBugLog([](const BugSite&, absl::string_view message) { Logged().emplace_back(message); });
  }
};

int64_t CountAt(const std::string& location) {
  int64_t count = 0;
  ForEachBugSite([&](const BugSite& site) {
    if (site.location() == location) count += site.count();
  });
  return count;
}

TEST_F(InvariantTest, AnAssertionEndsDebugBuildsAndIsNotEvaluatedInOthers) {
  int evaluated = 0;
  STOREOPS_ASSERT(++evaluated == 1);
#ifdef NDEBUG
  EXPECT_EQ(evaluated, 0);
  STOREOPS_ASSERT(false);
#else
  EXPECT_EQ(evaluated, 1);
  EXPECT_DEATH(STOREOPS_ASSERT(evaluated == 7), "invariant_test.cc:.*assertion failed: evaluated == 7");
#endif
}

absl::Status Fail(const std::string& message, int* line) {
  *line = __LINE__ + 1;
  return STOREOPS_BUG(message);
}

TEST_F(InvariantTest, ABugIsAnInternalErrorLoggedOnceAndCountedEachTime) {
  int line = 0;
  EXPECT_EQ(Fail("no row", &line), absl::InternalError("no row"));
  EXPECT_EQ(Fail("none again", &line), absl::InternalError("none again"));
  EXPECT_THAT(Logged(), ElementsAre("no row"));
  EXPECT_EQ(CountAt("common/base/invariant_test.cc:" + std::to_string(line)), 2);
  STOREOPS_BUG("another place").IgnoreError();
  EXPECT_THAT(Logged(), ElementsAre("no row", "another place"));
}

TEST_F(InvariantTest, APlaceIsLoggedOnceInAnInterval) {
  static BugSite site("/src/storeops/services/a/b.cc", 7);
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  site.Report("first", start).IgnoreError();
  site.Report("second", start + BugSite::kLogInterval - absl::Microseconds(1)).IgnoreError();
  site.Report("third", start + BugSite::kLogInterval).IgnoreError();
  EXPECT_THAT(Logged(), ElementsAre("first", "third"));
  EXPECT_EQ(CountAt("services/a/b.cc:7"), 3);
}

}  // namespace
}  // namespace storeops
