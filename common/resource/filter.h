// Filter expressions (https://google.aip.dev/160): text to tree. Knows no fields; see filter_sql.h.
#ifndef STOREOPS_COMMON_RESOURCE_FILTER_H_
#define STOREOPS_COMMON_RESOURCE_FILTER_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops::resource {

inline constexpr size_t kMaxFilterBytes = 4096;
inline constexpr int kMaxFilterDepth = 32;   // of parentheses and negations
inline constexpr int kMaxFilterTerms = 100;  // restrictions

enum class Comparator { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual, kHas };

absl::string_view ComparatorText(Comparator comparator);

// The right side of a comparison.
struct FilterValue {
  std::string text;  // without quotes, escapes and the wildcards at its ends
  bool quoted = false;
  bool wildcard_before = false;  // "*suffix"
  bool wildcard_after = false;   // "prefix*"; a lone "*" has this one only
  int column = 0;
};

struct FilterNode {
  enum class Kind { kAnd, kOr, kNot, kRestriction };
  Kind kind = Kind::kRestriction;
  std::vector<FilterNode> children;  // two or more for kAnd and kOr, one for kNot
  // Of a restriction.
  std::string field;  // "variants.sku"
  int column = 0;     // of the field; characters count from 1
  Comparator comparator = Comparator::kEqual;
  FilterValue value;
};

// INVALID_ARGUMENT naming `field` with the column of what is wrong. Text of blanks only is refused: an empty filter is
// no filter.
absl::StatusOr<FilterNode> ParseFilter(absl::string_view text, absl::string_view field = "filter");

// INVALID_ARGUMENT naming `field`: "column 12: ...".
absl::Status FilterError(int column, absl::string_view what, absl::string_view field = "filter");

// As ParseFilter; nullopt for a blank text.
absl::StatusOr<std::optional<FilterNode>> ParseOptionalFilter(absl::string_view text);

// The restriction `field = value` that the whole filter demands: at its top, or joined by AND there; null if there is
// none or it has a wildcard.
const FilterNode* FindDemand(const std::optional<FilterNode>& filter, absl::string_view field);
// The same, taken out of the filter.
std::optional<FilterNode> TakeDemand(std::optional<FilterNode>& filter, absl::string_view field);

// Some restriction compares `field`.
bool Mentions(const std::optional<FilterNode>& filter, absl::string_view field);

// `field:*`
bool IsPresenceTest(const FilterNode& node);
// The value as it was written, wildcards included: "*" has no meaning but in text.
std::string RawText(const FilterValue& value);
bool IsOrdering(Comparator comparator);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_FILTER_H_
