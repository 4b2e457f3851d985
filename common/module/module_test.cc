#include "common/module/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "common/module/access_policy.h"
#include "common/module/service_host.h"
#include "testing/v1/upload.pb.h"

namespace storeops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ModuleInfo Info(const std::string& name, std::vector<Need> needs = {}) {
  return {.name = name, .needs = std::move(needs), .make = nullptr};
}

bool IsNoPeer(absl::string_view) { return false; }

std::vector<std::string> Order(const std::vector<ModuleInfo>& all, const std::vector<std::string>& names) {
  const auto chosen = ChooseModules(all, names, IsNoPeer);
  std::vector<std::string> order;
  if (!chosen.ok()) return {chosen.status().ToString()};
  for (const ModuleInfo& info : *chosen) order.push_back(info.name);
  return order;
}

std::string Refusal(const std::vector<ModuleInfo>& all, const std::vector<std::string>& names = {"all"}) {
  return std::string(ChooseModules(all, names, IsNoPeer).status().message());
}

TEST(ChooseModulesTest, EachComesAfterWhatItNeeds) {
  const std::vector<ModuleInfo> all = {Info("gateway", {{"*"}}), Info("orders", {{"stock"}, {"prices", false}}),
                                       Info("stock"), Info("prices")};
  EXPECT_THAT(Order(all, {"all"}), ElementsAre("stock", "prices", "orders", "gateway"));
  EXPECT_THAT(Order(all, {"gateway", "prices"}), ElementsAre("prices", "gateway"));
  EXPECT_EQ(Refusal(all, {"stok"}), "there is no service stok; choose from gateway, orders, stock, prices, all");
}

TEST(ChooseModulesTest, ARequiredNeedRunsHereOrIsAPeer) {
  const std::vector<ModuleInfo> all = {Info("orders", {{"stock"}, {"prices", false}}), Info("stock"), Info("prices")};
  EXPECT_EQ(Refusal(all, {"orders"}),
            "service orders needs stock, which neither runs in this process nor is a peer of it");
  EXPECT_TRUE(ChooseModules(all, {"orders"}, [](absl::string_view name) { return name == "stock"; }).ok());
  EXPECT_THAT(Order(all, {"orders", "stock"}), ElementsAre("stock", "orders"));
}

TEST(ChooseModulesTest, ACircleIsRefused) {
  std::vector<ModuleInfo> all = {Info("x", {{"a"}}), Info("a", {{"b"}}), Info("b", {{"c", false}}), Info("c", {{"a"}})};
  EXPECT_EQ(Refusal(all), "modules need each other in a circle: a -> b -> c -> a");
  EXPECT_EQ(Refusal(all, {"a", "b"}), Refusal(all)) << "whatever runs here";
  EXPECT_EQ(Refusal({Info("a", {{"*"}}), Info("b", {{"*"}})}), "modules need each other in a circle: a -> b -> a");
  all[3].needs[0].before = false;
  EXPECT_THAT(Order(all, {"all"}), ElementsAre("c", "b", "a", "x"));
}

TEST(ChooseModulesTest, DeclarationsAreUnique) {
  EXPECT_EQ(Refusal({Info("a"), Info("a")}), "two modules are named a");
  EXPECT_EQ(Refusal({Info("a", {{"nobody", false}})}), "module a needs nobody, which does not exist");
  ModuleInfo a = Info("a"), b = Info("b");
  a.flags = {{"days", "A_DAYS", "", int64_t{1}}};
  b.flags = {{"days", "B_DAYS", "", int64_t{1}}};
  EXPECT_EQ(Refusal({a, b}), "module b declares --days again");
  b.flags = {{"weeks", "A_DAYS", "", int64_t{1}}};
  EXPECT_EQ(Refusal({a, b}), "module b declares A_DAYS again");
}

TEST(ValuesOfTest, AreThoseGivenOrTheDefaults) {
  const std::vector<Flag> flags = {{"days", "DAYS", "", int64_t{30}}, {"name", "NAME", "", std::string("x")}};
  const FlagValues values = ValuesOf(flags, {{"days", int64_t{7}}, {"of-another", int64_t{1}}});
  EXPECT_EQ(values, (FlagValues{{"days", int64_t{7}}, {"name", std::string("x")}}));
}

std::string Wrong(const std::vector<ModuleInfo>& modules) {
  return std::string(AccessPolicy::Make(modules).status().message());
}

TEST(AccessPolicyTest, RolesAreWhatAllModulesGrantThem) {
  ModuleInfo stock = Info("stock"), prices = Info("prices");
  stock.access = {{{"stock.read", "", "x"}, {"stock.write", "", "x"}},
                  {{"roles/warehouse", "Warehouse"}},
                  {{"roles/warehouse", {"stock.*", "operations.read"}}, {"roles/buyer", {"stock.read"}}}};
  prices.access = {{{"prices.read", "", "x"}},
                   {{"roles/buyer", "Buyer"}},
                   {{"roles/buyer", {"prices.*", "stock.read"}}, {"roles/warehouse", {"*.read"}}}};
  const auto policy = AccessPolicy::Make({stock, prices});
  ASSERT_TRUE(policy.ok()) << policy.status();
  ASSERT_EQ(policy->roles().size(), 2u);
  EXPECT_EQ(policy->roles()[0].title, "Buyer");
  EXPECT_THAT(policy->roles()[0].permissions, ElementsAre("prices.*", "stock.read"));
  EXPECT_THAT(policy->FindRole("roles/warehouse")->permissions, ElementsAre("*.read", "operations.read", "stock.*"));
  EXPECT_EQ(policy->FindRole("warehouse"), nullptr);
  for (const char* permission : {"stock.read", "stock.*", "*.write", "*", "changes.read"}) {
    EXPECT_TRUE(policy->Covers(permission)) << permission;
  }
  for (const char* permission : {"stock", "stock.reads", "stok.*", "", "*.approve"}) {
    EXPECT_FALSE(policy->Covers(permission)) << permission;
  }
}

TEST(AccessPolicyTest, GrantsAreOfWhatIsDeclared) {
  ModuleInfo stock = Info("stock"), other = Info("other");
  stock.access = {{{"stock.read", "", "x"}}, {{"roles/a", "A"}}, {{"roles/a", {"stock.raed"}}}};
  EXPECT_THAT(Wrong({stock}), HasSubstr("roles/a gets the permission stock.raed, which no module declares"));
  stock.access.grants = {{"roles/b", {"stock.read"}}};
  EXPECT_THAT(Wrong({stock}), HasSubstr("no module declares roles/b"));
  stock.access.grants = {};
  other.access = {{{"stock.read", "", "x"}}, {{"roles/a", "A"}}, {}};
  EXPECT_THAT(Wrong({stock, other}),
              HasSubstr("the permission stock.read is declared twice; roles/a is declared twice"));
}

// A module whose body does what a test wants.
class TestModule final : public Module {
 public:
  explicit TestModule(std::function<void(Environment&)> bind) : bind_(std::move(bind)) {}
  absl::Status Bind(Environment& environment) override {
    bind_(environment);
    return absl::OkStatus();
  }
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}

 private:
  const std::function<void(Environment&)> bind_;
};

// How the start of a process with this module ends. Needs no database.
std::string Start(ModuleInfo info, std::function<void(Environment&)> bind) {
  info.make = [bind](const FlagValues&) { return std::make_unique<TestModule>(bind); };
  ServiceHost::Options options;
  options.modules = {std::move(info), Info("other")};
  options.run = {"test"};
  options.runtime.secret = "a secret of at least thirty-two bytes";
  options.runtime.data_root = ::testing::TempDir() + "/module_test";
  options.workers = 1;
  auto host = ServiceHost::Make(std::move(options));
  const absl::Status status = host.ok() ? (*host)->Bind() : host.status();
  return std::string(status.message());
}

void BindUpload(Environment& environment) {
  (void)::testing::v1::UploadRequest::descriptor();  // links the service
  environment.table.AddService("testing.v1.UploadService").UploadRaw("Upload", [](rpc::Call&, rpc::RequestStream&) {
    return absl::UnimplementedError("test");
  });
}

TEST(ServiceHostTest, APermissionThatNoModuleDeclaresStopsTheStart) {
  ModuleInfo info = Info("test");
  EXPECT_THAT(Start(info, BindUpload), HasSubstr("testing.v1.UploadService/Upload needs the permission "
                                                 "catalog.tests.write, which no module declares"));
  info.access.permissions = {{"catalog.tests.write", "Write tests", ""}};
  EXPECT_THAT(Start(info, BindUpload), IsEmpty());
}

TEST(ServiceHostTest, APermissionThatNothingChecksStopsTheStart) {
  ModuleInfo info = Info("test");
  info.access.permissions = {{"test.idle", "Nothing", ""}};
  EXPECT_THAT(Start(info, [](Environment&) {}), HasSubstr("no method needs the declared permission test.idle"));
  info.access.permissions[0].checked_by = "PlaceOrder, for lines that state a price";
  EXPECT_THAT(Start(info, [](Environment&) {}), IsEmpty());
}

TEST(ServiceHostTest, APeerThatIsNotDeclaredStopsTheStart) {
  const auto call = [](Environment& environment) { EXPECT_EQ(environment.peer("other"), nullptr); };
  EXPECT_EQ(Start(Info("test"), call), "module test calls other, which is not among its needs");
  EXPECT_THAT(Start(Info("test", {{"other", false}}), call), IsEmpty());
  EXPECT_THAT(Start(Info("test", {{"*"}}), call), IsEmpty());
  EXPECT_THAT(Start(Info("test", {{"other"}}), call), HasSubstr("service test needs other"));
}

}  // namespace
}  // namespace storeops
