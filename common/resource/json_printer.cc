#include "common/resource/json_printer.h"

#include <charconv>
#include <cmath>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/time_util.h"

namespace storeops::resource {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Timestamp;
using google::protobuf::util::TimeUtil;

constexpr int kOne = -1;  // place of a value that is not in a list

bool NeedsEscape(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || byte == 0x7f;
}

void AppendEscaped(char c, std::string* json) {
  switch (c) {
    case '"':
    case '\\':
      json->append({'\\', c});
      break;
    case '\n':
      json->append("\\n");
      break;
    case '\r':
      json->append("\\r");
      break;
    case '\t':
      json->append("\\t");
      break;
    case '\b':
      json->append("\\b");
      break;
    case '\f':
      json->append("\\f");
      break;
    default:
      absl::StrAppend(json, "\\u00", absl::Hex(static_cast<unsigned char>(c), absl::kZeroPad2));
  }
}

bool AppendString(absl::string_view text, std::string* json) {
  if (!IsValidUtf8(text)) return false;
  json->push_back('"');
  size_t plain = 0;  // begin of what can be copied as it is
  for (size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    json->append(text.data() + plain, i - plain);
    AppendEscaped(text[i], json);
    plain = i + 1;
  }
  json->append(text.data() + plain, text.size() - plain);
  json->push_back('"');
  return true;
}

template <class Number>
void AppendReal(Number number, std::string* json) {
  if (std::isnan(number)) {
    json->append("\"NaN\"");
  } else if (std::isinf(number)) {
    json->append(number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
  } else {
    char digits[32];
    json->append(digits, std::to_chars(digits, digits + sizeof(digits), number).ptr);
  }
}

bool AppendMessage(const Message& message, std::string* json);

// Gets a value of `field`: the one at `place` of its list, or its only one.
struct Getter {
  const Message& message;
  const FieldDescriptor& field;
  int place;

  template <class Value>
  Value Get(Value (Reflection::*one)(const Message&, const FieldDescriptor*) const,
            Value (Reflection::*of_list)(const Message&, const FieldDescriptor*, int) const) const {
    const Reflection& reflection = *message.GetReflection();
    return place == kOne ? (reflection.*one)(message, &field) : (reflection.*of_list)(message, &field, place);
  }
  const std::string& GetText(std::string* scratch) const {
    const Reflection& reflection = *message.GetReflection();
    return place == kOne ? reflection.GetStringReference(message, &field, scratch)
                         : reflection.GetRepeatedStringReference(message, &field, place, scratch);
  }
  const Message& GetMessage() const {
    const Reflection& reflection = *message.GetReflection();
    return place == kOne ? reflection.GetMessage(message, &field)
                         : reflection.GetRepeatedMessage(message, &field, place);
  }
};

void AppendEnum(int number, const FieldDescriptor& field, std::string* json) {
  const auto* value = field.enum_type()->FindValueByNumber(number);
  if (value == nullptr) {
    absl::StrAppend(json, number);
  } else {
    absl::StrAppend(json, "\"", value->name(), "\"");
  }
}

bool AppendText(const Getter& getter, std::string* json) {
  std::string scratch;
  const std::string& text = getter.GetText(&scratch);
  if (getter.field.type() != FieldDescriptor::TYPE_BYTES) return AppendString(text, json);
  absl::StrAppend(json, "\"", absl::Base64Escape(text), "\"");
  return true;
}

bool AppendValue(const Getter& getter, std::string* json) {
  switch (getter.field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      absl::StrAppend(json, getter.Get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
      return true;
    case FieldDescriptor::CPPTYPE_UINT32:
      absl::StrAppend(json, getter.Get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
      return true;
    case FieldDescriptor::CPPTYPE_INT64:
      absl::StrAppend(json, "\"", getter.Get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64), "\"");
      return true;
    case FieldDescriptor::CPPTYPE_UINT64:
      absl::StrAppend(json, "\"", getter.Get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64), "\"");
      return true;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      AppendReal(getter.Get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble), json);
      return true;
    case FieldDescriptor::CPPTYPE_FLOAT:
      AppendReal(getter.Get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat), json);
      return true;
    case FieldDescriptor::CPPTYPE_BOOL:
      json->append(getter.Get(&Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false");
      return true;
    case FieldDescriptor::CPPTYPE_ENUM:
      AppendEnum(getter.Get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue), getter.field, json);
      return true;
    case FieldDescriptor::CPPTYPE_STRING:
      return AppendText(getter, json);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return AppendMessage(getter.GetMessage(), json);
  }
  return false;
}

// The key of a map's entry: a string, whatever its type.
bool AppendKey(const Message& entry, std::string* json) {
  std::string key;
  if (!AppendValue({entry, *entry.GetDescriptor()->map_key(), kOne}, &key)) return false;
  if (key[0] == '"') {
    json->append(key);
  } else {
    absl::StrAppend(json, "\"", key, "\"");
  }
  return true;
}

bool AppendTimestamp(const Timestamp& time, std::string* json) {
  const bool valid = time.seconds() >= TimeUtil::kTimestampMinSeconds &&
                     time.seconds() <= TimeUtil::kTimestampMaxSeconds && time.nanos() >= 0 &&
                     time.nanos() < 1'000'000'000;
  if (valid) absl::StrAppend(json, "\"", TimeUtil::ToString(time), "\"");
  return valid;
}

// Types whose JSON is not an object of their fields.
bool AppendWellKnown(const Message& message, std::string* json) {
  if (message.GetDescriptor() == Timestamp::descriptor()) {
    return AppendTimestamp(static_cast<const Timestamp&>(message), json);
  }
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string value;
  if (!google::protobuf::util::MessageToJsonString(message, &value, options).ok()) return false;
  json->append(value);
  return true;
}

bool AppendMessage(const Message& message, std::string* json) {
  if (message.GetDescriptor()->file()->package() == "google.protobuf") return AppendWellKnown(message, json);
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  char separator = '{';
  for (const FieldDescriptor* field : fields) {
    json->push_back(separator);
    absl::StrAppend(json, "\"", field->name(), "\":");
    if (!AppendJson(message, *field, json)) return false;
    separator = ',';
  }
  json->append(fields.empty() ? "{}" : "}");
  return true;
}

}  // namespace

bool AppendJson(const Message& message, const FieldDescriptor& field, std::string* json) {
  if (!field.is_repeated()) return AppendValue({message, field, kOne}, json);
  const Reflection& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  const bool map = field.is_map();
  json->push_back(map ? '{' : '[');
  for (int i = 0; i < size; ++i) {
    if (i > 0) json->push_back(',');
    if (!map) {
      if (!AppendValue({message, field, i}, json)) return false;
      continue;
    }
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    if (!AppendKey(entry, json)) return false;
    json->push_back(':');
    if (!AppendValue({entry, *entry.GetDescriptor()->map_value(), kOne}, json)) return false;
  }
  json->push_back(map ? '}' : ']');
  return true;
}

}  // namespace storeops::resource
