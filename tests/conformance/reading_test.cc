// Nobody reads by another way what they may not read by its own methods: every resource type, history and operation,
// for callers who may do everything but that.
#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/changes/changes.h"
#include "common/changes/follower_store.h"
#include "common/jobs/operation_store.h"
#include "common/module/shared_services.h"
#include "common/rpc/linked_services.h"
#include "common/rpc/read_permission.h"
#include "gmock/gmock.h"
#include "google/longrunning/operations.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/storeops/suite.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/support/service_process.h"

namespace storeops::testing {
namespace {

using google::longrunning::Operation;
using google::protobuf::MethodDescriptor;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kStreamChanges[] = "storeops.changes.v1.ChangeService/StreamChanges";
constexpr char kSnapshot[] = "storeops.changes.v1.ChangeService/SnapshotResources";
constexpr char kOperationMethods[] = "storeops.operations.v1.OperationService/";

std::vector<std::string> DeclaredPermissions() {
  std::vector<std::string> names;
  for (const Permission& permission : SharedServices::Access().permissions) names.push_back(permission.name);
  for (const ModuleInfo& module : AllModules()) {
    for (const Permission& permission : module.access.permissions) names.push_back(permission.name);
  }
  return names;
}

std::vector<std::string> AllBut(const std::string& permission) {
  std::vector<std::string> names = DeclaredPermissions();
  names.erase(std::remove(names.begin(), names.end(), permission), names.end());
  return names;
}

// Types of the services, not of tests.
std::map<std::string, std::string> OwnTypes() {
  std::map<std::string, std::string> own;
  for (const auto& [type, permission] : rpc::ReadPermissions()) {
    for (const ModuleInfo& module : AllModules()) {
      if (absl::StartsWith(type, module.name + ".")) own[type] = permission;
    }
  }
  return own;
}

std::vector<const MethodDescriptor*> MethodsWhere(const std::function<bool(const MethodDescriptor&)>& holds) {
  std::vector<const MethodDescriptor*> methods;
  for (const auto* service : rpc::LinkedServices()) {
    if (absl::StrContains(service->full_name(), ".testing.")) continue;
    for (int i = 0; i < service->method_count(); ++i) {
      if (holds(*service->method(i))) methods.push_back(service->method(i));
    }
  }
  return methods;
}

std::string PermissionOf(const MethodDescriptor& method) {
  return method.options().GetExtension(storeops::options::v1::access).permission();
}

// "storeops.catalog.v1" and "Product" -> "catalog.storeops/Product".
std::string TypeNamed(const std::string& package, const std::string& name) {
  absl::string_view domain = package;
  absl::ConsumePrefix(&domain, "storeops.");
  absl::ConsumeSuffix(&domain, ".v1");
  return absl::StrCat(domain, ".storeops/", name);
}

TEST(Reading, EveryResourceHasADeclaredReadPermission) {
  const std::vector<std::string> declared = DeclaredPermissions();
  const auto types = OwnTypes();
  ASSERT_GT(types.size(), 20u);
  for (const auto& [type, permission] : types) EXPECT_THAT(declared, Contains(permission)) << type;
}

TEST(Reading, HistoriesExportsAndSearchesNeedTheReadPermissionOfWhatTheyShow) {
  int checked = 0;
  const auto types = OwnTypes();
  for (const MethodDescriptor* method : MethodsWhere([](const MethodDescriptor&) { return true; })) {
    absl::string_view name = method->name();
    std::vector<std::string> candidates;
    if (absl::ConsumePrefix(&name, "List") && absl::ConsumeSuffix(&name, "History")) {
      candidates = {std::string(name)};
    } else if (absl::ConsumePrefix(&name, "Export") || absl::ConsumePrefix(&name, "Search")) {
      // Of the plural: Orders, Categories.
      candidates = {std::string(absl::StripSuffix(name, "s")), absl::StrCat(absl::StripSuffix(name, "ies"), "y")};
    } else {
      continue;
    }
    int found = 0;
    for (const std::string& candidate : candidates) {
      const auto type = types.find(TypeNamed(method->file()->package(), candidate));
      if (type == types.end()) continue;
      ++found;
      EXPECT_EQ(PermissionOf(*method), type->second) << method->full_name();
    }
    EXPECT_EQ(found, 1) << method->full_name() << " shows resources of which type?";
    ++checked;
  }
  EXPECT_GT(checked, 15);
}

class ReadingTest : public ::testing::Test {
 protected:
  ReadingTest() : process_(site_, AllModules()) {}

  rpc::PeerCall MakeCall(const std::string& method, std::vector<std::string> permissions) {
    rpc::PeerCall call;
    call.method = method;
    call.principal = {"users/7", "Eve", std::move(permissions)};
    call.deadline = absl::Now() + absl::Seconds(60);
    return call;
  }

  // One change of each type, in one feed.
  void WriteChanges() {
    std::vector<changes::Change> written;
    for (const auto& [type, permission] : OwnTypes()) {
      changes::Change& change = written.emplace_back();
      change.set_type(type);
      change.set_subject("things/1");
      change.set_kind(changes::Change::UPDATED);
      change.set_version(2);
      change.set_actor("users/1");
    }
    const absl::Status status =
        process_.runtime("inventory").database().Transact(absl::Now() + absl::Seconds(60), [&](db::Session& session) {
          return changes::WriteOutbox(session, written);
        });
    ASSERT_TRUE(status.ok()) << status;
  }

  absl::StatusOr<std::set<std::string>> TypesShown(const std::vector<std::string>& permissions,
                                                   const std::string& type = "") {
    changes::v1::StreamChangesRequest request;
    request.set_source("inventory");
    request.set_until_now(true);
    if (!type.empty()) request.add_types(type);
    std::set<std::string> types;
    const absl::Status status = process_.peer().Stream(MakeCall(kStreamChanges, permissions),
                                                       request.SerializeAsString(), [&](const std::string& bytes) {
                                                         changes::v1::StreamChangesResponse response;
                                                         EXPECT_TRUE(response.ParseFromString(bytes));
                                                         for (const auto& one : response.changes()) {
                                                           types.insert(one.type());
                                                         }
                                                         return true;
                                                       });
    if (!status.ok()) return status;
    return types;
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(const std::string& method, const Request& request,
                               const std::vector<std::string>& permissions) {
    Response response;
    const absl::Status status = process_.peer().CallBlocking(MakeCall(method, permissions), request, &response);
    if (!status.ok()) return status;
    return response;
  }

  static void ExpectMissing(const absl::Status& status, const std::string& permission) {
    google::rpc::ErrorInfo info;
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    ASSERT_TRUE(GetDetail(status, &info)) << status;
    EXPECT_EQ(info.metadata().at("permission"), permission) << status;
  }

  const Site site_;
  ServiceProcess process_;
};

TEST_F(ReadingTest, AFeedShowsChangesOfReadableTypesOnly) {
  ASSERT_NO_FATAL_FAILURE(WriteChanges());
  const auto nothing = TypesShown({"changes.read"});
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_THAT(*nothing, IsEmpty());
  for (const auto& [type, permission] : OwnTypes()) {
    SCOPED_TRACE(type);
    const auto others = TypesShown(AllBut(permission));
    ASSERT_TRUE(others.ok()) << others.status();
    EXPECT_THAT(*others, Not(Contains(type)));
    EXPECT_GT(others->size(), 10u);
    const auto own = TypesShown({"changes.read", permission});
    ASSERT_TRUE(own.ok()) << own.status();
    EXPECT_THAT(*own, Contains(type));
    ExpectMissing(TypesShown(AllBut(permission), type).status(), permission);

    changes::v1::SnapshotResourcesRequest snapshot;
    snapshot.set_source("inventory");
    snapshot.set_type(type);
    ExpectMissing(process_.peer().Stream(MakeCall(kSnapshot, AllBut(permission)), snapshot.SerializeAsString(),
                                         [](const std::string&) { return true; }),
                  permission);
  }
}

TEST_F(ReadingTest, ADeadLetterIsForThoseWhoMayReadItsChange) {
  db::Database& database = process_.runtime("inventory").database();
  const changes::FollowerStore letters("test", "catalog", "");
  const auto shown = [&](const std::vector<std::string>& permissions) {
    changes::v1::ListDeadLettersRequest request;
    request.set_service("inventory");
    request.set_page_size(200);
    const auto response = Ask<changes::v1::ListDeadLettersResponse>("storeops.changes.v1.ChangeService/ListDeadLetters",
                                                                    request, permissions);
    EXPECT_TRUE(response.ok()) << response.status();
    std::set<std::string> types;
    if (response.ok()) {
      for (const auto& letter : response->dead_letters()) types.insert(letter.change().type());
    }
    return types;
  };
  int written = 0;
  for (const auto& [type, permission] : OwnTypes()) {
    SCOPED_TRACE(type);
    changes::Change change;
    change.set_id(absl::StrCat("letter ", ++written));
    change.set_source("catalog");
    change.set_type(type);
    change.set_subject("things/1");
    const absl::Status status = database.Transact(absl::Now() + absl::Seconds(60), [&](db::Session& session) {
      return letters.InsertDeadLetter(session, change, "wrong", 1, absl::Now());
    });
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_THAT(shown(AllBut(permission)), Not(Contains(type)));
    EXPECT_THAT(shown({"changes.read", permission}), Contains(type));
  }
}

// For every method that begins one.
TEST_F(ReadingTest, AnOperationIsForThoseWhoMayCallItsMethod) {
  const auto begin_one = [](const MethodDescriptor& method) {
    return method.output_type() == Operation::descriptor() &&
           method.service()->full_name() != "storeops.operations.v1.OperationService";
  };
  const auto methods = MethodsWhere(begin_one);
  ASSERT_GT(methods.size(), 3u);
  db::Database& database = process_.runtime("catalog").database();
  jobs::OperationStore store(database, "test", absl::Seconds(30));
  int64_t id = 1'000'000;
  for (const MethodDescriptor* method : methods) {
    SCOPED_TRACE(method->full_name());
    jobs::OperationRow row;
    row.id = ++id;
    row.metadata.set_state(storeops::operations::v1::OperationMetadata::QUEUED);
    row.metadata.set_method(absl::StrCat(method->service()->full_name(), "/", method->name()));
    row.metadata.set_creator("users/1");
    const absl::Status made = database.Transact(absl::Now() + absl::Seconds(60), [&](db::Session& session) {
      return store.Insert(session, row, "", absl::Now());
    });
    ASSERT_TRUE(made.ok()) << made;
    const std::string name = absl::StrCat("operations/catalog.", id);
    const std::string permission = PermissionOf(*method);
    const std::vector<std::string> others = AllBut(permission);

    operations::v1::GetOperationRequest get;
    get.set_name(name);
    operations::v1::WaitOperationRequest wait;
    wait.set_name(name);
    wait.mutable_timeout()->set_nanos(1);
    operations::v1::CancelOperationRequest cancel;
    cancel.set_name(name);
    operations::v1::ListOperationsRequest list;
    list.set_service("catalog");
    const std::string service = kOperationMethods;
    ExpectMissing(Ask<Operation>(service + "GetOperation", get, others).status(), permission);
    ExpectMissing(Ask<Operation>(service + "WaitOperation", wait, others).status(), permission);
    ExpectMissing(Ask<Operation>(service + "CancelOperation", cancel, others).status(), permission);
    const auto shown = [&](const std::vector<std::string>& permissions) {
      const auto response = Ask<operations::v1::ListOperationsResponse>(service + "ListOperations", list, permissions);
      EXPECT_TRUE(response.ok()) << response.status();
      std::set<std::string> names;
      if (response.ok()) {
        for (const Operation& one : response->operations()) names.insert(one.name());
      }
      return names;
    };
    EXPECT_THAT(shown(others), Not(Contains(name)));
    const std::vector<std::string> allowed = {"operations.read", "operations.write", permission};
    EXPECT_THAT(shown(allowed), Contains(name));
    EXPECT_TRUE(Ask<Operation>(service + "WaitOperation", wait, allowed).ok());
    const auto canceled = Ask<Operation>(service + "CancelOperation", cancel, allowed);
    ASSERT_TRUE(canceled.ok()) << canceled.status();
    EXPECT_TRUE(canceled->done());
  }
}

}  // namespace
}  // namespace storeops::testing
