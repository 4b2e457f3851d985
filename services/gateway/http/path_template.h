// The paths of google.api.http rules:
//   Template = "/" Segments [ ":" LITERAL ]    Segments = Segment { "/" Segment }
//   Segment  = "*" | "**" | LITERAL | "{" field.path [ "=" Segments ] "}"
// "*" is one segment that is not empty, "**" what is left, also nothing; it comes last.
#ifndef STOREOPS_SERVICES_GATEWAY_HTTP_PATH_TEMPLATE_H_
#define STOREOPS_SERVICES_GATEWAY_HTTP_PATH_TEMPLATE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops::gateway {

struct PathSegment {
  enum class Kind { kLiteral, kOne, kRest };
  Kind kind;
  std::string literal;
};

// A part of the path that goes into a field of the request.
struct PathVariable {
  std::string field_path;  // "product.name"
  size_t begin;            // segments [begin, end) of the template
  size_t end;
  bool several;  // its pattern is more than one "*": "%2F" in it stays encoded
};

struct PathTemplate {
  std::vector<PathSegment> segments;
  std::vector<PathVariable> variables;
  std::string verb;  // after the colon; may be empty
};

// INVALID_ARGUMENT says what is wrong with it.
absl::StatusOr<PathTemplate> ParsePathTemplate(absl::string_view text);

// A path as received, cut at its slashes and not decoded. A colon in the last segment begins the verb; one that belongs
// to a value is sent as "%3A".
struct PathParts {
  std::vector<absl::string_view> segments;
  absl::string_view verb;
};
// Nothing good for what does not begin with a slash or has more than 64 segments: no segments.
PathParts SplitPath(absl::string_view path);

// True if the two have the same shape. Literals are compared after decoding.
bool Matches(const PathTemplate& path_template, const PathParts& path);

// The value of each variable, decoded. The path must match. INVALID_ARGUMENT for malformed encoding.
absl::StatusOr<std::vector<std::string>> Capture(const PathTemplate& path_template, const PathParts& path);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_HTTP_PATH_TEMPLATE_H_
