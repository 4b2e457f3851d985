// This test program, started once more as a process that does the catalogue's background work, to be killed.
#ifndef STOREOPS_TESTS_SUPPORT_BACKGROUND_CATALOG_H_
#define STOREOPS_TESTS_SUPPORT_BACKGROUND_CATALOG_H_

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/signer.h"
#include "common/blobs/blob_store.h"
#include "common/module/service_runtime.h"
#include "services/catalog/module.h"
#include "tests/support/site.h"

namespace storeops::testing {

class BackgroundCatalog : public ::testing::Environment {
 public:
  // In the other process: works until it is killed.
  void SetUp() override {
    const char* setting = std::getenv(kVariable);
    if (setting == nullptr) return;
    const std::vector<std::string> parts = absl::StrSplit(setting, '\n');
    ServiceRuntime::Options options;
    options.info = catalog::CatalogModule();
    options.address.socket = parts.at(0);
    options.address.user = parts.at(1);
    options.address.password = parts.at(2);
    options.database_prefix = parts.at(3);
    options.data_root = parts.at(4);
    options.secret = Site::kSecret;
    options.holder = RandomToken(12);
    auto blobs = blobs::OpenFolderStore(parts.at(5));
    if (!blobs.ok()) std::_Exit(1);
    options.blobs = blobs->get();
    telemetry::Telemetry telemetry;
    rpc::MethodTable table;
    const rpc::AccessTokens tokens(Site::kSecret, Clock::System());
    ServiceRuntime runtime(options, telemetry, table, tokens);
    if (!runtime.Bind().ok() || !runtime.Start().ok()) std::_Exit(1);
    while (true) pause();
  }

  // The site's database is migrated.
  static pid_t Start(const Site& site) {
    const db::Address& address = TestServer();
    const std::string setting =
        absl::StrCat(kVariable, "=", address.socket, "\n", address.user, "\n", address.password, "\n", site.prefix(),
                     "\n", site.folder(), "/background\n", site.folder(), "/blobs");
    std::vector<char*> environment;
    for (char** entry = environ; *entry != nullptr; ++entry) environment.push_back(*entry);
    environment.push_back(const_cast<char*>(setting.c_str()));
    environment.push_back(nullptr);
    char program[] = "/proc/self/exe";
    char* arguments[] = {program, nullptr};
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, program, nullptr, nullptr, arguments, environment.data()), 0);
    return pid;
  }
  static void Kill(pid_t pid) {
    EXPECT_EQ(kill(pid, SIGKILL), 0);
    int status = 0;
    EXPECT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_TRUE(WIFSIGNALED(status)) << "it ended by itself";
  }

 private:
  static constexpr char kVariable[] = "STOREOPS_TEST_BACKGROUND_CATALOG";
};

inline const ::testing::Environment* const kBackgroundCatalog =
    ::testing::AddGlobalTestEnvironment(new BackgroundCatalog);

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_BACKGROUND_CATALOG_H_
