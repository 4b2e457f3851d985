// JSON written by hand: error bodies and the OpenAPI document, whose order of keys matters to readers.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_JSON_TEXT_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_JSON_TEXT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace storeops::gateway {

// A JSON string with its quotes. Bytes that are not UTF-8 become "?".
std::string JsonQuote(absl::string_view text);

// Values are JSON already; keys are not quoted yet. Members without a value are left out.
using JsonMembers = std::vector<std::pair<std::string, std::string>>;
std::string JsonObject(const JsonMembers& members);
std::string JsonArray(const std::vector<std::string>& values);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_JSON_TEXT_H_
