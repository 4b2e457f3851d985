#include "services/catalog/products/product_document.h"

#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/base/money.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "services/catalog/listings/channel_listings.h"

namespace storeops::catalog {
namespace {

using v1::Product;

// How much a word counts by where it stands.
constexpr int kArticleNumberWeight = 8;
constexpr int kTitleWeight = 5;
constexpr int kBrandWeight = 3;
constexpr int kTagWeight = 2;
constexpr int kTextWeight = 1;

// Words far down a long description say little of the product, and one product must not fill the index.
constexpr size_t kDescriptionCodePoints = 4000;

void AddTexts(const Product& product, search::Document& document) {
  auto add = [&](absl::string_view text, int weight) {
    if (!text.empty()) document.texts.push_back({std::string(text), weight});
  };
  auto add_description = [&](absl::string_view text) {
    add(TruncateCodePoints(text, kDescriptionCodePoints), kTextWeight);
  };
  add(product.title(), kTitleWeight);
  for (const auto& translation : product.translations()) add(translation.title(), kTitleWeight);
  add(product.brand(), kBrandWeight);
  for (const std::string& tag : product.tags()) add(tag, kTagWeight);
  for (const auto& variant : product.variants()) {
    add(variant.sku(), kArticleNumberWeight);
    add(variant.barcode(), kArticleNumberWeight);
  }
  for (const auto& option : product.options()) {
    for (const std::string& value : option.values()) add(value, kTextWeight);
  }
  add_description(product.description());
  for (const auto& translation : product.translations()) add_description(translation.description());
}

std::optional<CurrencyAmount> LowestPrice(const Product& product) {
  std::optional<CurrencyAmount> lowest;
  for (const auto& variant : product.variants()) {
    if (!variant.has_price()) continue;
    const absl::StatusOr<CurrencyAmount> price = ReadMoney(variant.price());
    if (!price.ok()) continue;
    if (!lowest.has_value() || price->minor < lowest->minor) lowest = *price;
  }
  return lowest;
}

}  // namespace

search::Document MakeProductDocument(int64_t id, const Product& product, bool in_stock) {
  search::Document document;
  document.id = static_cast<uint32_t>(id);
  AddTexts(product, document);

  if (!product.brand().empty()) {
    document.terms.push_back(search::ExactTerm(kBrandTerm, product.brand()));
    document.facets.push_back({kBrandFacet, product.brand()});
  }
  for (const std::string& tag : product.tags()) {
    document.terms.push_back(search::ExactTerm(kTagTerm, tag));
    document.facets.push_back({kTagFacet, tag});
  }
  const std::string& kind = Product::Kind_Name(product.kind());
  document.terms.push_back(search::ExactTerm(kKindTerm, kind));
  document.facets.push_back({kKindFacet, kind});

  document.terms.push_back(search::ExactTerm(kStockTerm, in_stock ? kStockedValue : kSoldOutValue));
  document.terms.push_back(search::ExactTerm(kStateTerm, Product::State_Name(product.state())));
  if (product.state() == Product::PUBLISHED) {
    for (const std::string& channel : ShownChannels(product)) {
      document.terms.push_back(search::ExactTerm(kChannelTerm, channel));
    }
  }

  if (const std::optional<CurrencyAmount> price = LowestPrice(product); price.has_value()) {
    document.terms.push_back(search::ExactTerm(kCurrencyTerm, price->currency));
    document.keys.push_back({kPriceSlot, search::NumberKey(static_cast<double>(price->minor))});
  }
  const double created = static_cast<double>(absl::ToUnixMicros(FromTimestamp(product.create_time())));
  document.keys.push_back({kCreateTimeSlot, search::NumberKey(created)});
  document.keys.push_back({kTitleSlot, search::TextKey(product.title())});
  return document;
}

}  // namespace storeops::catalog
