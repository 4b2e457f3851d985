// protobuf's JSON mapping, with errors that name the place.
#ifndef STOREOPS_COMMON_RPC_JSON_H_
#define STOREOPS_COMMON_RPC_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace storeops::rpc {

// Lower camel case names, fields at their defaults left out, 64-bit integers as strings.
absl::StatusOr<std::string> MessageToJson(const google::protobuf::Message& message);
// With the fields' own names, as history has them.
absl::StatusOr<std::string> MessageToFieldJson(const google::protobuf::Message& message);
// Human-readable, indented.
absl::StatusOr<std::string> MessageToPrettyJson(const google::protobuf::Message& message);

struct JsonParseOptions {
  bool ignore_unknown_fields = false;
};
// Empty text is an empty message. INVALID_ARGUMENT says where it went wrong, with BadRequest where that is a field.
// Nesting is limited to 100. As lenient as the library: single quotes, bare names and trailing commas pass.
absl::Status JsonToMessage(absl::string_view json, google::protobuf::Message* message,
                           const JsonParseOptions& options = {});

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_JSON_H_
