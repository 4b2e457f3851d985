#include "common/base/validation.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "storeops/inventory/v1/stock_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using namespace storeops::catalog::v1;  // NOLINT: the messages of one API

std::vector<std::string> Found(const google::protobuf::Message& message, const ValidationOptions& options = {}) {
  std::vector<std::string> lines;
  for (const FieldViolation& violation : FindViolations(message, options)) {
    lines.push_back(absl::StrCat(violation.field, ": ", violation.description));
  }
  return lines;
}

Product GoodProduct() {
  Product product;
  product.set_title("Lamp");
  product.add_variants()->set_sku("A-1");
  return product;
}

TEST(Validation, AGoodMessagePasses) {
  EXPECT_THAT(Found(GoodProduct()), IsEmpty());
  EXPECT_TRUE(Validate(GoodProduct()).ok());
}

TEST(Validation, ItemsThatAreJudgedSinglyDoNotRefuseTheirList) {
  inventory::v1::ImportStockRequest request;
  request.add_rows()->set_sku("A ");
  EXPECT_THAT(Found(request), IsEmpty());
  EXPECT_EQ(Found(request.rows(0)).size(), 2u);  // the SKU's pattern, and no location
  request.clear_rows();
  EXPECT_THAT(Found(request), ElementsAre("rows: is required"));
  for (int i = 0; i < 501; ++i) request.add_rows();
  EXPECT_THAT(Found(request), ElementsAre("rows: must have at most 500 items, has 501"));
}

// "A-1" and "A-1 " are one key to the servers.
TEST(Validation, AUniqueTextDoesNotEndWithABlank) {
  Product product = GoodProduct();
  product.mutable_variants(0)->set_sku("A-1 ");
  EXPECT_THAT(Found(product), Contains("variants[0].sku: must not end with a blank"));
  product = GoodProduct();
  product.set_title("Lamp ");
  EXPECT_THAT(Found(product), IsEmpty());
}

TEST(Validation, NamesEveryViolationWithItsPath) {
  Product product;
  product.set_description(std::string(20001, 'x'));
  product.set_language("EN");
  product.add_tags(std::string(65, 't'));
  product.add_translations();
  Variant* variant = product.add_variants();
  variant->set_sku("A-1");
  variant = product.add_variants();
  variant->set_barcode("12\u200b3");
  (*variant->mutable_option_values())["Col\"our"] = std::string(121, 'v');
  EXPECT_THAT(
      Found(product),
      ElementsAre("title: is required", "description: must be at most 20000 characters, has 20001",
                  "language: must match [a-z]{2,3}(-[A-Za-z0-9]{2,8})*, is \"EN\"",
                  "translations[0].language: is required", "translations[0].title: is required",
                  "tags[0]: must be at most 64 characters, has 65", "variants[1].sku: is required",
                  "variants[1].barcode: must match [\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?, is \"12\\u{200B}3\"",
                  "variants[1].option_values[\"Col\\\"our\"]: must be at most 120 characters, has 121"));
}

TEST(Validation, LengthsCountCodePoints) {
  Product product = GoodProduct();
  std::string title;
  for (int i = 0; i < 300; ++i) title += "灯";
  product.set_title(title);
  EXPECT_THAT(Found(product), IsEmpty());
  product.set_title(title + "灯");
  EXPECT_THAT(Found(product), ElementsAre("title: must be at most 300 characters, has 301"));
  product.set_title("\xff");
  EXPECT_THAT(Found(product), ElementsAre("title: must be valid UTF-8"));
}

TEST(Validation, ListsHaveLimits) {
  Product product = GoodProduct();
  for (int i = 0; i < 101; ++i) product.add_tags("t");
  EXPECT_THAT(Found(product), ElementsAre("tags: must have at most 100 items, has 101"));
  product = GoodProduct();
  product.add_options()->set_name("Colour");
  EXPECT_THAT(Found(product), IsEmpty()) << "min_items holds for lists that are set";
}

TEST(Validation, MoneyIsCheckedInMinorUnits) {
  Product product = GoodProduct();
  auto* price = product.mutable_variants(0)->mutable_price();
  price->set_currency_code("EUR");
  price->set_units(0);
  price->set_nanos(-10'000'000);
  EXPECT_THAT(Found(product), ElementsAre("variants[0].price: must be at least 0.00 EUR, is -0.01 EUR"));
  price->set_nanos(1);
  EXPECT_THAT(Found(product), ElementsAre(HasSubstr("variants[0].price: EUR has 2 decimal places")));
  price->set_currency_code("eur");
  EXPECT_THAT(Found(product), ElementsAre(HasSubstr("variants[0].price: the currency must be")));
}

TEST(Validation, EnumsHaveDeclaredValues) {
  Product product = GoodProduct();
  product.set_kind(static_cast<Product::Kind>(7));
  EXPECT_THAT(Found(product), ElementsAre("kind: must be one of KIND_UNSPECIFIED, GOODS, SERVICE, is 7"));
}

TEST(Validation, NumbersHaveBounds) {
  ListProductsRequest request;
  request.set_page_size(-1);
  EXPECT_THAT(Found(request), ElementsAre("page_size: must be at least 0, is -1"));
}

TEST(Validation, TimesAreInRange) {
  gateway::v1::ApiKey key;
  key.set_display_name("robot");
  key.add_roles("roles/viewer");
  key.mutable_expire_time()->set_seconds(253'402'300'800);
  EXPECT_THAT(Found(key), ElementsAre(HasSubstr("expire_time: must lie between 0001-01-01T00:00:00Z and 9999")));
  operations::v1::WaitOperationRequest wait;
  wait.set_name("operations/catalog.1");
  wait.mutable_timeout()->set_seconds(1);
  wait.mutable_timeout()->set_nanos(-1);
  EXPECT_THAT(Found(wait), ElementsAre(HasSubstr("timeout: must be at most 10,000 years")));
}

TEST(Validation, OutputOnlyFieldsArePassedOver) {
  Product product = GoodProduct();
  product.set_name(std::string(5000, 'n'));
  product.mutable_create_time()->set_nanos(-1);
  EXPECT_THAT(Found(product), IsEmpty());
}

TEST(Validation, ResourcesCanBePassedOverButNotLeftOut) {
  UpdateProductRequest request;
  EXPECT_THAT(Found(request, {"", true}), ElementsAre("product: is required"));
  request.mutable_product()->set_name("products/1");
  EXPECT_THAT(Found(request, {"", true}), IsEmpty());
  EXPECT_THAT(Found(request, {"requests[2].", false}),
              ElementsAre("requests[2].product.title: is required", "requests[2].product.variants: is required"));
}

TEST(Validation, StopsAtAHundredViolations) {
  BatchGetProductsRequest request;
  for (int i = 0; i < 400; ++i) request.add_names(std::string(1025, 'x'));
  EXPECT_EQ(Found(request).size(), 100u);
}

TEST(Validation, ManyThreadsCompileOnePlan) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 200; ++j) {
        EXPECT_TRUE(Validate(GoodProduct()).ok());
        EXPECT_FALSE(Validate(gateway::v1::LoginRequest()).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(CheckAnnotations, AcceptsTheApi) {
  EXPECT_TRUE(CheckAnnotations(*BatchUpdateProductsRequest::descriptor()).ok());
  EXPECT_TRUE(CheckAnnotations(*gateway::v1::User::descriptor()).ok());
}

// A message with one field of `type` and these rules.
absl::Status CheckField(google::protobuf::FieldDescriptorProto::Type type, bool repeated,
                        const options::v1::FieldRules& rules) {
  google::protobuf::FileDescriptorProto file;
  file.set_name("test.proto");
  file.set_syntax("proto3");
  auto* field = file.add_message_type()->add_field();
  file.mutable_message_type(0)->set_name("Test");
  field->set_name("f");
  field->set_number(1);
  field->set_type(type);
  field->set_label(repeated ? google::protobuf::FieldDescriptorProto::LABEL_REPEATED
                            : google::protobuf::FieldDescriptorProto::LABEL_OPTIONAL);
  *field->mutable_options()->MutableExtension(options::v1::rules) = rules;
  google::protobuf::DescriptorPool pool(google::protobuf::DescriptorPool::generated_pool());
  const auto* built = pool.BuildFile(file);
  return built == nullptr ? absl::UnknownError("not built") : CheckAnnotations(*built->message_type(0));
}

TEST(CheckAnnotations, NamesRulesThatMakeNoSense) {
  using Field = google::protobuf::FieldDescriptorProto;
  options::v1::FieldRules rules;
  rules.set_pattern("[");
  EXPECT_THAT(std::string(CheckField(Field::TYPE_STRING, false, rules).message()), HasSubstr("Test.f: pattern: "));
  rules.set_pattern("a");
  EXPECT_TRUE(CheckField(Field::TYPE_STRING, true, rules).ok());
  EXPECT_EQ(CheckField(Field::TYPE_INT32, false, rules).code(), absl::StatusCode::kInternal);
  rules.Clear();
  rules.set_min(0);
  EXPECT_TRUE(CheckField(Field::TYPE_INT32, false, rules).ok());
  EXPECT_EQ(CheckField(Field::TYPE_STRING, false, rules).code(), absl::StatusCode::kInternal);
  rules.set_max(-1);
  EXPECT_EQ(CheckField(Field::TYPE_INT32, false, rules).code(), absl::StatusCode::kInternal);
  rules.Clear();
  rules.set_max_items(3);
  EXPECT_EQ(CheckField(Field::TYPE_STRING, false, rules).code(), absl::StatusCode::kInternal);
  rules.Clear();
  rules.set_unique("key");
  EXPECT_EQ(CheckField(Field::TYPE_STRING, true, rules).code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace storeops
