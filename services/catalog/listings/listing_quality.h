// What makes a listing a good one: pure functions of the product and of what is known about its surroundings.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_QUALITY_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_QUALITY_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "storeops/catalog/v1/listing_check.pb.h"
#include "storeops/catalog/v1/product.pb.h"
#include "storeops/catalog/v1/product_type.pb.h"

namespace storeops::catalog {

using ListingIssues = std::vector<v1::ListingIssue>;

// What the product itself does not say.
struct ListingFacts {
  const v1::ProductType* type = nullptr;  // null: it has none
  int images = 0;
  // Of the product's media, by name: those whose content is not there in full.
  std::set<std::string> unreadable_media;
  // BCP 47 languages of the channels where it is shown; English and Chinese are wanted in any case.
  std::vector<std::string> languages;
  // Another product with the same words in its title; empty: none.
  std::string similar_product;
  // Other products with the same barcode, by barcode.
  std::map<std::string, std::string> barcode_owners;
};

// The most points first; at most 10 of one code.
ListingIssues FindListingIssues(const v1::Product& product, const ListingFacts& facts);

// Those among them for which nobody else needs to be asked than its type: it cannot be published with them.
ListingIssues FindBlockingIssues(const v1::Product& product, const v1::ProductType* type);

// 0 to 100.
int ListingScore(const ListingIssues& issues);

// 1 << code for each issue.
int64_t IssueBits(const ListingIssues& issues);

// The same for titles of the same words, whatever their order, case, signs and plurals; empty for a title without
// words.
std::string TitleLikeness(absl::string_view title);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_QUALITY_H_
