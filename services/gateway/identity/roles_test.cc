#include "services/gateway/identity/roles.h"

#include "common/rpc/call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

bool Allows(absl::string_view role, absl::string_view permission) {
  rpc::Principal principal;
  principal.permissions = FindBuiltInRole(role)->permissions;
  return principal.Has(permission);
}

TEST(RolesTest, AllAreThereUnderTheirWords) {
  std::vector<std::string> names;
  for (const BuiltInRole& role : BuiltInRoles()) names.push_back(role.name);
  EXPECT_THAT(names, ElementsAre("roles/owner", "roles/merchandiser", "roles/warehouse", "roles/support_agent",
                                 "roles/support_lead", "roles/marketer", "roles/analyst", "roles/viewer"));
  EXPECT_EQ(FindBuiltInRole("roles/7"), nullptr);
  EXPECT_EQ(FindBuiltInRole("owner"), nullptr);
}

struct Case {
  const char* role;
  const char* permission;
  bool allowed;
};

TEST(RolesTest, AllowWhatTheirWorkNeeds) {
  const Case cases[] = {
      {"roles/owner", "identity.users.write", true},
      {"roles/owner", "anything.at.all", true},
      {"roles/merchandiser", "catalog.products.write", true},
      {"roles/merchandiser", "catalog.products.admin", true},
      {"roles/merchandiser", "inventory.stock.write", false},
      {"roles/merchandiser", "identity.users.read", false},
      {"roles/warehouse", "inventory.stock.write", true},
      {"roles/warehouse", "catalog.products.read", true},
      {"roles/warehouse", "catalog.products.write", false},
      {"roles/support_agent", "support.tickets.write", true},
      {"roles/support_agent", "support.sla.write", false},
      {"roles/support_agent", "inventory.orders.write", false},
      {"roles/support_lead", "support.sla.write", true},
      {"roles/support_lead", "identity.users.write", false},
      {"roles/marketer", "campaigns.coupons.write", true},
      {"roles/marketer", "catalog.prices.write", false},
      {"roles/analyst", "analytics.reports.write", true},
      {"roles/analyst", "inventory.orders.read", true},
      {"roles/analyst", "inventory.orders.write", false},
      {"roles/viewer", "catalog.products.read", true},
      {"roles/viewer", "changes.read", true},
      {"roles/viewer", "catalog.products.write", false},
      {"roles/viewer", "operations.write", false},
  };
  for (const Case& c : cases) EXPECT_EQ(Allows(c.role, c.permission), c.allowed) << c.role << " " << c.permission;
}

// Only the owner manages people, roles and keys.
TEST(RolesTest, NobodyElseWritesIdentity) {
  for (const BuiltInRole& role : BuiltInRoles()) {
    for (const char* permission : {"identity.users.write", "identity.roles.write", "identity.api_keys.write"}) {
      EXPECT_EQ(Allows(role.name, permission), role.name == kOwnerRole) << role.name;
    }
  }
}

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
