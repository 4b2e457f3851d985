#include "common/rpc/json.h"

#include <gtest/gtest.h>

#include <string>

#include "common/base/errors.h"
#include "common/base/text.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/rpc/error_details.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::rpc {
namespace {

using storeops::catalog::v1::CreateProductRequest;

TEST(Json, RoundTrips) {
  CreateProductRequest request;
  request.set_request_id("r-1");
  auto* product = request.mutable_product();
  product->set_title("茶杯 \"blue\" \\ \n 🫖");
  product->mutable_create_time()->set_seconds(1'767'225'600);
  product->add_tags("a");
  auto* variant = product->add_variants();
  variant->set_sku("S-1");
  variant->mutable_price()->set_units(9'007'199'254'740'993);
  for (const auto& json : {MessageToJson(request), MessageToPrettyJson(request)}) {
    ASSERT_TRUE(json.ok());
    CreateProductRequest parsed;
    ASSERT_TRUE(JsonToMessage(*json, &parsed).ok()) << *json;
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(parsed, request)) << *json;
  }
  EXPECT_NE(MessageToJson(request)->find("\"units\":\"9007199254740993\""), std::string::npos);
  EXPECT_NE(MessageToJson(request)->find("\"createTime\":\"2026-01-01T00:00:00Z\""), std::string::npos);
  EXPECT_EQ(*MessageToJson(CreateProductRequest()), "{}");
}

TEST(Json, NothingIsAnEmptyMessage) {
  for (const std::string json : {"", " \r\n\t", "{}", " {} "}) {
    CreateProductRequest request;
    request.set_request_id("gone");
    EXPECT_TRUE(JsonToMessage(json, &request).ok()) << json;
    EXPECT_EQ(request.ByteSizeLong(), 0u);
  }
}

TEST(Json, NamesTheFieldThatIsWrong) {
  const struct {
    const char* json;
    const char* field;
  } cases[] = {
      {R"({"nmae":"x"})", "nmae"},
      {R"({"product":{"titel":"x"}})", "product.titel"},
      {R"({"product":{"title":1}})", "product.title"},
      {R"({"product":{"tags":["a",5]}})", "product.tags[1]"},
      {R"({"product":{"variants":[{"price":{"units":"x"}}]}})", "product.variants[0].price.units"},
      {R"({"product":{"createTime":"never"}})", "product.create_time"},
      {R"({"product":{"kind":"NOPE"}})", "product.kind"},
      {R"({"product":5})", "product"},
      {R"({"product":[]})", "product"},
  };
  for (const auto& c : cases) {
    CreateProductRequest request;
    const absl::Status status = JsonToMessage(c.json, &request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << c.json;
    google::rpc::BadRequest bad_request;
    ASSERT_TRUE(GetDetail(status, &bad_request)) << c.json << status;
    EXPECT_EQ(bad_request.field_violations(0).field(), c.field) << status;
  }
}

TEST(Json, AnUnknownEnumValueIsAnsweredWithTheAllowedOnes) {
  const struct {
    const char* json;
    const char* names;
  } cases[] = {
      {R"({"product":{"kind":"NOPE"}})", "product.kind: must be one of KIND_UNSPECIFIED, GOODS, SERVICE; "},
      {R"({"product":{"channelListings":[{},{"status":"NOPE"}]}})",
       "must be one of STATUS_UNSPECIFIED, PUBLISHED, HIDDEN; "},
  };
  for (const auto& c : cases) {
    CreateProductRequest request;
    const absl::Status status = JsonToMessage(c.json, &request);
    EXPECT_NE(status.message().find(c.names), absl::string_view::npos) << status;
    EXPECT_NE(status.message().find("\"NOPE\""), absl::string_view::npos) << status;
  }
}

TEST(Json, RefusesWhatIsNoJsonObject) {
  for (const std::string json :
       {"null", "[]", "5", "\"x\"", "{", "{} x", "{} {}", "{}}", "{\"product\":", "{\"product\":{\"title\":\"\xff\"}}",
        "{\"product\":{\"title\":\"\\ud800\"}}", "{\"product\" {}}", "\xef\xbb\xbf{}"}) {
    CreateProductRequest request;
    const absl::Status status = JsonToMessage(json, &request);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << json;
    EXPECT_TRUE(IsValidUtf8(status.message())) << json;
    EXPECT_FALSE(status.message().empty());
  }
}

TEST(Json, AFieldWithoutANameIsMalformed) {
  catalog::v1::Product product;
  const absl::Status status = JsonToMessage(R"({"": 1})", &product);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "the JSON cannot be read: a field has no name");
}

TEST(Json, UnknownFieldsPassWhenAskedTo) {
  CreateProductRequest request;
  EXPECT_TRUE(JsonToMessage(R"({"nmae":{"a":[1]},"requestId":"r"})", &request, {.ignore_unknown_fields = true}).ok());
  EXPECT_EQ(request.request_id(), "r");
}

TEST(Json, NestingIsLimited) {
  for (const int depth : {101, 1000, 2'000'000}) {
    google::protobuf::Value value;
    const absl::Status status = JsonToMessage(std::string(depth, '[') + std::string(depth, ']'), &value);
    EXPECT_EQ(status.message(), "the JSON is nested deeper than 100 levels") << depth;
  }
  // Brackets within text do not nest.
  CreateProductRequest request;
  EXPECT_TRUE(JsonToMessage("{\"requestId\":\"\\\"" + std::string(200, '[') + "\"}", &request).ok());
  EXPECT_EQ(request.request_id(), "\"" + std::string(200, '['));
}

}  // namespace
}  // namespace storeops::rpc
