#include "services/catalog/products/product_rules.h"

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/visible_text.h"
#include "services/catalog/translations.h"

namespace storeops::catalog {
namespace {

using v1::Product;
using v1::Variant;
using Violations = std::vector<FieldViolation>;

void CheckOptions(const Product& product, Violations& violations) {
  absl::flat_hash_set<absl::string_view> names;
  for (int i = 0; i < product.options_size(); ++i) {
    const auto& option = product.options(i);
    if (!names.insert(option.name()).second) {
      violations.push_back({absl::StrCat("options[", i, "].name"), "another option has this name"});
    }
    absl::flat_hash_set<absl::string_view> values;
    for (int j = 0; j < option.values_size(); ++j) {
      if (!values.insert(option.values(j)).second) {
        violations.push_back({absl::StrCat("options[", i, "].values[", j, "]"), "the option has this value already"});
      }
    }
  }
}

// The option values of a variant must be those of the product's options, one each. False if they are not.
bool CheckOptionValues(const Product& product, const Variant& variant, const std::string& path,
                       Violations& violations) {
  const size_t before = violations.size();
  absl::flat_hash_set<absl::string_view> known;
  for (const auto& option : product.options()) {
    known.insert(option.name());
    auto chosen = variant.option_values().find(option.name());
    if (chosen == variant.option_values().end()) {
      violations.push_back({path, absl::StrCat("must have a value for the option \"", option.name(), "\"")});
      continue;
    }
    bool listed = false;
    for (const auto& value : option.values()) listed |= value == chosen->second;
    if (!listed) {
      violations.push_back({absl::StrCat(path, "[\"", option.name(), "\"]"), "must be one of the option's values"});
    }
  }
  for (const auto& [name, value] : variant.option_values()) {
    if (!known.contains(name)) {
      violations.push_back({absl::StrCat(path, "[\"", name, "\"]"), "the product has no option of this name"});
    }
  }
  return violations.size() == before;
}

// The variant's values in the order of the options, so that equal combinations are equal texts.
std::string Combination(const Product& product, const Variant& variant) {
  std::string combination;
  for (const auto& option : product.options()) {
    const std::string& value = variant.option_values().at(option.name());
    absl::StrAppend(&combination, value.size(), ":", value);
  }
  return combination;
}

void CheckVariants(const Product& product, Violations& violations) {
  absl::flat_hash_set<absl::string_view> skus;
  absl::flat_hash_map<std::string, int> combinations;
  for (int i = 0; i < product.variants_size(); ++i) {
    const Variant& variant = product.variants(i);
    const std::string path = absl::StrCat("variants[", i, "]");
    if (!skus.insert(variant.sku()).second && !variant.sku().empty()) {
      violations.push_back(
          {path + ".sku", absl::StrCat("another variant of the product has the SKU ", Visible(variant.sku()))});
    }
    if (!CheckOptionValues(product, variant, path + ".option_values", violations)) continue;
    if (auto [first, added] = combinations.emplace(Combination(product, variant), i); !added) {
      violations.push_back({path + ".option_values",
                            absl::StrCat("the variant with the SKU ", Visible(product.variants(first->second).sku()),
                                         " has the same combination of option values")});
    }
  }
}

void CheckTags(const Product& product, Violations& violations) {
  absl::flat_hash_set<absl::string_view> tags;
  for (int i = 0; i < product.tags_size(); ++i) {
    const std::string field = absl::StrCat("tags[", i, "]");
    if (product.tags(i).empty()) {
      violations.push_back({field, "must not be empty"});
    } else if (!tags.insert(product.tags(i)).second) {
      violations.push_back({field, "the product has this tag already"});
    }
  }
}

void CheckCurrency(const Product& product, Violations& violations) {
  std::string currency;
  auto check = [&](const google::type::Money& money, const std::string& path) {
    if (currency.empty()) currency = money.currency_code();
    if (money.currency_code() == currency) return;  // no amount is read: the rule itself
    violations.push_back({path + ".currency_code",
                          absl::StrCat("must be ", currency, ": a product's prices and costs are in one currency")});
  };
  for (int i = 0; i < product.variants_size(); ++i) {
    const Variant& variant = product.variants(i);
    if (variant.has_price()) check(variant.price(), absl::StrCat("variants[", i, "].price"));
    if (variant.has_cost()) check(variant.cost(), absl::StrCat("variants[", i, "].cost"));
  }
}

}  // namespace

void FillProductDefaults(Product& product) {
  if (product.kind() == Product::KIND_UNSPECIFIED) product.set_kind(Product::GOODS);
  if (product.language().empty()) product.set_language("en");
  for (std::string& tag : *product.mutable_tags()) absl::StripAsciiWhitespace(&tag);
}

std::vector<FieldViolation> CheckProduct(const Product& product) {
  Violations violations = CheckTranslations(product.language(), product.translations());
  CheckTags(product, violations);
  CheckOptions(product, violations);
  CheckVariants(product, violations);
  CheckCurrency(product, violations);
  return violations;
}

void KeepCosts(const Product& before, Product& after) {
  for (Variant& variant : *after.mutable_variants()) {
    variant.clear_cost();
    for (const Variant& known : before.variants()) {
      if (known.sku() == variant.sku() && known.has_cost()) *variant.mutable_cost() = known.cost();
    }
  }
}

}  // namespace storeops::catalog
