// kill -9 of a follower and of the service that it follows, again and again: their states are equal in the end.
#include <signal.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/collection_service.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/inventory/v1/location_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "tests/support/apart_fixture.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using catalog::v1::Product;

// Inventory follows the catalog's products, the catalog follows inventory's stock; catalog, inventory and gateway are
// processes of their own.
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
  // "SKU-0" and so on; their names.
  static std::vector<std::string> CreateProducts(Client& client, int count, const std::string& title) {
    std::vector<std::string> names;
    for (int i = 0; i < count; ++i) {
      catalog::v1::CreateProductRequest request;
      *request.mutable_product() = SimpleProduct(absl::StrCat("SKU-", i), title);
      request.set_request_id(absl::StrCat("create-", i));
      Product product;
      EXPECT_TRUE(CallUntilServed(client, "storeops.catalog.v1.ProductService/CreateProduct", request, &product));
      names.push_back(product.name());
    }
    return names;
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

  std::vector<std::string> names = CreateProducts(client, kProducts, "first");
  ASSERT_EQ(names.size(), size_t{kProducts});
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

// From a stock level through the follower, the catalog's feed and its index to search, and to a collection.
TEST_F(FollowerCrashTest, TheCatalogKnowsTheStockHoweverOftenBothAreKilled) {
  constexpr int kRounds = 8;
  constexpr int kProducts = 12;
  const int catalog_port = FreePort();
  const int inventory_port = FreePort();
  const int gateway_port = FreePort();
  const auto peer = [](const std::string& service, int port) {
    return std::vector<std::string>{"--peer", absl::StrCat(service, "=dns:///127.0.0.1:", port)};
  };
  const auto inventory_peer = peer("inventory", inventory_port);
  auto catalog = Serve("catalog", catalog_port, inventory_peer);
  auto inventory = Serve("inventory", inventory_port, {});
  std::vector<std::string> both = peer("catalog", catalog_port);
  both.insert(both.end(), inventory_peer.begin(), inventory_peer.end());
  const auto gateway = Serve("gateway", gateway_port, both);
  Client client = OwnerClient(gateway_port, {});

  std::vector<std::string> names = CreateProducts(client, kProducts, "thing");
  ASSERT_EQ(names.size(), size_t{kProducts});
  catalog::v1::CreateCollectionRequest rule;
  rule.mutable_collection()->set_title("In stock");
  rule.mutable_collection()->set_rule("in_stock = true");
  rule.set_request_id("collection");
  catalog::v1::Collection collection;
  ASSERT_TRUE(CallUntilServed(client, "storeops.catalog.v1.CollectionService/CreateCollection", rule, &collection));
  inventory::v1::CreateLocationRequest berlin;
  berlin.mutable_location()->set_title("Berlin");
  berlin.mutable_location()->set_code("BER");
  berlin.mutable_location()->set_kind(inventory::v1::Location::WAREHOUSE);
  berlin.mutable_location()->mutable_address()->set_country("DE");
  berlin.mutable_location()->set_ships_orders(true);
  berlin.set_request_id("location");
  inventory::v1::Location location;
  ASSERT_TRUE(CallUntilServed(client, "storeops.inventory.v1.LocationService/CreateLocation", berlin, &location));

  std::vector<int> units(kProducts);
  absl::BitGen random;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < 10; ++i) {
      const size_t which = absl::Uniform<size_t>(random, 0, units.size());
      const int change = units[which] > 0 ? -1 : absl::Uniform(random, 1, 3);
      inventory::v1::AdjustStockRequest request;
      auto& line = *request.add_lines();
      line.set_sku(absl::StrCat("SKU-", which));
      line.set_location(location.name());
      line.set_quantity(change);
      line.set_reason(inventory::v1::CORRECTION);
      request.set_request_id(absl::StrCat("adjust-", round, "-", i));
      inventory::v1::StockChangeResponse response;
      ASSERT_TRUE(CallUntilServed(client, "storeops.inventory.v1.StockService/AdjustStock", request, &response));
      units[which] += change;
    }
    if (round % 2 == 0) {
      Kill(catalog);
      catalog = Serve("catalog", catalog_port, inventory_peer);
    } else {
      Kill(inventory);
      inventory = Serve("inventory", inventory_port, {});
    }
  }
  std::set<std::string> expected;
  for (int i = 0; i < kProducts; ++i) {
    if (units[i] > 0) expected.insert(names[i]);
  }
  const auto found = [&] {
    catalog::v1::SearchProductsRequest request;
    request.mutable_filter()->set_in_stock(true);
    request.set_page_size(100);
    catalog::v1::SearchProductsResponse response;
    std::set<std::string> products;
    if (!client.Call("storeops.catalog.v1.ProductService/SearchProducts", request, &response).ok()) return products;
    for (const auto& result : response.results()) products.insert(result.product().name());
    return products;
  };
  const auto members = [&] {
    catalog::v1::ListCollectionProductsRequest request;
    request.set_name(collection.name());
    request.set_page_size(100);
    catalog::v1::ListCollectionProductsResponse response;
    std::set<std::string> products;
    if (!client.Call("storeops.catalog.v1.CollectionService/ListCollectionProducts", request, &response).ok()) {
      return products;
    }
    for (const auto& product : response.products()) products.insert(product.name());
    return products;
  };
  EXPECT_TRUE(Eventually([&] { return found() == expected; })) << ::testing::PrintToString(found());
  EXPECT_TRUE(Eventually([&] { return members() == expected; })) << ::testing::PrintToString(members());
  EXPECT_TRUE(Read("storeops_catalog", "SELECT subject, error FROM dead_letters").empty());
}

}  // namespace
}  // namespace storeops::testing
