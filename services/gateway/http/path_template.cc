#include "services/gateway/http/path_template.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "services/gateway/http/percent.h"

namespace storeops::gateway {
namespace {

constexpr size_t kMaxSegments = 64;
using Kind = PathSegment::Kind;

absl::Status Bad(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("path template \"", text, "\": ", why));
}

// Cuts at slashes that are not inside braces.
std::vector<absl::string_view> SplitOutsideBraces(absl::string_view text) {
  std::vector<absl::string_view> parts;
  size_t begin = 0;
  bool inside = false;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || (text[i] == '/' && !inside)) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
    } else if (text[i] == '{' || text[i] == '}') {
      inside = text[i] == '{';
    }
  }
  return parts;
}

absl::Status AddSegment(absl::string_view whole, absl::string_view text, PathTemplate& result) {
  if (text.empty()) return Bad(whole, "an empty segment");
  if (!result.segments.empty() && result.segments.back().kind == Kind::kRest) {
    return Bad(whole, "** must be the last segment");
  }
  if (text == "*" || text == "**") {
    result.segments.push_back({text == "*" ? Kind::kOne : Kind::kRest, ""});
    return absl::OkStatus();
  }
  if (text.find_first_of("{}*=:%?#") != absl::string_view::npos) {
    return Bad(whole, absl::StrCat("\"", text, "\" is no segment"));
  }
  result.segments.push_back({Kind::kLiteral, std::string(text)});
  return absl::OkStatus();
}

absl::Status AddVariable(absl::string_view whole, absl::string_view inside, PathTemplate& result) {
  const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(inside, absl::MaxSplits('=', 1));
  const bool plain = !absl::StrContains(inside, '=');
  if (parts.first.empty()) return Bad(whole, "a variable without a name");
  for (const auto& other : result.variables) {
    if (other.field_path == parts.first) return Bad(whole, absl::StrCat(parts.first, " occurs twice"));
  }
  PathVariable variable{std::string(parts.first), result.segments.size(), 0, false};
  for (const absl::string_view segment : absl::StrSplit(plain ? "*" : parts.second, '/')) {
    RETURN_IF_ERROR(AddSegment(whole, segment, result));
  }
  variable.end = result.segments.size();
  variable.several = variable.end - variable.begin > 1 || result.segments.back().kind == Kind::kRest;
  result.variables.push_back(std::move(variable));
  return absl::OkStatus();
}

bool LiteralMatches(absl::string_view literal, absl::string_view received) {
  if (literal == received) return true;
  if (!absl::StrContains(received, '%')) return false;
  const auto decoded = PercentDecode(received, Percent::kAll);
  return decoded.ok() && *decoded == literal;
}

}  // namespace

absl::StatusOr<PathTemplate> ParsePathTemplate(absl::string_view text) {
  if (!absl::StartsWith(text, "/")) return Bad(text, "must begin with /");
  PathTemplate result;
  absl::string_view path = text.substr(1);
  const size_t colon = path.rfind(':');
  if (colon != absl::string_view::npos) {
    result.verb = std::string(path.substr(colon + 1));
    path = path.substr(0, colon);
    if (result.verb.empty() || result.verb.find_first_of("{}*/=%") != std::string::npos) return Bad(text, "a bad verb");
  }
  for (const absl::string_view part : SplitOutsideBraces(path)) {
    if (absl::StartsWith(part, "{")) {
      if (!absl::EndsWith(part, "}")) return Bad(text, "a variable must be a whole segment");
      RETURN_IF_ERROR(AddVariable(text, part.substr(1, part.size() - 2), result));
    } else {
      RETURN_IF_ERROR(AddSegment(text, part, result));
    }
  }
  if (result.segments.size() > kMaxSegments) return Bad(text, "too many segments");
  return result;
}

PathParts SplitPath(absl::string_view path) {
  PathParts parts;
  if (!absl::StartsWith(path, "/")) return parts;
  path.remove_prefix(1);
  const size_t last = path.rfind('/') == absl::string_view::npos ? 0 : path.rfind('/') + 1;
  const size_t colon = path.rfind(':');
  if (colon != absl::string_view::npos && colon >= last) {
    parts.verb = path.substr(colon + 1);
    if (parts.verb.empty()) return parts;  // a colon without a verb matches nothing
    path = path.substr(0, colon);
  }
  if (std::count(path.begin(), path.end(), '/') >= static_cast<long>(kMaxSegments)) return parts;
  parts.segments = absl::StrSplit(path, '/');
  return parts;
}

bool Matches(const PathTemplate& path_template, const PathParts& path) {
  const auto& segments = path_template.segments;
  if (path_template.verb != path.verb || path.segments.empty()) return false;
  const bool rest = !segments.empty() && segments.back().kind == Kind::kRest;
  const size_t fixed = segments.size() - (rest ? 1 : 0);
  if (rest ? path.segments.size() < fixed : path.segments.size() != fixed) return false;
  for (size_t i = 0; i < fixed; ++i) {
    const bool matches = segments[i].kind == Kind::kOne ? !path.segments[i].empty()
                                                        : LiteralMatches(segments[i].literal, path.segments[i]);
    if (!matches) return false;
  }
  return true;
}

absl::StatusOr<std::vector<std::string>> Capture(const PathTemplate& path_template, const PathParts& path) {
  std::vector<std::string> values;
  values.reserve(path_template.variables.size());
  for (const auto& variable : path_template.variables) {
    const bool rest = path_template.segments[variable.end - 1].kind == Kind::kRest;
    const auto begin = path.segments.begin() + variable.begin;
    const auto end = rest ? path.segments.end() : path.segments.begin() + variable.end;
    const auto how = variable.several ? Percent::kAllButSlash : Percent::kAll;
    ASSIGN_OR_RETURN(std::string value, PercentDecode(absl::StrJoin(begin, end, "/"), how));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace storeops::gateway
