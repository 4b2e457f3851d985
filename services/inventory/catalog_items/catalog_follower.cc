#include "services/inventory/catalog_items/catalog_follower.h"

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/module/followers.h"

namespace storeops::inventory {
namespace {

using catalog::v1::Product;
using changes::Change;

constexpr char kProductType[] = "catalog.storeops/Product";
constexpr size_t kMaxTitle = 2000;

absl::Status Apply(db::Session& session, absl::Span<const Change> changes) {
  // Only the last state of each product counts.
  absl::flat_hash_map<std::string, const Change*> last;
  for (const Change& change : changes) last[change.subject()] = &change;
  std::vector<std::string> products;
  std::vector<CatalogItem> items;
  for (const auto& [name, change] : last) {
    // A product that was just made has no items here.
    if (change->kind() != Change::CREATED) products.push_back(name);
    if (change->kind() == Change::DELETED || change->kind() == Change::EXPUNGED) continue;
    Product product;
    if (!product.ParseFromString(change->resource())) {
      return absl::DataLossError(absl::StrCat("the change of ", name, " contains no product"));
    }
    const std::vector<CatalogItem> more = ItemsOf(product);
    items.insert(items.end(), more.begin(), more.end());
  }
  return ReplaceCatalogItems(session, products, items);
}

}  // namespace

std::vector<CatalogItem> ItemsOf(const Product& product) {
  std::vector<CatalogItem> items;
  for (const catalog::v1::Variant& variant : product.variants()) {
    std::string title = product.title();
    for (const catalog::v1::Option& option : product.options()) {
      const auto value = variant.option_values().find(option.name());
      if (value != variant.option_values().end()) absl::StrAppend(&title, ", ", value->second);
    }
    items.push_back({variant.sku(), product.name(), std::string(TruncateCodePoints(title, kMaxTitle)),
                     product.kind() == Product::SERVICE});
  }
  return items;
}

void FollowCatalog(Environment& environment) {
  environment.followers.Add({.name = "catalog-items", .source = "catalog", .types = {kProductType}}, Apply);
}

}  // namespace storeops::inventory
