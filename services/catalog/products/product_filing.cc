#include "services/catalog/products/product_filing.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/catalog/catalog_names.h"
#include "services/catalog/id_lists.h"
#include "services/catalog/product_types/attribute_rules.h"
#include "services/catalog/products/product_store.h"

namespace storeops::catalog {
namespace {

using v1::Product;

// Empty for a deleted product, which is filed nowhere.
std::vector<int64_t> CategoryIds(const Product* product) {
  std::vector<int64_t> ids;
  if (product == nullptr || product->has_delete_time()) return ids;
  for (const std::string& name : product->categories()) ids.push_back(kCategoryNames.IdIn(name));
  return Distinct(std::move(ids));
}

bool SameAttributes(const Product& a, const Product& b) {
  using google::protobuf::util::MessageDifferencer;
  return a.attributes_size() == b.attributes_size() &&
         std::all_of(a.attributes().begin(), a.attributes().end(), [&](const auto& entry) {
           const auto other = b.attributes().find(entry.first);
           return other != b.attributes().end() && MessageDifferencer::Equals(entry.second, other->second);
         });
}

absl::Status CheckAttributes(const ProductTypeService& types, resource::Write& write, const Product* before,
                             const Product& after) {
  const bool same_type = before != nullptr && before->product_type() == after.product_type();
  if (same_type && SameAttributes(*before, after)) return absl::OkStatus();
  if (after.product_type().empty()) {
    if (after.attributes().empty()) return absl::OkStatus();
    return InvalidField("product_type", "is required for attributes");
  }
  ASSIGN_OR_RETURN(const v1::ProductType type, types.Read(write.session(), after.product_type(), "product_type"));
  const auto violations = CheckAttributeValues(type, after.attributes());
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

// Names each category that is there twice or is not among the live ones, of those that this write adds.
absl::Status CheckCategories(const Product& product, const std::vector<int64_t>& added,
                             const std::vector<int64_t>& live) {
  std::vector<FieldViolation> violations;
  absl::flat_hash_set<int64_t> seen;
  for (int i = 0; i < product.categories_size(); ++i) {
    const int64_t id = kCategoryNames.IdIn(product.categories(i));
    const std::string field = absl::StrCat("categories[", i, "]");
    if (!seen.insert(id).second) {
      violations.push_back({field, "the product is in this category already"});
    } else if (std::binary_search(added.begin(), added.end(), id) &&
               !std::binary_search(live.begin(), live.end(), id)) {
      violations.push_back({field, absl::StrCat("there is no ", product.categories(i))});
    }
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

}  // namespace

absl::Status FileWrittenProduct(const ProductTypeService& types, resource::Write& write, int64_t id,
                                const Product* before, const Product& after) {
  RETURN_IF_ERROR(CheckAttributes(types, write, before, after));
  const auto [added, removed] = CompareIds(CategoryIds(before), CategoryIds(&after));
  if (added.size() > kMaxProductCategories) return absl::OkStatus();  // the annotations refuse that many
  std::vector<int64_t> live;
  if (!added.empty()) {
    ASSIGN_OR_RETURN(live, LockCategories(write.session(), added));
  }
  RETURN_IF_ERROR(CheckCategories(after, added, live));
  if (!removed.empty()) RETURN_IF_ERROR(UnfileProduct(write.session(), id, removed));
  if (!added.empty()) RETURN_IF_ERROR(FileProduct(write.session(), id, added));
  return absl::OkStatus();
}

bool IsFiled(const Product& product) { return !product.product_type().empty() || product.categories_size() > 0; }

absl::Status UnfileDeletedProduct(resource::Write& write, int64_t id, const Product& product) {
  const std::vector<int64_t> ids = CategoryIds(&product);
  return ids.empty() ? absl::OkStatus() : UnfileProduct(write.session(), id, ids);
}

}  // namespace storeops::catalog
