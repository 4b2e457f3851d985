#include "services/gateway/identity/roles.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MergePermissionsTest, DropsRepetitionsAndWhatIsCovered) {
  EXPECT_THAT(MergePermissions({}), IsEmpty());
  EXPECT_THAT(MergePermissions({"b.read", "a.read", "b.read"}), ElementsAre("a.read", "b.read"));
  EXPECT_THAT(MergePermissions({"catalog.products.read", "catalog.*", "catalog.products.*"}), ElementsAre("catalog.*"));
  EXPECT_THAT(MergePermissions({"catalog.products.read", "catalog.products.write", "*.read"}),
              ElementsAre("*.read", "catalog.products.write"));
  EXPECT_THAT(MergePermissions({"a.read", "*", "b.*"}), ElementsAre("*"));
}

TEST(CheckPermissionBytesTest, LimitsWhatATokenCarries) {
  EXPECT_TRUE(CheckPermissionBytes({std::string(kMaxPermissionBytes - 3, 'a')}, "roles/7").ok());
  const absl::Status status = CheckPermissionBytes({std::string(kMaxPermissionBytes - 3, 'a'), "b"}, "roles/7");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace storeops::gateway
