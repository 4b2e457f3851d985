#include "services/gateway/http/request_fields.h"

#include <array>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/base/visible_text.h"
#include "common/rpc/json.h"
#include "google/protobuf/field_mask.pb.h"
#include "services/gateway/http/json_text.h"

namespace storeops::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr size_t kMaxDepth = 16;

const FieldDescriptor* FindField(const Descriptor& type, absl::string_view name) {
  const auto* field = type.FindFieldByName(std::string(name));
  if (field != nullptr) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == name) return type.field(i);
  }
  return nullptr;
}

bool IsWrapper(const Descriptor& type) { return type.file()->name() == "google/protobuf/wrappers.proto"; }

// One value into a single or a repeated field.
#define STOREOPS_STORE(Type, value)                 \
  do {                                              \
    if (field.is_repeated()) {                      \
      reflection.Add##Type(message, &field, value); \
    } else {                                        \
      reflection.Set##Type(message, &field, value); \
    }                                               \
  } while (false)

template <class Number>
bool ParseInteger(absl::string_view text, Number* value) {
  // SimpleAtoi would pass over spaces and a plus sign.
  const absl::string_view digits = absl::StartsWith(text, "-") ? text.substr(1) : text;
  return !digits.empty() && absl::ascii_isdigit(digits[0]) && absl::ascii_isdigit(digits.back()) &&
         absl::SimpleAtoi(text, value);
}

bool ParseNumber(absl::string_view text, double* value) {
  if (text == "NaN") {
    *value = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity" || text == "-Infinity") {
    *value = (text[0] == '-' ? -1 : 1) * std::numeric_limits<double>::infinity();
  } else {
    const bool plain = text.find_first_not_of("0123456789+-.eE") == absl::string_view::npos;
    return plain && !text.empty() && absl::SimpleAtod(text, value) && *value - *value == 0;
  }
  return true;
}

absl::Status StoreEnum(const FieldDescriptor& field, absl::string_view text, absl::string_view shown_as,
                       Message* message) {
  const auto& reflection = *message->GetReflection();
  int32_t number = 0;
  if (const auto* value = field.enum_type()->FindValueByName(std::string(text))) {
    number = value->number();
  } else if (!ParseInteger(text, &number)) {
    return InvalidField(shown_as,
                        absl::StrCat("must be one of ", EnumNames(*field.enum_type()), ", is ", Visible(text)));
  }
  STOREOPS_STORE(EnumValue, number);
  return absl::OkStatus();
}

absl::Status StoreScalar(const FieldDescriptor& field, absl::string_view text, absl::string_view shown_as,
                         Message* message) {
  const auto& reflection = *message->GetReflection();
  int32_t int32 = 0;
  int64_t int64 = 0;
  uint32_t uint32 = 0;
  uint64_t uint64 = 0;
  double number = 0;
  std::string bytes;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      if (!ParseInteger(text, &int32)) return InvalidField(shown_as, "is not a 32-bit integer");
      STOREOPS_STORE(Int32, int32);
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      if (!ParseInteger(text, &int64)) return InvalidField(shown_as, "is not a 64-bit integer");
      STOREOPS_STORE(Int64, int64);
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      if (!ParseInteger(text, &uint32)) return InvalidField(shown_as, "is not an unsigned 32-bit integer");
      STOREOPS_STORE(UInt32, uint32);
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      if (!ParseInteger(text, &uint64)) return InvalidField(shown_as, "is not an unsigned 64-bit integer");
      STOREOPS_STORE(UInt64, uint64);
      break;
    case FieldDescriptor::CPPTYPE_DOUBLE:
      if (!ParseNumber(text, &number)) return InvalidField(shown_as, "is not a number");
      STOREOPS_STORE(Double, number);
      break;
    case FieldDescriptor::CPPTYPE_FLOAT:
      if (!ParseNumber(text, &number)) return InvalidField(shown_as, "is not a number");
      STOREOPS_STORE(Float, static_cast<float>(number));
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (text != "true" && text != "false") return InvalidField(shown_as, "is neither true nor false");
      STOREOPS_STORE(Bool, text == "true");
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      return StoreEnum(field, text, shown_as, message);
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.type() == FieldDescriptor::TYPE_BYTES) {
        if (!absl::Base64Unescape(text, &bytes) && !absl::WebSafeBase64Unescape(text, &bytes)) {
          return InvalidField(shown_as, "is not base64");
        }
        STOREOPS_STORE(String, bytes);
      } else {
        STOREOPS_STORE(String, std::string(text));
      }
      break;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return InvalidField(shown_as, "is a message: name one of its fields");
  }
  return absl::OkStatus();
}

#undef STOREOPS_STORE

absl::Status StoreTextMessage(absl::string_view text, absl::string_view shown_as, Message* message) {
  const Descriptor& type = *message->GetDescriptor();
  if (IsWrapper(type)) return StoreScalar(*type.FindFieldByName("value"), text, shown_as, message);
  if (auto* mask = dynamic_cast<google::protobuf::FieldMask*>(message)) {
    for (const absl::string_view path : absl::StrSplit(text, ',', absl::SkipEmpty())) {
      mask->add_paths(CamelToSnake(absl::StripAsciiWhitespace(path)));
    }
    return absl::OkStatus();
  }
  if (!rpc::JsonToMessage(JsonQuote(text), message).ok()) {
    return InvalidField(shown_as, absl::StrCat("is not a ", type.name(), " as in JSON"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FieldPath> ResolveFieldPath(const Descriptor& type, absl::string_view path) {
  FieldPath result;
  const Descriptor* current = &type;
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    const auto* field = current == nullptr || result.size() == kMaxDepth ? nullptr : FindField(*current, name);
    if (field == nullptr) return absl::InvalidArgumentError(absl::StrCat("the request has no field ", path));
    result.push_back(field);
    // What cannot be gone into is a leaf: lists, maps and messages that are written as one text.
    const bool inner =
        !field->is_repeated() && field->message_type() != nullptr && !IsTextMessage(*field->message_type());
    current = inner ? field->message_type() : nullptr;
  }
  return result;
}

bool IsTextMessage(const Descriptor& type) {
  static constexpr std::array<absl::string_view, 3> kNames = {"google.protobuf.Timestamp", "google.protobuf.Duration",
                                                              "google.protobuf.FieldMask"};
  for (const auto name : kNames) {
    if (name == type.full_name()) return true;
  }
  return IsWrapper(type);
}

absl::Status SetFieldFromText(const FieldPath& path, absl::string_view text, absl::string_view shown_as,
                              Message* request) {
  Message* message = request;
  for (size_t i = 0; i < path.size(); ++i) {
    const FieldDescriptor& field = *path[i];
    const auto& reflection = *message->GetReflection();
    const auto* oneof = field.containing_oneof();
    if (oneof != nullptr && reflection.HasOneof(*message, oneof) && !reflection.HasField(*message, &field)) {
      return InvalidField(shown_as,
                          absl::StrCat("excludes ", reflection.GetOneofFieldDescriptor(*message, oneof)->name()));
    }
    if (i + 1 < path.size()) {
      message = reflection.MutableMessage(message, &field);
      continue;
    }
    if (field.message_type() == nullptr) return StoreScalar(field, text, shown_as, message);
    if (!IsTextMessage(*field.message_type())) {
      return InvalidField(shown_as, "is a message: name one of its fields, or send it in a body");
    }
    return StoreTextMessage(
        text, shown_as,
        field.is_repeated() ? reflection.AddMessage(message, &field) : reflection.MutableMessage(message, &field));
  }
  return absl::OkStatus();
}

}  // namespace storeops::gateway
