// kill -9 of a follower and of the service that it follows, again and again: their states are equal in the end.
#include <signal.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/apart_fixture.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using catalog::v1::Product;

// Inventory follows the catalog's products; catalog, inventory and gateway are processes of their own.
class FollowerCrashTest : public ApartFixture {
 protected:
  static absl::Time Soon() { return absl::Now() + absl::Minutes(1); }

  static void Kill(std::unique_ptr<Program>& program) {
    program->Signal(SIGKILL);
    program->Wait();
    program.reset();
  }

  // Until the service answers; it may have been killed just before.
  static bool CallUntilServed(Client& client, const std::string& method, const google::protobuf::Message& request,
                              google::protobuf::Message* response) {
    absl::Status status;
    const bool served = Eventually([&] {
      status = client.Call(method, request, response);
      return !absl::IsUnavailable(status);
    });
    EXPECT_TRUE(status.ok()) << method << ": " << status;
    return served && status.ok();
  }

  std::map<std::string, std::string> Read(const std::string& database, const std::string& sql) {
    db::Options options;
    options.address = server_->address();
    options.database = database;
    db::Database opened(options);
    const auto rows = opened.Query(Soon(), sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    std::map<std::string, std::string> titles;
    for (size_t row = 0; rows.ok() && row < rows->size(); ++row) titles[rows->Text(row, 0)] = rows->Text(row, 1);
    return titles;
  }
};

TEST_F(FollowerCrashTest, InventoryKnowsTheCatalogHoweverOftenBothAreKilled) {
  constexpr int kRounds = 8;
  constexpr int kProducts = 40;
  const int catalog_port = FreePort();
  const int gateway_port = FreePort();
  const std::vector<std::string> peer = {"--peer", absl::StrCat("catalog=dns:///127.0.0.1:", catalog_port)};
  auto catalog = Serve("catalog", catalog_port, {});
  auto inventory = Serve("inventory", FreePort(), peer);
  const auto gateway = Serve("gateway", gateway_port, peer);
  Client client = OwnerClient(gateway_port, {});

  std::vector<std::string> names;
  for (int i = 0; i < kProducts; ++i) {
    catalog::v1::CreateProductRequest request;
    *request.mutable_product() = SimpleProduct(absl::StrCat("SKU-", i), "first");
    request.set_request_id(absl::StrCat("create-", i));
    Product product;
    ASSERT_TRUE(CallUntilServed(client, "storeops.catalog.v1.ProductService/CreateProduct", request, &product));
    names.push_back(product.name());
  }
  absl::BitGen random;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < 10; ++i) {
      catalog::v1::UpdateProductRequest request;
      request.mutable_product()->set_name(names[absl::Uniform<size_t>(random, 0, names.size())]);
      request.mutable_product()->set_title(absl::StrCat("round ", round, ".", i));
      request.mutable_update_mask()->add_paths("title");
      request.set_request_id(absl::StrCat("update-", round, "-", i));
      Product product;
      ASSERT_TRUE(CallUntilServed(client, "storeops.catalog.v1.ProductService/UpdateProduct", request, &product));
    }
    if (round % 2 == 0) {
      Kill(inventory);
      inventory = Serve("inventory", FreePort(), peer);
    } else {
      Kill(catalog);
      catalog = Serve("catalog", catalog_port, {});
    }
  }
  const auto wanted = Read("storeops_catalog", "SELECT CONCAT('products/', id), title FROM products");
  EXPECT_EQ(wanted.size(), static_cast<size_t>(kProducts));
  const auto copied = [&] { return Read("storeops_inventory", "SELECT product, title FROM catalog_items"); };
  EXPECT_TRUE(Eventually([&] { return copied() == wanted; })) << inventory->Errors();
  const auto letters = Read("storeops_inventory", "SELECT subject, error FROM dead_letters");
  EXPECT_TRUE(letters.empty());
}

}  // namespace
}  // namespace storeops::testing
