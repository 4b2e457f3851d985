// The state machines of the service, each written down a second time.
#include <map>
#include <string>

#include "common/workflow/description.h"
#include "gtest/gtest.h"
#include "services/catalog/module.h"

namespace storeops::catalog {
namespace {

// A line for each state: where each action leads, in the order of the machine's enum.
const std::map<std::string, std::string>& Expected() {
  static const auto* expected = new std::map<std::string, std::string>{
      // Submit, approve, reject, publish, unpublish, archive, restore.
      {"catalog.storeops/Product",
       "DRAFT: IN_REVIEW - - - - ARCHIVED -\n"
       "IN_REVIEW: - APPROVED DRAFT - - ARCHIVED -\n"
       "APPROVED: - - DRAFT PUBLISHED - ARCHIVED -\n"
       "PUBLISHED: - - - - APPROVED ARCHIVED -\n"
       "ARCHIVED: - - - - - - DRAFT\n"},
      // Update, submit, approve, reject, reopen, apply, apply when due, fail, cancel.
      {"catalog.storeops/StagedPriceChange",
       "DRAFT: DRAFT IN_REVIEW - - - - - - CANCELLED\n"
       "IN_REVIEW: - - APPROVED DRAFT DRAFT - - - CANCELLED\n"
       "APPROVED: - - - - DRAFT APPLIED APPLIED FAILED CANCELLED\n"
       "APPLIED: - - - - - - - - -\n"
       "FAILED: - - - - DRAFT - - - CANCELLED\n"
       "CANCELLED: - - - - - - - - -\n"},
  };
  return *expected;
}

TEST(CatalogStatesTest, WhereEachActionLeads) {
  std::map<std::string, std::string> matrices;
  for (const workflow::Description& machine : CatalogModule().machines()) {
    matrices[std::string(machine.resource)] = workflow::Matrix(machine);
  }
  EXPECT_EQ(matrices, Expected());
}

}  // namespace
}  // namespace storeops::catalog
