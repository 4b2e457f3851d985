#include "common/resource/field_json.h"

#include <limits>
#include <memory>
#include <string>

#include "common/resource/json_printer.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "google/protobuf/util/time_util.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/changes/v1/changes.pb.h"

namespace storeops::resource {
namespace {

using catalog::v1::Product;
using google::protobuf::Message;

// All fields as one object, as FieldJson has them.
std::string ObjectOf(const Message& message) {
  const FieldJson fields(message);
  EXPECT_TRUE(fields.ok());
  std::string json = "{";
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const std::string& name = message.GetDescriptor()->field(i)->name();
    const absl::string_view value = fields.Get(name);
    if (!value.empty()) json += (json.size() == 1 ? "\"" : ",\"") + name + "\":" + std::string(value);
  }
  return json + "}";
}

std::string OfLibrary(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

void ExpectAsLibrary(const Message& message) {
  EXPECT_EQ(ObjectOf(message), OfLibrary(message));
  const std::unique_ptr<Message> read(message.New());
  ASSERT_TRUE(MessageFromJson(ObjectOf(message), read.get()).ok());
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(message, *read)) << read->DebugString();
}

Product MakeProduct() {
  Product product;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      R"pb(
        name: "products/7"
        create_time { seconds: 1700000000 nanos: 123456000 }
        update_time { seconds: 1700000000 }
        title: "a \"cup\" \\ <b>&\n\r\t\b\f\001\177 茶杯 \360\237\215\265"
        translations { language: "zh-Hans" title: "茶杯" }
        translations {}
        tags: "x"
        tags: ""
        variants {
          sku: "S-1"
          option_values { key: "Size" value: "L" }
          price { currency_code: "EUR" units: 9007199254740993 nanos: 990000000 }
        }
      )pb",
      &product));
  product.set_kind(static_cast<Product::Kind>(Product::Kind_MAX));
  return product;
}

TEST(FieldJsonTest, IsWhatTheLibraryWrites) {
  ExpectAsLibrary(Product());
  ExpectAsLibrary(MakeProduct());
}

TEST(FieldJsonTest, WritesBytesAndNumbersOfAnySize) {
  changes::v1::Change change;
  change.set_sequence(std::numeric_limits<int64_t>::min());
  change.set_resource(std::string("\0\xff\xfe?>", 5));
  change.set_kind(static_cast<changes::v1::Change::Kind>(77));
  ExpectAsLibrary(change);
}

TEST(FieldJsonTest, WritesTypesThatAreNoObjects) {
  google::protobuf::Value value;
  (*value.mutable_struct_value()->mutable_fields())["a"].mutable_list_value()->add_values()->set_number_value(0.1);
  google::protobuf::UninterpretedOption holder;  // any message with a double
  holder.set_double_value(-1.5e300);
  std::string json;
  ASSERT_TRUE(AppendJson(holder, *holder.GetDescriptor()->FindFieldByName("double_value"), &json));
  EXPECT_EQ(json, "-1.5e+300");
  json.clear();
  ASSERT_TRUE(AppendJson(value, *value.GetDescriptor()->FindFieldByName("struct_value"), &json));
  EXPECT_EQ(json, R"({"a":[0.1]})");
}

TEST(FieldJsonTest, RefusesWhatHasNoJson) {
  Product product = MakeProduct();
  product.mutable_create_time()->set_seconds(google::protobuf::util::TimeUtil::kTimestampMaxSeconds + 1);
  EXPECT_FALSE(FieldJson(product).ok());
  product = MakeProduct();
  product.mutable_create_time()->set_nanos(1'000'000'000);
  EXPECT_FALSE(FieldJson(product).ok());
  product = MakeProduct();
  product.mutable_variants(0)->set_sku("\xff");
  EXPECT_FALSE(FieldJson(product).ok());
}

TEST(FieldJsonTest, GivesNothingForFieldsThatAreNotSet) {
  const FieldJson fields(MakeProduct());
  EXPECT_EQ(fields.Get("description"), "");
  EXPECT_EQ(fields.Get("no_such_field"), "");
  EXPECT_EQ(fields.Get("tags"), R"(["x",""])");
}

}  // namespace
}  // namespace storeops::resource
