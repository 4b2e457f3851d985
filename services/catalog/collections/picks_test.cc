#include "services/catalog/collections/picks.h"

#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Picks List(std::initializer_list<const char*> names) {
  Picks picks;
  for (const char* name : names) *picks.Add() = name;
  return picks;
}

std::vector<std::string> WrongFields(const absl::Status& status) {
  google::rpc::BadRequest bad_request;
  std::vector<std::string> fields;
  GetDetail(status, &bad_request);
  for (const auto& violation : bad_request.field_violations()) fields.push_back(violation.field());
  return fields;
}

class PicksTest : public ::testing::Test {
 protected:
  Picks picks_ = List({"a", "b", "c"});
};

TEST_F(PicksTest, AddsAtTheEndOrInFrontOfOne) {
  EXPECT_TRUE(AddPicks(List({"d", "e"}), "", &picks_).ok());
  EXPECT_THAT(picks_, ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_TRUE(AddPicks(List({"x", "y"}), "a", &picks_).ok());
  EXPECT_THAT(picks_, ElementsAre("x", "y", "a", "b", "c", "d", "e"));
}

TEST_F(PicksTest, AddNamesWhatIsWrong) {
  EXPECT_THAT(WrongFields(AddPicks(List({"d", "b", "d"}), "z", &picks_)),
              ElementsAre("products[1]", "products[2]", "before"));
  EXPECT_THAT(picks_, ElementsAre("a", "b", "c"));
}

TEST_F(PicksTest, Removes) {
  EXPECT_TRUE(RemovePicks(List({"c", "a"}), &picks_).ok());
  EXPECT_THAT(picks_, ElementsAre("b"));
  EXPECT_THAT(WrongFields(RemovePicks(List({"b", "a", "b"}), &picks_)), ElementsAre("products[1]", "products[2]"));
  EXPECT_TRUE(RemovePicks(List({"b"}), &picks_).ok());
  EXPECT_THAT(picks_, IsEmpty());
}

TEST_F(PicksTest, Moves) {
  EXPECT_TRUE(MovePick("c", "a", &picks_).ok());
  EXPECT_THAT(picks_, ElementsAre("c", "a", "b"));
  EXPECT_TRUE(MovePick("c", "", &picks_).ok());
  EXPECT_THAT(picks_, ElementsAre("a", "b", "c"));
  EXPECT_TRUE(MovePick("a", "c", &picks_).ok());
  EXPECT_THAT(picks_, ElementsAre("b", "a", "c"));
  EXPECT_THAT(WrongFields(MovePick("a", "a", &picks_)), ElementsAre("before"));
  EXPECT_THAT(WrongFields(MovePick("x", "y", &picks_)), ElementsAre("product", "before"));
  EXPECT_THAT(picks_, ElementsAre("b", "a", "c"));
}

}  // namespace
}  // namespace storeops::catalog
