// The listing workflow, channels, references and SEO fields of products through the pipeline, on a real database.
#include <map>
#include <string>
#include <vector>

#include "common/base/errors.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/catalog/listings/listing_states.h"
#include "storeops/catalog/v1/product_type_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/listing_calls.h"
#include "tests/support/service_process.h"

namespace storeops::testing {
namespace {

using catalog::kListingStates;
using catalog::v1::Product;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ListingWorkflowTest : public ::testing::Test {
 protected:
  void SetUp() override { process_.Start(); }

  std::vector<std::string> NamesOf(const std::string& filter) {
    catalog::v1::ListProductsRequest request;
    request.set_filter(filter);
    const auto page = process_.Call<catalog::v1::ListProductsResponse>("ListProducts", request);
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<std::string> names;
    for (const auto& product : page->products()) names.push_back(product.name());
    return names;
  }
  absl::StatusOr<Product> Update(const Product& product, const std::vector<std::string>& mask) {
    catalog::v1::UpdateProductRequest request;
    *request.mutable_product() = product;
    request.mutable_product()->clear_etag();
    for (const std::string& path : mask) request.mutable_update_mask()->add_paths(path);
    return process_.Call<Product>("UpdateProduct", request);
  }
  absl::StatusOr<Product> ShowOn(const std::string& name, const std::string& channel, const std::string& id = "") {
    catalog::v1::PublishProductRequest request;
    request.set_name(name);
    request.set_channel(channel);
    request.set_external_id(id);
    return process_.Call<Product>("PublishProduct", request);
  }
  absl::StatusOr<Product> HideOn(const std::string& name, const std::string& channel) {
    catalog::v1::UnpublishProductRequest request;
    request.set_name(name);
    request.set_channel(channel);
    return process_.Call<Product>("UnpublishProduct", request);
  }
  absl::Status DeleteChannel(const std::string& name) {
    catalog::v1::DeleteChannelRequest request;
    request.set_name(name);
    return process_.Call<catalog::v1::Channel>("ChannelService/DeleteChannel", request).status();
  }

  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
};

// Every action on a product in every state: what the table has is done, everything else is refused and changes nothing.
TEST_F(ListingWorkflowTest, AllowsWhatTheTableAllowsAndNothingElse) {
  int number = 0;
  for (int value = Product::DRAFT; value <= Product::ARCHIVED; ++value) {
    const auto state = static_cast<Product::State>(value);
    for (const char* action : {"SubmitProduct", "ApproveProduct", "RejectProduct", "PublishProduct", "UnpublishProduct",
                               "ArchiveProduct", "RestoreProduct"}) {
      SCOPED_TRACE(Product::State_Name(state) + " " + action);
      const Product product = CreateIn(process_, state, absl::StrCat("S-", ++number));
      ASSERT_EQ(product.state(), state);
      const decltype(catalog::kListingStates)::Row* expected = nullptr;
      for (const auto& row : kListingStates.rows) {
        if (row.from == state && kListingStates.NameOf(row.action) == action) expected = &row;
      }
      const auto done = DoByName(process_, action, product.name());
      if (expected != nullptr) {
        ASSERT_TRUE(done.ok()) << done.status();
        EXPECT_EQ(done->state(), expected->to);
        EXPECT_EQ(Get(process_, product.name()).state(), expected->to);
      } else {
        EXPECT_EQ(done.status().code(), absl::StatusCode::kFailedPrecondition) << done.status();
        EXPECT_EQ(Reason(done.status()), "ACTION_NOT_ALLOWED");
        EXPECT_EQ(Get(process_, product.name()).etag(), product.etag());
      }
    }
  }
}

TEST_F(ListingWorkflowTest, ANewProductIsADraftWhateverItsCallerSays) {
  Product sent = PricedProduct("D-1");
  sent.set_state(Product::PUBLISHED);
  const auto product = CreateProduct(process_, sent);
  ASSERT_TRUE(product.ok()) << product.status();
  EXPECT_EQ(product->state(), Product::DRAFT);
  Product published = *product;
  published.set_state(Product::PUBLISHED);
  published.set_title("Large mug");
  EXPECT_EQ(Update(published, {})->state(), Product::DRAFT);
  EXPECT_EQ(WrongField(Update(published, {"state"}).status()), "update_mask");
}

TEST_F(ListingWorkflowTest, ProductsFromBeforeTheWorkflowArePublished) {
  const Product product = CreateIn(process_, Product::DRAFT, "O-1");
  db::Database& database = process_.runtime().database();
  // A row as the earlier program wrote it: without the new columns.
  ASSERT_TRUE(database
                  .Execute(absl::Now() + absl::Seconds(10),
                           "INSERT INTO products (id, version, create_time, update_time, title, description, language, "
                           "translations, kind, brand, tags, options, variants) SELECT 1000000, 1, create_time, "
                           "update_time, title, description, language, translations, kind, brand, tags, options, "
                           "'[]' FROM products")
                  .ok());
  const Product old = Get(process_, "products/1000000");
  EXPECT_EQ(old.state(), Product::PUBLISHED);
  EXPECT_FALSE(old.has_publish_time());
}

TEST_F(ListingWorkflowTest, ARejectionStaysUntilTheNextSubmission) {
  const Product product = CreateIn(process_, Product::IN_REVIEW, "R-1");
  const auto rejected = Reject(process_, product.name());
  ASSERT_TRUE(rejected.ok()) << rejected.status();
  EXPECT_EQ(rejected->state(), Product::DRAFT);
  EXPECT_EQ(rejected->rejection().reviewer(), "users/1");
  EXPECT_EQ(rejected->rejection().reasons(0).text(), "Say what it is made of.");
  EXPECT_EQ(WrongField(Do<catalog::v1::RejectProductRequest>(process_, "RejectProduct", product.name()).status()),
            "reasons");
  EXPECT_TRUE(Get(process_, product.name()).has_rejection());
  EXPECT_FALSE(DoAll(process_, product.name(), {"SubmitProduct"}).has_rejection());
}

TEST_F(ListingWorkflowTest, WhatCannotBeSoldIsNotPublished) {
  const auto product = CreateProduct(process_, MakeProduct("N-1", "Mug"));
  ASSERT_TRUE(product.ok()) << product.status();
  DoAll(process_, product->name(), {"SubmitProduct", "ApproveProduct"});
  const absl::Status refused = DoByName(process_, "PublishProduct", product->name()).status();
  EXPECT_EQ(Reason(refused), "LISTING_NOT_SOUND");
  EXPECT_THAT(DescribeStatus(refused), HasSubstr("NO_PRICE (variants)"));
}

TEST_F(ListingWorkflowTest, AnAttributeThatItsTypeDemandsIsNeededToPublish) {
  catalog::v1::CreateProductTypeRequest create;
  create.mutable_product_type()->set_title("Mug");
  auto* attribute = create.mutable_product_type()->add_attributes();
  attribute->set_key("capacity");
  attribute->set_title("Capacity");
  attribute->set_type(catalog::v1::AttributeDefinition::NUMBER);
  attribute->set_required(true);
  const auto type = process_.Call<catalog::v1::ProductType>("ProductTypeService/CreateProductType", create);
  ASSERT_TRUE(type.ok()) << type.status();
  Product mug = PricedProduct("A-1");
  mug.set_product_type(type->name());
  mug = *CreateProduct(process_, mug);
  DoAll(process_, mug.name(), {"SubmitProduct", "ApproveProduct"});
  const absl::Status refused = DoByName(process_, "PublishProduct", mug.name()).status();
  EXPECT_THAT(DescribeStatus(refused), HasSubstr("MISSING_ATTRIBUTE (attributes[\"capacity\"])"));
  (*mug.mutable_attributes())["capacity"].set_number(300);
  ASSERT_TRUE(Update(mug, {"attributes"}).ok());
  EXPECT_EQ(DoAll(process_, mug.name(), {"PublishProduct"}).state(), Product::PUBLISHED);
}

TEST_F(ListingWorkflowTest, ActionsKeepToEtagAndRequestId) {
  const Product product = CreateIn(process_, Product::DRAFT, "E-1");
  catalog::v1::SubmitProductRequest request;
  request.set_name(product.name());
  request.set_etag("999");
  EXPECT_EQ(process_.Call<Product>("SubmitProduct", request).status().code(), absl::StatusCode::kAborted);
  request.set_etag(product.etag());
  request.set_request_id("once");
  const auto first = process_.Call<Product>("SubmitProduct", request);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto again = process_.Call<Product>("SubmitProduct", request);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->etag(), first->etag());
  ASSERT_TRUE(Delete(process_, product.name()).ok());
  EXPECT_EQ(DoByName(process_, "ApproveProduct", product.name()).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ListingWorkflowTest, HistorySaysWhoDidWhat) {
  const Product product = CreateIn(process_, Product::PUBLISHED, "H-1");
  const std::string channel = CreateChannel(process_, "Tmall");
  ASSERT_TRUE(ShowOn(product.name(), channel, "T-1").ok());
  Product more = Get(process_, product.name());
  more.mutable_seo()->set_slug("mug");
  auto* reference = more.add_external_references();
  reference->set_system("erp");
  reference->set_id("4711");
  ASSERT_TRUE(Update(more, {"seo", "external_references"}).ok());
  ASSERT_TRUE(Schedule(process_, product.name(),
                       {ChangeAt(absl::Now() + absl::Hours(1), catalog::v1::ScheduledChange::UNPUBLISH)})
                  .ok());
  std::vector<std::string> told;
  for (const auto& entry : History(process_, product.name())) {
    EXPECT_EQ(entry.actor(), "users/1");
    std::string fields;
    for (const auto& change : entry.changes()) {
      const bool state = change.field() == "state";
      absl::StrAppend(&fields, fields.empty() ? "" : " ", change.field(),
                      state ? absl::StrCat(":", change.old_value(), ">", change.new_value()) : "");
    }
    told.push_back(fields);
  }
  told.pop_back();  // the creation
  EXPECT_THAT(told, ElementsAre("schedule", "external_references seo", "channel_listings",
                                "state:\"APPROVED\">\"PUBLISHED\" publish_time", "state:\"IN_REVIEW\">\"APPROVED\"",
                                "state:\"DRAFT\">\"IN_REVIEW\""));
}

TEST_F(ListingWorkflowTest, ListsAndSearchesKnowTheState) {
  const Product draft = CreateIn(process_, Product::DRAFT, "L-1");
  const Product published = CreateIn(process_, Product::PUBLISHED, "L-2");
  const std::string channel = CreateChannel(process_, "Tmall");
  ASSERT_TRUE(ShowOn(published.name(), channel).ok());
  EXPECT_THAT(NamesOf("state = \"DRAFT\""), ElementsAre(draft.name()));
  EXPECT_THAT(NamesOf("state = \"PUBLISHED\""), ElementsAre(published.name()));
  catalog::v1::SearchProductsRequest by_state, by_channel;
  by_state.mutable_filter()->add_states(Product::DRAFT);
  by_channel.mutable_filter()->set_channel(channel);
  const auto found = [this](const catalog::v1::SearchProductsRequest& request) {
    const auto response = process_.Call<catalog::v1::SearchProductsResponse>("SearchProducts", request);
    return response.ok() && response->results_size() == 1 ? response->results(0).product().name() : "";
  };
  EXPECT_TRUE(Eventually([&] { return found(by_state) == draft.name() && found(by_channel) == published.name(); }));
  ASSERT_TRUE(DoByName(process_, "UnpublishProduct", published.name()).ok());
  EXPECT_TRUE(Eventually([&] {
    const auto response = process_.Call<catalog::v1::SearchProductsResponse>("SearchProducts", by_channel);
    return response.ok() && response->results().empty();
  })) << "hidden everywhere while the product itself is";
}

TEST_F(ListingWorkflowTest, EachChannelByItself) {
  const std::string tmall = CreateChannel(process_, "Tmall"), shop = CreateChannel(process_, "Shop");
  const Product product = CreateIn(process_, Product::APPROVED, "C-1");
  EXPECT_EQ(Reason(ShowOn(product.name(), tmall).status()), "PRODUCT_NOT_PUBLISHED");
  ASSERT_TRUE(DoByName(process_, "PublishProduct", product.name()).ok());
  EXPECT_EQ(WrongField(ShowOn(product.name(), "channels/999").status()), "channel");
  ASSERT_TRUE(ShowOn(product.name(), tmall, "T-1").ok());
  const auto both = ShowOn(product.name(), shop);
  ASSERT_TRUE(both.ok()) << both.status();
  ASSERT_EQ(both->channel_listings_size(), 2);
  const auto hidden = HideOn(product.name(), tmall);
  ASSERT_TRUE(hidden.ok()) << hidden.status();
  EXPECT_EQ(hidden->state(), Product::PUBLISHED);
  EXPECT_EQ(hidden->channel_listings(0).status(), catalog::v1::ChannelListing::HIDDEN);
  EXPECT_EQ(hidden->channel_listings(0).external_id(), "T-1");
  EXPECT_EQ(hidden->channel_listings(1).status(), catalog::v1::ChannelListing::PUBLISHED);
  EXPECT_EQ(Reason(HideOn(product.name(), tmall).status()), "PRODUCT_NOT_ON_CHANNEL");
  // Only what is published on it keeps a channel.
  EXPECT_TRUE(DeleteChannel(tmall).ok());
  EXPECT_EQ(Reason(DeleteChannel(shop)), "CHANNEL_IN_USE");
  ASSERT_TRUE(DoByName(process_, "ArchiveProduct", product.name()).ok());
  EXPECT_TRUE(DeleteChannel(shop).ok());
}

TEST_F(ListingWorkflowTest, ADeletedProductIsOnNoChannel) {
  const std::string shop = CreateChannel(process_, "Shop");
  const Product product = CreateIn(process_, Product::PUBLISHED, "C-2");
  ASSERT_TRUE(ShowOn(product.name(), shop).ok());
  ASSERT_TRUE(Delete(process_, product.name()).ok());
  EXPECT_TRUE(DeleteChannel(shop).ok());
  catalog::v1::UndeleteProductRequest undelete;
  undelete.set_name(product.name());
  const auto back = process_.Call<Product>("UndeleteProduct", undelete);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->state(), Product::PUBLISHED);
  EXPECT_EQ(back->channel_listings(0).status(), catalog::v1::ChannelListing::HIDDEN) << "the channel has gone";
}

TEST_F(ListingWorkflowTest, ReferencesAndSlugsAreUnique) {
  Product mug = PricedProduct("U-1");
  mug.mutable_seo()->set_slug("mug");
  auto* reference = mug.add_external_references();
  reference->set_system("shopify");
  reference->set_id("4711");
  const auto created = CreateProduct(process_, mug);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_THAT(NamesOf("external_references.key = \"shopify:4711\""), ElementsAre(created->name()));
  EXPECT_THAT(NamesOf("seo.slug = \"mug\""), ElementsAre(created->name()));
  EXPECT_THAT(NamesOf("external_references.key = \"erp:4711\""), IsEmpty());

  mug.mutable_variants(0)->set_sku("U-2");
  mug.mutable_seo()->set_slug("马克杯");
  EXPECT_EQ(CreateProduct(process_, mug).status().code(), absl::StatusCode::kAlreadyExists) << "the reference";
  mug.mutable_external_references(0)->set_system("erp");
  auto* translation = mug.add_translations();
  translation->set_language("de");
  translation->set_title("Becher");
  translation->mutable_seo()->set_slug("mug");
  EXPECT_EQ(CreateProduct(process_, mug).status().code(), absl::StatusCode::kAlreadyExists) << "the slug";
  translation->mutable_seo()->set_slug("becher");
  EXPECT_TRUE(CreateProduct(process_, mug).ok());
  mug.mutable_seo()->set_slug("No Slug");
  EXPECT_EQ(WrongField(CreateProduct(process_, mug).status()), "product.seo.slug");
}

// Who may take which action, by the permission that the table gives it.
TEST(ListingPermissionTest, EachTransitionNeedsItsPermission) {
  const Site site;
  ServiceProcess process(site, {catalog::CatalogModule()});
  const auto call = [&](const std::string& method, const std::string& permission,
                        const google::protobuf::Message& request, Product* product) {
    return process.Call("storeops.catalog.v1.ProductService/" + method, process.Bearer("users/2", {permission}),
                        request, product);
  };
  catalog::v1::CreateProductRequest create;
  *create.mutable_product() = PricedProduct("P-1");
  Product product;
  ASSERT_TRUE(call("CreateProduct", "catalog.products.write", create, &product).ok());
  catalog::v1::SubmitProductRequest submit;
  catalog::v1::ApproveProductRequest approve;
  catalog::v1::PublishProductRequest publish;
  catalog::v1::ArchiveProductRequest archive;
  submit.set_name(product.name());
  approve.set_name(product.name());
  publish.set_name(product.name());
  archive.set_name(product.name());
  const auto denied = [&](const std::string& method, const std::string& permission,
                          const google::protobuf::Message& request) {
    return call(method, permission, request, nullptr).code() == absl::StatusCode::kPermissionDenied;
  };
  EXPECT_TRUE(denied("SubmitProduct", "catalog.products.review", submit));
  ASSERT_TRUE(call("SubmitProduct", "catalog.products.write", submit, nullptr).ok());
  EXPECT_TRUE(denied("ApproveProduct", "catalog.products.write", approve));
  ASSERT_TRUE(call("ApproveProduct", "catalog.products.review", approve, nullptr).ok());
  EXPECT_TRUE(denied("PublishProduct", "catalog.products.review", publish));
  ASSERT_TRUE(call("PublishProduct", "catalog.products.publish", publish, nullptr).ok());
  EXPECT_TRUE(denied("ArchiveProduct", "catalog.products.write", archive)) << "takes it from sale";
  ASSERT_TRUE(call("ArchiveProduct", "catalog.products.*", archive, &product).ok());
  EXPECT_EQ(product.state(), Product::ARCHIVED);
}

TEST(ListingPermissionTest, AnApprovedPriceIsChangedByCallersWhoMayWritePrices) {
  const Site site;
  ServiceProcess process(site, {catalog::CatalogModule()});
  catalog::v1::UpdateProductRequest update;
  Product& product = *update.mutable_product();
  const auto code = [&](const std::vector<std::string>& permissions) {
    Product updated;
    const absl::Status status = process.Call("storeops.catalog.v1.ProductService/UpdateProduct",
                                             process.Bearer("users/2", permissions), update, &updated);
    if (status.ok()) product = updated;
    return status.code();
  };
  catalog::v1::CreateProductRequest create;
  *create.mutable_product() = PricedProduct("P-1");
  product = *process.Call<Product>("CreateProduct", create);
  product.mutable_variants(0)->mutable_price()->set_units(11);
  EXPECT_EQ(code({"catalog.products.write"}), absl::StatusCode::kOk) << "a draft is reviewed";
  product = DoAll(process, product.name(), {"SubmitProduct", "ApproveProduct", "PublishProduct"});
  product.set_title("Another mug");
  EXPECT_EQ(code({"catalog.products.write"}), absl::StatusCode::kOk);
  const Product published = product;
  product.mutable_variants(0)->mutable_price()->set_units(1);
  EXPECT_EQ(code({"catalog.products.write"}), absl::StatusCode::kPermissionDenied);
  product = published;
  *product.mutable_variants(0)->mutable_cost() = product.variants(0).price();
  EXPECT_EQ(code({"catalog.products.write", "catalog.costs.read"}), absl::StatusCode::kPermissionDenied);
  product = published;
  product.mutable_variants(0)->mutable_price()->set_units(1);
  EXPECT_EQ(code({"catalog.products.write", "catalog.prices.write"}), absl::StatusCode::kOk);
}

}  // namespace
}  // namespace storeops::testing
