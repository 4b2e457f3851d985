#include "services/catalog/collections/rule_condition.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "services/catalog/catalog_names.h"

namespace storeops::catalog {
namespace {

using resource::Comparator;
using resource::FilterNode;
using resource::FilterValue;
using v1::AttributeValue;
using v1::Product;

constexpr absl::string_view kAttributes = "attributes.";
constexpr int kMaxAgeDays = 36500;

struct KnownField {
  absl::string_view name;
  RuleField field;
};
constexpr KnownField kFields[] = {
    {"name", RuleField::kName},
    {"title", RuleField::kTitle},
    {"description", RuleField::kDescription},
    {"language", RuleField::kLanguage},
    {"brand", RuleField::kBrand},
    {"product_type", RuleField::kProductType},
    {"kind", RuleField::kKind},
    {"tags", RuleField::kTags},
    {"category", RuleField::kCategory},
    {"categories", RuleField::kCategories},
    {"price", RuleField::kPrice},
    {"create_time", RuleField::kCreateTime},
    {"age_days", RuleField::kAgeDays},
    {"in_stock", RuleField::kInStock},
};

std::string KnownFields() {
  std::string names;
  for (const KnownField& known : kFields) absl::StrAppend(&names, known.name, ", ");
  return names + "attributes.KEY";
}

absl::Status RuleError(int column, absl::string_view what) { return resource::FilterError(column, what, "rule"); }

bool FitsPattern(absl::string_view text, const FilterValue& pattern) {
  if (pattern.wildcard_before && pattern.wildcard_after) return absl::StrContains(text, pattern.text);
  if (pattern.wildcard_before) return absl::EndsWith(text, pattern.text);
  if (pattern.wildcard_after) return absl::StartsWith(text, pattern.text);
  return text == pattern.text;
}

template <class T>
int Order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

template <class List>
bool Contains(const List& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

const AttributeValue* FindAttribute(const Product& product, const std::string& key) {
  const auto found = product.attributes().find(key);
  return found == product.attributes().end() ? nullptr : &found->second;
}

}  // namespace

absl::StatusOr<RuleCondition> RuleCondition::Compile(const FilterNode& restriction) {
  RuleCondition condition;
  RETURN_IF_ERROR(condition.Read(restriction));
  return condition;
}

absl::Status RuleCondition::Read(const FilterNode& restriction) {
  written_ = restriction.field;
  column_ = restriction.column;
  comparator_ = restriction.comparator;
  value_ = restriction.value;
  raw_ = resource::RawText(value_);
  presence_ = resource::IsPresenceTest(restriction);
  absl::string_view name = written_;
  if (absl::ConsumePrefix(&name, kAttributes) && !name.empty()) {
    field_ = RuleField::kAttribute;
    key_ = std::string(name);
  } else {
    const auto* known = std::find_if(std::begin(kFields), std::end(kFields),
                                     [this](const KnownField& field) { return field.name == written_; });
    if (known == std::end(kFields)) {
      return RuleError(column_, absl::StrCat("\"", TruncateCodePoints(written_, 60),
                                             "\" is no field of rules; fields are ", KnownFields()));
    }
    field_ = known->field;
  }
  if (double number = 0; absl::SimpleAtod(raw_, &number) && std::isfinite(number)) number_ = number;

  const bool ordering = resource::IsOrdering(comparator_);
  const bool wildcard = value_.wildcard_before || value_.wildcard_after;
  switch (field_) {
    case RuleField::kName:
      RETURN_IF_ERROR(Refuse(ordering || presence_, "= != or :"));
      return ReadName(kProductNames);
    case RuleField::kCategory:
      RETURN_IF_ERROR(Refuse(ordering, "= != or :"));
      return presence_ ? absl::OkStatus() : ReadName(kCategoryNames);
    case RuleField::kCategories:
    case RuleField::kTags:
      if (comparator_ == Comparator::kHas) return absl::OkStatus();
      return RuleError(column_, absl::StrCat(written_, " is a list: write ", written_, ":\"value\""));
    case RuleField::kKind: {
      if (presence_) return absl::OkStatus();
      RETURN_IF_ERROR(Refuse(ordering, "= != or :"));
      Product::Kind kind;
      return Product::Kind_Parse(raw_, &kind) ? absl::OkStatus() : ValueError("one of GOODS, SERVICE");
    }
    case RuleField::kPrice:
      return presence_ ? absl::OkStatus() : ReadPrice();
    case RuleField::kCreateTime: {
      if (presence_) return absl::OkStatus();
      const auto time = ParseRfc3339(raw_);
      if (!time.ok()) return ValueError("a time like \"2026-01-31T12:00:00Z\"");
      time_ = *time;
      return absl::OkStatus();
    }
    case RuleField::kAgeDays:
      return ReadAge();
    case RuleField::kInStock:
      RETURN_IF_ERROR(Refuse(ordering || presence_, "= != or :"));
      return raw_ == "true" || raw_ == "false" ? absl::OkStatus() : ValueError("true or false");
    default:
      break;
  }
  if (!wildcard || presence_ || !ordering) return absl::OkStatus();
  return RuleError(value_.column, absl::StrCat("* goes with = != and : only, not with ",
                                               resource::ComparatorText(comparator_), "; write \\* for a star"));
}

absl::Status RuleCondition::ReadName(const resource::NamePattern& names) {
  if (names.Match(raw_).has_value()) return absl::OkStatus();
  return ValueError(absl::StrCat("a name like \"", names.collection(), "/123\""));
}

absl::Status RuleCondition::ReadPrice() {
  const std::vector<std::string> parts = absl::StrSplit(raw_, ' ');
  bool rounded = false;
  const auto minor = parts.size() == 2 ? ParseDecimalMinor(parts[0], parts[1], &rounded)
                                       : absl::StatusOr<int64_t>(absl::InvalidArgumentError(""));
  if (!minor.ok() || rounded) return ValueError("an amount like \"12.50 EUR\"");
  minor_ = *minor;
  currency_ = parts[1];
  return absl::OkStatus();
}

absl::Status RuleCondition::ReadAge() {
  RETURN_IF_ERROR(Refuse(!resource::IsOrdering(comparator_), "< <= > or >="));
  int days = 0;
  if (!absl::SimpleAtoi(raw_, &days) || days < 0 || days > kMaxAgeDays) {
    return ValueError(absl::StrCat("a number of days, 0 to ", kMaxAgeDays));
  }
  age_ = absl::Hours(24) * days;
  return absl::OkStatus();
}

absl::Status RuleCondition::Refuse(bool wrong, absl::string_view comparators) const {
  if (!wrong) return absl::OkStatus();
  return RuleError(column_, absl::StrCat(written_, " is compared by ", comparators, ", not by ",
                                         resource::ComparatorText(comparator_), presence_ ? "*" : ""));
}

absl::Status RuleCondition::ValueError(absl::string_view expected) const {
  return RuleError(value_.column, absl::StrCat(written_, " is compared with ", expected, ", not with \"",
                                               TruncateCodePoints(raw_, 60), "\""));
}

bool RuleCondition::Matches(const RuleSubject& subject, absl::Time now) const {
  if (presence_) return IsSet(subject);
  const Product& product = subject.product;
  switch (field_) {
    case RuleField::kName:
      return (product.name() == raw_) != negated();
    case RuleField::kTitle:
      return MatchesText(product.title());
    case RuleField::kDescription:
      return MatchesText(product.description());
    case RuleField::kLanguage:
      return MatchesText(product.language());
    case RuleField::kBrand:
      return MatchesText(product.brand());
    case RuleField::kProductType:
      return MatchesText(product.product_type());
    case RuleField::kKind:
      return (Product::Kind_Name(product.kind()) == raw_) != negated();
    case RuleField::kInStock:
      return (subject.in_stock == (raw_ == "true")) != negated();
    case RuleField::kTags:
      return Contains(product.tags(), raw_);
    case RuleField::kCategory:
      return Contains(subject.categories, raw_) != negated();
    case RuleField::kCategories:
      return Contains(product.categories(), raw_);
    case RuleField::kAttribute: {
      const AttributeValue* value = FindAttribute(product, key_);
      return value == nullptr ? negated() : MatchesAttribute(*value);
    }
    case RuleField::kPrice:
      // Amounts of another currency differ from it and are neither above nor below.
      if (!subject.price.has_value() || subject.price->currency != currency_) return negated();
      return Holds(Order(subject.price->minor, minor_));
    case RuleField::kCreateTime:
      return Holds(Order(subject.create_time, time_));
    case RuleField::kAgeDays:
      return Holds(Order(now - subject.create_time, age_));
  }
  return false;
}

bool RuleCondition::Holds(int order) const {
  switch (comparator_) {
    case Comparator::kEqual:
    case Comparator::kHas:
      return order == 0;
    case Comparator::kNotEqual:
      return order != 0;
    case Comparator::kLess:
      return order < 0;
    case Comparator::kLessOrEqual:
      return order <= 0;
    case Comparator::kGreater:
      return order > 0;
    case Comparator::kGreaterOrEqual:
      return order >= 0;
  }
  return false;
}

bool RuleCondition::MatchesText(const std::string& text) const {
  if (value_.wildcard_before || value_.wildcard_after) return FitsPattern(text, value_) != negated();
  return Holds(Order(text, value_.text));
}

bool RuleCondition::MatchesAttribute(const AttributeValue& value) const {
  switch (value.value_case()) {
    case AttributeValue::kText:
      return MatchesText(value.text());
    case AttributeValue::kChoice:
      return MatchesText(value.choice());
    case AttributeValue::kDate:
      return MatchesText(value.date());
    case AttributeValue::kNumber:
      return number_.has_value() ? Holds(Order(value.number(), *number_)) : negated();
    case AttributeValue::kBoolean:
      return !resource::IsOrdering(comparator_) && (raw_ == (value.boolean() ? "true" : "false")) != negated();
    case AttributeValue::kChoices: {
      if (resource::IsOrdering(comparator_)) return false;
      const auto& choices = value.choices().values();
      return std::any_of(choices.begin(), choices.end(),
                         [this](const std::string& choice) { return FitsPattern(choice, value_); }) != negated();
    }
    case AttributeValue::VALUE_NOT_SET:
      break;
  }
  return negated();
}

bool RuleCondition::IsSet(const RuleSubject& subject) const {
  const Product& product = subject.product;
  switch (field_) {
    case RuleField::kTitle:
      return !product.title().empty();
    case RuleField::kDescription:
      return !product.description().empty();
    case RuleField::kLanguage:
      return !product.language().empty();
    case RuleField::kBrand:
      return !product.brand().empty();
    case RuleField::kProductType:
      return !product.product_type().empty();
    case RuleField::kKind:
      return product.kind() != Product::KIND_UNSPECIFIED;
    case RuleField::kTags:
      return !product.tags().empty();
    case RuleField::kCategory:
    case RuleField::kCategories:
      return !product.categories().empty();
    case RuleField::kAttribute:
      return FindAttribute(product, key_) != nullptr;
    case RuleField::kPrice:
      return subject.price.has_value();
    default:
      return true;
  }
}

// Costs are guesses of how many products have such a term; only their order counts.
RequiredTerms RuleCondition::Required() const {
  if (negated()) return {};
  if (field_ == RuleField::kAttribute) {
    const bool exact = !resource::IsOrdering(comparator_) && !value_.wildcard_before && !value_.wildcard_after;
    if (!exact) return {{Term(TermKind::kAttribute, key_)}, 20};
    RequiredTerms required{{AttributeTextTerm(key_, value_.text)}, 5};
    if (number_.has_value()) required.terms.push_back(AttributeNumberTerm(key_, *number_));
    return required;
  }
  if (presence_ || resource::IsOrdering(comparator_)) return {};
  const bool exact = !value_.wildcard_before && !value_.wildcard_after;
  switch (field_) {
    case RuleField::kName:
      return {{Term(TermKind::kName, raw_)}, 1};
    case RuleField::kTags:
      return {{Term(TermKind::kTag, raw_)}, 4};
    case RuleField::kCategory:
    case RuleField::kCategories:
      return {{Term(TermKind::kCategory, raw_)}, 6};
    case RuleField::kBrand:
      if (exact) return {{Term(TermKind::kBrand, value_.text)}, 4};
      break;
    case RuleField::kProductType:
      if (exact) return {{Term(TermKind::kProductType, value_.text)}, 8};
      break;
    case RuleField::kLanguage:
      if (exact) return {{Term(TermKind::kLanguage, value_.text)}, 60};
      break;
    case RuleField::kKind:
      return {{Term(TermKind::kKind, raw_)}, 100};
    case RuleField::kInStock:
      return {{Term(TermKind::kInStock, raw_)}, 90};
    default:
      break;
  }
  return {};
}

}  // namespace storeops::catalog
