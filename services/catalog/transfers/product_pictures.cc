#include "services/catalog/transfers/product_pictures.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace storeops::catalog {
namespace {

// What marketplaces take; of a larger picture they are given its largest thumbnail.
constexpr int64_t kMaxBytes = 16'000'000;

std::string AltTextOf(const v1::ProductMedia& shown, const v1::Media& media, const std::string& language) {
  if (!shown.alt_text().empty()) return shown.alt_text();
  for (const v1::AltText& translation : media.translations()) {
    if (translation.language() == language) return translation.alt_text();
  }
  return media.alt_text();
}

}  // namespace

ProductPictures::ProductPictures(absl::string_view base) : base_(absl::StripSuffix(base, "/")) {}

void ProductPictures::Set(std::vector<v1::Media> media) {
  media_.clear();
  for (v1::Media& one : media) {
    std::string name = one.name();
    media_.emplace(std::move(name), std::move(one));
  }
}

std::string ProductPictures::AddressOf(const v1::Media& media) const {
  const bool large = media.size_bytes() > kMaxBytes && media.variants_size() > 0;
  return absl::StrCat(base_, "/media/", media.hash(), "/",
                      large ? media.variants(media.variants_size() - 1).variant() : "original");
}

std::vector<ProductPicture> ProductPictures::Of(const v1::Product& product) const {
  std::vector<ProductPicture> pictures;
  if (!addressable()) return pictures;
  std::vector<const v1::ProductMedia*> shown;
  for (const auto& one : product.media()) shown.push_back(&one);
  std::stable_sort(shown.begin(), shown.end(),
                   [](const auto* a, const auto* b) { return a->position() < b->position(); });
  for (const v1::ProductMedia* one : shown) {
    const auto media = media_.find(one->media());
    if (media == media_.end() || !absl::StartsWith(media->second.content_type(), "image/")) continue;
    pictures.push_back({AddressOf(media->second),
                        AltTextOf(*one, media->second, product.language()),
                        {one->variant_skus().begin(), one->variant_skus().end()}});
  }
  return pictures;
}

std::vector<ProductPicture> ProductPictures::Of(const v1::Product& product, const std::string& sku) const {
  std::vector<ProductPicture> pictures = Of(product);
  std::erase_if(pictures, [&](const ProductPicture& picture) {
    return !picture.skus.empty() && std::find(picture.skus.begin(), picture.skus.end(), sku) == picture.skus.end();
  });
  std::stable_partition(pictures.begin(), pictures.end(),
                        [](const ProductPicture& picture) { return !picture.skus.empty(); });
  return pictures;
}

}  // namespace storeops::catalog
