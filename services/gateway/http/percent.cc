#include "services/gateway/http/percent.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"

namespace storeops::gateway {
namespace {

constexpr size_t kMaxPairs = 1000;

int HexDigit(char c) {
  if (absl::ascii_isdigit(c)) return c - '0';
  return absl::ascii_isxdigit(c) ? absl::ascii_tolower(c) - 'a' + 10 : -1;
}

}  // namespace

absl::StatusOr<std::string> PercentDecode(absl::string_view text, Percent how) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && how == Percent::kQuery) {
      result.push_back(' ');
      continue;
    }
    if (text[i] != '%') {
      result.push_back(text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    if (low < 0) return absl::InvalidArgumentError("a % in the URL is not followed by two hexadecimal digits");
    const char decoded = static_cast<char>(high * 16 + low);
    if (decoded == '/' && how == Percent::kAllButSlash) {
      result.append(text.data() + i, 3);
    } else {
      result.push_back(decoded);
    }
    i += 2;
  }
  if (!IsValidUtf8(result)) return absl::InvalidArgumentError("the URL is not UTF-8");
  return result;
}

absl::StatusOr<QueryPairs> ParseQuery(absl::string_view query) {
  QueryPairs pairs;
  for (const absl::string_view part : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    if (pairs.size() == kMaxPairs) {
      return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxPairs, " query parameters"));
    }
    const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(part, absl::MaxSplits('=', 1));
    ASSIGN_OR_RETURN(std::string name, PercentDecode(pair.first, Percent::kQuery));
    ASSIGN_OR_RETURN(std::string value, PercentDecode(pair.second, Percent::kQuery));
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

}  // namespace storeops::gateway
