// TLS to a real server: who is trusted, and that nothing goes in plain text.
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/db/database.h"
#include "common/db/private_server.h"
#include "tests/support/certificates.h"
#include "tests/support/database_helpers.h"
#include "tests/support/machine.h"

namespace storeops::db {
namespace {

using ::storeops::testing::CertificateAuthority;
using ::storeops::testing::FreePort;
using ::storeops::testing::KeyPair;
using ::storeops::testing::Soon;

class DatabaseTlsTest : public ::testing::Test {
 protected:
  // A server on 127.0.0.1 that shows `shown`.
  void StartServer(const KeyPair& shown) {
    PrivateServer::Options options;
    options.folder = folder_ / "db";
    options.durable = false;
    options.die_with_parent = true;
    absl::Status started;
    for (int attempt = 0; attempt < 3; ++attempt) {
      address_.port = FreePort();
      options.arguments = {"--skip-networking=0",
                           "--bind-address=127.0.0.1",
                           absl::StrCat("--port=", address_.port),
                           "--ssl-cert=" + Write("server.pem", shown.certificate),
                           "--ssl-key=" + Write("server.key", shown.private_key),
                           "--ssl-ca=" + Write("ca.pem", authority_.certificate())};
      auto server = PrivateServer::Start(options);
      started = server.status();
      if (!started.ok()) continue;  // somebody else took the port
      server_ = *std::move(server);
      return;
    }
    FAIL() << started;
  }

  absl::StatusOr<std::string> CipherWith(const std::string& ca_file) {
    Options options;
    options.address = address_;
    options.address.tls_ca = ca_file;
    Database database(options);
    const auto rows = database.Query(Soon(), "SHOW SESSION STATUS LIKE 'Ssl_cipher'");
    if (!rows.ok()) return rows.status();
    return rows->Text(0, 1);
  }

  std::string Write(const std::string& name, const std::string& text) {
    const auto path = folder_ / name;
    std::ofstream(path) << text;
    return path;
  }

  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "database_tls_XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    server_ = nullptr;
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
  const CertificateAuthority authority_{"the shop's CA"};
  Address address_;
  std::unique_ptr<PrivateServer> server_;
};

TEST_F(DatabaseTlsTest, SpeaksTlsWithAServerThatItsAuthorityVouchesFor) {
  ASSERT_NO_FATAL_FAILURE(StartServer(authority_.Issue("database", "IP:127.0.0.1")));
  const auto cipher = CipherWith(Write("trusted.pem", authority_.certificate()));
  ASSERT_TRUE(cipher.ok()) << cipher.status();
  EXPECT_NE(*cipher, "");
}

TEST_F(DatabaseTlsTest, RefusesAServerOfAnotherAuthority) {
  ASSERT_NO_FATAL_FAILURE(StartServer(authority_.Issue("database", "IP:127.0.0.1")));
  const CertificateAuthority other("somebody else's CA");
  const auto cipher = CipherWith(Write("other.pem", other.certificate()));
  EXPECT_EQ(cipher.status().code(), absl::StatusCode::kUnavailable) << cipher.status();
}

TEST_F(DatabaseTlsTest, RefusesACertificateOfAnotherHost) {
  ASSERT_NO_FATAL_FAILURE(StartServer(authority_.Issue("elsewhere.example", "DNS:elsewhere.example")));
  const auto cipher = CipherWith(Write("trusted.pem", authority_.certificate()));
  EXPECT_EQ(cipher.status().code(), absl::StatusCode::kUnavailable) << cipher.status();
}

}  // namespace
}  // namespace storeops::db
