#include "services/catalog/collections/rule_subject.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/money.h"
#include "common/base/time.h"
#include "services/catalog/categories/category_tree.h"

namespace storeops::catalog {
namespace {

using v1::AttributeValue;
using v1::Product;

std::vector<std::string> WithAllAbove(const Product& product, const CategoryParents& parents) {
  std::vector<std::string> all;
  for (const std::string& category : product.categories()) {
    const std::string* name = &category;
    // The tree has no circle; the limit keeps this true of anything else.
    for (int level = 0; level <= kMaxCategoryDepth && !name->empty(); ++level) {
      if (std::find(all.begin(), all.end(), *name) != all.end()) break;  // so are those above
      all.push_back(*name);
      const auto parent = parents.find(*name);
      if (parent == parents.end()) break;
      name = &parent->second;
    }
  }
  return all;
}

std::optional<RuleSubject::Price> LowestPrice(const Product& product) {
  std::optional<RuleSubject::Price> lowest;
  for (const auto& variant : product.variants()) {
    if (!variant.has_price()) continue;
    const auto price = ReadMoney(variant.price());
    if (!price.ok()) continue;  // no stored price
    if (!lowest.has_value() || price->minor < lowest->minor) lowest = {price->minor, price->currency};
  }
  return lowest;
}

void AppendAttributeTerms(const std::string& key, const AttributeValue& value, std::vector<std::string>* terms) {
  terms->push_back(Term(TermKind::kAttribute, key));
  switch (value.value_case()) {
    case AttributeValue::kText:
      terms->push_back(AttributeTextTerm(key, value.text()));
      break;
    case AttributeValue::kChoice:
      terms->push_back(AttributeTextTerm(key, value.choice()));
      break;
    case AttributeValue::kDate:
      terms->push_back(AttributeTextTerm(key, value.date()));
      break;
    case AttributeValue::kBoolean:
      terms->push_back(AttributeTextTerm(key, value.boolean() ? "true" : "false"));
      break;
    case AttributeValue::kNumber:
      terms->push_back(AttributeNumberTerm(key, value.number()));
      break;
    case AttributeValue::kChoices:
      for (const std::string& choice : value.choices().values()) terms->push_back(AttributeTextTerm(key, choice));
      break;
    case AttributeValue::VALUE_NOT_SET:
      break;
  }
}

}  // namespace

RuleSubject::RuleSubject(const Product& product, const CategoryParents& parents, bool in_stock)
    : product(product),
      create_time(FromTimestamp(product.create_time())),
      categories(WithAllAbove(product, parents)),
      price(LowestPrice(product)),
      in_stock(in_stock) {}

std::string Term(TermKind kind, absl::string_view value) {
  return absl::StrCat(absl::string_view(reinterpret_cast<const char*>(&kind), 1), value);
}

std::string AttributeTextTerm(absl::string_view key, absl::string_view text) {
  return Term(TermKind::kAttributeText, absl::StrCat(key, "=", text));  // keys have no =
}

std::string AttributeNumberTerm(absl::string_view key, double number) {
  // -0 and 0 are one number.
  return Term(TermKind::kAttributeNumber, absl::StrFormat("%s=%.17g", key, number == 0 ? 0.0 : number));
}

std::vector<std::string> TermsOf(const RuleSubject& subject) {
  const Product& product = subject.product;
  std::vector<std::string> terms = {Term(TermKind::kName, product.name()),
                                    Term(TermKind::kBrand, product.brand()),
                                    Term(TermKind::kProductType, product.product_type()),
                                    Term(TermKind::kKind, Product::Kind_Name(product.kind())),
                                    Term(TermKind::kLanguage, product.language()),
                                    Term(TermKind::kInStock, subject.in_stock ? "true" : "false")};
  for (const std::string& tag : product.tags()) terms.push_back(Term(TermKind::kTag, tag));
  for (const std::string& category : subject.categories) terms.push_back(Term(TermKind::kCategory, category));
  for (const auto& [key, value] : product.attributes()) AppendAttributeTerms(key, value, &terms);
  return terms;
}

}  // namespace storeops::catalog
