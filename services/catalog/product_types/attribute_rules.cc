#include "services/catalog/product_types/attribute_rules.h"

#include <cmath>
#include <map>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "common/base/text.h"

namespace storeops::catalog {
namespace {

using v1::AttributeDefinition;
using v1::AttributeValue;
using Violations = std::vector<FieldViolation>;

constexpr int kMaxText = 1000;

bool HasChoices(AttributeDefinition::Type type) {
  return type == AttributeDefinition::CHOICE || type == AttributeDefinition::CHOICES;
}

void CheckChoices(const AttributeDefinition& definition, const std::string& path, Violations& violations) {
  if (HasChoices(definition.type()) != !definition.choices().empty()) {
    violations.push_back({path + ".choices", HasChoices(definition.type()) ? "must have at least one choice"
                                                                           : "only CHOICE and CHOICES have choices"});
  }
  absl::flat_hash_set<absl::string_view> values;
  for (int i = 0; i < definition.choices_size(); ++i) {
    if (!values.insert(definition.choices(i).value()).second) {
      violations.push_back({absl::StrCat(path, ".choices[", i, "].value"), "the attribute has this choice already"});
    }
  }
}

void CheckNumberRules(const AttributeDefinition& definition, const std::string& path, Violations& violations) {
  const bool number = definition.type() == AttributeDefinition::NUMBER;
  if (!number && !definition.unit().empty()) violations.push_back({path + ".unit", "only a NUMBER has a unit"});
  if (!number && definition.has_min()) violations.push_back({path + ".min", "only a NUMBER has bounds"});
  if (!number && definition.has_max()) violations.push_back({path + ".max", "only a NUMBER has bounds"});
  if (definition.has_min() && !std::isfinite(definition.min())) violations.push_back({path + ".min", "must be finite"});
  if (definition.has_max() && !std::isfinite(definition.max())) violations.push_back({path + ".max", "must be finite"});
  if (definition.has_min() && definition.has_max() && definition.min() > definition.max()) {
    violations.push_back({path + ".max", "must not be below min"});
  }
}

bool Chosen(const AttributeDefinition& definition, const std::string& value) {
  for (const auto& choice : definition.choices()) {
    if (choice.value() == value) return true;
  }
  return false;
}

// "2026-11-22" and no other form.
bool IsDate(const std::string& text) {
  absl::CivilDay day;
  return text.size() == 10 && absl::ParseCivilTime(text, &day) && absl::FormatCivilTime(day) == text;
}

std::string NumberError(const AttributeDefinition& definition, double number) {
  if (!std::isfinite(number)) return "must be a finite number";
  if (definition.has_min() && number < definition.min()) return absl::StrCat("must be at least ", definition.min());
  if (definition.has_max() && number > definition.max()) return absl::StrCat("must be at most ", definition.max());
  return "";
}

std::string ChoicesError(const AttributeDefinition& definition, const AttributeValue::Choices& choices) {
  absl::flat_hash_set<absl::string_view> seen;
  for (const std::string& value : choices.values()) {
    if (!Chosen(definition, value)) return absl::StrCat("\"", value, "\" is none of the attribute's choices");
    if (!seen.insert(value).second) return absl::StrCat("\"", value, "\" is there twice");
  }
  return "";
}

std::string TextError(const AttributeDefinition& definition, const std::string& text) {
  const int limit = definition.max_length() == 0 ? kMaxText : definition.max_length();
  if (text.empty()) return "must not be empty; leave the attribute out instead";
  return CountCodePoints(text).value_or(0) > static_cast<size_t>(limit)
             ? absl::StrCat("must be at most ", limit, " characters")
             : "";
}

// What is wrong with a value of this definition; empty if it fits.
std::string ValueError(const AttributeDefinition& definition, const AttributeValue& value) {
  switch (definition.type()) {
    case AttributeDefinition::TEXT:
      return value.has_text() ? TextError(definition, value.text()) : "must be a text";
    case AttributeDefinition::NUMBER:
      return value.has_number() ? NumberError(definition, value.number()) : "must be a number";
    case AttributeDefinition::BOOLEAN:
      return value.has_boolean() ? "" : "must be a boolean";
    case AttributeDefinition::CHOICE:
      if (!value.has_choice()) return "must be a choice";
      return Chosen(definition, value.choice())
                 ? ""
                 : absl::StrCat("\"", value.choice(), "\" is none of the attribute's choices");
    case AttributeDefinition::CHOICES:
      return value.has_choices() ? ChoicesError(definition, value.choices()) : "must be choices";
    case AttributeDefinition::DATE:
      return value.has_date() && IsDate(value.date()) ? "" : "must be a date such as \"2026-11-22\"";
    default:
      return "";
  }
}

const AttributeDefinition* Find(const v1::ProductType& type, const std::string& key) {
  for (const auto& definition : type.attributes()) {
    if (definition.key() == key) return &definition;
  }
  return nullptr;
}

}  // namespace

Violations CheckAttributeDefinitions(const v1::ProductType& type) {
  Violations violations;
  absl::flat_hash_set<absl::string_view> keys;
  for (int i = 0; i < type.attributes_size(); ++i) {
    const AttributeDefinition& definition = type.attributes(i);
    const std::string path = absl::StrCat("attributes[", i, "]");
    if (!keys.insert(definition.key()).second) {
      violations.push_back({path + ".key", "another attribute has this key"});
    }
    if (definition.max_length() != 0 && definition.type() != AttributeDefinition::TEXT) {
      violations.push_back({path + ".max_length", "only a TEXT has a longest length"});
    }
    CheckChoices(definition, path, violations);
    CheckNumberRules(definition, path, violations);
  }
  return violations;
}

Violations CheckAttributeValues(const v1::ProductType& type, const AttributeValues& values) {
  Violations violations;
  const std::map<std::string, AttributeValue> in_order(values.begin(), values.end());
  for (const auto& [key, value] : in_order) {
    const AttributeDefinition* definition = Find(type, key);
    std::string error = definition == nullptr ? absl::StrCat(type.name(), " has no attribute of this key")
                                              : ValueError(*definition, value);
    if (!error.empty()) violations.push_back({absl::StrCat("attributes[\"", key, "\"]"), std::move(error)});
  }
  return violations;
}

std::vector<const AttributeDefinition*> MissingAttributes(const v1::ProductType& type, const AttributeValues& values) {
  std::vector<const AttributeDefinition*> missing;
  for (const auto& definition : type.attributes()) {
    if (definition.required() && !values.contains(definition.key())) missing.push_back(&definition);
  }
  return missing;
}

}  // namespace storeops::catalog
