#include "common/module/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/peer_feed_source.h"
#include "common/module/service_runtime.h"
#include "common/module/shared_services.h"
#include "common/rpc/grpc_server.h"
#include "google/protobuf/empty.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/test_database.h"

namespace storeops {
namespace {

using changes::Batch;
using changes::Change;
using changes::v1::StreamChangesRequest;
using changes::v1::StreamChangesResponse;
using google::longrunning::Operation;

constexpr char kSecret[] = "a secret of at least thirty-two bytes";
constexpr char kMethod[] = "storeops.catalog.v1.ProductService/GetProduct";
constexpr char kStreamChanges[] = "storeops.changes.v1.ChangeService/StreamChanges";
constexpr char kOperations[] = "storeops.operations.v1.OperationService/";

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

const db::MigrationSet& TestMigrations() {
  static const db::MigrationSet* const set =
      new db::MigrationSet{"test", {{1, "things", "CREATE TABLE things (id INT PRIMARY KEY);\n"}}};
  return *set;
}

// Notes what it is told, and has one operation, which returns what it was asked for.
class TestModule final : public Module {
 public:
  explicit TestModule(std::vector<std::string>& told) : told_(told) {}
  absl::Status Bind(Environment& environment) override {
    told_.push_back("bind");
    EXPECT_TRUE(std::filesystem::is_directory(environment.data_folder));
    environment.operations.Register(kMethod, [](jobs::OperationContext& context) {
      auto request = std::make_unique<catalog::v1::GetProductRequest>();
      request->ParseFromString(context.request());
      return absl::StatusOr<std::unique_ptr<google::protobuf::Message>>(std::move(request));
    });
    return absl::OkStatus();
  }
  absl::Status Start() override {
    told_.push_back("start");
    return absl::OkStatus();
  }
  void Stop() override { told_.push_back("stop"); }

 private:
  std::vector<std::string>& told_;
};

// One process: some services, the shared ones, a pipeline and a gRPC server.
class House {
 public:
  House(const std::vector<std::string>& services, const std::string& prefix, const std::string& folder,
        std::function<rpc::Peer*(absl::string_view)> peer = nullptr)
      : workers_(WorkerPool::Options{4, 256, db::ThreadInit, db::ThreadEnd}) {
    std::vector<ServiceRuntime*> local;
    for (const std::string& service : services) {
      ServiceRuntime::Options options;
      options.info = {service, &TestMigrations(), [this] { return std::make_unique<TestModule>(told_); }};
      options.address = testing::TestServer();
      options.database_prefix = prefix;
      options.secret = kSecret;
      options.data_root = folder;
      options.holder = absl::StrCat("house-", prefix);
      runtimes_.push_back(std::make_unique<ServiceRuntime>(std::move(options), telemetry_, table_, tokens_));
      local.push_back(runtimes_.back().get());
    }
    SharedServices::Options options;
    options.max_waiting = 1;
    options.heartbeat_interval = absl::Milliseconds(100);
    shared_ = std::make_unique<SharedServices>(local, std::move(peer), options);
    for (auto& runtime : runtimes_) {
      Check(runtime->Migrate(Soon()));
      Check(runtime->Bind());
    }
    shared_->Bind(table_);
    Check(table_.Finish());
    rpc::Pipeline::Options pipeline;
    pipeline.workers = &workers_;
    pipeline.authenticator = &authenticator_;
    pipeline_ = std::make_unique<rpc::Pipeline>(pipeline);
    for (auto& runtime : runtimes_) Check(runtime->Start());
    local_peer_ = rpc::MakeLocalPeer(table_, *pipeline_, tokens_);
  }
  ~House() {
    pipeline_->StopAccepting();
    if (server_ != nullptr) server_->Shutdown(absl::Now() + absl::Seconds(5));
    EXPECT_TRUE(pipeline_->AwaitIdle(Soon()));
    for (auto& runtime : runtimes_) runtime->Stop();
  }

  std::string StartServer() {
    auto server = rpc::GrpcServer::Start({}, table_, *pipeline_);
    Check(server.status());
    server_ = *std::move(server);
    server_->SetServing(true);
    return absl::StrCat("127.0.0.1:", server_->port());
  }

  ServiceRuntime& runtime(size_t index = 0) { return *runtimes_[index]; }
  rpc::Peer& peer() { return *local_peer_; }
  rpc::Pipeline& pipeline() { return *pipeline_; }
  const rpc::AccessTokens& tokens() const { return tokens_; }
  const std::vector<std::string>& told() const { return told_; }

  void Write(int count, size_t bytes = 10, const std::string& type = "test/Thing") {
    std::vector<Change> changes(count);
    for (Change& change : changes) {
      change.set_type(type);
      change.set_subject("things/1");
      change.set_kind(Change::UPDATED);
      change.set_version(1);
      *change.mutable_time() = ToTimestamp(absl::Now());
      change.set_resource(std::string(bytes, 'x'));
    }
    Check(runtime().database().Transact(Soon(),
                                        [&](db::Session& session) { return changes::WriteOutbox(session, changes); }));
    runtime().feed().Notify();
  }

 private:
  static void Check(const absl::Status& status) { ASSERT_TRUE(status.ok()) << status; }

  telemetry::Telemetry telemetry_;
  rpc::AccessTokens tokens_{kSecret, Clock::System()};
  rpc::StandardAuthenticator authenticator_{tokens_, nullptr};
  std::vector<std::string> told_;
  WorkerPool workers_;
  rpc::MethodTable table_;
  std::vector<std::unique_ptr<ServiceRuntime>> runtimes_;
  std::unique_ptr<SharedServices> shared_;
  std::unique_ptr<rpc::Pipeline> pipeline_;
  std::unique_ptr<rpc::Peer> local_peer_;
  std::unique_ptr<rpc::GrpcServer> server_;
};

class ModuleTest : public ::testing::Test {
 protected:
  ModuleTest()
      : prefix_(scratch_.options().database + "_"),
        folder_(std::filesystem::temp_directory_path() / absl::StrCat("storeops-module-", prefix_)) {}
  ~ModuleTest() override {
    for (const char* service : {"catalog", "inventory"}) {
      (void)scratch_.database().Execute(Soon(), absl::StrCat("DROP DATABASE IF EXISTS `", prefix_, service, "`"));
    }
    std::filesystem::remove_all(folder_);
  }
  std::unique_ptr<House> MakeHouse(const std::vector<std::string>& services,
                                   std::function<rpc::Peer*(absl::string_view)> peer = nullptr) {
    return std::make_unique<House>(services, prefix_, folder_, std::move(peer));
  }

  static rpc::Principal Reader() { return {"services/analytics", "analytics", {"*.read"}}; }
  static rpc::PeerCall Call(const std::string& method, absl::Time deadline = Soon()) {
    rpc::PeerCall call;
    call.method = method;
    call.principal = {"users/1", "", {"*"}};
    call.deadline = deadline;
    return call;
  }
  // What a stream that ends by itself sends.
  static absl::StatusOr<std::vector<StreamChangesResponse>> ReadUntilNow(rpc::Peer& peer, const std::string& source,
                                                                         int64_t after,
                                                                         const std::vector<std::string>& types = {}) {
    StreamChangesRequest request;
    request.set_source(source);
    request.set_after_sequence(after);
    request.set_until_now(true);
    request.mutable_types()->Assign(types.begin(), types.end());
    std::vector<StreamChangesResponse> responses;
    RETURN_IF_ERROR(peer.Stream(Call(kStreamChanges), request.SerializeAsString(), [&](const std::string& bytes) {
      EXPECT_TRUE(responses.emplace_back().ParseFromString(bytes));
      return true;
    }));
    return responses;
  }
  static void AwaitSequence(House& house, int64_t sequence) {
    ASSERT_TRUE(
        testing::Eventually([&] { return house.runtime().feed().LastSequence(Soon()).value_or(0) >= sequence; }));
  }
  static std::string CreateOperation(ServiceRuntime& runtime) {
    rpc::Method method;
    method.full_name = kMethod;
    rpc::Call call;
    call.method = &method;
    call.principal.name = "users/7";
    call.deadline = Soon();
    catalog::v1::GetProductRequest request;
    request.set_name("products/5");
    google::protobuf::Empty response;
    std::string name;
    const absl::Status created =
        resource::RunWrite(runtime.environment().store, call, &response, [&](resource::Write& write) -> absl::Status {
          ASSIGN_OR_RETURN(const Operation operation, runtime.operations().Create(write, request));
          name = operation.name();
          return absl::OkStatus();
        });
    EXPECT_TRUE(created.ok()) << created;
    return name;
  }

  testing::TestDatabase scratch_;
  const std::string prefix_;
  const std::filesystem::path folder_;
};

TEST_F(ModuleTest, RunsAModuleFromMigrationToStopAndStartsAgain) {
  for (int run = 0; run < 2; ++run) {
    auto house = MakeHouse({"catalog"});
    EXPECT_TRUE(house->runtime().Ready(Soon()).ok());
    EXPECT_EQ(house->runtime().database().name(), prefix_ + "catalog");
    EXPECT_TRUE(house->runtime().database().Query(Soon(), "SELECT * FROM things").ok());
    EXPECT_THAT(house->told(), ::testing::ElementsAre("bind", "start"));
    house->runtime().Stop();
    EXPECT_THAT(house->told(), ::testing::ElementsAre("bind", "start", "stop"));
    const auto jobs = house->runtime().periodic().RunDue();
    ASSERT_TRUE(jobs.ok()) << jobs.status();
    const auto known = house->runtime().database().Query(Soon(), "SELECT name FROM periodic_jobs ORDER BY name");
    ASSERT_EQ(known->size(), 3u);
    EXPECT_EQ(known->Text(0, 0), "prune-changes");
  }
}

TEST_F(ModuleTest, AStreamUntilNowHasWhatWasWrittenBefore) {
  auto house = MakeHouse({"catalog"});
  // Nobody else gives the changes their places.
  house->runtime().feed().Stop();
  house->Write(30);
  const auto responses = ReadUntilNow(house->peer(), "catalog", 0);
  ASSERT_TRUE(responses.ok()) << responses.status();
  int changes = 0;
  for (const StreamChangesResponse& response : *responses) changes += response.changes_size();
  EXPECT_EQ(changes, 30);
}

TEST_F(ModuleTest, StreamsAFeedInMessagesOfLimitedSize) {
  auto house = MakeHouse({"catalog"});
  house->Write(450);
  house->Write(10, 300 << 10);
  AwaitSequence(*house, 460);
  const auto all = ReadUntilNow(house->peer(), "catalog", 0);
  ASSERT_TRUE(all.ok()) << all.status();
  int64_t last = 0;
  for (const StreamChangesResponse& response : *all) {
    EXPECT_LE(response.changes_size(), 200);
    EXPECT_LE(response.ByteSizeLong(), (1u << 20) + 1000);
    for (const Change& change : response.changes()) EXPECT_EQ(change.sequence(), ++last);
    EXPECT_EQ(response.read_through(), last);
  }
  EXPECT_EQ(last, 460);
  // Nothing of the type, nothing after the end: how far was read is said all the same.
  const auto none = ReadUntilNow(house->peer(), "catalog", 3, {"test/Other"});
  ASSERT_FALSE(none->empty());
  EXPECT_EQ(none->back().read_through(), 460);
  const auto end = ReadUntilNow(house->peer(), "catalog", 460);
  ASSERT_EQ(end->size(), 1u);
  EXPECT_EQ(end->back().read_through(), 460);
  EXPECT_TRUE(absl::IsOutOfRange(ReadUntilNow(house->peer(), "catalog", 461).status()));
  EXPECT_TRUE(absl::IsNotFound(ReadUntilNow(house->peer(), "nowhere", 0).status()));
}

TEST_F(ModuleTest, GivesSignsOfLifeAndEndsWhenTheCallerGoesOrTheProcessStops) {
  auto house = MakeHouse({"catalog"});
  StreamChangesRequest request;
  request.set_source("catalog");
  int beats = 0;
  const absl::Status left = house->peer().Stream(Call(kStreamChanges), request.SerializeAsString(),
                                                 [&](const std::string&) { return ++beats < 3; });
  EXPECT_TRUE(left.ok()) << left;
  EXPECT_EQ(beats, 3);

  const absl::Status late = house->peer().Stream(Call(kStreamChanges, absl::Now() + absl::Milliseconds(300)),
                                                 request.SerializeAsString(), [](const std::string&) { return true; });
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;

  absl::Notification streaming;
  std::thread stop([&] {
    streaming.WaitForNotification();
    house->pipeline().StopAccepting();
  });
  const absl::Status stopped = house->peer().Stream(Call(kStreamChanges, absl::Now() + absl::Minutes(5)),
                                                    request.SerializeAsString(), [&](const std::string&) {
                                                      if (!streaming.HasBeenNotified()) streaming.Notify();
                                                      return true;
                                                    });
  stop.join();
  EXPECT_TRUE(absl::IsUnavailable(stopped)) << stopped;
}

TEST_F(ModuleTest, APeerFollowsAFeedOverTheNetworkAndGoesOnAfterItBroke) {
  auto house = MakeHouse({"catalog"});
  const auto peer = rpc::MakeRemotePeer(house->StartServer(), {}, &house->tokens());
  testing::TestDatabase mine({&migrations::common()});
  std::atomic<int> applied{0};
  std::atomic<int> failures{0};
  changes::Consumer::Options options;
  options.name = "copy";
  options.source = "catalog";
  changes::Consumer consumer(options, changes::MakePeerFeedSource(*peer, "catalog", {"test/Thing"}, Reader()),
                             changes::DatabaseCursor(mine.database(), "copy", "catalog"),
                             changes::ApplyInTransaction(mine.database(), "copy", "catalog",
                                                         [&](db::Session&, const Batch& batch) -> absl::Status {
                                                           if (applied > 0 && failures++ == 0)
                                                             return absl::UnavailableError("broke");
                                                           applied += static_cast<int>(batch.changes.size());
                                                           return absl::OkStatus();
                                                         }),
                             [] { return absl::OkStatus(); });
  consumer.Start();
  house->Write(5);
  EXPECT_TRUE(consumer.AwaitPosition(5, Soon()));
  house->Write(3, 10, "test/Other");
  house->Write(300);
  EXPECT_TRUE(consumer.AwaitPosition(308, Soon()));
  EXPECT_EQ(applied, 305);
  EXPECT_GE(failures, 1);
  consumer.Stop();  // ends the stream, whose time limit is half an hour
}

TEST_F(ModuleTest, AnswersForOperationsOfEachServiceAndLimitsWhoWait) {
  auto house = MakeHouse({"catalog", "inventory"});
  const auto call = [&](const std::string& method, const google::protobuf::Message& request,
                        google::protobuf::Message* response) {
    return house->peer().CallBlocking(Call(kOperations + method), request, response);
  };
  const std::string name = CreateOperation(house->runtime(1));
  EXPECT_THAT(name, ::testing::StartsWith("operations/inventory."));
  operations::v1::WaitOperationRequest wait;
  wait.set_name(name);
  Operation operation;
  absl::Status status = call("WaitOperation", wait, &operation);
  ASSERT_TRUE(status.ok()) << status;
  catalog::v1::GetProductRequest result;
  ASSERT_TRUE(operation.response().UnpackTo(&result)) << operation.DebugString();
  EXPECT_EQ(result.name(), "products/5");

  operations::v1::GetOperationRequest get;
  get.set_name(name);
  Operation got;
  EXPECT_TRUE(call("GetOperation", get, &got).ok());
  EXPECT_EQ(got.SerializeAsString(), operation.SerializeAsString());
  operations::v1::CancelOperationRequest cancel;
  cancel.set_name(name);
  EXPECT_TRUE(call("CancelOperation", cancel, &got).ok());
  operations::v1::ListOperationsRequest list;
  list.set_service("inventory");
  operations::v1::ListOperationsResponse listed;
  EXPECT_TRUE(call("ListOperations", list, &listed).ok());
  EXPECT_EQ(listed.operations_size(), 1);
  list.set_service("catalog");
  EXPECT_TRUE(call("ListOperations", list, &listed).ok());
  EXPECT_EQ(listed.operations_size(), 0);
  list.set_service("nowhere");
  EXPECT_TRUE(absl::IsNotFound(call("ListOperations", list, &listed)));
  get.set_name("operations/nowhere.1");
  EXPECT_TRUE(absl::IsNotFound(call("GetOperation", get, &got)));

  // One may wait here; the next is told to come back.
  ASSERT_TRUE(
      house->runtime(0)
          .database()
          .Execute(Soon(),
                   "INSERT INTO operations (id, method, creator, state, request, checkpoint, progress_done, "
                   "progress_total, cancel_requested, attempts, holder, lease_expire_time, result, create_time) "
                   "VALUES (999, 'of another version', '', 1, '', '', 0, 0, 0, 0, '', '2020-01-01', '', "
                   "'2020-01-01')")
          .ok());
  wait.set_name("operations/catalog.999");
  std::atomic<bool> answered{false};
  std::thread waiting([&] {
    Operation cancelled;
    absl::Status waited;
    do {  // until it has the place
      waited = call("WaitOperation", wait, &cancelled);
    } while (absl::IsResourceExhausted(waited));
    EXPECT_TRUE(waited.ok()) << waited;
    EXPECT_TRUE(cancelled.done());
    answered = true;
  });
  operations::v1::WaitOperationRequest brief = wait;
  brief.mutable_timeout()->set_nanos(1'000'000);
  EXPECT_TRUE(testing::Eventually([&] {
    if (house->pipeline().in_flight() == 0) return false;  // leaves the place to the other
    status = call("WaitOperation", brief, &operation);
    return !status.ok();
  }));
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_FALSE(answered);
  cancel.set_name("operations/catalog.999");
  EXPECT_TRUE(call("CancelOperation", cancel, &got).ok());
  waiting.join();
}

TEST_F(ModuleTest, PassesOnWhatBelongsToAPeer) {
  auto owner = MakeHouse({"catalog"});
  const auto remote = rpc::MakeRemotePeer(owner->StartServer(), {}, &owner->tokens());
  auto front = MakeHouse({"inventory"},
                         [&](absl::string_view service) { return service == "catalog" ? remote.get() : nullptr; });
  owner->Write(250);
  AwaitSequence(*owner, 250);
  const auto all = ReadUntilNow(front->peer(), "catalog", 0);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->back().read_through(), 250);
  EXPECT_TRUE(absl::IsOutOfRange(ReadUntilNow(front->peer(), "catalog", 999).status()));

  operations::v1::WaitOperationRequest wait;
  wait.set_name(CreateOperation(owner->runtime()));
  Operation operation;
  const absl::Status status =
      front->peer().CallBlocking(Call(absl::StrCat(kOperations, "WaitOperation")), wait, &operation);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(operation.done());
}

}  // namespace
}  // namespace storeops
