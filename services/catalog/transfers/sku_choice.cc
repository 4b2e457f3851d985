#include "services/catalog/transfers/sku_choice.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/visible_text.h"

namespace storeops::catalog {
namespace {

bool SameValues(const v1::Variant& a, const v1::Variant& b) {
  return a.option_values_size() == b.option_values_size() &&
         std::all_of(a.option_values().begin(), a.option_values().end(), [&](const auto& value) {
           const auto found = b.option_values().find(value.first);
           return found != b.option_values().end() && found->second == value.second;
         });
}

class Chooser {
 public:
  Chooser(const v1::Product* existing, FindSkuOwner owner) : existing_(existing), owner_(owner) {}

  std::string Choose(const v1::Variant& variant, const SkuChoice& choice) {
    std::string chosen = variant.sku();
    if (const v1::Variant* same = choice.stated ? nullptr : FindVariant(variant)) {
      chosen = same->sku();
    } else if (!IsFree(variant.sku(), choice.repeated)) {
      chosen = choice.alternative;
    }
    taken_.insert(chosen);
    return chosen;
  }

 private:
  // Of the product that is there, with the same option values.
  const v1::Variant* FindVariant(const v1::Variant& variant) const {
    if (existing_ == nullptr) return nullptr;
    const auto found = std::find_if(
        existing_->variants().begin(), existing_->variants().end(),
        [&](const v1::Variant& other) { return SameValues(variant, other) && !taken_.contains(other.sku()); });
    return found == existing_->variants().end() ? nullptr : &*found;
  }

  bool IsFree(const std::string& sku, bool repeated) const {
    if (taken_.contains(sku)) return false;
    const v1::Product* owner = owner_(sku);
    return owner == nullptr ? !repeated : owner == existing_;
  }

  const v1::Product* existing_;
  const FindSkuOwner owner_;
  absl::flat_hash_set<std::string> taken_;
};

std::string Describe(const SkuChoice& choice, const std::string& chosen) {
  if (choice.stated)
    return absl::StrCat("another variant has the SKU ", Visible(choice.cell), ": ", chosen, " is used");
  if (choice.cell.empty()) return absl::StrCat("no SKU: ", chosen, " is used, made from the handle and the options");
  return absl::StrCat(Visible(choice.cell), " cannot be a SKU, which is 1 to 64 characters of ASCII: ", chosen,
                      " is used, made from the handle and the options");
}

// Where the SKU of the variant stands, or its row if the file has no such column.
v1::ImportError WarningAt(const ImportedProduct& imported, int variant) {
  v1::ImportError warning;
  const SkuChoice& choice = imported.skus[variant];
  warning.set_line(choice.place.line);
  warning.set_column(choice.place.column);
  warning.set_field(choice.column);
  return warning;
}

}  // namespace

void ChooseSkus(const v1::Product* existing, FindSkuOwner owner, ImportedProduct* imported) {
  Chooser chooser(existing, owner);
  for (int v = 0; v < imported->product.variants_size() && v < static_cast<int>(imported->skus.size()); ++v) {
    v1::Variant* variant = imported->product.mutable_variants(v);
    const SkuChoice& choice = imported->skus[v];
    variant->set_sku(chooser.Choose(*variant, choice));
    if (variant->sku() == choice.cell) continue;
    v1::ImportError warning = WarningAt(*imported, v);
    warning.set_sku(variant->sku());
    warning.set_message(Describe(choice, variant->sku()));
    imported->warnings.push_back(std::move(warning));
  }
}

}  // namespace storeops::catalog
