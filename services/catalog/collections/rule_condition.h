// One condition of a rule: a field of a product compared with a value.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_CONDITION_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_CONDITION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/resource/filter.h"
#include "common/resource/resource_name.h"
#include "services/catalog/collections/rule_subject.h"

namespace storeops::catalog {

enum class RuleField {
  kName,
  kTitle,
  kDescription,
  kLanguage,
  kBrand,
  kProductType,
  kKind,
  kTags,
  kCategory,
  kCategories,
  kAttribute,
  kPrice,
  kCreateTime,
  kAgeDays,
  kInStock,
};

// Terms one of which a product must have, and how many products are thought to have one; no terms: nothing is known.
struct RequiredTerms {
  std::vector<std::string> terms;
  int cost = 0;
};

class RuleCondition {
 public:
  // INVALID_ARGUMENT naming "rule", with the column: a field that rules do not know, a comparison that it does not
  // have, a value of the wrong form.
  static absl::StatusOr<RuleCondition> Compile(const resource::FilterNode& restriction);

  RuleCondition() = default;
  bool Matches(const RuleSubject& subject, absl::Time now) const;
  RequiredTerms Required() const;

  RuleField field() const { return field_; }
  // As written, e.g. the name of a category, and where.
  const resource::FilterValue& value() const { return value_; }

 private:
  absl::Status Read(const resource::FilterNode& restriction);
  absl::Status ReadPrice();
  absl::Status ReadAge();
  absl::Status ReadName(const resource::NamePattern& names);
  absl::Status Refuse(bool wrong, absl::string_view comparators) const;
  absl::Status ValueError(absl::string_view expected) const;
  bool MatchesText(const std::string& text) const;
  bool MatchesAttribute(const v1::AttributeValue& value) const;
  bool MatchesAge(absl::Time create_time, absl::Time now) const;
  // `order` below 0: the product's value is the smaller one.
  bool Holds(int order) const;
  bool IsSet(const RuleSubject& subject) const;
  bool negated() const { return comparator_ == resource::Comparator::kNotEqual; }

  RuleField field_ = RuleField::kName;
  std::string written_;  // the field's name in the rule
  int column_ = 0;
  std::string key_;  // of the attribute
  resource::Comparator comparator_ = resource::Comparator::kEqual;
  resource::FilterValue value_;
  bool presence_ = false;
  std::string raw_;  // the value with its wildcards, which mean nothing but in text
  std::optional<double> number_;
  int64_t minor_ = 0;
  std::string currency_;
  absl::Time time_;
  absl::Duration age_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_RULE_CONDITION_H_
