#include "common/rpc/json.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/text.h"
#include "common/base/visible_text.h"
#include "google/protobuf/stubs/common.h"
#include "google/protobuf/util/json_util.h"

namespace storeops::rpc {
namespace {

namespace util = google::protobuf::util;

constexpr int kMaxNesting = 100;

template <class Status>
std::string MessageOf(const Status& status) {
  return {status.message().data(), status.message().size()};
}

absl::StatusOr<std::string> Print(const google::protobuf::Message& message, const util::JsonPrintOptions& options) {
  std::string json;
  const auto status = util::MessageToJsonString(message, &json, options);
  if (status.ok()) return json;
  return absl::InternalError(absl::StrCat("cannot write ", message.GetTypeName(), " as JSON: ", MessageOf(status)));
}

absl::Status Malformed(absl::string_view message) {
  return WithReason(absl::InvalidArgumentError(message), "INVALID_JSON");
}

// Counted here because the library takes quadratic time over deep lists. Its strings may stand in single quotes too.
bool IsTooDeep(absl::string_view json) {
  int depth = 0;
  char quote = 0;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quote != 0) {
      if (c == '\\') ++i;
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxNesting) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

// Of the field at "product.variants[0].kind" of a message; null if that is not an enum.
const google::protobuf::EnumDescriptor* FindEnum(absl::string_view path, const google::protobuf::Descriptor& type) {
  const google::protobuf::Descriptor* message = &type;
  const google::protobuf::FieldDescriptor* field = nullptr;
  for (const absl::string_view step : absl::StrSplit(path, '.')) {
    if (message == nullptr) return nullptr;
    const std::string name(step.substr(0, step.find('[')));
    field = message->FindFieldByName(name);
    if (field == nullptr) field = message->FindFieldByCamelcaseName(name);
    if (field == nullptr) return nullptr;
    if (field->is_map()) field = field->message_type()->map_value();
    message = field->message_type();
  }
  return field == nullptr ? nullptr : field->enum_type();
}

// The library says "(product.title): what", "(product) titel: what" or "titel: what" where it knows the field, and adds
// an excerpt of the text on lines of its own where it does not.
absl::Status Explain(const std::string& message, const google::protobuf::Descriptor& type) {
  const std::pair<absl::string_view, absl::string_view> lines = absl::StrSplit(message, absl::MaxSplits('\n', 1));
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(lines.first, absl::MaxSplits(": ", 1));
  if (!IsValidUtf8(message)) return Malformed("the JSON cannot be read: it is not UTF-8 text");
  const std::pair<absl::string_view, absl::string_view> place = absl::StrSplit(parts.first, absl::MaxSplits(' ', 1));
  absl::string_view path = place.first;
  const bool in_message = absl::ConsumePrefix(&path, "(") && absl::ConsumeSuffix(&path, ")");
  if (!path.empty() && !parts.second.empty() && (in_message || place.second.empty())) {
    const std::string field = place.second.empty() ? std::string(path) : absl::StrCat(path, ".", place.second);
    if (parts.second == "Cannot find field.") return InvalidField(field, "there is no such field");
    const auto* wrong_enum = FindEnum(field, type);
    if (wrong_enum == nullptr) return InvalidField(field, parts.second);
    return InvalidField(field, absl::StrCat("must be one of ", EnumNames(*wrong_enum), "; ", parts.second));
  }
  if (parts.first.empty()) return Malformed("the JSON cannot be read: a field has no name");
  const absl::string_view near = lines.second.substr(0, lines.second.find('\n'));
  return Malformed(absl::StrCat("the JSON cannot be read: ", lines.first, near.empty() ? "" : " Near: ", near));
}

// A message other than the well-known types of google.protobuf is a JSON object.
bool IsObject(const google::protobuf::Message& message) {
  return message.GetDescriptor()->file()->package() != "google.protobuf";
}

}  // namespace

absl::StatusOr<std::string> MessageToJson(const google::protobuf::Message& message) { return Print(message, {}); }

absl::StatusOr<std::string> MessageToFieldJson(const google::protobuf::Message& message) {
  util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  return Print(message, options);
}

absl::StatusOr<std::string> MessageToPrettyJson(const google::protobuf::Message& message) {
  util::JsonPrintOptions options;
  options.add_whitespace = true;
  return Print(message, options);
}

absl::Status JsonToMessage(absl::string_view json, google::protobuf::Message* message,
                           const JsonParseOptions& options) {
  message->Clear();
  const absl::string_view text = absl::StripAsciiWhitespace(json);
  if (text.empty()) return absl::OkStatus();
  if (IsObject(*message) && text.front() != '{') return Malformed("the JSON cannot be read: an object is expected");
  if (IsTooDeep(text)) return Malformed(absl::StrCat("the JSON is nested deeper than ", kMaxNesting, " levels"));
  util::JsonParseOptions parse;
  parse.ignore_unknown_fields = options.ignore_unknown_fields;
  // The installed library keeps its debug checks and throws when one fails: what a stranger sends must not end the
  // process. One of them takes text whose end touches the library's own copy of the rest for an overlap.
  try {
    const auto status = util::JsonStringToMessage({text.data(), text.size()}, message, parse);
    return status.ok() ? absl::OkStatus() : Explain(MessageOf(status), *message->GetDescriptor());
  } catch (const google::protobuf::FatalException&) {
    return Malformed("the JSON cannot be read");
  }
}

}  // namespace storeops::rpc
