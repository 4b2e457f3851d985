// What the processes of one test share.
#ifndef STOREOPS_TESTS_SUPPORT_SITE_H_
#define STOREOPS_TESTS_SUPPORT_SITE_H_

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/signer.h"
#include "common/db/database.h"
#include "tests/support/machine.h"
#include "tests/support/test_database.h"

namespace storeops::testing {

// A secret, names for databases on the test server, and a folder for files; databases and folder are gone at the end of
// the process that made them.
class Site {
 public:
  static constexpr char kSecret[] = "a secret of at least thirty-two bytes";

  Site()
      : prefix_(absl::StrCat("site", HexEncode(Sha256(RandomToken(16))).substr(0, 12), "_")),
        own_(std::in_place),
        folder_(own_->path()) {}
  // The site of another process.
  Site(std::string prefix, std::string folder) : prefix_(std::move(prefix)), folder_(std::move(folder)) {}
  ~Site() {
    if (!own_.has_value()) return;
    db::Options options;
    options.address = TestServer();
    db::Database server(options);
    const absl::Time deadline = absl::Now() + absl::Seconds(30);
    const auto databases = server.Query(
        deadline, "SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE ?", {prefix_ + "%"});
    EXPECT_TRUE(databases.ok()) << databases.status();
    for (size_t i = 0; databases.ok() && i < databases->size(); ++i) {
      const auto dropped = server.Execute(deadline, absl::StrCat("DROP DATABASE ", databases->Text(i, 0)));
      EXPECT_TRUE(dropped.ok()) << dropped.status();
    }
  }

  // Of the databases' names.
  const std::string& prefix() const { return prefix_; }
  const std::string& folder() const { return folder_; }

 private:
  const std::string prefix_;
  const std::optional<TempFolder> own_;
  const std::string folder_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_SITE_H_
