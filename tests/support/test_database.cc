#include "tests/support/test_database.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "common/base/signer.h"
#include "common/db/private_server.h"

namespace storeops::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolderPrefix = "storeops-test-";
constexpr absl::Duration kPatience = absl::Seconds(60);

void CheckOk(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "test database: %s\n", status.ToString().c_str());
  std::abort();
}

// Folders of test programs that were killed: "storeops-test-PID".
void RemoveAbandoned(const fs::path& parent) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(parent, error)) {
    const std::string name = entry.path().filename();
    absl::string_view number = name;
    int pid = 0;
    if (!absl::ConsumePrefix(&number, kFolderPrefix) || !absl::SimpleAtoi(number, &pid)) continue;
    if (kill(pid, 0) != 0 && errno == ESRCH) fs::remove_all(entry.path(), error);
  }
}

// One server for this process, gone with it.
class OwnServer {
 public:
  OwnServer() : folder_(fs::temp_directory_path() / absl::StrCat(kFolderPrefix, getpid())) {
    RemoveAbandoned(folder_.parent_path());
    db::PrivateServer::Options options;
    options.folder = folder_;
    options.buffer_pool_bytes = 64 << 20;
    options.durable = false;
    options.die_with_parent = true;
    auto server = db::PrivateServer::Start(options);
    CheckOk(server.status());
    server_ = *std::move(server);
  }
  ~OwnServer() {
    server_->Kill();
    std::error_code error;
    fs::remove_all(folder_, error);
  }

  db::Address address() const { return server_->address(); }

 private:
  const fs::path folder_;
  std::unique_ptr<db::PrivateServer> server_;
};

db::Address FindServer() {
  if (const char* socket = std::getenv("STOREOPS_TEST_DB_SOCKET"); socket != nullptr && *socket != '\0') {
    db::Address address;
    address.socket = socket;
    return address;
  }
  static OwnServer own;
  return own.address();
}

// Other programs share the server, and a killed one leaves its databases behind.
std::string UniqueName() {
  static std::atomic<int> count{0};
  static const std::string* const process =
      new std::string(absl::StrCat("test_", getpid(), "_", HexEncode(Sha256(RandomToken(16))).substr(0, 8)));
  return absl::StrCat(*process, "_", ++count);
}

}  // namespace

const db::Address& TestServer() {
  static const db::Address* const address = new db::Address(FindServer());
  return *address;
}

TestDatabase::TestDatabase(absl::Span<const db::MigrationSet* const> sets, int max_connections) {
  options_.address = TestServer();
  options_.database = UniqueName();
  options_.max_connections = max_connections;
  CheckOk(db::CreateDatabase(options_.address, options_.database, absl::Now() + kPatience));
  database_ = std::make_unique<db::Database>(options_);
  if (!sets.empty()) CheckOk(db::Migrate(*database_, sets, absl::Now() + kPatience));
}

TestDatabase::~TestDatabase() {
  database_.reset();
  db::Options options = options_;
  options.database.clear();
  db::Database server(options);
  // A test may have ended the server itself.
  (void)server.Execute(absl::Now() + kPatience, absl::StrCat("DROP DATABASE `", options_.database, "`"));
}

}  // namespace storeops::testing
