// main() of the programs under integration/, conformance/ and e2e/, each of which has a whole folder of test files:
//   PROGRAM [--file=NAME_test.cc] [GoogleTest's options]
// --file runs the tests of one file; a test run takes the files side by side.
#include <cstdio>
#include <cstring>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

// GoogleTest's filter for the tests of one file; empty if there are none.
std::string TestsOf(absl::string_view file) {
  const std::string end = absl::StrCat("/", file);
  std::string filter;
  const testing::UnitTest& unit = *testing::UnitTest::GetInstance();
  for (int s = 0; s < unit.total_test_suite_count(); ++s) {
    const testing::TestSuite& suite = *unit.GetTestSuite(s);
    for (int t = 0; t < suite.total_test_count(); ++t) {
      const testing::TestInfo& test = *suite.GetTestInfo(t);
      if (absl::EndsWith(test.file(), end)) absl::StrAppend(&filter, suite.name(), ".", test.name(), ":");
    }
  }
  return filter;
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    absl::string_view file = argv[i];
    if (!absl::ConsumePrefix(&file, "--file=")) {
      std::fprintf(stderr, "unknown option %s\n", argv[i]);
      return 64;
    }
    // A death test starts this program again with the same options and a filter of its own.
    if (GTEST_FLAG_GET(filter) != "*") continue;
    const std::string filter = TestsOf(file);
    if (filter.empty()) {
      std::fprintf(stderr, "no test in %s\n", argv[i]);
      return 64;
    }
    GTEST_FLAG_SET(filter, filter);
  }
  return RUN_ALL_TESTS();
}
