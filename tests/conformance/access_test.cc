// Default deny: every method of every linked service says who may call it, and every method that is really bound keeps
// to that, whatever credential comes along.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/linked_services.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/gateway/identity/api_keys.h"
#include "services/gateway/module.h"
#include "services/storeops/suite.h"
#include "storeops/options/v1/options.pb.h"
#include "tests/support/service_process.h"

namespace storeops::testing {
namespace {

using google::protobuf::MethodDescriptor;
using storeops::options::v1::Access;

// What anybody may call; a new one is to be thought about twice.
const char* const kPublicMethods[] = {
    "storeops.gateway.v1.IdentityService/CreateFirstOwner",
    "storeops.gateway.v1.IdentityService/Login",
    "storeops.gateway.v1.IdentityService/Logout",
    "storeops.gateway.v1.IdentityService/RefreshToken",
};

std::vector<const MethodDescriptor*> LinkedMethods() {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* service : rpc::LinkedServices()) {
    for (int i = 0; i < service->method_count(); ++i) methods.push_back(service->method(i));
  }
  return methods;
}

std::string NameOf(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->full_name(), "/", method.name());
}

TEST(AccessRules, EveryMethodHasOne) {
  const auto methods = LinkedMethods();
  ASSERT_GT(methods.size(), 30u);
  for (const MethodDescriptor* method : methods) {
    const Access& access = method->options().GetExtension(storeops::options::v1::access);
    EXPECT_NE(access.rule_case(), Access::RULE_NOT_SET) << NameOf(*method);
    EXPECT_TRUE(!access.permission().empty() || access.public_() || access.authenticated()) << NameOf(*method);
  }
}

TEST(AccessRules, OnlyTheKnownMethodsArePublic) {
  std::vector<std::string> open;
  for (const MethodDescriptor* method : LinkedMethods()) {
    if (method->options().GetExtension(storeops::options::v1::access).public_()) open.push_back(NameOf(*method));
  }
  EXPECT_THAT(open, ::testing::UnorderedElementsAreArray(kPublicMethods));
}

// Reading permissions end in ".read": the viewer's "*.read" stands on that. A method that changes something must not be
// granted by one.
TEST(AccessRules, WritesNeedMoreThanReadPermissions) {
  for (const MethodDescriptor* method : LinkedMethods()) {
    if (method->options().idempotency_level() == google::protobuf::MethodOptions::NO_SIDE_EFFECTS) continue;
    const Access& access = method->options().GetExtension(storeops::options::v1::access);
    EXPECT_FALSE(rpc::PermissionCovers("*.read", access.permission())) << NameOf(*method);
  }
}

// All modules of this program, bound to real databases; and a gateway that forwards to them from another process.
class AccessTest : public ::testing::Test {
 protected:
  absl::Status Call(ServiceProcess& process, const rpc::Method& method, const std::string& authorization) {
    const std::unique_ptr<google::protobuf::Message> request(method.request->New());
    if (method.uploads()) return process.CallUpload(method.full_name, authorization, {""});
    return method.streams_replies() ? process.CallStream(method.full_name, authorization, *request)
                                    : process.Call(method.full_name, authorization, *request, nullptr);
  }

  // Every method of the process, with the code that must come back; public ones must let everybody in.
  void ExpectAll(ServiceProcess& process, const std::string& authorization, absl::StatusCode code,
                 absl::StatusCode code_if_authenticated) {
    for (const rpc::Method* method : process.table().methods()) {
      const absl::Status status = Call(process, *method, authorization);
      SCOPED_TRACE(absl::StrCat(method->full_name, " with \"", authorization.substr(0, 20), "\": ", status.ToString()));
      if (method->access.public_()) {
        // Let in, and told that an empty request is wrong.
        EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      } else if (method->access.authenticated()) {
        if (code_if_authenticated == absl::StatusCode::kOk) {
          EXPECT_FALSE(absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status));
        } else {
          EXPECT_EQ(status.code(), code_if_authenticated);
        }
      } else {
        EXPECT_EQ(status.code(), code);
      }
    }
  }
  // A wrong credential opens nothing; where none is needed it does no harm, so that an expired one can be renewed.
  void ExpectRefused(ServiceProcess& process, const std::string& authorization) {
    ExpectAll(process, authorization, absl::StatusCode::kUnauthenticated, absl::StatusCode::kUnauthenticated);
  }
  void ExpectDefaultDeny(ServiceProcess& process) {
    ExpectAll(process, "", absl::StatusCode::kUnauthenticated, absl::StatusCode::kUnauthenticated);
    ExpectAll(process, process.Bearer("users/999", {}), absl::StatusCode::kPermissionDenied, absl::StatusCode::kOk);
    // Permissions that look near to what is asked for, and are not.
    ExpectAll(process, process.Bearer("users/999", {"catalo.*", "*.rea", "catalog", "identity", ".*", "*."}),
              absl::StatusCode::kPermissionDenied, absl::StatusCode::kOk);
    const rpc::AccessTokens forged("another secret of thirty-two bytes!!", Clock::System());
    FakeClock past(absl::Now() - absl::Hours(1));
    const rpc::AccessTokens stale(Site::kSecret, past);
    const rpc::Principal owner{"users/1", "Owner", {"*"}};
    for (const std::string& authorization :
         {std::string("garbage"), std::string("Bearer"), std::string("Bearer "), std::string("Bearer garbage"),
          std::string("Basic b3duZXI6b3duZXI="), std::string("Bearer so1."), std::string("Bearer so1.AAAA"),
          std::string("Bearer \xff\xfe"), "Bearer " + std::string(100'000, 'x'), "Bearer " + gateway::MakeKeySecret(),
          "Bearer " + forged.Mint(owner, absl::Hours(1)), "Bearer " + stale.Mint(owner, absl::Minutes(15)),
          "Bearer " + process.tokens().Mint(owner, absl::Hours(1)) + "x"}) {
      ExpectRefused(process, authorization);
    }
  }

  const Site site_;
};

TEST_F(AccessTest, EveryLinkedMethodIsBound) {
  ServiceProcess process(site_, AllModules());
  for (const MethodDescriptor* method : LinkedMethods()) {
    EXPECT_NE(process.table().Find(NameOf(*method)), nullptr) << NameOf(*method);
  }
}

TEST_F(AccessTest, ModulesDenyByDefault) {
  ServiceProcess process(site_, AllModules());
  ExpectDefaultDeny(process);
}

// Nothing of a call that the gateway refuses reaches the service behind it.
class UnreachablePeer final : public rpc::Peer {
 public:
  void Start(rpc::PeerCall call, std::string, absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override {
    ADD_FAILURE() << call.method << " was forwarded";
    done(absl::InternalError("not to be called"));
  }
  absl::Status Stream(rpc::PeerCall call, const std::string&, const std::function<bool(const std::string&)>&) override {
    ADD_FAILURE() << call.method << " was forwarded";
    return absl::InternalError("not to be called");
  }
  absl::StatusOr<std::string> Upload(rpc::PeerCall call, const rpc::NextBytes&) override {
    ADD_FAILURE() << call.method << " was forwarded";
    return absl::InternalError("not to be called");
  }
};

TEST_F(AccessTest, TheGatewayDeniesBeforeItForwards) {
  UnreachablePeer peer;
  ServiceProcess process(site_, {gateway::GatewayModule()},
                         {.peer = [&peer](absl::string_view name) { return name == "catalog" ? &peer : nullptr; }});
  ASSERT_NE(process.table().Find("storeops.catalog.v1.ProductService/GetProduct"), nullptr);
  ExpectDefaultDeny(process);
}

}  // namespace
}  // namespace storeops::testing
