// What the modules of this program declare, put together.
#include <cstdlib>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/match.h"
#include "common/module/access_policy.h"
#include "common/rpc/call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/storeops/settings.h"
#include "services/storeops/suite.h"

namespace storeops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const AccessPolicy& Policy() {
  static const auto* const policy = new AccessPolicy(*AccessPolicy::Make(AllModules()));
  return *policy;
}

bool Allows(absl::string_view role, absl::string_view permission) {
  rpc::Principal principal;
  principal.permissions = Policy().FindRole(role)->permissions;
  return principal.Has(permission);
}

TEST(BuiltInRolesTest, AreThereUnderTheirNames) {
  std::vector<std::string> names;
  for (const AccessPolicy::Role& role : Policy().roles()) names.push_back(role.name);
  EXPECT_THAT(names, ElementsAre("roles/analyst", "roles/marketer", "roles/merchandiser", "roles/owner",
                                 "roles/support_agent", "roles/support_lead", "roles/viewer", "roles/warehouse"));
}

TEST(BuiltInRolesTest, AllowWhatTheirWorkNeeds) {
  const struct {
    const char* role;
    const char* permission;
    bool allowed;
  } cases[] = {
      {"roles/owner", "identity.users.write", true},
      {"roles/owner", "anything.at.all", true},
      {"roles/merchandiser", "catalog.products.write", true},
      {"roles/merchandiser", "catalog.products.admin", true},
      {"roles/merchandiser", "inventory.planning.read", true},
      {"roles/merchandiser", "inventory.stock.write", false},
      {"roles/merchandiser", "identity.users.read", false},
      {"roles/warehouse", "inventory.stock.write", true},
      {"roles/warehouse", "catalog.products.read", true},
      {"roles/warehouse", "catalog.products.write", false},
      {"roles/support_agent", "inventory.returns.write", true},
      {"roles/support_agent", "inventory.orders.write", false},
      {"roles/support_lead", "inventory.orders.write", true},
      {"roles/support_lead", "identity.users.write", false},
      {"roles/marketer", "catalog.prices.read", true},
      {"roles/marketer", "catalog.prices.write", false},
      {"roles/analyst", "inventory.orders.read", true},
      {"roles/analyst", "inventory.orders.write", false},
      {"roles/viewer", "catalog.products.read", true},
      {"roles/viewer", "changes.read", true},
      {"roles/viewer", "catalog.costs.read", false},
      {"roles/analyst", "catalog.costs.read", false},
      {"roles/merchandiser", "catalog.costs.read", true},
      {"roles/viewer", "catalog.products.write", false},
      {"roles/viewer", "operations.write", false},
      {"roles/warehouse", "inventory.personal.read", true},
      {"roles/support_agent", "inventory.personal.read", true},
      {"roles/support_agent", "gateway.personal.read", false},
      {"roles/support_lead", "inventory.personal.read", true},
      {"roles/owner", "gateway.personal.read", true},
      {"roles/merchandiser", "inventory.personal.read", false},
      {"roles/marketer", "inventory.personal.read", false},
      {"roles/analyst", "inventory.personal.read", false},
      {"roles/viewer", "gateway.personal.read", false},
  };
  for (const auto& c : cases) EXPECT_EQ(Allows(c.role, c.permission), c.allowed) << c.role << " " << c.permission;
}

// Only the owner manages people, roles and keys.
TEST(BuiltInRolesTest, NobodyElseWritesIdentity) {
  for (const AccessPolicy::Role& role : Policy().roles()) {
    for (const char* permission : {"identity.users.write", "identity.roles.write", "identity.api_keys.write"}) {
      EXPECT_EQ(Allows(role.name, permission), role.name == "roles/owner") << role.name;
    }
  }
}

TEST(PermissionsTest, SayWhatTheyAllow) {
  for (const ModuleInfo& info : AllModules()) {
    for (const Permission& permission : info.access.permissions)
      EXPECT_NE(permission.description, "") << permission.name;
  }
}

class ModuleFlagsTest : public ::testing::Test {
 protected:
  ModuleFlagsTest() {
    for (const ModuleInfo& info : AllModules()) AddModuleOptions(app_, info.name, info.flags, settings_);
  }
  int64_t Number(const std::string& name) { return std::get<int64_t>(settings_.module_flags.at(name)); }

  CLI::App app_;
  Settings settings_;
};

TEST_F(ModuleFlagsTest, AreParsedFromFlagsAndEnvironment) {
  ASSERT_EQ(setenv("STOREOPS_CLAIM_WINDOW", "90", 1), 0);
  app_.parse("--return-window 14 --cors-origin https://a.example,https://b.example");
  unsetenv("STOREOPS_CLAIM_WINDOW");
  EXPECT_EQ(Number("return-window"), 14);
  EXPECT_EQ(Number("claim-window"), 90);
  EXPECT_EQ(settings_.module_flags.at("cors-origin"),
            FlagValue(std::vector<std::string>{"https://a.example", "https://b.example"}));
}

TEST_F(ModuleFlagsTest, ThatAreNotGivenHaveTheirDefaults) {
  app_.parse("");
  EXPECT_TRUE(settings_.module_flags.empty());
  EXPECT_THROW(app_.parse("--return-window 0"), CLI::ValidationError);
}

TEST_F(ModuleFlagsTest, AreShownInTheHelp) {
  const std::string help = app_.help();
  EXPECT_THAT(help, HasSubstr("Options of inventory:"));
  EXPECT_THAT(help, HasSubstr("--return-window"));
  EXPECT_THAT(help, HasSubstr("STOREOPS_RETURN_WINDOW"));
  EXPECT_THAT(help, HasSubstr("Days after shipment in which orders may be returned or exchanged"));
  EXPECT_THAT(help, HasSubstr("Options of gateway:"));
  EXPECT_THAT(help, HasSubstr("STOREOPS_CORS_ORIGINS"));
}

}  // namespace
}  // namespace storeops
