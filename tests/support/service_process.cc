#include "tests/support/service_process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/rpc/grpc_server.h"
#include "services/storeops/suite.h"
#include "tests/support/eventually.h"

namespace storeops::testing {
namespace {

constexpr char kBackgroundVariable[] = "STOREOPS_TEST_BACKGROUND";

// Nothing can be tested with a process that does not come up.
void CheckOk(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "service process: %s\n", status.ToString().c_str());
  std::abort();
}

// Where a test waits for the end of a call.
template <class Result>
struct Answer {
  absl::Notification arrived;
  Result result = absl::UnknownError("no answer");

  static auto Callback(const std::shared_ptr<Answer>& answer) {
    return [answer](Result result) {
      answer->result = std::move(result);
      answer->arrived.Notify();
    };
  }
  Result& Wait() {
    arrived.WaitForNotification();
    return result;
  }
};

absl::Status ToMessage(absl::StatusOr<rpc::Reply>& reply, google::protobuf::Message* response) {
  if (!reply.ok() || response == nullptr) return reply.status();
  return reply->ToMessage(response);
}

// All modules, those of `modules` in place of their namesakes.
std::vector<ModuleInfo> Declared(const std::vector<ModuleInfo>& modules, const std::vector<ModuleInfo>& more) {
  std::vector<ModuleInfo> declared = modules;
  for (const ModuleInfo& info : AllModules()) {
    const auto same = [&info](const ModuleInfo& other) { return other.name == info.name; };
    if (std::none_of(modules.begin(), modules.end(), same)) declared.push_back(info);
  }
  declared.insert(declared.end(), more.begin(), more.end());
  return declared;
}

ModuleInfo ModuleNamed(const std::string& name) {
  for (ModuleInfo& info : AllModules()) {
    if (info.name == name) return info;
  }
  std::abort();
}

// In the other process: works until it is killed.
class BackgroundMain final : public ::testing::Environment {
 public:
  void SetUp() override {
    const char* setting = std::getenv(kBackgroundVariable);
    if (setting == nullptr) return;
    const std::vector<std::string> parts = absl::StrSplit(setting, '\n');
    const Site site(parts.at(1), parts.at(2));
    ProcessOptions options;
    options.data = "background";
    ServiceProcess process(site, {ModuleNamed(parts.at(0))}, std::move(options));
    process.BeginToLoad();
    while (true) pause();
  }
};

const ::testing::Environment* const kBackgroundMain = ::testing::AddGlobalTestEnvironment(new BackgroundMain);

}  // namespace

ServiceProcess::ServiceProcess(const Site& site, std::vector<ModuleInfo> modules, ProcessOptions options)
    : first_(modules.front().name) {
  auto blobs = blobs::OpenFolderStore(site.folder() + "/blobs");
  CheckOk(blobs.status());
  blobs_ = *std::move(blobs);
  ServiceHost::Options host;
  host.modules = Declared(modules, options.declared);
  host.run.clear();
  for (const ModuleInfo& info : modules) host.run.push_back(info.name);
  host.runtime.address = options.database.value_or(TestServer());
  host.runtime.database_prefix = site.prefix();
  host.runtime.secret = Site::kSecret;
  host.runtime.data_root = absl::StrCat(site.folder(), "/", options.data);
  host.runtime.clock = options.clock;
  host.runtime.periodic_jobs = options.clock == &Clock::System();
  host.runtime.blobs = blobs_.get();
  host.runtime.peer = std::move(options.peer);
  host.runtime.version = "test";
  host.shared = options.shared;
  host.workers = options.threads;
  auto made = ServiceHost::Make(std::move(host));
  CheckOk(made.status());
  host_ = *std::move(made);
  CheckOk(host_->Migrate(absl::Now() + absl::Minutes(5)));
  CheckOk(host_->Bind());
}

ServiceProcess::~ServiceProcess() {
  if (grpc_ == nullptr) return;
  host_->pipeline().StopAccepting();
  grpc_->Shutdown(absl::Now() + absl::Seconds(5));
}

void ServiceProcess::Start() {
  ASSERT_NO_FATAL_FAILURE(BeginToLoad());
  ASSERT_TRUE(Eventually([this] { return Loaded(); })) << Metrics();
}

void ServiceProcess::BeginToLoad() {
  const absl::Status started = host_->Start();
  ASSERT_TRUE(started.ok()) << started;
}

bool ServiceProcess::Loaded() {
  for (const absl::string_view line : absl::StrSplit(Metrics(), '\n')) {
    if (absl::StartsWith(line, "storeops_") && absl::EndsWith(line, "_loaded 0")) return false;
  }
  return true;
}

std::string ServiceProcess::StartGrpc() {
  auto server = rpc::GrpcServer::Start({}, table(), pipeline());
  CheckOk(server.status());
  grpc_ = *std::move(server);
  grpc_->SetServing(true);
  return absl::StrCat("127.0.0.1:", grpc_->port());
}

rpc::PeerCall ServiceProcess::MakeCall(const std::string& method) const {
  rpc::PeerCall call;
  call.principal = {"users/1", "Owner", {"*"}};
  call.deadline = absl::Now() + absl::Seconds(60);
  for (const rpc::Method* row : table().methods()) {
    absl::string_view name = row->full_name;
    if (!absl::ConsumeSuffix(&name, method) || (!absl::EndsWith(name, "/") && !absl::EndsWith(name, "."))) continue;
    EXPECT_EQ(call.method, "") << method << " may also be " << row->full_name;
    call.method = row->full_name;
  }
  EXPECT_NE(call.method, "") << "no method " << method;
  return call;
}

std::string ServiceProcess::Bearer(const std::string& name, std::vector<std::string> permissions) const {
  return "Bearer " + tokens().Mint({name, name, std::move(permissions)}, absl::Minutes(10));
}

absl::Status ServiceProcess::Call(const std::string& method, const std::string& authorization,
                                  const google::protobuf::Message& request, google::protobuf::Message* response) {
  const auto answer = std::make_shared<Answer<absl::StatusOr<rpc::Reply>>>();
  pipeline().Serve(MakeIncoming(method, authorization, request), answer->Callback(answer));
  return ToMessage(answer->Wait(), response);
}

absl::Status ServiceProcess::CallStream(const std::string& method, const std::string& authorization,
                                        const google::protobuf::Message& request) {
  class Sink final : public rpc::ReplyStream {
   public:
    bool Write(const google::protobuf::Message&) override { return true; }
  };
  const auto answer = std::make_shared<Answer<absl::Status>>();
  pipeline().ServeStream(MakeIncoming(method, authorization, request), std::make_shared<Sink>(),
                         answer->Callback(answer));
  return answer->Wait();
}

absl::Status ServiceProcess::CallUpload(const std::string& method, const std::string& authorization,
                                        std::vector<std::string> requests, google::protobuf::Message* response) {
  const auto answer = std::make_shared<Answer<absl::StatusOr<rpc::Reply>>>();
  const auto next = [requests = std::move(requests), sent = size_t{0}](std::string* bytes) mutable {
    if (sent == requests.size()) return absl::StatusOr<bool>(false);
    *bytes = requests[sent++];
    return absl::StatusOr<bool>(true);
  };
  pipeline().ServeUpload(MakeIncoming(method, authorization, *table().Find(method)->request), next,
                         answer->Callback(answer));
  return ToMessage(answer->Wait(), response);
}

ServiceRuntime& ServiceProcess::runtime(absl::string_view service) {
  for (const auto& runtime : host_->runtimes()) {
    if (runtime->name() == service) return *runtime;
  }
  std::abort();
}

rpc::Incoming ServiceProcess::MakeIncoming(const std::string& method, const std::string& authorization,
                                           const google::protobuf::Message& request) {
  rpc::Incoming incoming;
  incoming.method = table().Find(method);
  if (incoming.method == nullptr) ADD_FAILURE() << "no method " << method;
  incoming.credentials.authorization = authorization;
  incoming.peer_address = "127.0.0.1";
  incoming.deadline = absl::Now() + absl::Seconds(60);
  const auto body = std::make_shared<const std::string>(request.SerializeAsString());
  incoming.request_bytes = body->size();
  incoming.decode = [body](google::protobuf::Message* message) {
    return message->ParseFromString(*body) ? absl::OkStatus() : absl::InvalidArgumentError("malformed");
  };
  incoming.binary = [body] { return *body; };
  return incoming;
}

BackgroundProcess::BackgroundProcess(const Site& site, const std::string& service) {
  const std::vector<std::string> settings = {
      absl::StrCat(kBackgroundVariable, "=", service, "\n", site.prefix(), "\n", site.folder()),
      absl::StrCat("STOREOPS_TEST_DB_SOCKET=", TestServer().socket)};
  std::vector<char*> environment;
  for (const std::string& one : settings) environment.push_back(const_cast<char*>(one.c_str()));
  for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
  environment.push_back(nullptr);
  char program[] = "/proc/self/exe";
  char* arguments[] = {program, nullptr};
  EXPECT_EQ(posix_spawn(&pid_, program, nullptr, nullptr, arguments, environment.data()), 0);
}

void BackgroundProcess::Kill() {
  EXPECT_EQ(kill(pid_, SIGKILL), 0);
  int status = 0;
  EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
  EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
}

}  // namespace storeops::testing
