// Services in processes of their own, on one database server.
#ifndef STOREOPS_TESTS_SUPPORT_APART_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_APART_FIXTURE_H_

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/db/private_server.h"
#include "gtest/gtest.h"
#include "services/storeops/client.h"
#include "services/storeops/first_start.h"
#include "services/storeops/settings.h"
#include "services/storeops/suite.h"
#include "tests/support/eventually.h"
#include "tests/support/program.h"

namespace storeops::testing {

class ApartFixture : public ::testing::Test {
 protected:
  ApartFixture() {
    db::PrivateServer::Options options;
    options.folder = home() + "/db";
    options.durable = false;
    options.die_with_parent = true;
    server_ = *db::PrivateServer::Start(options);
    settings_.home = home();
    EXPECT_TRUE(LoadSecret(settings_, /*create=*/true).ok());
    EXPECT_TRUE(MigrateDatabases(settings_, server_->address(), absl::Now() + absl::Minutes(1)).ok());
  }

  const std::string& home() const { return folder_.path(); }

  std::unique_ptr<Program> Serve(const std::string& service, int grpc_port, std::vector<std::string> more) {
    std::vector<std::string> arguments = {StoreopsProgram(),
                                          "--home",
                                          home(),
                                          "serve",
                                          service,
                                          "--db-socket",
                                          server_->address().socket,
                                          "--http-port",
                                          "0",
                                          "--grpc-port",
                                          absl::StrCat(grpc_port)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<Program>(arguments, home());
  }

  // A client with every permission, once the gateway answers.
  Client OwnerClient(int port, const rpc::PeerTls& tls) {
    const std::string address = absl::StrCat("127.0.0.1:", port);
    absl::StatusOr<KnownOwner> owner = absl::UnavailableError("");
    EXPECT_TRUE(Eventually([&] {
      owner = EnsureOwner(home(), address, tls);
      return owner.ok() && owner->problem.empty();
    })) << owner.status();
    std::string key;
    std::ifstream(home() + "/api_key") >> key;
    return Client(address, tls, key);
  }

  const TempFolder folder_;
  Settings settings_;
  std::unique_ptr<db::PrivateServer> server_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_APART_FIXTURE_H_
