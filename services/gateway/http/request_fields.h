// Fields of a request set from text: path captures and query parameters.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_REQUEST_FIELDS_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_REQUEST_FIELDS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace storeops::gateway {

// From the request down; all but the last are single messages.
using FieldPath = std::vector<const google::protobuf::FieldDescriptor*>;

// "filter.min_price_minor" or "filter.minPriceMinor". INVALID_ARGUMENT names the path that leads nowhere.
absl::StatusOr<FieldPath> ResolveFieldPath(const google::protobuf::Descriptor& type, absl::string_view path);

// True for messages that one text can stand for: Timestamp, Duration, FieldMask and the wrappers.
bool IsTextMessage(const google::protobuf::Descriptor& type);

// Sets the field, or adds to it if it is repeated. Numbers, booleans, enums by name or number, bytes in base64,
// Timestamp, Duration and FieldMask as in JSON, the mask's paths also in snake_case. INVALID_ARGUMENT names `shown_as`.
absl::Status SetFieldFromText(const FieldPath& path, absl::string_view text, absl::string_view shown_as,
                              google::protobuf::Message* request);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_REQUEST_FIELDS_H_
