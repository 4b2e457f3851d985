// Services in processes of their own, with TLS on every connection between them.
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/support/apart_fixture.h"
#include "tests/support/certificates.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using ::testing::HasSubstr;

// catalog and gateway as two `storeops serve` processes on one database.
class ApartTest : public ApartFixture {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(home(), "/", name);
    std::ofstream(path) << text;
    return path;
  }

  static catalog::v1::Product Create(Client& client, const std::string& sku) {
    catalog::v1::CreateProductRequest request;
    *request.mutable_product() = SimpleProduct(sku, "From afar");
    catalog::v1::Product product;
    const absl::Time deadline = absl::Now() + absl::Minutes(1);
    absl::Status made = absl::UnavailableError("");
    while (absl::IsUnavailable(made) && absl::Now() < deadline) {
      made = client.Call("storeops.catalog.v1.ProductService/CreateProduct", request, &product);
    }
    EXPECT_TRUE(made.ok()) << made;
    return product;
  }
};

TEST_F(ApartTest, TheGatewayForwardsEveryKindOfCall) {
  const int catalog_port = FreePort();
  const int gateway_port = FreePort();
  const auto catalog = Serve("catalog", catalog_port, {});
  const auto gateway =
      Serve("gateway", gateway_port, {"--peer", absl::StrCat("catalog=dns:///127.0.0.1:", catalog_port)});
  Client client = OwnerClient(gateway_port, {});

  const auto product = Create(client, "APART-1");
  catalog::v1::GetProductRequest get;
  get.set_name(product.name());
  catalog::v1::Product read;
  ASSERT_TRUE(client.Call("storeops.catalog.v1.ProductService/GetProduct", get, &read).ok());
  EXPECT_EQ(read.title(), "From afar");

  get.set_name("products/987654");
  const absl::Status missing = client.Call("storeops.catalog.v1.ProductService/GetProduct", get, &read);
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);

  // A stream and an operation, both of the catalogue, both by way of the gateway.
  changes::v1::StreamChangesRequest changes;
  changes.set_source("catalog");
  changes.set_until_now(true);
  rpc::PeerCall call;
  call.method = "storeops.changes.v1.ChangeService/StreamChanges";
  call.deadline = absl::Now() + absl::Minutes(1);
  std::vector<std::string> subjects;
  const auto on_message = [&](const std::string& bytes) {
    changes::v1::StreamChangesResponse batch;
    EXPECT_TRUE(batch.ParseFromString(bytes));
    for (const auto& change : batch.changes()) subjects.push_back(change.subject());
    return true;
  };
  ASSERT_TRUE(client.peer().Stream(call, changes.SerializeAsString(), on_message).ok());
  EXPECT_THAT(subjects, ::testing::ElementsAre(product.name()));

  google::longrunning::Operation operation;
  ASSERT_TRUE(
      client
          .Call("storeops.catalog.v1.ProductService/ReindexProducts", catalog::v1::ReindexProductsRequest(), &operation)
          .ok());
  operations::v1::WaitOperationRequest wait;
  wait.set_name(operation.name());
  for (int i = 0; i < 5 && !operation.done(); ++i) {
    ASSERT_TRUE(client.Call("storeops.operations.v1.OperationService/WaitOperation", wait, &operation).ok());
  }
  catalog::v1::ReindexProductsResponse reindexed;
  ASSERT_TRUE(operation.response().UnpackTo(&reindexed)) << operation.DebugString();
  EXPECT_EQ(reindexed.products(), 1);

  gateway->Signal(SIGTERM);
  catalog->Signal(SIGTERM);
  EXPECT_EQ(gateway->Wait(), 0) << gateway->Errors();
  EXPECT_EQ(catalog->Wait(), 0) << catalog->Errors();
}

TEST_F(ApartTest, SpeaksTlsToClientsAndMutualTlsToPeers) {
  const CertificateAuthority ca("StoreOps test CA");
  const auto server = ca.Issue("localhost", "DNS:localhost,IP:127.0.0.1");
  const auto gateway_identity = ca.Issue("gateway.storeops", "DNS:gateway.storeops");
  const std::string ca_file = Write("ca.pem", ca.certificate());
  const std::string certificate = Write("server.pem", server.certificate);
  const std::string key = Write("server.key", server.private_key);
  const int catalog_port = FreePort();
  const int gateway_port = FreePort();
  const auto catalog =
      Serve("catalog", catalog_port, {"--tls-cert", certificate, "--tls-key", key, "--tls-client-ca", ca_file});
  const auto gateway = Serve(
      "gateway", gateway_port,
      {"--tls-cert", certificate, "--tls-key", key, "--peer-tls", "--peer-ca", ca_file, "--peer-cert",
       Write("gateway.pem", gateway_identity.certificate), "--peer-key",
       Write("gateway.key", gateway_identity.private_key), "--peer", absl::StrCat("catalog=localhost:", catalog_port)});

  rpc::PeerTls tls;
  tls.enabled = true;
  tls.root_ca = ca.certificate();
  Client client = OwnerClient(gateway_port, tls);
  EXPECT_NE(Create(client, "TLS-1").name(), "");

  // Without a certificate nobody reaches the catalogue, whatever key they have.
  std::string api_key;
  std::ifstream(home() + "/api_key") >> api_key;
  Client stranger(absl::StrCat("localhost:", catalog_port), tls, api_key);
  catalog::v1::ListProductsResponse page;
  EXPECT_EQ(stranger
                .Call("storeops.catalog.v1.ProductService/ListProducts", catalog::v1::ListProductsRequest(), &page,
                      /*retry=*/false, absl::Seconds(10))
                .code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(ApartTest, RefusesToStartOnWhatItCannotUse) {
  const struct {
    std::vector<std::string> arguments;
    const char* error;
  } cases[] = {
      {{"serve", "warehouse"}, "there is no service warehouse"},
      {{"serve", "gateway", "--peer", "catalog"}, "NAME=TARGET"},
      {{"serve", "gateway", "--tls-cert", "/nowhere.pem"}, "--tls-cert and --tls-key go together"},
      {{"serve", "gateway", "--tls-cert", "/nowhere.pem", "--tls-key", "/nowhere.key"}, "--tls-cert: /nowhere.pem"},
      {{"serve", "gateway", "--secret-file", "/nowhere"}, "--secret-file: /nowhere"},
  };
  for (const auto& test : cases) {
    std::vector<std::string> arguments = {StoreopsProgram(), "--home", home()};
    arguments.insert(arguments.end(), test.arguments.begin(), test.arguments.end());
    arguments.insert(arguments.end(),
                     {"--db-socket", server_->address().socket, "--http-port", "0", "--grpc-port", "0"});
    const RunResult result = RunProgram(arguments);
    EXPECT_EQ(result.exit_code, 3) << test.error;
    EXPECT_THAT(result.errors, HasSubstr(test.error));
  }
}

}  // namespace
}  // namespace storeops::testing
