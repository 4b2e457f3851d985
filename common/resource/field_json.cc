#include "common/resource/field_json.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace storeops::resource {
namespace {

// The end of the JSON string that begins at `at`, behind its closing quote.
size_t StringEnd(absl::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

// The end of the JSON value that begins at `at`. The text comes from protobuf's own printer, so it is well-formed.
size_t ValueEnd(absl::string_view json, size_t at) {
  int depth = 0;
  while (at < json.size()) {
    const char c = json[at];
    if (c == '"') {
      at = StringEnd(json, at);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') {
      if (depth == 0) return at;
      --depth;
    }
    if (c == ',' && depth == 0) return at;
    ++at;
  }
  return at;
}

}  // namespace

FieldJson::FieldJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  ok_ = google::protobuf::util::MessageToJsonString(message, &json_, options).ok();
  if (!ok_) return;
  size_t at = 1;
  while (at < json_.size() && json_[at] == '"') {
    const size_t name_end = StringEnd(json_, at);
    const size_t value = name_end + 1;
    const size_t value_end = ValueEnd(json_, value);
    members_.push_back({at + 1, name_end - at - 2, value, value_end - value});
    at = value_end + 1;
  }
}

absl::string_view FieldJson::Get(absl::string_view field) const {
  const absl::string_view json = json_;
  for (const Member& member : members_) {
    if (json.substr(member.name, member.name_size) == field) return json.substr(member.value, member.value_size);
  }
  return "";
}

absl::Status MessageFromJson(const std::string& json, google::protobuf::Message* message) {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(json, message, options);
  if (status.ok()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("stored JSON of ", message->GetDescriptor()->full_name(),
                                          " cannot be read: ", status.ToString()));
}

}  // namespace storeops::resource
