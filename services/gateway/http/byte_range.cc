#include "services/gateway/http/byte_range.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace storeops::gateway {
namespace {

// Digits only; what no number holds is as large as one can be.
std::optional<int64_t> Number(absl::string_view digits) {
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit)) return std::nullopt;
  int64_t number = 0;
  for (const char digit : digits) {
    if (number > (std::numeric_limits<int64_t>::max() - 9) / 10) return std::numeric_limits<int64_t>::max();
    number = number * 10 + (digit - '0');
  }
  return number;
}

}  // namespace

ByteRange ChooseRange(absl::string_view range, int64_t size) {
  using Kind = ByteRange::Kind;
  const ByteRange whole{Kind::kWhole, 0, size - 1};
  const ByteRange none{Kind::kNone, 0, 0};
  range = absl::StripAsciiWhitespace(range);
  if (!absl::StartsWithIgnoreCase(range, "bytes=")) return whole;
  range = absl::StripAsciiWhitespace(range.substr(6));
  const size_t dash = range.find('-');
  if (dash == absl::string_view::npos) return whole;
  const auto first = Number(range.substr(0, dash));
  const auto last = Number(range.substr(dash + 1));
  if (dash == 0) {  // the last so many
    if (!last.has_value()) return whole;
    if (*last == 0 || size == 0) return none;
    return {Kind::kPart, size - std::min(*last, size), size - 1};
  }
  if (!first.has_value() || (!last.has_value() && dash + 1 != range.size())) return whole;
  if (last.has_value() && *last < *first) return whole;
  if (*first >= size) return none;
  return {Kind::kPart, *first, last.has_value() ? std::min(*last, size - 1) : size - 1};
}

bool MatchesAny(absl::string_view tags, absl::string_view etag) {
  for (absl::string_view tag : absl::StrSplit(tags, ',')) {
    tag = absl::StripAsciiWhitespace(tag);
    if (tag == "*") return true;
    absl::ConsumePrefix(&tag, "W/");
    if (tag == etag) return true;
  }
  return false;
}

}  // namespace storeops::gateway
