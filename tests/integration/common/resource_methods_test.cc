// The standard methods against a real database, one caller at a time.
#include "gmock/gmock.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "tests/support/resource_fixture.h"

namespace storeops {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using namespace storeops::catalog::v1;  // NOLINT: the messages of one API

class ResourceMethodsTest : public testing::ResourceFixture {
 protected:
  static Product FullProduct() {
    Product product = MakeProduct("Lamp \"☀\" <1>", "L-1");
    product.set_description("Line 1\nLine 2 \\ ' %");
    product.set_language("en");
    auto* translation = product.add_translations();
    translation->set_language("zh");
    translation->set_title("灯");
    product.set_kind(Product::SERVICE);
    product.set_brand("Acme");
    product.add_tags("sale");
    product.add_tags("a<b");
    auto* option = product.add_options();
    option->set_name("Colour");
    option->add_values("red");
    auto* variant = product.mutable_variants(0);
    (*variant->mutable_option_values())["Colour"] = "red";
    variant->mutable_price()->set_currency_code("EUR");
    variant->mutable_price()->set_units(12);
    variant->mutable_price()->set_nanos(500'000'000);
    return product;
  }
};

TEST_F(ResourceMethodsTest, CreateStoresEveryFieldAndGetReturnsIt) {
  const auto created = Create(FullProduct());
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->name(), "products/1");
  EXPECT_EQ(created->etag(), "1");
  EXPECT_TRUE(created->has_create_time());
  EXPECT_EQ(created->create_time().seconds(), absl::ToUnixSeconds(clock_.Now()));
  const auto read = Get(created->name());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->DebugString(), created->DebugString());
  EXPECT_EQ(read->variants(0).price().nanos(), 500'000'000);
}

TEST_F(ResourceMethodsTest, CreateClearsWhatOnlyTheServiceSets) {
  Product product = MakeProduct("Lamp", "L-1");
  product.set_name("products/99");
  product.set_etag("17");
  product.mutable_delete_time()->set_seconds(5);
  const auto created = Create(product);
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->name(), "products/1");
  EXPECT_EQ(created->etag(), "1");
  EXPECT_FALSE(created->has_delete_time());
}

TEST_F(ResourceMethodsTest, CreateNamesEveryViolationAtOnce) {
  Product product;
  product.set_brand(std::string(121, 'b'));
  product.add_variants()->set_sku("A");
  product.add_variants()->set_sku("A");
  product.mutable_variants(1)->mutable_price()->set_currency_code("EUR");
  product.mutable_variants(1)->mutable_price()->set_units(-1);
  const auto created = Create(product);
  EXPECT_EQ(created.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string fields = testing::FieldsOf(created.status());
  EXPECT_THAT(fields, HasSubstr("product.title: is required"));
  EXPECT_THAT(fields, HasSubstr("product.brand: must be at most 120 characters, has 121"));
  EXPECT_THAT(fields, HasSubstr("product.variants[1].price: must be at least 0.00 EUR, is -1.00 EUR"));
  EXPECT_THAT(fields, HasSubstr("product.variants[1].sku: repeats the value of variants[0].sku"));
  EXPECT_EQ(Count("products") + Count("history") + Count("change_log") + Count("resource_keys"), 0);
}

TEST_F(ResourceMethodsTest, HooksFillAndRefuseAlongWithTheAnnotations) {
  resource::Hooks hooks;
  hooks.before_write = [](resource::Write&, const google::protobuf::Message* before,
                          google::protobuf::Message* after) -> absl::Status {
    auto* product = static_cast<Product*>(after);
    if (product->language().empty()) product->set_language(before == nullptr ? "en" : "fr");
    if (product->brand() == "bad") return InvalidField("brand", "is bad");
    if (product->brand() == "worse") return PreconditionFailed("WORSE", "brand", "is worse");
    return absl::OkStatus();
  };
  std::vector<std::string> committed;
  hooks.after_commit = [&](absl::Span<const resource::Hooks::Committed> products) {
    for (const auto& [after, id, version] : products) {
      committed.push_back(absl::StrCat(static_cast<const Product&>(*after).name(), " ", id, " ", version));
    }
  };
  Open(hooks);
  const auto created = Create(MakeProduct("Lamp", "A"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->language(), "en");
  Product bad = MakeProduct("", "B");
  bad.set_brand("bad");
  EXPECT_EQ(testing::FieldsOf(Create(bad).status()), "product.brand: is bad; product.title: is required");
  bad.set_brand("worse");
  EXPECT_EQ(Create(bad).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(committed, ElementsAre("products/1 1 1"));
}

TEST_F(ResourceMethodsTest, NamesThatAreNoneAreRefused) {
  for (const char* name : {"products/x", "products/", "product/1", "products/01", "products/-1", "products/1/a",
                           "products/99999999999999999999"}) {
    EXPECT_EQ(Get(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_EQ(testing::FieldsOf(Get("").status()), "name: is required");
  const absl::Status missing = Get("products/9").status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(testing::Reason(missing), "RESOURCE_NOT_FOUND");
}

TEST_F(ResourceMethodsTest, BatchGetKeepsTheOrderAndNamesTheFirstMissing) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Create(MakeProduct(absl::StrCat("P", i), absl::StrCat("S", i))).ok());
  BatchGetProductsRequest request;
  for (int i = 20; i > 0; --i) request.add_names(absl::StrCat("products/", i));
  request.add_names("products/20");
  BatchGetProductsResponse response;
  ASSERT_TRUE(products_->BatchGet(MakeCall(), request, &response).ok());
  ASSERT_EQ(response.products_size(), 21);
  EXPECT_EQ(response.products(0).title(), "P19");
  EXPECT_EQ(response.products(20).title(), "P19");
  request.set_names(3, "products/77");
  BatchGetProductsResponse second;
  const absl::Status status = products_->BatchGet(MakeCall(), request, &second);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(), "names[3]: products/77 does not exist");
}

TEST_F(ResourceMethodsTest, UpdateWritesWhatTheMaskNames) {
  Product product = *Create(FullProduct());
  Product change;
  change.set_name(product.name());
  change.set_title("New");
  change.set_brand("Ignored");
  auto updated = Update(change, {"title", "description"});
  ASSERT_TRUE(updated.ok()) << updated.status();
  EXPECT_EQ(updated->title(), "New");
  EXPECT_EQ(updated->description(), "");
  EXPECT_EQ(updated->brand(), "Acme");
  EXPECT_EQ(updated->etag(), "2");
  EXPECT_EQ(Get(product.name())->DebugString(), updated->DebugString());

  for (const std::vector<std::string>& mask : {std::vector<std::string>{}, {"*"}}) {
    change.set_brand(absl::StrCat("Brand ", mask.size()));
    updated = Update(change, mask);
    ASSERT_TRUE(updated.ok()) << updated.status();
    EXPECT_EQ(updated->brand(), change.brand());
    EXPECT_EQ(updated->tags_size(), 2) << "what is not set stays";
  }
}

TEST_F(ResourceMethodsTest, UpdateRefusesWrongMasks) {
  Product product = *Create(FullProduct());
  const absl::Status status =
      Update(product, {"colour", "create_time", "title.x", "variants.sku", "etag", "brand"}).status();
  EXPECT_EQ(testing::FieldsOf(status),
            "update_mask: \"colour\" is not a field of Product; "
            "update_mask: \"create_time\" is set by the service only; "
            "update_mask: \"title.x\": title has no fields; "
            "update_mask: \"variants.sku\": variants is replaced whole");
  EXPECT_EQ(Get(product.name())->etag(), "1");
}

TEST_F(ResourceMethodsTest, UpdateChecksTheResultAndTheEtag) {
  Product product = *Create(FullProduct());
  Product change;
  change.set_name(product.name());
  EXPECT_EQ(testing::FieldsOf(Update(change, {"title", "variants"}).status()),
            "product.title: is required; product.variants: is required");
  change.set_etag("0");
  change.set_title("New");
  const absl::Status stale = Update(change).status();
  EXPECT_EQ(stale.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(testing::Reason(stale), "ETAG_MISMATCH");
  change.set_etag("1");
  EXPECT_TRUE(Update(change).ok());
  EXPECT_EQ(Update(change).status().code(), absl::StatusCode::kAborted);
  EXPECT_EQ(testing::FieldsOf(Update(Product()).status()), "product.name: is required");
  change.set_name("products/88");
  EXPECT_EQ(Update(change).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ResourceMethodsTest, NothingIsWrittenWhenNothingDiffers) {
  const Product product = *Create(FullProduct());
  clock_.Advance(absl::Seconds(5));
  const auto same = Update(product);
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_EQ(same->DebugString(), product.DebugString());
  EXPECT_EQ(Count("history"), 1);
  EXPECT_EQ(Count("change_log"), 1);
}

TEST_F(ResourceMethodsTest, UniqueKeysAreTakenMovedAndGivenFree) {
  const Product a = *Create(MakeProduct("A", "S-1"));
  const absl::Status taken = Create(MakeProduct("B", "S-1")).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(taken.message(), "product.variants[0].sku: \"S-1\" is taken by products/1");
  EXPECT_TRUE(Create(MakeProduct("B", "s-1")).ok()) << "case counts";

  Product change = a;
  change.clear_etag();
  change.mutable_variants(0)->set_sku("S-2");
  ASSERT_TRUE(Update(change).ok());
  EXPECT_TRUE(Create(MakeProduct("C", "S-1")).ok()) << "the old value is free";
  const auto ids = products_->FindByKey("sku", {"S-2", "nobody", "S-1", "s-1"}, Soon());
  ASSERT_TRUE(ids.ok()) << ids.status();
  EXPECT_EQ((*ids)[0], 1);
  EXPECT_EQ((*ids)[1], 0);
  EXPECT_GT((*ids)[2], 0);
  EXPECT_GT((*ids)[3], 0);
}

TEST_F(ResourceMethodsTest, DeleteAndUndelete) {
  const Product product = *Create(MakeProduct("A", "S-1"));
  EXPECT_EQ(Undelete(product.name()).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Delete(product.name(), "7").status().code(), absl::StatusCode::kAborted);
  const auto deleted = Delete(product.name(), "1");
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_TRUE(deleted->has_delete_time());
  EXPECT_EQ(deleted->etag(), "2");
  EXPECT_TRUE(Get(product.name())->has_delete_time());
  EXPECT_EQ(Delete(product.name()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Update(product).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(ListTitles(""), IsEmpty());
  ListProductsRequest list;
  list.set_show_deleted(true);
  list.set_filter("delete_time:*");
  EXPECT_EQ(List(list)->products_size(), 1);
  EXPECT_THAT(*products_->ReadMany({1}, Soon()), IsEmpty());

  const Product other = *Create(MakeProduct("B", "S-1"));
  EXPECT_EQ(Undelete(product.name()).status().code(), absl::StatusCode::kAlreadyExists);
  ASSERT_TRUE(Delete(other.name()).ok());
  const auto back = Undelete(product.name());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_FALSE(back->has_delete_time());
  EXPECT_EQ(back->etag(), "3");
  EXPECT_EQ(Create(MakeProduct("C", "S-1")).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(ResourceMethodsTest, HistoryTellsWhatChangedNewestFirst) {
  Product product = *Create(FullProduct());
  product.set_brand("Other");
  product.add_tags("new");
  ASSERT_TRUE(Update(product).ok());
  ASSERT_TRUE(Delete(product.name()).ok());
  ListProductHistoryRequest request;
  request.set_name(product.name());
  request.set_page_size(2);
  ListProductHistoryResponse page;
  ASSERT_TRUE(products_->ListHistory(MakeCall(), request, &page).ok());
  ASSERT_EQ(page.entries_size(), 2);
  EXPECT_EQ(page.entries(0).kind(), changes::Change::DELETED);
  EXPECT_EQ(page.entries(0).version(), 3);
  EXPECT_EQ(page.entries(0).actor(), "users/7");
  EXPECT_EQ(page.entries(0).subject(), product.name());
  ASSERT_EQ(page.entries(1).changes_size(), 2);
  EXPECT_EQ(page.entries(1).changes(0).field(), "brand");
  EXPECT_EQ(page.entries(1).changes(0).old_value(), "\"Acme\"");
  EXPECT_EQ(page.entries(1).changes(0).new_value(), "\"Other\"");
  EXPECT_EQ(page.entries(1).changes(1).field(), "tags");
  EXPECT_THAT(page.entries(1).changes(1).new_value(), HasSubstr("\"new\""));
  request.set_page_token(page.next_page_token());
  ListProductHistoryResponse last;
  ASSERT_TRUE(products_->ListHistory(MakeCall(), request, &last).ok());
  ASSERT_EQ(last.entries_size(), 1);
  EXPECT_EQ(last.entries(0).kind(), changes::Change::CREATED);
  EXPECT_EQ(last.entries(0).changes(0).field(), "title");
  EXPECT_EQ(last.entries(0).changes(0).old_value(), "");
  EXPECT_TRUE(last.next_page_token().empty());
  request.set_name("products/55");
  request.clear_page_token();
  EXPECT_EQ(products_->ListHistory(MakeCall(), request, &last).code(), absl::StatusCode::kNotFound);
}

TEST_F(ResourceMethodsTest, ChangesCarryTheResourceAsClientsSeeIt) {
  const Product created = *Create(FullProduct());
  ASSERT_TRUE(feed_.SequenceOnce(Soon()).ok());
  const auto batch = feed_.Read(0, 10, {}, Soon());
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ(batch->changes.size(), 1u);
  const changes::Change& change = batch->changes[0];
  EXPECT_EQ(change.type(), "catalog.storeops/Product");
  EXPECT_EQ(change.subject(), created.name());
  EXPECT_EQ(change.kind(), changes::Change::CREATED);
  EXPECT_EQ(change.version(), 1);
  EXPECT_EQ(change.actor(), "users/7");
  Product carried;
  ASSERT_TRUE(carried.ParseFromString(change.resource()));
  EXPECT_EQ(carried.DebugString(), created.DebugString());
}

TEST_F(ResourceMethodsTest, BatchesAreAllOrNothing) {
  BatchCreateProductsRequest request;
  for (int i = 0; i < 300; ++i) {
    *request.add_requests()->mutable_product() = MakeProduct(absl::StrCat("P", i), absl::StrCat("S", i));
  }
  request.mutable_requests(299)->mutable_product()->mutable_variants(0)->set_sku("S7");
  BatchCreateProductsResponse response;
  absl::Status status = products_->BatchCreate(MakeCall(), request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(status.message(),
            "requests[299].product.variants[0].sku: \"S7\" is also the value of requests[7].product.variants[0].sku");
  ASSERT_TRUE(Create(MakeProduct("Old", "S299")).ok());
  request.mutable_requests(299)->mutable_product()->mutable_variants(0)->set_sku("S299");
  status = products_->BatchCreate(MakeCall(), request, &response);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("requests[299].product.variants[0].sku: \"S299\" is taken by"));
  request.mutable_requests(3)->mutable_product()->clear_title();
  request.mutable_requests(4)->clear_product();
  request.mutable_requests(5)->set_request_id("x");
  EXPECT_THAT(testing::FieldsOf(products_->BatchCreate(MakeCall(), request, &response)),
              HasSubstr("requests[5].request_id: must be empty"));
  request.mutable_requests(5)->clear_request_id();
  EXPECT_EQ(testing::FieldsOf(products_->BatchCreate(MakeCall(), request, &response)),
            "requests[4].product: is required");
  *request.mutable_requests(4)->mutable_product() = MakeProduct("P4", "S4");
  EXPECT_EQ(testing::FieldsOf(products_->BatchCreate(MakeCall(), request, &response)),
            "requests[3].product.title: is required");
  EXPECT_EQ(Count("products"), 1);
  EXPECT_EQ(Count("resource_keys"), 1);
  request.mutable_requests(3)->mutable_product()->set_title("P3");
  request.mutable_requests(299)->mutable_product()->mutable_variants(0)->set_sku("S300");
  status = products_->BatchCreate(MakeCall(), request, &response);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(response.products_size(), 300);
  EXPECT_EQ(response.products(299).title(), "P299");
  EXPECT_EQ(Count("products"), 301);
  EXPECT_EQ(Count("history"), 301);
  EXPECT_EQ(Count("change_log"), 301);
}

TEST_F(ResourceMethodsTest, BatchUpdateSwapsKeysAndRefusesRepetitions) {
  Product a = *Create(MakeProduct("A", "S-1"));
  Product b = *Create(MakeProduct("B", "S-2"));
  a.mutable_variants(0)->set_sku("S-2");
  b.mutable_variants(0)->set_sku("S-1");
  BatchUpdateProductsRequest request;
  *request.add_requests()->mutable_product() = b;
  *request.add_requests()->mutable_product() = a;
  BatchUpdateProductsResponse response;
  const absl::Status status = products_->BatchUpdate(MakeCall(), request, &response);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(response.products_size(), 2);
  EXPECT_EQ(response.products(0).variants(0).sku(), "S-1");
  EXPECT_EQ(response.products(1).etag(), "2");
  request.mutable_requests(0)->mutable_product()->clear_etag();
  *request.mutable_requests(1) = request.requests(0);
  EXPECT_EQ(testing::FieldsOf(products_->BatchUpdate(MakeCall(), request, &response)),
            "requests[1].product.name: repeats requests[0]");
  request.mutable_requests(1)->mutable_product()->set_name(a.name());
  request.mutable_requests(1)->mutable_product()->set_etag("2");
  request.mutable_requests(0)->mutable_product()->set_title("Changed");
  request.mutable_requests(1)->mutable_product()->clear_title();
  request.mutable_requests(1)->mutable_update_mask()->add_paths("title");
  EXPECT_EQ(testing::FieldsOf(products_->BatchUpdate(MakeCall(), request, &response)),
            "requests[1].product.title: is required");
  EXPECT_EQ(Get(b.name())->title(), "B");
}

TEST_F(ResourceMethodsTest, OpenNamesEveryMismatchOfTheTable) {
  for (const char* sql :
       {"ALTER TABLE products DROP COLUMN brand", "ALTER TABLE products MODIFY title VARCHAR(20) NOT NULL",
        "ALTER TABLE products MODIFY kind BIGINT NULL", "ALTER TABLE products ADD extra INT NOT NULL",
        "ALTER TABLE products MODIFY update_time DATETIME(3) NOT NULL",
        "ALTER TABLE products MODIFY description MEDIUMTEXT COLLATE utf8mb4_general_ci NOT NULL",
        "ALTER TABLE products MODIFY variants TEXT NOT NULL"}) {
    ASSERT_TRUE(database().Execute(Soon(), sql).ok()) << sql;
  }
  const auto opened = resource::Resource::Open(store_, tokens_, Product::default_instance());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kInternal);
  const std::string message(opened.status().message());
  for (const char* part : {"brand is missing", "title must hold 300 characters", "kind must be NOT NULL",
                           "extra belongs to no field, so it must have a default", "update_time must be DATETIME(6)",
                           "description must have a binary collation", "variants must be MEDIUMTEXT"}) {
    EXPECT_THAT(message, HasSubstr(part));
  }
  const auto no_table = resource::Resource::Open(store_, tokens_, gateway::v1::Role::default_instance());
  EXPECT_THAT(std::string(no_table.status().message()), HasSubstr("there is no table roles"));
}

TEST_F(ResourceMethodsTest, AMessageWithoutDeleteTimeIsDeletedForGood) {
  ASSERT_TRUE(database()
                  .Execute(Soon(),
                           "CREATE TABLE api_keys (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, "
                           "create_time DATETIME(6) NOT NULL, update_time DATETIME(6) NOT NULL, "
                           "display_name VARCHAR(120) NOT NULL, roles TEXT NOT NULL, expire_time DATETIME(6) NULL, "
                           "revoke_time DATETIME(6) NULL, prefix VARCHAR(16) NOT NULL, creator VARCHAR(120) NOT NULL, "
                           "owner VARCHAR(120) NOT NULL, "
                           "KEY a (create_time), KEY b (display_name)) "
                           "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin")
                  .ok());
  auto keys = resource::Resource::Open(store_, tokens_, gateway::v1::ApiKey::default_instance());
  ASSERT_TRUE(keys.ok()) << keys.status();
  gateway::v1::CreateApiKeyRequest create;
  create.mutable_api_key()->set_display_name("robot");
  create.mutable_api_key()->add_roles("roles/viewer");
  create.mutable_api_key()->mutable_expire_time()->set_seconds(2'000'000'000);
  gateway::v1::ApiKey key;
  const absl::Status created = (*keys)->Create(MakeCall(), create, &key);
  ASSERT_TRUE(created.ok()) << created;
  EXPECT_EQ(key.name(), "apiKeys/1");
  EXPECT_EQ(key.expire_time().seconds(), 2'000'000'000);

  storeops::gateway::v1::RevokeApiKeyRequest by_name;
  by_name.set_name(key.name());
  gateway::v1::ApiKey gone;
  const absl::Status deleted = (*keys)->Delete(MakeCall(), by_name, &gone);
  ASSERT_TRUE(deleted.ok()) << deleted;
  EXPECT_EQ(gone.display_name(), "robot");
  EXPECT_EQ((*keys)->Get(MakeCall(), by_name, &gone).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Count("api_keys"), 0);
  const auto kinds = database().Query(Soon(), "SELECT kind FROM history ORDER BY version");
  ASSERT_EQ(kinds->size(), 2u);
  EXPECT_EQ(kinds->Int(1, 0), changes::Change::EXPUNGED);
}

TEST_F(ResourceMethodsTest, BindsByNameAndShapeAndLeavesOthersAlone) {
  rpc::MethodTable table;
  rpc::ServiceBuilder& service = table.AddService("storeops.catalog.v1.ProductService");
  bool own_get = false;
  service.UnaryRaw("GetProduct", [&](rpc::Call&, const google::protobuf::Message&) -> absl::StatusOr<rpc::Reply> {
    own_get = true;
    return rpc::Reply(std::make_unique<Product>());
  });
  products_->Bind(service);
  for (const char* name : {"CreateProduct", "BatchCreateProducts", "BatchGetProducts", "ListProducts", "UpdateProduct",
                           "BatchUpdateProducts", "DeleteProduct", "UndeleteProduct", "ListProductHistory"}) {
    EXPECT_TRUE(service.HasHandler(name)) << name;
  }
  EXPECT_FALSE(service.HasHandler("LookupProducts"));
  EXPECT_FALSE(service.HasHandler("SearchProducts"));
  rpc::Call call = MakeCall();
  EXPECT_TRUE(table.Find("storeops.catalog.v1.ProductService/GetProduct")->unary(call, GetProductRequest()).ok());
  EXPECT_TRUE(own_get);
  CreateProductRequest create;
  *create.mutable_product() = MakeProduct("Lamp", "A");
  call.method = table.Find("storeops.catalog.v1.ProductService/CreateProduct");
  const auto reply = call.method->unary(call, create);
  ASSERT_TRUE(reply.ok()) << reply.status();
  Product created;
  ASSERT_TRUE(reply->ToMessage(&created).ok());
  EXPECT_EQ(created.name(), "products/1");
}

TEST_F(ResourceMethodsTest, ScanWalksRowsById) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Create(MakeProduct(absl::StrCat("P", i), absl::StrCat("S", i))).ok());
  ASSERT_TRUE(Delete("products/2").ok());
  const auto live = products_->Scan(1, 2, false, Soon());
  ASSERT_TRUE(live.ok()) << live.status();
  ASSERT_EQ(live->size(), 2u);
  EXPECT_EQ((*live)[0].id, 3);
  const auto all = products_->Scan(0, 100, true, Soon());
  EXPECT_EQ(all->size(), 5u);
  EXPECT_EQ((*all)[1].version, 2);
}

}  // namespace
}  // namespace storeops
