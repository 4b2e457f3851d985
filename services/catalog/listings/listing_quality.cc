#include "services/catalog/listings/listing_quality.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/money.h"
#include "common/base/signer.h"
#include "common/base/text.h"
#include "common/search/words.h"
#include "services/catalog/listings/listing_texts.h"
#include "services/catalog/product_types/attribute_rules.h"

namespace storeops::catalog {
namespace {

using v1::ListingIssue;
using v1::Product;

constexpr int kMaxOfOneCode = 10;
constexpr size_t kMaxTitle = 150;
constexpr int kMinCapitals = 6;
// Shortest description in characters, and where a character is a word.
constexpr size_t kMinDescription = 80;
constexpr size_t kMinIdeographicDescription = 30;
constexpr size_t kLikenessDigits = 32;

std::string At(absl::string_view list, int index, absl::string_view field) {
  return absl::StrCat(list, "[", index, "].", field);
}

void CheckPrices(const Product& product, ListingIssues& issues) {
  for (int i = 0; i < product.variants_size(); ++i) {
    const auto& variant = product.variants(i);
    if (!variant.has_price() || !variant.has_cost()) continue;
    const auto price = ReadMoney(variant.price());
    if (!price.ok()) continue;
    const std::optional<int64_t> cost = MinorIn(variant.cost(), price->currency);
    if (!cost.has_value() || price->minor >= *cost) continue;
    issues.push_back(MakeIssue(ListingIssue::PRICE_BELOW_COST, ListingIssue::WARNING, 10, At("variants", i, "price"),
                               variant.sku()));
  }
}

void CheckImages(const Product& product, const ListingFacts& facts, ListingIssues& issues) {
  if (facts.images == 0) issues.push_back(MakeIssue(ListingIssue::NO_IMAGE, ListingIssue::WARNING, 20, "media"));
  for (int i = 0; i < product.media_size(); ++i) {
    const std::string& media = product.media(i).media();
    if (!facts.unreadable_media.contains(media)) continue;
    issues.push_back(
        MakeIssue(ListingIssue::UNREADABLE_IMAGE, ListingIssue::WARNING, 10, At("media", i, "media"), media));
  }
}

bool Ideographic(absl::string_view language) {
  const absl::string_view primary = language.substr(0, language.find('-'));
  return primary == "zh" || primary == "ja" || primary == "ko";
}

void CheckDescription(absl::string_view text, absl::string_view language, const std::string& field, int points,
                      ListingIssues& issues) {
  const size_t wanted = Ideographic(language) ? kMinIdeographicDescription : kMinDescription;
  if (CountCodePoints(text).value_or(0) >= wanted) return;
  issues.push_back(MakeIssue(ListingIssue::THIN_DESCRIPTION, ListingIssue::WARNING, text.empty() ? points : points / 2,
                             field, language));
}

void CheckDescriptions(const Product& product, ListingIssues& issues) {
  CheckDescription(product.description(), product.language(), "description", 16, issues);
  for (int i = 0; i < product.translations_size(); ++i) {
    const auto& translation = product.translations(i);
    CheckDescription(translation.description(), translation.language(), At("translations", i, "description"), 8,
                     issues);
  }
}

// "zh-Hant" serves who wants "zh".
bool Serves(absl::string_view language, absl::string_view wanted) {
  return absl::EqualsIgnoreCase(language, wanted) ||
         (absl::StartsWithIgnoreCase(language, wanted) && language[wanted.size()] == '-');
}

void CheckLanguages(const Product& product, const std::vector<std::string>& of_channels, ListingIssues& issues) {
  std::set<std::string> wanted = {"en", "zh"};
  wanted.insert(of_channels.begin(), of_channels.end());
  for (const std::string& language : wanted) {
    const bool there = Serves(product.language(), language) ||
                       std::any_of(product.translations().begin(), product.translations().end(),
                                   [&](const auto& translation) { return Serves(translation.language(), language); });
    if (!there) {
      issues.push_back(MakeIssue(ListingIssue::MISSING_LANGUAGE, ListingIssue::WARNING, 10, "translations", language));
    }
  }
}

void CheckTitle(const Product& product, const std::string& similar_product, ListingIssues& issues) {
  if (!similar_product.empty()) {
    issues.push_back(MakeIssue(ListingIssue::SIMILAR_TITLE, ListingIssue::WARNING, 10, "title", similar_product));
  }
  if (CountCodePoints(product.title()).value_or(0) > kMaxTitle) {
    issues.push_back(MakeIssue(ListingIssue::TITLE_TOO_LONG, ListingIssue::HINT, 4, "title"));
  }
  int capitals = 0;
  bool others = false;
  for (const char c : product.title()) {
    capitals += absl::ascii_isupper(c);
    others |= absl::ascii_islower(c) || static_cast<unsigned char>(c) >= 0x80;
  }
  if (capitals >= kMinCapitals && !others) {
    issues.push_back(MakeIssue(ListingIssue::TITLE_IN_CAPITALS, ListingIssue::HINT, 4, "title"));
  }
}

void CheckBarcodes(const Product& product, const std::map<std::string, std::string>& owners, ListingIssues& issues) {
  for (int i = 0; i < product.variants_size(); ++i) {
    const std::string& barcode = product.variants(i).barcode();
    const auto owner = owners.find(barcode);
    if (barcode.empty() || owner == owners.end()) continue;
    issues.push_back(MakeIssue(ListingIssue::DUPLICATE_BARCODE, ListingIssue::WARNING, 10, At("variants", i, "barcode"),
                               owner->second));
  }
}

void CheckFiling(const Product& product, ListingIssues& issues) {
  if (product.categories().empty()) {
    issues.push_back(MakeIssue(ListingIssue::NO_CATEGORY, ListingIssue::WARNING, 10, "categories"));
  }
  if (product.brand().empty() && product.kind() == Product::GOODS) {
    issues.push_back(MakeIssue(ListingIssue::NO_BRAND, ListingIssue::HINT, 4, "brand"));
  }
}

void CheckSeo(const Product& product, ListingIssues& issues) {
  const std::pair<const char*, const std::string&> fields[] = {{"slug", product.seo().slug()},
                                                               {"meta_title", product.seo().meta_title()},
                                                               {"meta_description", product.seo().meta_description()}};
  for (const auto& [name, value] : fields) {
    if (!value.empty()) continue;
    issues.push_back(MakeIssue(ListingIssue::MISSING_SEO, ListingIssue::HINT, 2, absl::StrCat("seo.", name), name));
  }
}

// The first ten of each code, the most points first, otherwise in their order.
ListingIssues Arrange(ListingIssues issues) {
  std::map<int, int> seen;
  std::erase_if(issues, [&](const ListingIssue& issue) { return ++seen[issue.code()] > kMaxOfOneCode; });
  std::stable_sort(issues.begin(), issues.end(),
                   [](const ListingIssue& a, const ListingIssue& b) { return a.points_lost() > b.points_lost(); });
  return issues;
}

}  // namespace

ListingIssues FindBlockingIssues(const Product& product, const v1::ProductType* type) {
  ListingIssues issues;
  const bool priced = std::any_of(product.variants().begin(), product.variants().end(),
                                  [](const auto& variant) { return variant.has_price(); });
  if (!priced) issues.push_back(MakeIssue(ListingIssue::NO_PRICE, ListingIssue::BLOCKING, 25, "variants"));
  if (type == nullptr) return issues;
  for (const auto* definition : MissingAttributes(*type, product.attributes())) {
    issues.push_back(MakeIssue(ListingIssue::MISSING_ATTRIBUTE, ListingIssue::BLOCKING, 10,
                               absl::StrCat("attributes[\"", definition->key(), "\"]"), definition->title()));
  }
  return issues;
}

ListingIssues FindListingIssues(const Product& product, const ListingFacts& facts) {
  ListingIssues issues = FindBlockingIssues(product, facts.type);
  CheckPrices(product, issues);
  CheckImages(product, facts, issues);
  CheckDescriptions(product, issues);
  CheckLanguages(product, facts.languages, issues);
  CheckTitle(product, facts.similar_product, issues);
  CheckBarcodes(product, facts.barcode_owners, issues);
  CheckFiling(product, issues);
  CheckSeo(product, issues);
  return Arrange(std::move(issues));
}

int ListingScore(const ListingIssues& issues) {
  int score = 100;
  for (const ListingIssue& issue : issues) score -= issue.points_lost();
  return std::max(score, 0);
}

int64_t IssueBits(const ListingIssues& issues) {
  int64_t bits = 0;
  for (const ListingIssue& issue : issues) bits |= int64_t{1} << issue.code();
  return bits;
}

std::string TitleLikeness(absl::string_view title) {
  std::set<std::string> words;
  std::string ideographs;  // their order tells them apart
  search::ForEachWord(title, [&](const search::Word& word) {
    if (word.ideograph != 0) {
      absl::StrAppend(&ideographs, word.lower);
    } else if (!search::IsStopword(word.lower)) {
      const bool plural = word.lower.size() > 3 && absl::EndsWith(word.lower, "s") && !absl::EndsWith(word.lower, "ss");
      words.emplace(word.lower.substr(0, word.lower.size() - (plural ? 1 : 0)));
    }
  });
  if (words.empty() && ideographs.empty()) return "";
  return HexEncode(Sha256(absl::StrCat(absl::StrJoin(words, " "), " ", ideographs))).substr(0, kLikenessDigits);
}

}  // namespace storeops::catalog
