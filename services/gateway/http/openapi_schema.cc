#include "services/gateway/http/openapi_schema.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/api/field_behavior.pb.h"
#include "services/gateway/http/json_text.h"
#include "storeops/options/v1/options.pb.h"

namespace storeops::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// 64-bit integers are strings in JSON.
constexpr absl::string_view kInt64 = R"({"type":"string","format":"int64","pattern":"^-?[0-9]+$"})";
constexpr absl::string_view kUint64 = R"({"type":"string","format":"uint64","pattern":"^[0-9]+$"})";

std::string Type(absl::string_view type, absl::string_view format = "") {
  return JsonObject({{"type", JsonQuote(type)}, {"format", format.empty() ? "" : JsonQuote(format)}});
}

// Types that the JSON mapping writes in a way of their own; empty for the others.
std::string WellKnown(const Descriptor& type) {
  static const auto& kSchemas = *new absl::flat_hash_map<std::string, std::string>{
      {"google.protobuf.Timestamp", Type("string", "date-time")},
      {"google.protobuf.Duration", R"({"type":"string","pattern":"^-?[0-9]+(\\.[0-9]{1,9})?s$"})"},
      {"google.protobuf.FieldMask", Type("string", "field-mask")},
      {"google.protobuf.Struct", R"({"type":"object","additionalProperties":true})"},
      {"google.protobuf.Value", "{}"},
      {"google.protobuf.ListValue", R"({"type":"array","items":{}})"},
      {"google.protobuf.Empty", R"({"type":"object"})"},
      {"google.protobuf.Any",
       R"({"type":"object","properties":{"@type":{"type":"string"}},"additionalProperties":true})"},
      {"google.protobuf.DoubleValue", Type("number", "double")},
      {"google.protobuf.FloatValue", Type("number", "float")},
      {"google.protobuf.Int64Value", std::string(kInt64)},
      {"google.protobuf.UInt64Value", std::string(kUint64)},
      {"google.protobuf.Int32Value", Type("integer", "int32")},
      {"google.protobuf.UInt32Value", Type("integer", "int64")},
      {"google.protobuf.BoolValue", Type("boolean")},
      {"google.protobuf.StringValue", Type("string")},
      {"google.protobuf.BytesValue", Type("string", "byte")},
  };
  const auto found = kSchemas.find(type.full_name());
  return found == kSchemas.end() ? "" : found->second;
}

std::string EnumSchema(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) names.push_back(JsonQuote(type.value(i)->name()));
  return JsonObject({{"type", JsonQuote("string")}, {"enum", JsonArray(names)}});
}

std::string Number(int64_t value, bool present) { return present ? absl::StrCat(value) : ""; }

// Adds members to an object that is encoded already.
std::string With(std::string object, const JsonMembers& members) {
  const std::string more = JsonObject(members);
  if (more == "{}") return object;
  if (object == "{}") return more;
  object.back() = ',';
  return object + more.substr(1);
}

// Whom the data of a personal field is about; empty for other fields.
std::string PersonalSubject(const FieldDescriptor& field) {
  using storeops::options::v1::Personal;
  if (!field.options().HasExtension(storeops::options::v1::personal)) return "";
  return Personal::Subject_Name(field.options().GetExtension(storeops::options::v1::personal).subject());
}

// Rules of one value; those about the number of items belong to the list.
std::string WithRules(std::string schema, const FieldDescriptor& field) {
  const auto& rules = field.options().GetExtension(storeops::options::v1::rules);
  const bool text = field.type() == FieldDescriptor::TYPE_STRING;
  const bool number = field.cpp_type() == FieldDescriptor::CPPTYPE_INT32;
  const std::string pattern =
      rules.pattern().empty() ? ""
                              : JsonQuote(absl::StrCat("^(", rules.pattern(), rules.min_length() > 0 ? ")$" : ")?$"));
  return With(std::move(schema), {{"minLength", Number(rules.min_length(), text && rules.min_length() > 0)},
                                  {"maxLength", Number(rules.max_length(), text && rules.max_length() > 0)},
                                  {"pattern", text ? pattern : ""},
                                  {"minimum", Number(rules.min(), number && rules.has_min())},
                                  {"maximum", Number(rules.max(), number && rules.has_max())}});
}

}  // namespace

bool HasBehavior(const FieldDescriptor& field, int behavior) {
  const auto& options = field.options();
  for (int i = 0; i < options.ExtensionSize(google::api::field_behavior); ++i) {
    if (options.GetExtension(google::api::field_behavior, i) == behavior) return true;
  }
  return false;
}

std::string OpenApiSchemas::Message(const Descriptor& type) {
  std::string known = WellKnown(type);
  if (!known.empty()) return known;
  // Entered before it is made: a message may hold itself.
  if (components_.emplace(type.full_name(), "").second) {
    std::string schema = Inline(type, [](const FieldDescriptor&) { return false; });
    components_[type.full_name()] = std::move(schema);
  }
  return JsonObject({{"$ref", JsonQuote(absl::StrCat("#/components/schemas/", type.full_name()))}});
}

std::string OpenApiSchemas::Value(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return Type("integer", "int32");
    case FieldDescriptor::CPPTYPE_UINT32:
      return Type("integer", "int64");
    case FieldDescriptor::CPPTYPE_INT64:
      return std::string(kInt64);
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::string(kUint64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Type("number", "double");
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Type("number", "float");
    case FieldDescriptor::CPPTYPE_BOOL:
      return Type("boolean");
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumSchema(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? Type("string", "byte") : Type("string");
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return Message(*field.message_type());
  }
  return "{}";
}

std::string OpenApiSchemas::Field(const FieldDescriptor& field, bool item) {
  const bool read_only = HasBehavior(field, google::api::OUTPUT_ONLY);
  std::string schema;
  if (field.is_map()) {
    schema = JsonObject({{"type", JsonQuote("object")},
                         {"additionalProperties", Value(*field.message_type()->FindFieldByName("value"))}});
  } else {
    schema = Value(field);
    const bool reference = absl::StartsWith(schema, "{\"$ref\"");
    if (field.message_type() == nullptr) schema = WithRules(std::move(schema), field);
    // What stands beside a $ref is not seen in OpenAPI 3.0.
    if (reference && read_only && !field.is_repeated()) schema = JsonObject({{"allOf", JsonArray({schema})}});
  }
  if (field.is_repeated() && !field.is_map() && !item) {
    const auto& rules = field.options().GetExtension(storeops::options::v1::rules);
    schema = JsonObject({{"type", JsonQuote("array")},
                         {"items", schema},
                         {"minItems", Number(rules.min_items(), rules.min_items() > 0)},
                         {"maxItems", Number(rules.max_items(), rules.max_items() > 0)}});
  }
  const std::string subject = PersonalSubject(field);
  return With(std::move(schema),
              {{"readOnly", read_only ? "true" : ""}, {"x-personal", subject.empty() ? "" : JsonQuote(subject)}});
}

std::string OpenApiSchemas::Inline(const Descriptor& type,
                                   const std::function<bool(const FieldDescriptor&)>& leave_out) {
  JsonMembers properties;
  std::vector<std::string> required;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (leave_out(field)) continue;
    properties.emplace_back(field.json_name(), Field(field));
    if (HasBehavior(field, google::api::REQUIRED)) required.push_back(JsonQuote(field.json_name()));
  }
  return JsonObject({{"type", JsonQuote("object")},
                     {"required", required.empty() ? "" : JsonArray(required)},
                     {"properties", properties.empty() ? "" : JsonObject(properties)}});
}

}  // namespace storeops::gateway
