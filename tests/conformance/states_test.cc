// The tables of all state machines, and the page that shows them.
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/workflow/description.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/storeops/suite.h"

namespace storeops {
namespace {

constexpr char kPage[] = STOREOPS_SOURCE_DIR "/docs/states.md";

std::vector<workflow::Description> AllMachines() {
  std::vector<workflow::Description> all;
  for (const ModuleInfo& info : AllModules()) {
    if (info.machines == nullptr) continue;
    for (workflow::Description& machine : info.machines()) all.push_back(std::move(machine));
  }
  return all;
}

TEST(StatesTest, EveryTableIsComplete) {
  EXPECT_GE(AllMachines().size(), 12);
  for (const workflow::Description& machine : AllMachines()) {
    EXPECT_THAT(workflow::FindFlaws(machine), ::testing::IsEmpty()) << machine.resource;
  }
}

TEST(StatesTest, ThePageShowsTheTables) {
  const std::string page = workflow::RenderPage(AllMachines());
  if (std::getenv("STOREOPS_WRITE_DOCS") != nullptr) std::ofstream(kPage) << page;
  std::ostringstream present;
  present << std::ifstream(kPage).rdbuf();
  EXPECT_EQ(present.str(), page) << "docs/states.md is written again with STOREOPS_WRITE_DOCS=1 "
                                    "build/dev/tests/conformance --file=states_test.cc";
}

}  // namespace
}  // namespace storeops
