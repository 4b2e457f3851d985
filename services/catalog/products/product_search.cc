#include "services/catalog/products/product_search.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/search/highlighter.h"
#include "services/catalog/products/product_document.h"

namespace storeops::catalog {
namespace {

using v1::Product;
using v1::SearchProductsRequest;
using v1::SearchProductsResponse;

// For each product that a word or a facet may look at; of one core.
constexpr absl::Duration kLook = absl::Nanoseconds(10);
constexpr absl::Duration kFacetLook = absl::Nanoseconds(50);
constexpr int64_t kWordsOfBeginning = 4;
using Violations = std::vector<FieldViolation>;

constexpr size_t kSnippetCodePoints = 200;
// Titles are shown whole.
constexpr size_t kTitleCodePoints = 300;
// Marking stops after as many texts that have something to show: products may have fifty translations.
constexpr int kMaxHighlights = 6;

std::optional<int> FacetNumber(absl::string_view name) {
  if (name == "brand") return kBrandFacet;
  if (name == "tag") return kTagFacet;
  if (name == "kind") return kKindFacet;
  return std::nullopt;
}

void AddFacets(const SearchProductsRequest& request, search::Query& query, Violations& violations) {
  for (int i = 0; i < request.facets_size(); ++i) {
    const std::string field = absl::StrCat("facets[", i, "]");
    const std::optional<int> facet = FacetNumber(request.facets(i));
    if (!facet.has_value()) {
      violations.push_back({field, "must be \"brand\", \"tag\" or \"kind\""});
      continue;
    }
    for (int known : query.facets) {
      if (known == *facet) violations.push_back({field, "is asked for twice"});
    }
    query.facets.push_back(*facet);
  }
}

void AddFilter(const SearchProductsRequest::Filter& filter, search::Query& query, Violations& violations) {
  if (filter.brands_size() > 0) {
    std::vector<std::string>& any_of = query.conditions.emplace_back();
    for (const std::string& brand : filter.brands()) any_of.push_back(search::ExactTerm(kBrandTerm, brand));
  }
  for (const std::string& tag : filter.tags()) query.conditions.push_back({search::ExactTerm(kTagTerm, tag)});
  if (filter.kind() != Product::KIND_UNSPECIFIED) {
    query.conditions.push_back({search::ExactTerm(kKindTerm, Product::Kind_Name(filter.kind()))});
  }
  if (filter.states_size() > 0) {
    std::vector<std::string>& any_of = query.conditions.emplace_back();
    for (const int state : filter.states()) {
      any_of.push_back(search::ExactTerm(kStateTerm, Product::State_Name(static_cast<Product::State>(state))));
    }
  }
  if (!filter.channel().empty()) query.conditions.push_back({search::ExactTerm(kChannelTerm, filter.channel())});
  if (!filter.currency().empty()) query.conditions.push_back({search::ExactTerm(kCurrencyTerm, filter.currency())});

  const int64_t min = filter.min_price_minor();
  const int64_t max = filter.max_price_minor();
  if (min == 0 && max == 0) return;
  if (filter.currency().empty()) violations.push_back({"filter.currency", "is required with a price bound"});
  if (max != 0 && min > max) violations.push_back({"filter.max_price_minor", "must not be below min_price_minor"});
  search::Query::Range range{.slot = kPriceSlot};
  if (min != 0) range.min = static_cast<double>(min);
  if (max != 0) range.max = static_cast<double>(max);
  query.ranges.push_back(range);
}

void AddStock(const SearchProductsRequest::Filter& filter, bool stock_known, search::Query& query) {
  // A document's term says what is stored, which is incomplete while the stock is not known.
  if (!filter.has_in_stock() || (filter.in_stock() && !stock_known)) return;
  std::vector<std::string>& condition = query.conditions.emplace_back();
  if (stock_known)
    condition.push_back(search::ExactTerm(kStockTerm, filter.in_stock() ? kStockedValue : kSoldOutValue));
}

void AddOrder(const SearchProductsRequest& request, search::Query& query, Violations& violations) {
  using Sort = search::Query::Sort;
  switch (request.order()) {
    case SearchProductsRequest::PRICE_LOW_FIRST:
    case SearchProductsRequest::PRICE_HIGH_FIRST:
      if (request.filter().currency().empty()) {
        violations.push_back({"filter.currency", "is required with an order of prices"});
      }
      query.sort = Sort{kPriceSlot, request.order() == SearchProductsRequest::PRICE_HIGH_FIRST};
      break;
    case SearchProductsRequest::NEWEST_FIRST:
      query.sort = Sort{kCreateTimeSlot, /*descending=*/true};
      break;
    case SearchProductsRequest::TITLE:
      query.sort = Sort{kTitleSlot};
      break;
    default:
      break;
  }
}

void AddHighlights(const search::Highlighter& highlighter, const Product& product,
                   SearchProductsResponse::Result& result) {
  auto add = [&](const char* field, const std::string& language, const std::string& text, size_t max_code_points) {
    if (text.empty() || result.highlights_size() == kMaxHighlights) return;
    std::optional<std::string> snippet = highlighter.Highlight(text, max_code_points);
    if (!snippet.has_value()) return;
    auto* highlight = result.add_highlights();
    highlight->set_field(field);
    highlight->set_language(language);
    highlight->set_snippet(*std::move(snippet));
  };
  add("title", product.language(), product.title(), kTitleCodePoints);
  for (const auto& translation : product.translations()) {
    add("title", translation.language(), translation.title(), kTitleCodePoints);
  }
  add("description", product.language(), product.description(), kSnippetCodePoints);
  for (const auto& translation : product.translations()) {
    add("description", translation.language(), translation.description(), kSnippetCodePoints);
  }
}

}  // namespace

absl::Duration CostOfSearch(const SearchProductsRequest& request, int64_t products) {
  // The last word also matches as a beginning: as some more words.
  int64_t looks = kWordsOfBeginning + request.filter().brands_size() + request.filter().tags_size();
  bool in_word = false;
  for (const char byte : request.query()) {
    const auto value = static_cast<unsigned char>(byte);
    const bool blank = value <= ' ';
    if (value >= 0xE0) {
      looks += 2;  // such as a Chinese character: it is a word, and one with the next
    } else if (!blank && !in_word) {
      ++looks;
    }
    in_word = !blank;
  }
  const absl::Duration each =
      kLook * static_cast<double>(looks) + kFacetLook * static_cast<double>(request.facets_size());
  return each * static_cast<double>(products);
}

absl::StatusOr<search::Query> MakeSearchQuery(const SearchProductsRequest& request, int offset, int page_size,
                                              bool stock_known) {
  Violations violations;
  search::Query query;
  query.words = request.query();
  query.offset = offset;
  query.limit = page_size;
  AddFacets(request, query, violations);
  AddFilter(request.filter(), query, violations);
  AddStock(request.filter(), stock_known, query);
  AddOrder(request, query, violations);
  if (!violations.empty()) return InvalidFields(violations);
  return query;
}

SearchProductsResponse MakeSearchResponse(const SearchProductsRequest& request, const search::Result& result,
                                          const ProductSnapshot& products) {
  SearchProductsResponse response;
  const search::Highlighter highlighter(result.corrected_words.empty() ? request.query() : result.corrected_words);
  response.mutable_results()->Reserve(static_cast<int>(result.hits.size()));
  for (const search::Result::Hit& hit : result.hits) {
    const ProductSnapshot::Entry* entry = products.Find(hit.id);
    if (entry == nullptr || !entry->live()) continue;
    SearchProductsResponse::Result& out = *response.add_results();
    if (!entry->product.ParseTo(out.mutable_product())) {
      response.mutable_results()->RemoveLast();
      continue;
    }
    out.set_score_percent(hit.percent);
    if (!request.query().empty()) AddHighlights(highlighter, out.product(), out);
  }
  for (int i = 0; i < request.facets_size(); ++i) {
    SearchProductsResponse::Facet& facet = *response.add_facets();
    facet.set_name(request.facets(i));
    facet.set_exact(result.facets[i].exact);
    for (const search::Result::Count& count : result.facets[i].values) {
      auto* value = facet.add_values();
      value->set_value(count.value);
      value->set_count(count.count);
    }
  }
  response.set_estimated_total(result.estimated_total);
  response.set_corrected_query(result.corrected_words);
  return response;
}

}  // namespace storeops::catalog
