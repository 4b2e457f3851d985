// The catalog follows inventory's stock over gRPC: what is in stock is found by search, is in collections, and is
// stated in the Merchant feed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/base/money.h"
#include "common/changes/follower.h"
#include "google/longrunning/operations.pb.h"
#include "storeops/catalog/v1/collection_service.pb.h"
#include "storeops/catalog/v1/sku_availability.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/listing_calls.h"
#include "tests/support/stock_calls.h"
#include "tests/support/transfers.h"

namespace storeops::testing {
namespace {

using catalog::v1::Product;
using catalog::v1::SearchProductsRequest;
using catalog::v1::SearchProductsResponse;
using ::testing::ElementsAre;

constexpr char kAvailabilityType[] = "catalog.storeops/SkuAvailability";

class StockFollowerTest : public ::testing::Test {
 protected:
  using Names = std::set<std::string>;

  void SetUp() override {
    inventory_ = std::make_unique<ServiceProcess>(site_, std::vector<ModuleInfo>{inventory::InventoryModule()});
    ASSERT_NO_FATAL_FAILURE(inventory_->Start());
    peer_ = rpc::MakeRemotePeer(inventory_->StartGrpc(), {}, &inventory_->tokens());
    berlin_ = CreateLocation(*inventory_, "BER");
  }
  void TearDown() override { catalog_.reset(); }

  static absl::Time Soon() { return absl::Now() + absl::Seconds(60); }

  void StartCatalog(bool with_inventory = true, const std::string& data = "data") {
    catalog_.reset();
    ProcessOptions options{.data = data};
    if (with_inventory) {
      options.peer = [this](absl::string_view service) { return service == "inventory" ? peer_.get() : nullptr; };
    }
    catalog_ =
        std::make_unique<ServiceProcess>(site_, std::vector<ModuleInfo>{catalog::CatalogModule()}, std::move(options));
    ASSERT_NO_FATAL_FAILURE(catalog_->Start());
  }

  // Its name. The variants cost 1.00 EUR each.
  std::string Create(const std::vector<std::string>& skus, Product::Kind kind = Product::GOODS) {
    Product product = MakeProduct(skus[0], "Product " + skus[0]);
    product.set_kind(kind);
    product.clear_variants();
    if (skus.size() > 1) product.add_options()->set_name("Size");
    for (const std::string& sku : skus) {
      auto& variant = *product.add_variants();
      variant.set_sku(sku);
      *variant.mutable_price() = MoneyFromMinor(100, "EUR");
      if (skus.size() == 1) continue;
      product.mutable_options(0)->add_values(sku);
      (*variant.mutable_option_values())["Size"] = sku;
    }
    const auto created = CreateProduct(*catalog_, product);
    EXPECT_TRUE(created.ok()) << created.status();
    if (!created.ok()) return "";
    DoAll(*catalog_, created->name(), WayTo(Product::PUBLISHED));  // feeds have published products only
    return created->name();
  }
  void SetVariants(const std::string& name, const std::vector<std::string>& skus) {
    catalog::v1::UpdateProductRequest request;
    Product& product = *request.mutable_product();
    product.set_name(name);
    product.add_options()->set_name("Size");
    for (const std::string& sku : skus) {
      auto& variant = *product.add_variants();
      variant.set_sku(sku);
      product.mutable_options(0)->add_values(sku);
      (*variant.mutable_option_values())["Size"] = sku;
    }
    for (const char* path : {"variants", "options"}) request.mutable_update_mask()->add_paths(path);
    const auto updated = catalog_->Call<Product>("UpdateProduct", request);
    EXPECT_TRUE(updated.ok()) << updated.status();
  }
  std::string CreateCollection(const std::string& rule) {
    catalog::v1::CreateCollectionRequest request;
    request.mutable_collection()->set_title(rule);
    request.mutable_collection()->set_rule(rule);
    const auto created = catalog_->Call<catalog::v1::Collection>("CollectionService/CreateCollection", request);
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? created->name() : "";
  }
  void ReceiveUnits(const std::string& sku, int64_t quantity, const std::string& location = "") {
    const auto received = Receive(*inventory_, sku, location.empty() ? berlin_ : location, quantity);
    EXPECT_TRUE(received.ok()) << received.status();
  }
  void ReserveUnits(const std::string& sku, int64_t quantity) {
    const auto reserved = Reserve(*inventory_, {{sku, quantity}});
    EXPECT_TRUE(reserved.ok()) << reserved.status();
  }

  Names Found(bool in_stock) {
    SearchProductsRequest request;
    request.mutable_filter()->set_in_stock(in_stock);
    request.set_page_size(100);
    const auto response = catalog_->Call<SearchProductsResponse>("SearchProducts", request);
    Names names;
    for (int i = 0; response.ok() && i < response->results_size(); ++i) {
      names.insert(response->results(i).product().name());
    }
    return names;
  }
  // What hits without a filter say of themselves.
  Names HitsInStock() {
    SearchProductsRequest request;
    request.set_page_size(100);
    const auto response = catalog_->Call<SearchProductsResponse>("SearchProducts", request);
    Names names;
    for (int i = 0; response.ok() && i < response->results_size(); ++i) {
      if (response->results(i).in_stock()) names.insert(response->results(i).product().name());
    }
    return names;
  }
  Names Members(const std::string& collection) {
    catalog::v1::ListCollectionProductsRequest request;
    request.set_name(collection);
    request.set_page_size(100);
    const auto response =
        catalog_->Call<catalog::v1::ListCollectionProductsResponse>("ListCollectionProducts", request);
    Names names;
    for (int i = 0; response.ok() && i < response->products_size(); ++i) names.insert(response->products(i).name());
    return names;
  }
  // "A in_stock", an entry for each item.
  std::vector<std::string> Feed(
      catalog::v1::GoogleFeed::Availability stated = catalog::v1::GoogleFeed::AVAILABILITY_UNSPECIFIED) {
    catalog::v1::ExportProductsRequest request;
    request.set_format(catalog::v1::TRANSFER_FORMAT_GOOGLE_RSS);
    request.mutable_google()->set_link("https://shop.example/p/{product}");
    request.mutable_google()->set_availability(stated);
    if (stated == catalog::v1::GoogleFeed::PREORDER) {
      request.mutable_google()->mutable_availability_date()->set_seconds(1'798'070'400);
    }
    const auto file = ExportFile(catalog_->peer(), catalog_->MakeCall("ExportProducts"), request);
    EXPECT_TRUE(file.ok()) << file.status();
    std::vector<std::string> items;
    const auto between = [](absl::string_view text, absl::string_view begin) {
      const size_t at = text.find(begin);
      return at == text.npos
                 ? ""
                 : std::string(text.substr(at + begin.size(), text.find('<', at + begin.size()) - at - begin.size()));
    };
    const std::vector<std::string> parts = absl::StrSplit(file.ok() ? file->text : "", "<item>");
    for (size_t i = 1; i < parts.size(); ++i) {
      const std::string date = between(parts[i], "<g:availability_date>");
      items.push_back(absl::StrCat(between(parts[i], "<g:id>"), " ", between(parts[i], "<g:availability>"),
                                   date.empty() ? "" : " ", date));
    }
    return items;
  }
  // Search by the filter and by its hits, and the collection, show these products as in stock and no others.
  void AwaitInStock(const Names& names, const std::string& collection = "") {
    EXPECT_TRUE(Eventually([&] { return Found(true) == names; })) << ::testing::PrintToString(Found(true));
    EXPECT_TRUE(Eventually([&] { return HitsInStock() == names; })) << ::testing::PrintToString(HitsInStock());
    if (collection.empty()) return;
    EXPECT_TRUE(Eventually([&] { return Members(collection) == names; }))
        << ::testing::PrintToString(Members(collection));
  }

  static int64_t Sequenced(ServiceProcess& process) {
    EXPECT_TRUE(Eventually([&] {
      const auto rows = process.database().Query(Soon(), "SELECT COUNT(*) FROM outbox_groups");
      return rows.ok() && rows->Int(0, 0) == 0;
    }));
    return process.runtime().feed().LastSequence(Soon()).value_or(-1);
  }
  // All that inventory has committed is applied here.
  void AwaitFollower() {
    const auto* follower = catalog_->runtime().followers().Find("stock-levels");
    ASSERT_NE(follower, nullptr);
    EXPECT_TRUE(follower->AwaitSequence(Sequenced(*inventory_), Soon()));
  }

  const Site site_;
  std::unique_ptr<ServiceProcess> inventory_;
  std::unique_ptr<rpc::Peer> peer_;
  std::unique_ptr<ServiceProcess> catalog_;
  std::string berlin_;
};

TEST_F(StockFollowerTest, UnitsComeAndGo) {
  StartCatalog();
  const std::string mug = Create({"A"});
  const std::string wrapping = Create({"WRAP"}, Product::SERVICE);
  const std::string collection = CreateCollection("in_stock = true");
  const std::string sold_out = CreateCollection("in_stock = false AND kind = GOODS");
  const auto before = FetchProduct(*catalog_, mug);
  AwaitInStock({wrapping}, collection);
  EXPECT_EQ(Found(false), Names{mug});
  EXPECT_THAT(Feed(), ElementsAre("A out_of_stock"));

  ReceiveUnits("A", 2);
  AwaitInStock({mug, wrapping}, collection);
  EXPECT_TRUE(Eventually([&] { return Members(sold_out).empty(); }));
  EXPECT_EQ(Found(false), Names());
  EXPECT_THAT(Feed(), ElementsAre("A in_stock"));

  ReserveUnits("A", 1);
  ReserveUnits("A", 1);  // the last one
  AwaitInStock({wrapping}, collection);
  EXPECT_TRUE(Eventually([&] { return Members(sold_out) == Names{mug}; }));
  EXPECT_THAT(Feed(), ElementsAre("A out_of_stock"));
  // The product was not written: an editor's etag is still good.
  EXPECT_EQ(FetchProduct(*catalog_, mug)->etag(), before->etag());
  EXPECT_TRUE(Retitle(*catalog_, mug, "Edited", before->etag()).ok());
}

TEST_F(StockFollowerTest, AStatedAvailabilityIsOfWhatIsNotInStock) {
  using catalog::v1::GoogleFeed;
  StartCatalog();
  Create({"S", "M"});
  ReceiveUnits("M", 1);
  const std::vector<std::string> by_stock = {"S out_of_stock", "M in_stock"};
  EXPECT_TRUE(Eventually([&] { return Feed() == by_stock; })) << ::testing::PrintToString(Feed());
  EXPECT_THAT(Feed(GoogleFeed::PREORDER), ElementsAre("S preorder 2026-12-24T00:00Z", "M in_stock"));
  EXPECT_THAT(Feed(GoogleFeed::IN_STOCK), ElementsAre("S in_stock", "M in_stock"));
  EXPECT_THAT(Feed(GoogleFeed::OUT_OF_STOCK), ElementsAre("S out_of_stock", "M out_of_stock"));
}

TEST_F(StockFollowerTest, OnlyLocationsThatShipOrdersSell) {
  const std::string marketplace = CreateLocation(*inventory_, "MKT", 1, /*ships_orders=*/false);
  StartCatalog();
  const std::string mug = Create({"A"});
  const std::string cup = Create({"B"});
  ReceiveUnits("A", 5, marketplace);
  ReceiveUnits("B", 1);
  AwaitInStock({cup});
  inventory::v1::UpdateLocationRequest request;
  request.mutable_location()->set_name(marketplace);
  request.mutable_update_mask()->add_paths("ships_orders");
  for (const bool ships : {true, false}) {
    request.mutable_location()->set_ships_orders(ships);
    ASSERT_TRUE(inventory_->Call<inventory::v1::Location>("UpdateLocation", request).ok());
    AwaitInStock(ships ? Names{mug, cup} : Names{cup});
  }
  // Units on backorder at one location do not take away those at another.
  inventory::v1::SetStockPolicyRequest policy;
  auto& line = *policy.add_lines();
  line.set_sku("B");
  line.set_location(CreateLocation(*inventory_, "PAR", 2));
  line.set_backorder_limit(10);
  ASSERT_TRUE(inventory_->Call<inventory::v1::SetStockPolicyResponse>("SetStockPolicy", policy).ok());
  const int64_t before = Sequenced(*catalog_);
  const auto reserved = Reserve(*inventory_, {{"B", 3, line.location()}});
  ASSERT_TRUE(reserved.ok()) << reserved.status();
  AwaitFollower();
  EXPECT_EQ(Sequenced(*catalog_), before);
  AwaitInStock({cup});
}

TEST_F(StockFollowerTest, WithoutInventoryEverythingIsInStock) {
  StartCatalog(/*with_inventory=*/false);
  const std::string mug = Create({"A"});
  const std::string cup = Create({"B"});
  const std::string collection = CreateCollection("in_stock = true");
  AwaitInStock({mug, cup}, collection);
  EXPECT_EQ(Found(false), Names());
  EXPECT_THAT(Feed(), ElementsAre("A in_stock", "B in_stock"));
  EXPECT_THAT(Feed(catalog::v1::GoogleFeed::PREORDER),
              ElementsAre("A preorder 2026-12-24T00:00Z", "B preorder 2026-12-24T00:00Z"));

  // Once there is one, what it does not have is out of stock.
  ReceiveUnits("B", 1);
  StartCatalog();
  AwaitInStock({cup}, collection);
  EXPECT_EQ(Found(false), Names{mug});
  EXPECT_THAT(Feed(), ElementsAre("A out_of_stock", "B in_stock"));
}

TEST_F(StockFollowerTest, AVariantTakesTheAvailabilityOfItsSku) {
  StartCatalog();
  const std::string shirt = Create({"S", "M"});
  const std::string collection = CreateCollection("in_stock = true");
  ReceiveUnits("M", 1);
  ReceiveUnits("XL", 1);  // of no product
  AwaitInStock({shirt}, collection);
  // To another product.
  SetVariants(shirt, {"S"});
  const std::string other = Create({"M", "L"});
  AwaitInStock({other}, collection);
  SetVariants(shirt, {"S", "XL"});
  AwaitInStock({other, shirt}, collection);
  // The change of a SKU reaches the product that has it now.
  ReserveUnits("M", 1);
  AwaitInStock({shirt}, collection);
  ASSERT_TRUE(Delete(*catalog_, shirt).ok());
  AwaitInStock({}, collection);
  catalog::v1::UndeleteProductRequest undelete;
  undelete.set_name(shirt);
  ASSERT_TRUE(catalog_->Call<Product>("UndeleteProduct", undelete).ok());
  AwaitInStock({shirt}, collection);
}

TEST_F(StockFollowerTest, RestartsLoseNothing) {
  StartCatalog();
  const std::string collection = CreateCollection("in_stock = true");
  std::vector<std::string> products;
  for (int i = 0; i < 8; ++i) products.push_back(Create({absl::StrCat("SKU-", i)}));
  std::vector<int> units(products.size());
  absl::BitGen random;
  Names expected;
  for (int restart = 0; restart < 8; ++restart) {
    for (int step = 0; step < 6; ++step) {
      const size_t which = absl::Uniform<size_t>(random, 0, products.size());
      const int change = units[which] > 0 ? -units[which] : 1;
      ASSERT_TRUE(Adjust(*inventory_, absl::StrCat("SKU-", which), berlin_, change).ok());
      units[which] += change;
    }
    expected.clear();
    for (size_t i = 0; i < products.size(); ++i) {
      if (units[i] > 0) expected.insert(products[i]);
    }
    // At any point: before the follower, between it and the index, or after both.
    if (restart % 3 == 1) AwaitFollower();
    if (restart % 3 == 2) AwaitInStock(expected);
    StartCatalog();
  }
  AwaitInStock(expected, collection);
  // An index built from the beginning, and one read again, say the same.
  StartCatalog(/*with_inventory=*/true, "other_data");
  AwaitInStock(expected, collection);
  const auto reindex =
      catalog_->Call<google::longrunning::Operation>("ReindexProducts", catalog::v1::ReindexProductsRequest());
  ASSERT_TRUE(reindex.ok()) << reindex.status();
  const auto ended = catalog_->runtime().operations().Wait(reindex->name(), Soon(), Soon());
  ASSERT_TRUE(ended.ok() && ended->done()) << ended.status();
  AwaitInStock(expected, collection);
}

TEST_F(StockFollowerTest, ChangesThatFlipNothingAreNoNews) {
  constexpr int kSkus = 250;
  const auto receive_all = [&] {
    inventory::v1::ReceiveStockRequest request;
    for (int i = 0; i < kSkus; ++i) {
      auto& line = *request.add_lines();
      line.set_sku(absl::StrCat("SKU-", i));
      line.set_location(berlin_);
      line.set_quantity(1);
    }
    const auto received = inventory_->Call<inventory::v1::StockChangeResponse>("ReceiveStock", request);
    EXPECT_TRUE(received.ok()) << received.status();
  };
  StartCatalog();
  receive_all();
  AwaitFollower();
  const int64_t before = Sequenced(*catalog_);
  const auto flips = catalog_->runtime().feed().Read(0, 1000, {kAvailabilityType}, Soon());
  ASSERT_TRUE(flips.ok()) << flips.status();
  ASSERT_EQ(flips->changes.size(), static_cast<size_t>(kSkus));
  catalog::v1::SkuAvailability availability;
  ASSERT_TRUE(availability.ParseFromString(flips->changes[0].resource()));
  EXPECT_EQ(availability.name(), flips->changes[0].subject());
  EXPECT_TRUE(availability.in_stock());
  EXPECT_EQ(availability.version(), 1);
  for (int i = 0; i < 4; ++i) receive_all();
  AwaitFollower();
  EXPECT_EQ(Sequenced(*catalog_), before);
  const auto rows = catalog_->database().Query(Soon(), "SELECT SUM(available) FROM stock_units");
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(rows->Int(0, 0), 5 * kSkus);
}

}  // namespace
}  // namespace storeops::testing
