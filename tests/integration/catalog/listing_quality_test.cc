// CheckListing and the report of worst listings through the pipeline, on a real database.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/product_type_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/listing_calls.h"

namespace storeops::testing {
namespace {

using catalog::v1::Category;
using catalog::v1::Channel;
using catalog::v1::ListingIssue;
using catalog::v1::ListingReport;
using catalog::v1::ListWorstListingsRequest;
using catalog::v1::ListWorstListingsResponse;
using catalog::v1::Product;
using catalog::v1::ProductType;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class ListingQualityTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  absl::StatusOr<ListingReport> Check(const std::string& name) {
    catalog::v1::CheckListingRequest request;
    request.set_name(name);
    return process_.Call<ListingReport>("CheckListing", request);
  }
  std::vector<ListingIssue::Code> CodesOf(const std::string& name) {
    const auto report = Check(name);
    EXPECT_TRUE(report.ok()) << report.status();
    std::vector<ListingIssue::Code> codes;
    for (const auto& issue : report->issues()) codes.push_back(issue.code());
    return codes;
  }
  ListWorstListingsResponse Worst(const ListWorstListingsRequest& request = {}) {
    const auto page = process_.Call<ListWorstListingsResponse>("ListWorstListings", request);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(ListWorstListingsResponse());
  }
  static std::vector<std::string> NamesOf(const ListWorstListingsResponse& page) {
    std::vector<std::string> names;
    for (const auto& listing : page.listings()) names.push_back(listing.product().name());
    return names;
  }
  // What the report says of a product; nothing if it is not in it.
  std::vector<int> ReportedOf(const std::string& name) {
    const ListWorstListingsResponse page = Worst();
    for (const auto& listing : page.listings()) {
      if (listing.product().name() == name) return {listing.issues().begin(), listing.issues().end()};
    }
    return {};
  }
  bool Reported(const std::string& name, ListingIssue::Code code, bool there = true) {
    return Eventually([&] {
      const std::vector<int> codes = ReportedOf(name);
      return !codes.empty() && (std::find(codes.begin(), codes.end(), code) != codes.end()) == there;
    });
  }
  absl::StatusOr<Product> Update(const Product& product, const std::string& path) {
    catalog::v1::UpdateProductRequest request;
    *request.mutable_product() = product;
    request.mutable_product()->clear_etag();
    request.mutable_update_mask()->add_paths(path);
    return process_.Call<Product>("UpdateProduct", request);
  }
  Product Create(const Product& product) {
    const auto created = CreateProduct(process_, product);
    EXPECT_TRUE(created.ok()) << created.status();
    return created.value_or(Product());
  }
  std::string CreateCategory(const std::string& title) {
    catalog::v1::CreateCategoryRequest request;
    request.mutable_category()->set_title(title);
    return process_.Call<Category>("CategoryService/CreateCategory", request)->name();
  }

  // Loses nothing but the points for images.
  Product GoodProduct(const std::string& sku, const std::string& title) {
    Product product = PricedProduct(sku, title);
    product.set_description(std::string(100, 'x'));
    product.set_brand("Kestrel");
    product.add_categories(category_);
    auto* chinese = product.add_translations();
    chinese->set_language("zh");
    chinese->set_title("杯子");
    chinese->set_description(std::string(100, 'x'));
    product.mutable_seo()->set_slug(absl::AsciiStrToLower(sku));
    product.mutable_seo()->set_meta_title(title);
    product.mutable_seo()->set_meta_description(title);
    return product;
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
  std::string category_;
};

TEST_F(ListingQualityTest, NamesWhatIsWrongUntilItIsMended) {
  const Product bare = Create(MakeProduct("Q-1", "Mug"));
  EXPECT_THAT(CodesOf(bare.name()),
              ElementsAre(ListingIssue::NO_PRICE, ListingIssue::NO_IMAGE, ListingIssue::THIN_DESCRIPTION,
                          ListingIssue::MISSING_LANGUAGE, ListingIssue::NO_CATEGORY, ListingIssue::NO_BRAND,
                          ListingIssue::MISSING_SEO, ListingIssue::MISSING_SEO, ListingIssue::MISSING_SEO));
  EXPECT_EQ(Check(bare.name())->score(), 100 - 25 - 20 - 16 - 10 - 10 - 4 - 6);
  category_ = CreateCategory("Mugs");
  const Product good = Create(GoodProduct("Q-2", "Teapot"));
  EXPECT_THAT(CodesOf(good.name()), ElementsAre(ListingIssue::NO_IMAGE));
  EXPECT_EQ(Check(good.name())->score(), 80);
  EXPECT_EQ(Check("products/999").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ListingQualityTest, TheReportFollowsWrites) {
  category_ = CreateCategory("Mugs");
  Product bare = Create(MakeProduct("R-1", "Mug"));
  const Product good = Create(GoodProduct("R-2", "Teapot"));
  Product middling = GoodProduct("R-3", "Vase");
  middling.clear_description();
  middling = Create(middling);
  EXPECT_TRUE(Eventually(
      [&] { return NamesOf(Worst()) == std::vector<std::string>{bare.name(), middling.name(), good.name()}; }));
  middling.set_description(std::string(100, 'y'));
  ASSERT_TRUE(Update(middling, "description").ok());
  EXPECT_TRUE(Reported(middling.name(), ListingIssue::THIN_DESCRIPTION, false));
  ASSERT_TRUE(Delete(process_, bare.name()).ok());
  EXPECT_TRUE(Eventually([&] { return NamesOf(Worst()) == std::vector<std::string>{good.name(), middling.name()}; }));
  DoAll(process_, good.name(), {"ArchiveProduct"});
  EXPECT_TRUE(Eventually([&] { return NamesOf(Worst()) == std::vector<std::string>{middling.name()}; }));
  ListWorstListingsRequest archived;
  archived.set_filter("product.state = ARCHIVED");
  EXPECT_THAT(NamesOf(Worst(archived)), ElementsAre(good.name()));
}

TEST_F(ListingQualityTest, TheReportIsFilteredPagedAndCounted) {
  category_ = CreateCategory("Mugs");
  const std::string shop = CreateChannel(process_, "Shop");
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) {
    Product product = GoodProduct(absl::StrCat("F-", i), absl::StrCat("Mug number ", i));
    if (i % 2 == 0) product.clear_brand();
    names.push_back(Create(product).name());
  }
  const std::string elsewhere = Create(MakeProduct("F-9", "Vase")).name();
  DoAll(process_, names[0], {"SubmitProduct", "ApproveProduct", "PublishProduct"});
  catalog::v1::PublishProductRequest publish;
  publish.set_name(names[0]);
  publish.set_channel(shop);
  ASSERT_TRUE(process_.Call<Product>("PublishProduct", publish).ok());
  ListWorstListingsRequest published;
  published.set_filter("product.state = PUBLISHED");
  ASSERT_TRUE(Eventually([&] { return Worst(published).listings_size() == 1 && Worst().listings_size() == 6; }));

  ListWorstListingsRequest request;
  request.set_filter(absl::StrCat("product.channel_listings.channel = \"", shop, "\""));
  EXPECT_THAT(NamesOf(Worst(request)), ElementsAre(names[0]));
  request.Clear();
  request.set_filter(absl::StrCat("product.categories:\"", category_, "\""));
  request.set_count_issues(true);
  request.set_page_size(2);
  std::vector<std::string> paged;
  ListWorstListingsResponse page;
  do {
    page = Worst(request);
    for (const std::string& name : NamesOf(page)) paged.push_back(name);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(paged, ElementsAre(names[0], names[2], names[4], names[1], names[3]));
  EXPECT_EQ(page.total(), 5);
  std::map<int, int64_t> counts;
  for (const auto& count : page.issue_counts()) counts[count.issue()] = count.listings();
  EXPECT_EQ(counts, (std::map<int, int64_t>{{ListingIssue::NO_IMAGE, 5}, {ListingIssue::NO_BRAND, 3}}));
  request.Clear();
  request.set_filter("issues:NO_PRICE");
  EXPECT_THAT(NamesOf(Worst(request)), ElementsAre(elsewhere));
}

// A shop whose products are older than its feed reaches back.
class ListingReportRebuildTest : public ListingQualityTest {
 protected:
  void SetUp() override {}
};

TEST_F(ListingReportRebuildTest, ReadsAllProductsWhenTheFeedDoesNotHaveThem) {
  const Product first = Create(MakeProduct("B-1", "Mug")), second = Create(MakeProduct("B-2", "mugs"));
  const Product gone = Create(MakeProduct("B-3", "Vase"));
  ASSERT_TRUE(Delete(process_, gone.name()).ok());
  changes::Feed& feed = process_.runtime().feed();
  const absl::Time deadline = absl::Now() + absl::Seconds(60);
  ASSERT_EQ(*feed.SequenceOnce(deadline), 4);
  ASSERT_EQ(*feed.Prune(absl::Now() + absl::Hours(24 * 365), 1000, deadline), 4);
  EXPECT_THAT(NamesOf(Worst()), IsEmpty());
  process_.Start();
  EXPECT_TRUE(Eventually([&] { return NamesOf(Worst()) == std::vector<std::string>{first.name(), second.name()}; }));
  EXPECT_TRUE(Reported(first.name(), ListingIssue::SIMILAR_TITLE));
}

TEST_F(ListingQualityTest, LikenessBeginsAndEndsForBoth) {
  Product first = MakeProduct("L-1", "Blue mug, 300 ml");
  first.mutable_variants(0)->set_barcode("4006381333931");
  first = Create(first);
  EXPECT_TRUE(Reported(first.name(), ListingIssue::NO_PRICE));
  EXPECT_THAT(CodesOf(first.name()), Not(Contains(ListingIssue::SIMILAR_TITLE)));
  Product second = MakeProduct("L-2", "300 ml mugs (blue)");
  second.mutable_variants(0)->set_barcode("4006381333931");
  second = Create(second);
  for (const auto& product : {first, second}) {
    EXPECT_TRUE(Reported(product.name(), ListingIssue::SIMILAR_TITLE));
    EXPECT_TRUE(Reported(product.name(), ListingIssue::DUPLICATE_BARCODE));
    EXPECT_THAT(CodesOf(product.name()), Contains(ListingIssue::SIMILAR_TITLE));
  }
  second.set_title("Red mug");
  ASSERT_TRUE(Update(second, "title").ok());
  for (const auto& product : {first, second}) {
    EXPECT_TRUE(Reported(product.name(), ListingIssue::SIMILAR_TITLE, false));
  }
  ASSERT_TRUE(Delete(process_, second.name()).ok());
  EXPECT_TRUE(Reported(first.name(), ListingIssue::DUPLICATE_BARCODE, false));
}

TEST_F(ListingQualityTest, TypesAndChannelsThatAskForMoreAreSeenInTheReport) {
  catalog::v1::CreateProductTypeRequest create_type;
  create_type.mutable_product_type()->set_title("Mug");
  auto type = process_.Call<ProductType>("ProductTypeService/CreateProductType", create_type);
  ASSERT_TRUE(type.ok()) << type.status();
  Product mug = PricedProduct("T-1", "Mug");
  mug.set_product_type(type->name());
  mug = Create(mug);
  const std::string shop = CreateChannel(process_, "Shop");
  DoAll(process_, mug.name(), {"SubmitProduct", "ApproveProduct", "PublishProduct"});
  catalog::v1::PublishProductRequest publish;
  publish.set_name(mug.name());
  publish.set_channel(shop);
  ASSERT_TRUE(process_.Call<Product>("PublishProduct", publish).ok());
  EXPECT_TRUE(Reported(mug.name(), ListingIssue::MISSING_ATTRIBUTE, false));

  auto* attribute = type->add_attributes();
  attribute->set_key("capacity");
  attribute->set_title("Capacity");
  attribute->set_type(catalog::v1::AttributeDefinition::NUMBER);
  attribute->set_required(true);
  catalog::v1::UpdateProductTypeRequest update_type;
  *update_type.mutable_product_type() = *type;
  ASSERT_TRUE(process_.Call<ProductType>("ProductTypeService/UpdateProductType", update_type).ok());
  EXPECT_TRUE(Reported(mug.name(), ListingIssue::MISSING_ATTRIBUTE));

  mug = Get(process_, mug.name());
  mug.add_translations()->set_language("zh");
  mug.mutable_translations(0)->set_title("杯子");
  ASSERT_TRUE(Update(mug, "translations").ok());
  EXPECT_TRUE(Reported(mug.name(), ListingIssue::MISSING_LANGUAGE, false));
  catalog::v1::UpdateChannelRequest update_channel;
  update_channel.mutable_channel()->set_name(shop);
  update_channel.mutable_channel()->add_languages("fr");
  ASSERT_TRUE(process_.Call<Channel>("ChannelService/UpdateChannel", update_channel).ok());
  EXPECT_TRUE(Reported(mug.name(), ListingIssue::MISSING_LANGUAGE));
}

}  // namespace
}  // namespace storeops::testing
