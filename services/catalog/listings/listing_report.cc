#include "services/catalog/listings/listing_report.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/catalog/costs.h"
#include "services/catalog/listings/listing_score_store.h"

namespace storeops::catalog {
namespace {

using v1::ListingIssue;
using v1::ListWorstListingsResponse;
using v1::Product;

constexpr absl::string_view kPriceBelowCost = "PRICE_BELOW_COST";

absl::StatusOr<resource::Condition> MakeCondition(const resource::FilterFields& fields, const std::string& text) {
  ASSIGN_OR_RETURN(const auto filter, resource::ParseOptionalFilter(text));
  resource::Condition condition;
  if (filter.has_value()) {
    ASSIGN_OR_RETURN(condition, fields.Compile(*filter));
  }
  if (resource::Mentions(filter, "product.state")) return condition;
  condition.sql.insert(0, condition.sql.empty() ? "s.state <> ?" : "s.state <> ? AND ");
  condition.values.insert(condition.values.begin(), static_cast<int>(Product::ARCHIVED));
  return condition;
}

std::vector<ListingIssue::Code> ToCodes(int64_t bits, bool costs_shown) {
  std::vector<ListingIssue::Code> codes;
  for (int code = ListingIssue::Code_MIN + 1; code <= ListingIssue::Code_MAX; ++code) {
    if (code == ListingIssue::PRICE_BELOW_COST && !costs_shown) continue;
    if ((bits >> code & 1) != 0) codes.push_back(static_cast<ListingIssue::Code>(code));
  }
  return codes;
}

void AddCounts(const std::map<int64_t, int64_t>& sets, bool costs_shown, ListWorstListingsResponse& response) {
  std::map<ListingIssue::Code, int64_t> counts;
  for (const auto& [bits, listings] : sets) {
    response.set_total(response.total() + listings);
    for (const ListingIssue::Code code : ToCodes(bits, costs_shown)) counts[code] += listings;
  }
  std::vector<std::pair<ListingIssue::Code, int64_t>> order(counts.begin(), counts.end());
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [code, listings] : order) {
    auto* count = response.add_issue_counts();
    count->set_issue(code);
    count->set_listings(listings);
  }
}

}  // namespace

absl::StatusOr<ListWorstListingsResponse> ListWorstListings(resource::Resource& products, db::Database& database,
                                                            const resource::PageTokens& tokens,
                                                            const resource::FilterFields& filter_fields,
                                                            const v1::ListWorstListingsRequest& request,
                                                            bool costs_shown, absl::Time deadline) {
  if (!costs_shown && absl::StrContains(request.filter(), kPriceBelowCost)) {
    return WithReason(absl::PermissionDeniedError(absl::StrCat(
                          "filter: ", kPriceBelowCost, " can be compared only with the permission ", kReadCosts)),
                      "PERMISSION_MISSING", {{"permission", kReadCosts}, {"field", "filter"}});
  }
  ASSIGN_OR_RETURN(const resource::ListPage page, tokens.Open(request, "nn"));
  ASSIGN_OR_RETURN(const resource::Condition condition, MakeCondition(filter_fields, request.filter()));
  const ScorePlace after = page.first() ? ScorePlace() : ScorePlace{page.Number(0), page.Number(1)};
  ASSIGN_OR_RETURN(auto rows, ReadWorstScores(database, condition, after, page.limit(), deadline));
  ListWorstListingsResponse response;
  page.Close(
      rows, [](const ListingScoreRow& last) -> resource::PageKeys { return {last.score, last.product_id}; }, &response);
  std::vector<int64_t> ids;
  std::map<int64_t, const ListingScoreRow*> by_id;
  for (const ListingScoreRow& row : rows) {
    ids.push_back(row.product_id);
    by_id[row.product_id] = &row;
  }
  ASSIGN_OR_RETURN(auto items, products.ReadMany(ids, deadline));
  for (auto& item : items) {
    auto& listing = *response.add_listings();
    *listing.mutable_product() = std::move(static_cast<Product&>(*item.message));
    listing.set_score(by_id.at(item.id)->score);
    for (const ListingIssue::Code code : ToCodes(by_id.at(item.id)->issues, costs_shown)) listing.add_issues(code);
  }
  if (request.count_issues()) {
    ASSIGN_OR_RETURN(const auto sets, CountIssueSets(database, condition, deadline));
    AddCounts(sets, costs_shown, response);
  }
  return response;
}

}  // namespace storeops::catalog
