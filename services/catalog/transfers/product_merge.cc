#include "services/catalog/transfers/product_merge.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/text.h"
#include "common/base/visible_text.h"

namespace storeops::catalog {
namespace {

using v1::Product;

constexpr size_t kMaxCategoryTitle = 300;  // of a category
constexpr size_t kMaxProductType = 120;

void MergeTexts(const StatedFields& stated, const Product& from, Product* product) {
  if (stated.title) product->set_title(from.title());
  if (stated.description) product->set_description(from.description());
  if (stated.language && !from.language().empty()) product->set_language(from.language());
  if (stated.kind) product->set_kind(from.kind());
  if (stated.brand) product->set_brand(from.brand());
  if (stated.tags) *product->mutable_tags() = from.tags();
  MergeSeo(stated.seo, from.seo(), product);
}

void MergeTranslations(const StatedFields& stated, const Product& from, Product* product) {
  if (stated.whole_translations) *product->mutable_translations() = from.translations();
  for (const auto& texts : stated.translations) {
    MergeTranslation(texts, from.translations(), product->mutable_translations());
  }
}

bool SameNames(const Product& a, const Product& b) {
  return std::equal(a.options().begin(), a.options().end(), b.options().begin(), b.options().end(),
                    [](const v1::Option& x, const v1::Option& y) { return x.name() == y.name(); });
}

// Values that are new come behind those that are there; other options replace what is there.
void MergeOptions(const StatedFields& stated, const Product& from, Product* product) {
  if (!stated.options) return;
  if (stated.whole_variants || !SameNames(from, *product)) {
    *product->mutable_options() = from.options();
    return;
  }
  for (int i = 0; i < from.options_size(); ++i) {
    auto* values = product->mutable_options(i)->mutable_values();
    for (const std::string& value : from.options(i).values()) {
      if (std::find(values->begin(), values->end(), value) == values->end()) *values->Add() = value;
    }
  }
}

void MergeVariant(const StatedFields& stated, const LeftOutCells& left_out, const v1::Variant& from,
                  v1::Variant* variant) {
  if (stated.options) *variant->mutable_option_values() = from.option_values();
  if (stated.barcode && !left_out.barcode) variant->set_barcode(from.barcode());
  const bool price = stated.price && !left_out.price, cost = stated.cost && !left_out.cost;
  if (price) variant->clear_price();
  if (price && from.has_price()) *variant->mutable_price() = from.price();
  if (cost) variant->clear_cost();
  if (cost && from.has_cost()) *variant->mutable_cost() = from.cost();
}

// Replaces all variants. A variant that states no cost keeps that of its SKU: files of callers who may not read costs
// have none.
void ReplaceVariants(const Product& from, Product* product) {
  absl::flat_hash_map<std::string, google::type::Money> costs;
  for (const v1::Variant& variant : product->variants()) {
    if (variant.has_cost()) costs.emplace(variant.sku(), variant.cost());
  }
  *product->mutable_variants() = from.variants();
  for (v1::Variant& variant : *product->mutable_variants()) {
    const auto cost = costs.find(variant.sku());
    if (!variant.has_cost() && cost != costs.end()) *variant.mutable_cost() = cost->second;
  }
}

void MergeVariants(const ImportedProduct& imported, MergedProduct* merged) {
  const StatedFields& stated = *imported.stated;
  const Product& from = imported.product;
  Product& product = merged->product;
  if (stated.whole_variants) ReplaceVariants(from, &product);
  merged->origins.assign(product.variants_size(), -1);
  if (stated.whole_variants) {
    for (int i = 0; i < product.variants_size(); ++i) merged->origins[i] = i;
    return;
  }
  absl::flat_hash_map<absl::string_view, int> present;
  for (int i = 0; i < product.variants_size(); ++i) present.emplace(product.variants(i).sku(), i);
  for (int i = 0; i < from.variants_size(); ++i) {
    const auto found = present.find(from.variants(i).sku());
    // A SKU that is there twice in the file is there twice in the result, and refused.
    if (found != present.end() && merged->origins[found->second] < 0) {
      const bool complete = static_cast<size_t>(i) >= imported.left_out.size();
      MergeVariant(stated, complete ? LeftOutCells() : imported.left_out[i], from.variants(i),
                   product.mutable_variants(found->second));
      merged->origins[found->second] = i;
    } else {
      *product.add_variants() = from.variants(i);
      merged->origins.push_back(i);
    }
  }
}

void MergeType(const ImportedProduct& imported, const FilingNames& names, MergedProduct* merged) {
  if (!imported.stated->product_type) return;
  if (imported.product_type.empty()) return merged->product.clear_product_type();
  const v1::ProductType* type = names.FindType(imported.product_type);
  if (type != nullptr) return merged->product.set_product_type(type->name());
  merged->violations.push_back(
      {"product_type", absl::StrCat("there is no product type ", Visible(imported.product_type, kMaxProductType))});
}

void MergeAttribute(const ImportedAttribute& attribute, const v1::ProductType* type, MergedProduct* merged) {
  auto& attributes = *merged->product.mutable_attributes();
  if (attribute.text.empty()) {
    attributes.erase(attribute.key);
    return;
  }
  const auto present = attributes.find(attribute.key);
  // Also what its type does not define any more.
  if (present != attributes.end() && FormatAttribute(present->second) == attribute.text) return;
  const std::string field = absl::StrCat("attributes[\"", attribute.key, "\"]");
  const v1::AttributeDefinition* definition = nullptr;
  for (int i = 0; type != nullptr && i < type->attributes_size(); ++i) {
    if (type->attributes(i).key() == attribute.key) definition = &type->attributes(i);
  }
  if (definition == nullptr) {
    merged->violations.push_back(
        {field, type == nullptr ? "needs a product type" : absl::StrCat(type->title(), " has no such attribute")});
    return;
  }
  auto value = ParseAttribute(*definition, attribute.text);
  if (!value.ok()) {
    merged->violations.push_back({field, std::string(value.status().message())});
  } else {
    attributes[attribute.key] = *std::move(value);
  }
}

void MergeAttributes(const ImportedProduct& imported, const FilingNames& names, MergedProduct* merged) {
  if (imported.stated->whole_attributes) *merged->product.mutable_attributes() = imported.product.attributes();
  if (imported.attributes.empty()) return;
  const v1::ProductType* type =
      merged->product.product_type().empty() ? nullptr : names.FindType(merged->product.product_type());
  for (const ImportedAttribute& attribute : imported.attributes) MergeAttribute(attribute, type, merged);
}

void MergeCategories(const ImportedProduct& imported, const FilingNames& names, bool missing_allowed,
                     MergedProduct* merged) {
  if (!imported.stated->categories) return;
  std::vector<std::string> found;
  for (size_t i = 0; i < imported.categories.size(); ++i) {
    std::string name = names.FindCategory(imported.categories[i]);
    if (!name.empty()) {
      found.push_back(std::move(name));
    } else if (!missing_allowed) {
      (imported.lenient ? merged->left_out : merged->violations)
          .push_back(
              {absl::StrCat("categories[", i, "]"),
               absl::StrCat("there is no category ", Visible(FormatPath(imported.categories[i]), kMaxCategoryTitle))});
    }
  }
  if (!merged->left_out.empty()) return;  // it stays where it is
  merged->product.mutable_categories()->Assign(found.begin(), found.end());
}

}  // namespace

MergedProduct MergeProduct(const ImportedProduct& imported, const Product* existing, const FilingNames& names,
                           const std::string& language, bool missing_allowed) {
  MergedProduct merged;
  const StatedFields& stated = *imported.stated;
  if (existing != nullptr) merged.product = *existing;
  MergeTexts(stated, imported.product, &merged.product);
  if (merged.product.title().empty() && !imported.fallback_title.empty()) {
    merged.product.set_title(imported.fallback_title);
    merged.completed.push_back({"title", absl::StrCat("no title: ", Visible(imported.fallback_title), " is used")});
  }
  if (merged.product.language().empty()) merged.product.set_language(language);
  MergeTranslations(stated, imported.product, &merged.product);
  MergeOptions(stated, imported.product, &merged.product);
  MergeVariants(imported, &merged);
  MergeType(imported, names, &merged);
  MergeAttributes(imported, names, &merged);
  MergeCategories(imported, names, missing_allowed, &merged);
  return merged;
}

MissingCategories FindMissing(const std::vector<CategoryPath>& paths, const FilingNames& names) {
  MissingCategories missing;
  for (size_t i = 0; i < paths.size(); ++i) {
    const CategoryPath& path = paths[i];
    if (!names.FindCategory(path).empty()) continue;
    const std::string field = absl::StrCat("categories[", i, "]");
    if (path.size() > kMaxCategoryDepth) {
      missing.violations.push_back(
          {field, absl::StrCat("the path has ", path.size(), " levels; at most ", kMaxCategoryDepth, " are allowed")});
      continue;
    }
    // A name is none to give to a new one.
    const auto wrong = std::find_if(path.begin(), path.end(), [](const std::string& title) {
      return absl::StartsWith(title, "categories/") ||
             CountCodePoints(title).value_or(kMaxCategoryTitle + 1) > kMaxCategoryTitle;
    });
    if (wrong != path.end()) {
      missing.violations.push_back(
          {field,
           absl::StrCat("there is no category \"", TruncateCodePoints(FormatPath(path), kMaxCategoryTitle), "\"")});
      continue;
    }
    for (size_t levels = 1; levels <= path.size(); ++levels) {
      CategoryPath above(path.begin(), path.begin() + static_cast<int64_t>(levels));
      if (names.FindCategory(above).empty()) missing.paths.push_back(std::move(above));
    }
  }
  return missing;
}

}  // namespace storeops::catalog
