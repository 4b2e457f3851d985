#include "services/gateway/http/request_fields.h"

#include <memory>

#include "common/rpc/json.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops::gateway {
namespace {

// The message as JSON with one field set from text, or "refused".
template <class Message>
std::string Set(absl::string_view path, absl::string_view text) {
  Message message;
  const auto field = ResolveFieldPath(*Message::descriptor(), path);
  if (!field.ok()) return "no field";
  if (!SetFieldFromText(*field, text, path, &message).ok()) return "refused";
  return rpc::MessageToJson(message).value_or("not JSON");
}

TEST(RequestFields, Numbers) {
  using google::protobuf::DoubleValue;
  using google::protobuf::Int64Value;
  using google::protobuf::UInt32Value;
  EXPECT_EQ(Set<Int64Value>("value", "-9223372036854775808"), "\"-9223372036854775808\"");
  EXPECT_EQ(Set<UInt32Value>("value", "4294967295"), "4294967295");
  EXPECT_EQ(Set<DoubleValue>("value", "-1.5e3"), "-1500");
  EXPECT_EQ(Set<DoubleValue>("value", "Infinity"), "\"Infinity\"");
  for (const char* text : {"", " 1", "1 ", "+1", "0x1", "1.0", "9223372036854775808", "--1"}) {
    EXPECT_EQ(Set<Int64Value>("value", text), "refused") << text;
  }
  for (const char* text : {"-1", "4294967296"}) EXPECT_EQ(Set<UInt32Value>("value", text), "refused") << text;
  for (const char* text : {"", "inf", "nan", "1e999", "0x1p3"})
    EXPECT_EQ(Set<DoubleValue>("value", text), "refused") << text;
}

TEST(RequestFields, BooleansAndBytes) {
  EXPECT_EQ(Set<google::protobuf::BoolValue>("value", "true"), "true");
  EXPECT_EQ(Set<google::protobuf::BoolValue>("value", "1"), "refused");
  EXPECT_EQ(Set<google::protobuf::BytesValue>("value", "-_8="), "\"+/8=\"");
  EXPECT_EQ(Set<google::protobuf::BytesValue>("value", "*"), "refused");
}

TEST(RequestFields, WellKnownTypesAsInJson) {
  using catalog::v1::CreateProductRequest;
  EXPECT_EQ(Set<CreateProductRequest>("product.createTime", "2026-01-02T03:04:05Z"),
            R"({"product":{"createTime":"2026-01-02T03:04:05Z"}})");
  EXPECT_EQ(Set<CreateProductRequest>("product.create_time", "yesterday"), "refused");
  EXPECT_EQ(Set<operations::v1::WaitOperationRequest>("timeout", "1.5s"), R"({"timeout":"1.500s"})");
  EXPECT_EQ(Set<operations::v1::WaitOperationRequest>("timeout", "\"1s\""), "refused");
  EXPECT_EQ(Set<catalog::v1::UpdateProductRequest>("update_mask", "title,createTime"),
            R"({"updateMask":"title,createTime"})");
}

TEST(RequestFields, PathsThatLeadNowhere) {
  using catalog::v1::CreateProductRequest;
  for (const char* path :
       {"", ".", "product.", "product.nothing", "product.variants.sku", "product.createTime.seconds"}) {
    EXPECT_EQ(Set<CreateProductRequest>(path, "1"), "no field") << path;
  }
  EXPECT_EQ(Set<CreateProductRequest>("product", "{}"), "refused");
  EXPECT_EQ(Set<CreateProductRequest>("product.variants", "{}"), "refused");
}

}  // namespace
}  // namespace storeops::gateway
