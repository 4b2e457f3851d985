#include "common/rpc/json.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "google/protobuf/util/json_util.h"

namespace storeops::rpc {
namespace {

namespace util = google::protobuf::util;

absl::StatusOr<std::string> Print(const google::protobuf::Message& message, const util::JsonPrintOptions& options) {
  std::string json;
  const auto status = util::MessageToJsonString(message, &json, options);
  if (status.ok()) return json;
  return absl::InternalError(absl::StrCat("cannot write ", message.GetTypeName(), " as JSON: ",
                                          absl::string_view(status.message().data(), status.message().size())));
}

// A message other than the well-known types of google.protobuf is a JSON object.
bool IsObject(const google::protobuf::Message& message) {
  return message.GetDescriptor()->file()->package() != "google.protobuf";
}

}  // namespace

absl::StatusOr<std::string> MessageToJson(const google::protobuf::Message& message) { return Print(message, {}); }

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
  if (IsObject(*message) && text.front() != '{') {
    return WithReason(absl::InvalidArgumentError("a JSON object is expected"), "INVALID_JSON");
  }
  util::JsonParseOptions parse;
  parse.ignore_unknown_fields = options.ignore_unknown_fields;
  const auto status = util::JsonStringToMessage({text.data(), text.size()}, message, parse);
  if (status.ok()) return absl::OkStatus();
  return WithReason(absl::InvalidArgumentError(absl::StrCat("the JSON cannot be read: ", absl::string_view(status.message().data(), status.message().size()))), "INVALID_JSON");
}

}  // namespace storeops::rpc
