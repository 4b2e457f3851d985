#include "services/catalog/media/product_media.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/catalog/catalog_names.h"
#include "services/catalog/id_lists.h"
#include "services/catalog/media/media_store.h"

namespace storeops::catalog {
namespace {

using v1::Product;

// Empty for a deleted product.
std::vector<int64_t> MediaIds(const Product* product) {
  std::vector<int64_t> ids;
  if (product == nullptr || product->has_delete_time()) return ids;
  for (const auto& media : product->media()) ids.push_back(kMediaNames.IdIn(media.media()));
  return Distinct(std::move(ids));
}

absl::Status CheckExist(const Product& product, const std::vector<int64_t>& added, const std::vector<int64_t>& there) {
  std::vector<FieldViolation> violations;
  for (int i = 0; i < product.media_size(); ++i) {
    const int64_t id = kMediaNames.IdIn(product.media(i).media());
    if (std::binary_search(added.begin(), added.end(), id) && !std::binary_search(there.begin(), there.end(), id)) {
      violations.push_back(
          {absl::StrCat("media[", i, "].media"), absl::StrCat("there is no ", product.media(i).media())});
    }
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

}  // namespace

std::vector<FieldViolation> CheckProductMedia(const Product& product) {
  std::vector<FieldViolation> violations;
  if (product.media().empty()) return violations;
  absl::flat_hash_set<absl::string_view> skus;
  for (const auto& variant : product.variants()) skus.insert(variant.sku());
  absl::flat_hash_set<absl::string_view> media;
  for (int i = 0; i < product.media_size(); ++i) {
    const auto& shown = product.media(i);
    if (!media.insert(shown.media()).second) {
      violations.push_back({absl::StrCat("media[", i, "].media"), "the product shows this media already"});
    }
    absl::flat_hash_set<absl::string_view> seen;
    for (int j = 0; j < shown.variant_skus_size(); ++j) {
      const std::string field = absl::StrCat("media[", i, "].variant_skus[", j, "]");
      if (!skus.contains(shown.variant_skus(j))) {
        violations.push_back({field, "no variant of the product has this SKU"});
      } else if (!seen.insert(shown.variant_skus(j)).second) {
        violations.push_back({field, "is there already"});
      }
    }
  }
  return violations;
}

absl::Status KeepProductMedia(resource::Write& write, int64_t id, const Product* before, const Product& after) {
  const auto [added, removed] = CompareIds(MediaIds(before), MediaIds(&after));
  if (added.size() > kMaxProductMedia) return absl::OkStatus();  // the annotations refuse that many
  if (added.empty() && removed.empty()) return absl::OkStatus();
  std::vector<int64_t> touched = added;
  touched.insert(touched.end(), removed.begin(), removed.end());
  std::sort(touched.begin(), touched.end());
  std::vector<int64_t> there;
  for (size_t begin = 0; begin < touched.size(); begin += kMaxProductMedia) {
    const auto end = touched.begin() + static_cast<int64_t>(std::min(begin + kMaxProductMedia, touched.size()));
    ASSIGN_OR_RETURN(const auto some, LockMedia(write.session(), {touched.begin() + static_cast<int64_t>(begin), end}));
    there.insert(there.end(), some.begin(), some.end());
  }
  RETURN_IF_ERROR(CheckExist(after, added, there));
  if (!removed.empty()) RETURN_IF_ERROR(HideMedia(write.session(), id, removed, write.now()));
  return added.empty() ? absl::OkStatus() : ShowMedia(write.session(), id, added);
}

absl::Status DropProductMedia(resource::Write& write, int64_t id, const Product& product) {
  const std::vector<int64_t> ids = MediaIds(&product);
  if (ids.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(LockMedia(write.session(), ids).status());
  return HideMedia(write.session(), id, ids, write.now());
}

}  // namespace storeops::catalog
