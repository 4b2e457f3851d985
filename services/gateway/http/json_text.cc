#include "services/gateway/http/json_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/text.h"

namespace storeops::gateway {

std::string JsonQuote(absl::string_view text) {
  const bool valid = IsValidUtf8(text);
  std::string result = "\"";
  result.reserve(text.size() + 2);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result.push_back('\\');
      result.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&result, "\\u%04x", byte);
    } else {
      result.push_back(valid || byte < 0x80 ? c : '?');
    }
  }
  result.push_back('"');
  return result;
}

std::string JsonObject(const JsonMembers& members) {
  std::string result = "{";
  for (const auto& [key, value] : members) {
    if (value.empty()) continue;
    absl::StrAppend(&result, result.size() > 1 ? "," : "", JsonQuote(key), ":", value);
  }
  return result + "}";
}

std::string JsonArray(const std::vector<std::string>& values) {
  return absl::StrCat("[", absl::StrJoin(values, ","), "]");
}

}  // namespace storeops::gateway
