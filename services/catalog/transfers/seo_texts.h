// What search engines are told, as columns have it: each text apart.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_SEO_TEXTS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_SEO_TEXTS_H_

#include <string>
#include <utility>
#include <vector>

#include "storeops/catalog/v1/listing.pb.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// What a file says something about.
struct StatedSeo {
  bool slug = false, meta_title = false, meta_description = false;
};

// Takes over what is stated into `product`, a Product or Translation. One without any of the texts has no message.
template <class Owner>
void MergeSeo(const StatedSeo& stated, const v1::Seo& from, Owner* product) {
  v1::Seo seo = product->seo();
  if (stated.slug) seo.set_slug(from.slug());
  if (stated.meta_title) seo.set_meta_title(from.meta_title());
  if (stated.meta_description) seo.set_meta_description(from.meta_description());
  const bool any = !seo.slug().empty() || !seo.meta_title().empty() || !seo.meta_description().empty();
  if (any) {
    *product->mutable_seo() = std::move(seo);
  } else {
    product->clear_seo();
  }
}

// Of the product and its translations, in the order of the message.
inline std::vector<std::string> SlugsOf(const v1::Product& product) {
  std::vector<std::string> slugs;
  if (!product.seo().slug().empty()) slugs.push_back(product.seo().slug());
  for (const v1::Translation& translation : product.translations()) {
    if (!translation.seo().slug().empty()) slugs.push_back(translation.seo().slug());
  }
  return slugs;
}

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_SEO_TEXTS_H_
