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
#include "common/module/followers.h"
#include "google/protobuf/empty.pb.h"
#include "services/storeops/suite.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/service_process.h"
#include "tests/support/test_database.h"

namespace storeops::testing {
namespace {

using changes::Batch;
using changes::Change;
using changes::v1::StreamChangesRequest;
using changes::v1::StreamChangesResponse;
using google::longrunning::Operation;

constexpr char kMethod[] = "storeops.catalog.v1.ProductService/GetProduct";
constexpr char kStreamChanges[] = "storeops.changes.v1.ChangeService/StreamChanges";
constexpr char kOperations[] = "storeops.operations.v1.OperationService/";

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
    environment.operations.Register(kMethod, jobs::OperationLane::kEdit, [](jobs::OperationContext& context) {
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

// What the module of this name declares, with another body.
ModuleInfo TestInfo(const std::string& name, std::vector<std::string>& told) {
  for (ModuleInfo& info : AllModules()) {
    if (info.name != name) continue;
    info.migrations = &TestMigrations();
    info.make = [&told](const FlagValues&) { return std::make_unique<TestModule>(told); };
    return info;
  }
  return {};
}

std::vector<ModuleInfo> TestInfos(const std::vector<std::string>& services, std::vector<std::string>& told) {
  std::vector<ModuleInfo> infos;
  for (const std::string& service : services) infos.push_back(TestInfo(service, told));
  return infos;
}

struct Told {
  std::vector<std::string> told;
};

class TestProcess : private Told, public ServiceProcess {
 public:
  TestProcess(const Site& site, const std::vector<std::string>& services, ProcessOptions options)
      : ServiceProcess(site, TestInfos(services, Told::told), std::move(options)) {
    Start();
  }

  const std::vector<std::string>& told() const { return Told::told; }

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
    const absl::Status written =
        database().Transact(Soon(), [&](db::Session& session) { return changes::WriteOutbox(session, changes); });
    ASSERT_TRUE(written.ok()) << written;
    runtime().feed().Notify();
  }
};

class ModuleTest : public ::testing::Test {
 protected:
  std::unique_ptr<TestProcess> MakeProcess(const std::vector<std::string>& services,
                                           std::function<rpc::Peer*(absl::string_view)> peer = nullptr) {
    ProcessOptions options;
    options.peer = std::move(peer);
    options.shared.max_waiting = 1;
    options.shared.heartbeat_interval = absl::Milliseconds(100);
    return std::make_unique<TestProcess>(site_, services, std::move(options));
  }

  // Types of tests have no permission of their own.
  static rpc::Principal Reader() { return {"services/analytics", "analytics", {"*"}}; }
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
  static void AwaitSequence(TestProcess& process, int64_t sequence) {
    ASSERT_TRUE(Eventually([&] { return process.runtime().feed().LastSequence(Soon()).value_or(0) >= sequence; }));
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

  const Site site_;
};

TEST_F(ModuleTest, RunsAModuleFromMigrationToStopAndStartsAgain) {
  for (int run = 0; run < 2; ++run) {
    auto process = MakeProcess({"catalog"});
    EXPECT_TRUE(process->runtime().Ready(Soon()).ok());
    EXPECT_EQ(process->runtime().database().name(), site_.prefix() + "catalog");
    EXPECT_TRUE(process->runtime().database().Query(Soon(), "SELECT * FROM things").ok());
    EXPECT_THAT(process->told(), ::testing::ElementsAre("bind", "start"));
    process->runtime().Stop();
    EXPECT_THAT(process->told(), ::testing::ElementsAre("bind", "start", "stop"));
    const auto jobs = process->runtime().periodic().RunDue();
    ASSERT_TRUE(jobs.ok()) << jobs.status();
    const auto known = process->runtime().database().Query(Soon(), "SELECT name FROM periodic_jobs ORDER BY name");
    ASSERT_EQ(known->size(), 3u);
    EXPECT_EQ(known->Text(0, 0), "prune-changes");
  }
}

TEST_F(ModuleTest, AStreamUntilNowHasWhatWasWrittenBefore) {
  auto process = MakeProcess({"catalog"});
  // Nobody else gives the changes their places.
  process->runtime().feed().Stop();
  process->Write(30);
  const auto responses = ReadUntilNow(process->peer(), "catalog", 0);
  ASSERT_TRUE(responses.ok()) << responses.status();
  int changes = 0;
  for (const StreamChangesResponse& response : *responses) changes += response.changes_size();
  EXPECT_EQ(changes, 30);
}

TEST_F(ModuleTest, StreamsAFeedInMessagesOfLimitedSize) {
  auto process = MakeProcess({"catalog"});
  process->Write(1500);
  process->Write(10, 300 << 10);
  AwaitSequence(*process, 1510);
  const auto all = ReadUntilNow(process->peer(), "catalog", 0);
  ASSERT_TRUE(all.ok()) << all.status();
  int64_t last = 0;
  for (const StreamChangesResponse& response : *all) {
    EXPECT_LE(response.changes_size(), 1000);
    EXPECT_LE(response.ByteSizeLong(), (1u << 20) + 1000);
    for (const Change& change : response.changes()) EXPECT_EQ(change.sequence(), ++last);
    EXPECT_EQ(response.read_through(), last);
  }
  EXPECT_EQ(last, 1510);
  // Nothing of the type, nothing after the end: how far was read is said all the same.
  const auto none = ReadUntilNow(process->peer(), "catalog", 3, {"test/Other"});
  ASSERT_FALSE(none->empty());
  EXPECT_EQ(none->back().read_through(), 1510);
  const auto end = ReadUntilNow(process->peer(), "catalog", 1510);
  ASSERT_EQ(end->size(), 1u);
  EXPECT_EQ(end->back().read_through(), 1510);
  EXPECT_TRUE(absl::IsOutOfRange(ReadUntilNow(process->peer(), "catalog", 1511).status()));
  EXPECT_TRUE(absl::IsNotFound(ReadUntilNow(process->peer(), "nowhere", 0).status()));
}

TEST_F(ModuleTest, GivesSignsOfLifeAndEndsWhenTheCallerGoesOrTheProcessStops) {
  auto process = MakeProcess({"catalog"});
  StreamChangesRequest request;
  request.set_source("catalog");
  int beats = 0;
  const absl::Status left = process->peer().Stream(Call(kStreamChanges), request.SerializeAsString(),
                                                   [&](const std::string&) { return ++beats < 3; });
  EXPECT_TRUE(left.ok()) << left;
  EXPECT_EQ(beats, 3);

  const absl::Status late =
      process->peer().Stream(Call(kStreamChanges, absl::Now() + absl::Milliseconds(300)), request.SerializeAsString(),
                             [](const std::string&) { return true; });
  EXPECT_TRUE(absl::IsDeadlineExceeded(late)) << late;

  absl::Notification streaming;
  std::thread stop([&] {
    streaming.WaitForNotification();
    process->pipeline().StopAccepting();
  });
  const absl::Status stopped = process->peer().Stream(Call(kStreamChanges, absl::Now() + absl::Minutes(5)),
                                                      request.SerializeAsString(), [&](const std::string&) {
                                                        if (!streaming.HasBeenNotified()) streaming.Notify();
                                                        return true;
                                                      });
  stop.join();
  EXPECT_TRUE(absl::IsUnavailable(stopped)) << stopped;
}

TEST_F(ModuleTest, APeerFollowsAFeedOverTheNetworkAndGoesOnAfterItBroke) {
  auto process = MakeProcess({"catalog"});
  const auto peer = rpc::MakeRemotePeer(process->StartGrpc(), {}, &process->tokens());
  TestDatabase mine({&migrations::common()});
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
  process->Write(5);
  EXPECT_TRUE(consumer.AwaitPosition(5, Soon()));
  process->Write(3, 10, "test/Other");
  process->Write(300);
  EXPECT_TRUE(consumer.AwaitPosition(308, Soon()));
  EXPECT_EQ(applied, 305);
  EXPECT_GE(failures, 1);
  consumer.Stop();  // ends the stream, whose time limit is half an hour
}

// Follows the things of the catalog, and fails for those called "things/bad" until it is cured.
class FollowingModule final : public Module {
 public:
  FollowingModule(std::atomic<bool>& cured, absl::Notification& has_snapshot)
      : cured_(cured), has_snapshot_(has_snapshot) {}
  absl::Status Bind(Environment& environment) override {
    environment.followers.Add(
        {.name = "things", .source = "catalog", .types = {"catalog.storeops/Category"}, .max_attempts = 1},
        [this](db::Session&, absl::Span<const Change> changes) { return Apply(changes); });
    return absl::OkStatus();
  }
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}

 private:
  absl::Status Apply(absl::Span<const Change> changes) {
    for (const Change& change : changes) {
      if (change.subject() == "things/bad" && !cured_) return absl::InternalError("a bad thing");
      if (change.kind() == Change::SNAPSHOT && !has_snapshot_.HasBeenNotified()) has_snapshot_.Notify();
    }
    return absl::OkStatus();
  }

  std::atomic<bool>& cured_;
  absl::Notification& has_snapshot_;
};

TEST_F(ModuleTest, ListsRetriesAndDeletesDeadLetters) {
  using namespace storeops::changes::v1;
  constexpr char kService[] = "storeops.changes.v1.ChangeService/";
  std::atomic<bool> cured{false};
  absl::Notification has_snapshot;
  std::vector<std::string> told;
  ModuleInfo inventory = TestInfo("inventory", told);
  inventory.make = [&](const FlagValues&) { return std::make_unique<FollowingModule>(cured, has_snapshot); };
  ServiceProcess process(site_, {TestInfo("catalog", told), inventory});
  changes::Feed& feed = process.runtime("catalog").feed();
  feed.OfferSnapshot("catalog.storeops/Category", [](const std::string& after_id, int, absl::Time) {
    std::vector<changes::SnapshotResource> things;
    if (!after_id.empty()) return things;
    things.push_back({"1", Change()});
    things[0].change.set_type("catalog.storeops/Category");
    things[0].change.set_subject("things/first");
    things[0].change.set_kind(Change::SNAPSHOT);
    things[0].change.set_version(1);
    return things;
  });
  process.Start();
  const auto write = [&](const std::string& subject, int64_t version) {
    Change change;
    change.set_type("catalog.storeops/Category");
    change.set_subject(subject);
    change.set_kind(version == 1 ? Change::CREATED : Change::UPDATED);
    change.set_version(version);
    *change.mutable_time() = ToTimestamp(absl::Now());
    const absl::Status written = process.runtime("catalog").database().Transact(
        Soon(), [&](db::Session& session) { return changes::WriteOutbox(session, {change}); });
    ASSERT_TRUE(written.ok()) << written;
    feed.Notify();
  };
  changes::Follower* const follower = process.runtime("inventory").followers().Find("things");
  ASSERT_NE(follower, nullptr);
  ASSERT_TRUE(has_snapshot.WaitForNotificationWithTimeout(absl::Seconds(60)));
  write("things/bad", 1);
  write("things/good", 1);
  ASSERT_TRUE(follower->AwaitSequence(2, Soon()));

  ListDeadLettersRequest list;
  list.set_service("inventory");
  auto listed = process.Call<ListDeadLettersResponse>("ListDeadLetters", list);
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->dead_letters_size(), 1);
  const DeadLetter letter = listed->dead_letters(0);
  EXPECT_EQ(letter.follower(), "things");
  EXPECT_EQ(letter.change().subject(), "things/bad");
  EXPECT_THAT(letter.error(), ::testing::HasSubstr("a bad thing"));
  EXPECT_THAT(letter.name(), ::testing::StartsWith("deadLetters/inventory."));

  RetryDeadLetterRequest retry;
  retry.set_name(letter.name());
  EXPECT_EQ(Reason(process.Call<RetryDeadLetterResponse>("RetryDeadLetter", retry).status()), "DEAD_LETTER_FAILED");
  cured = true;
  EXPECT_EQ(process.Call<RetryDeadLetterResponse>("RetryDeadLetter", retry)->applied(), 1);
  EXPECT_TRUE(absl::IsNotFound(process.Call<RetryDeadLetterResponse>("RetryDeadLetter", retry).status()));

  cured = false;
  write("things/bad", 2);
  ASSERT_TRUE(follower->AwaitSequence(3, Soon()));
  listed = process.Call<ListDeadLettersResponse>("ListDeadLetters", list);
  ASSERT_EQ(listed->dead_letters_size(), 1);
  DeleteDeadLetterRequest remove;
  remove.set_name(listed->dead_letters(0).name());
  EXPECT_TRUE(process.Call<google::protobuf::Empty>("DeleteDeadLetter", remove).ok());
  EXPECT_TRUE(absl::IsNotFound(process.Call<google::protobuf::Empty>("DeleteDeadLetter", remove).status()));
  EXPECT_EQ(process.Call<ListDeadLettersResponse>("ListDeadLetters", list)->dead_letters_size(), 0);

  remove.set_name("deadLetters/nowhere.1");
  EXPECT_TRUE(absl::IsNotFound(process.Call<google::protobuf::Empty>("DeleteDeadLetter", remove).status()));
  list.set_service("nowhere");
  EXPECT_TRUE(absl::IsNotFound(process.Call<ListDeadLettersResponse>("ListDeadLetters", list).status()));
  SnapshotResourcesRequest snapshot;
  snapshot.set_source("catalog");
  snapshot.set_type("test/Other");
  const absl::Status none =
      process.peer().Stream(Call(std::string(kService) + "SnapshotResources"), snapshot.SerializeAsString(),
                            [](const std::string&) { return true; });
  EXPECT_EQ(Reason(none), "NO_SNAPSHOT_OF_TYPE") << none;
}

// Sends letters, which are refused until it is cured.
class SendingModule final : public Module {
 public:
  explicit SendingModule(std::atomic<bool>& cured) : cured_(cured) {}
  absl::Status Bind(Environment& environment) override {
    const auto deliver = [this](const outbound::Message&, absl::Time) {
      return cured_ ? absl::OkStatus() : absl::InternalError("no stamp");
    };
    environment.outbound.Register("letters", {.deliver = deliver, .max_attempts = 1});
    return absl::OkStatus();
  }
  absl::Status Start() override { return absl::OkStatus(); }
  void Stop() override {}

 private:
  std::atomic<bool>& cured_;
};

TEST_F(ModuleTest, ListsRetriesAndDeletesOutboundMessagesOverGrpc) {
  using namespace storeops::outbound::v1;
  std::atomic<bool> cured{false};
  std::vector<std::string> told;
  ModuleInfo inventory = TestInfo("inventory", told);
  inventory.make = [&](const FlagValues&) { return std::make_unique<SendingModule>(cured); };
  ServiceProcess process(site_, {inventory});
  process.Start();
  const auto peer = rpc::MakeRemotePeer(process.StartGrpc(), {}, &process.tokens());
  const auto ask = [&](const std::string& method, const google::protobuf::Message& request,
                       google::protobuf::Message* response, std::vector<std::string> permissions) {
    rpc::PeerCall call = Call("storeops.outbound.v1.OutboundService/" + method);
    call.principal.permissions = std::move(permissions);
    return peer->CallBlocking(std::move(call), request, response);
  };
  const auto enqueue = [&](const std::string& key) {
    const absl::Status enqueued = process.database().Transact(Soon(), [&](db::Session& session) {
      return process.runtime().outbound().Enqueue(session, {"letters", "post", key, "dear Ada"});
    });
    ASSERT_TRUE(enqueued.ok()) << enqueued;
    process.runtime().outbound().Wake();
  };
  ListMessagesRequest list;
  list.set_service("inventory");
  list.set_state(OutboundMessage::DEAD);
  ListMessagesResponse listed;
  const auto await_dead = [&](int count) {
    return Eventually(
        [&] { return ask("ListMessages", list, &listed, {"outbound.read"}).ok() && listed.messages_size() == count; });
  };
  enqueue("first");
  enqueue("second");
  ASSERT_TRUE(await_dead(2));
  const OutboundMessage first = listed.messages(0), second = listed.messages(1);
  EXPECT_EQ(first.queue(), "letters");
  EXPECT_EQ(first.target(), "post");
  EXPECT_EQ(first.key(), "first");
  EXPECT_EQ(first.attempts(), 1);
  EXPECT_THAT(first.last_error(), ::testing::HasSubstr("no stamp"));
  EXPECT_THAT(first.name(), ::testing::StartsWith("outboundMessages/inventory."));
  EXPECT_EQ(listed.DebugString().find("Ada"), std::string::npos);

  RetryMessageRequest retry;
  retry.set_name(first.name());
  OutboundMessage retried;
  EXPECT_TRUE(absl::IsPermissionDenied(ask("RetryMessage", retry, &retried, {"outbound.read"})));
  cured = true;
  const absl::Status status = ask("RetryMessage", retry, &retried, {"outbound.write"});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(retried.state(), OutboundMessage::WAITING);
  EXPECT_TRUE(await_dead(1));
  EXPECT_TRUE(Eventually([&] { return Number(process.database(), "SELECT COUNT(*) FROM outbound_messages") == 1; }));
  EXPECT_TRUE(absl::IsNotFound(ask("RetryMessage", retry, &retried, {"outbound.write"})));

  DeleteMessageRequest remove;
  google::protobuf::Empty nothing;
  remove.set_name(second.name());
  EXPECT_TRUE(ask("DeleteMessage", remove, &nothing, {"outbound.write"}).ok());
  EXPECT_TRUE(await_dead(0));
  remove.set_name("outboundMessages/nowhere.1");
  EXPECT_TRUE(absl::IsNotFound(ask("DeleteMessage", remove, &nothing, {"outbound.write"})));
  list.set_service("nowhere");
  EXPECT_TRUE(absl::IsNotFound(ask("ListMessages", list, &listed, {"outbound.read"})));
}

TEST_F(ModuleTest, AnswersForOperationsOfEachServiceAndLimitsWhoWait) {
  auto process = MakeProcess({"catalog", "inventory"});
  const auto call = [&](const std::string& method, const google::protobuf::Message& request,
                        google::protobuf::Message* response) {
    return process->peer().CallBlocking(Call(kOperations + method), request, response);
  };
  const std::string name = CreateOperation(process->runtime("inventory"));
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
      process->runtime("catalog")
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
    if (process->pipeline().in_flight() == 0) return false;  // leaves the place to the other
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
  auto owner = MakeProcess({"catalog"});
  const auto remote = rpc::MakeRemotePeer(owner->StartGrpc(), {}, &owner->tokens());
  auto front = MakeProcess({"inventory"},
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
}  // namespace storeops::testing
