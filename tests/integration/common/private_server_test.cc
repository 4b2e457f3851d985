#include "common/db/private_server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/support/database_helpers.h"

namespace storeops::db {
namespace {

namespace fs = std::filesystem;
using ::storeops::testing::Eventually;
using ::storeops::testing::Number;
using ::storeops::testing::Reason;
using ::storeops::testing::Soon;

class PrivateServerTest : public ::testing::Test {
 protected:
  PrivateServerTest() {
    std::string pattern = (fs::temp_directory_path() / "storeops-server-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    options_.folder = root_ / "db";
    options_.buffer_pool_bytes = 32 << 20;
    options_.die_with_parent = true;
  }
  ~PrivateServerTest() override { fs::remove_all(root_); }

  std::unique_ptr<PrivateServer> Start() {
    auto server = PrivateServer::Start(options_);
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *std::move(server) : nullptr;
  }
  static std::unique_ptr<Database> Open(const PrivateServer& server, const std::string& name = "shop") {
    EXPECT_TRUE(CreateDatabase(server.address(), name, Soon()).ok());
    Options options;
    options.address = server.address();
    options.database = name;
    return std::make_unique<Database>(options);
  }
  static bool Alive(pid_t pid) { return kill(pid, 0) == 0; }
  // As in /proc: R, S, T (stopped), Z (ended, not reaped); empty if there is no such process.
  static std::string State(pid_t pid) {
    std::string word;
    std::ifstream(absl::StrCat("/proc/", pid, "/stat")) >> word >> word >> word;
    return word;
  }

  fs::path root_;
  PrivateServer::Options options_;
};

TEST_F(PrivateServerTest, MakesItsFolderAnswersAndStops) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto database = Open(*server);
  EXPECT_EQ(Number(*database, "SELECT 1"), 1);
  EXPECT_EQ(Number(*database, "SELECT @@innodb_flush_log_at_trx_commit"), 1);
  EXPECT_EQ(Number(*database, "SELECT @@skip_networking"), 1);
  EXPECT_EQ(Number(*database, "SELECT @@local_infile"), 0);
  EXPECT_EQ(Number(*database, "SELECT @@log_bin"), 0);
  EXPECT_EQ(Number(*database, "SELECT @@innodb_doublewrite"), 1);
  struct stat folder;
  ASSERT_EQ(stat(options_.folder.c_str(), &folder), 0);
  EXPECT_EQ(folder.st_mode & 0777, 0700u);
  const pid_t pid = server->pid();
  EXPECT_NE(getpgid(pid), getpgid(0)) << "Ctrl-C at the terminal must not reach it";
  EXPECT_NE(getsid(pid), getsid(0));
  const absl::Status stopped = server->Stop();
  EXPECT_TRUE(stopped.ok()) << stopped;
  EXPECT_FALSE(Alive(pid));
  EXPECT_EQ(server->pid(), 0);
  EXPECT_TRUE(server->Stop().ok()) << "twice is once";
}

// Writers run while the server is killed, again and again: each row whose commit was acknowledged is there.
TEST_F(PrivateServerTest, LosesNothingAcknowledgedWhenKilled) {
  auto server = Start();
  ASSERT_NE(server, nullptr);
  std::atomic<int> next{0};
  std::vector<int> acknowledged;
  for (int round = 0; round < 2; ++round) {
    auto database = Open(*server);
    ASSERT_TRUE(database->Execute(Soon(), "CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY)").ok());
    std::vector<std::vector<int>> written(4);
    std::atomic<int> count{0};
    std::vector<std::thread> writers;
    for (auto& mine : written) {
      writers.emplace_back([&] {
        while (true) {
          const int id = ++next;
          const absl::Status status = database->Transact(
              Soon(), [id](Session& session) { return session.Execute("INSERT INTO t VALUES (?)", {id}).status(); });
          if (!status.ok()) break;
          mine.push_back(id);
          ++count;
        }
      });
    }
    EXPECT_TRUE(Eventually([&] { return count > 200; }));
    server->Kill();
    for (std::thread& writer : writers) writer.join();
    for (const auto& mine : written) acknowledged.insert(acknowledged.end(), mine.begin(), mine.end());
    server.reset();
    server = Start();
    ASSERT_NE(server, nullptr);
  }
  const auto database = Open(*server);
  EXPECT_GT(acknowledged.size(), 400u);
  const auto rows = database->Query(Soon(), "SELECT id FROM t");
  ASSERT_TRUE(rows.ok()) << rows.status();
  std::vector<bool> present(next + 1);
  for (size_t row = 0; row < rows->size(); ++row) present[rows->Int(row, 0)] = true;
  for (int id : acknowledged) EXPECT_TRUE(present[id]) << id;
}

TEST_F(PrivateServerTest, TakesOverAServerThatStillRuns) {
  options_.die_with_parent = false;
  auto first = Start();
  ASSERT_NE(first, nullptr);
  const pid_t pid = first->pid();
  first.reset();
  EXPECT_TRUE(Alive(pid)) << "it is left running";
  const auto second = Start();
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->pid(), pid);
  EXPECT_EQ(Number(*Open(*second), "SELECT 3"), 3);
  EXPECT_TRUE(second->Stop().ok());
  EXPECT_FALSE(Alive(pid));
}

// The starting program is killed at once: its server may be in the middle of starting, or of being installed.
TEST_F(PrivateServerTest, SurvivesStartersThatAreKilled) {
  options_.die_with_parent = false;
  for (absl::Duration delay : {absl::Milliseconds(50), absl::Milliseconds(400), absl::Milliseconds(900)}) {
    const pid_t starter = fork();
    if (starter == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      (void)PrivateServer::Start(options_);
      pause();
    }
    const absl::Time end = absl::Now() + delay;
    while (absl::Now() < end) absl::SleepFor(end - absl::Now());  // real time: some point of its start
    kill(starter, SIGKILL);
    ASSERT_EQ(waitpid(starter, nullptr, 0), starter);
  }
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(Number(*Open(*server), "SELECT 4"), 4);
  EXPECT_TRUE(server->Stop().ok());
}

TEST_F(PrivateServerTest, TwoStartersShareOneServer) {
  options_.die_with_parent = false;
  std::unique_ptr<PrivateServer> servers[2];
  std::thread other([&] { servers[0] = Start(); });
  servers[1] = Start();
  other.join();
  ASSERT_NE(servers[0], nullptr);
  ASSERT_NE(servers[1], nullptr);
  EXPECT_EQ(servers[0]->pid(), servers[1]->pid());
  EXPECT_TRUE(servers[0]->Stop().ok());
  EXPECT_TRUE(Eventually([&] { return servers[1]->pid() == 0; })) << "the other notices the end";
}

TEST_F(PrivateServerTest, AnUnfinishedDataFolderIsMadeAnew) {
  fs::create_directories(root_ / "db" / "data.unfinished" / "mysql");
  std::ofstream(root_ / "db" / "data.unfinished" / "ibdata1") << "half";
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  EXPECT_EQ(Number(*Open(*server), "SELECT 5"), 5);
}

TEST_F(PrivateServerTest, APidFileOfAnotherProcessIsNotTakenForTheServer) {
  fs::create_directories(root_ / "db");
  std::ofstream(root_ / "db" / "mariadbd.pid") << getpid() << "\n";
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  EXPECT_NE(server->pid(), getpid());
}

TEST_F(PrivateServerTest, StartsAgainWhatEndsByItself) {
  options_.supervise = true;
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto database = Open(*server);
  ASSERT_TRUE(database->Execute(Soon(), "CREATE TABLE t (id INT PRIMARY KEY)").ok());
  for (int round = 1; round <= 2; ++round) {
    const pid_t before = server->pid();
    server->Kill();
    EXPECT_TRUE(Eventually([&] { return database->Execute(Soon(), "INSERT INTO t VALUES (?)", {round}).ok(); }))
        << "the same Database goes on with the new server";
    EXPECT_NE(server->pid(), before);
    EXPECT_FALSE(Alive(before));
  }
  EXPECT_EQ(Number(*database, "SELECT COUNT(*) FROM t"), 2);
  EXPECT_TRUE(server->Stop().ok()) << "and is not started again";
  EXPECT_EQ(server->pid(), 0);
}

TEST_F(PrivateServerTest, WorksInAFolderWithALongPath) {
  options_.folder = (root_ / std::string(100, 'l') / std::string(100, 'o') / "with space").string();
  fs::path socket;
  {
    const auto server = Start();
    ASSERT_NE(server, nullptr);
    socket = server->address().socket;
    EXPECT_LT(socket.native().size(), 100u);
    struct stat folder;
    ASSERT_EQ(stat(socket.parent_path().c_str(), &folder), 0);
    EXPECT_EQ(folder.st_mode & 0777, 0700u);
    EXPECT_EQ(Number(*Open(*server), "SELECT 6"), 6);
    EXPECT_TRUE(server->Stop().ok());
  }
  fs::remove_all(socket.parent_path());
}

TEST_F(PrivateServerTest, TellsWhyItDoesNotStart) {
  options_.arguments = {"--no-such-option=1"};
  const auto server = PrivateServer::Start(options_);
  ASSERT_FALSE(server.ok());
  EXPECT_EQ(server.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(absl::StrContains(server.status().message(), "no-such-option")) << server.status();
  options_.folder.clear();
  EXPECT_EQ(PrivateServer::Start(options_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(PrivateServerTest, EndsWithTheProcessThatStartedIt) {
  const pid_t parent = fork();
  if (parent == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto server = PrivateServer::Start(options_);
    std::ofstream(root_ / "started") << (server.ok() ? (*server)->pid() : -1) << std::endl;
    pause();
  }
  pid_t pid = 0;
  ASSERT_TRUE(Eventually([&] { return bool(std::ifstream(root_ / "started") >> pid); }));
  ASSERT_GT(pid, 0);
  EXPECT_TRUE(Alive(pid));
  kill(parent, SIGKILL);
  ASSERT_EQ(waitpid(parent, nullptr, 0), parent);
  EXPECT_TRUE(Eventually([&] { return State(pid).empty() || State(pid) == "Z"; }));
}

TEST_F(PrivateServerTest, PingTellsReadOnlyFromReady) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  const auto database = Open(*server);
  EXPECT_TRUE(database->Ping(Soon()).ok());
  ASSERT_TRUE(database->Execute(Soon(), "SET GLOBAL read_only=1").ok());
  EXPECT_EQ(Reason(database->Ping(Soon())), "DATABASE_READ_ONLY");
  ASSERT_TRUE(database->Execute(Soon(), "SET GLOBAL read_only=0").ok());
  EXPECT_TRUE(database->Ping(Soon()).ok());
  server->Kill();
  EXPECT_EQ(database->Ping(Soon()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(PrivateServerTest, AServerThatHangsIsGivenUp) {
  const auto server = Start();
  ASSERT_NE(server, nullptr);
  Options options;
  options.address = server->address();
  options.statement_limit = absl::Seconds(3);
  options.connect_timeout = absl::Seconds(3);
  Database database(options);
  EXPECT_EQ(Number(database, "SELECT 1"), 1);
  kill(server->pid(), SIGSTOP);
  ASSERT_TRUE(Eventually([&] { return State(server->pid()) == "T"; }));
  EXPECT_EQ(database.Query(Soon(), "SELECT 1").status().code(), absl::StatusCode::kUnavailable);
  kill(server->pid(), SIGCONT);
  EXPECT_EQ(Number(database, "SELECT 2"), 2);
}

}  // namespace
}  // namespace storeops::db
