#include "services/catalog/listings/listing_report.h"

#include <algorithm>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "services/catalog/listings/channel_listings.h"
#include "services/catalog/listings/listing_score_store.h"

namespace storeops::catalog {
namespace {

using v1::ListingIssue;
using v1::ListWorstListingsResponse;
using v1::Product;

constexpr int kDefaultPage = 20;
constexpr int kMaxPage = 500;

ScoreFilter MakeFilter(const v1::ListWorstListingsRequest& request) {
  ScoreFilter filter;
  filter.state = request.state();
  filter.not_state = Product::ARCHIVED;
  filter.channel_id = ChannelId(request.channel());
  absl::string_view category = request.category();
  if (absl::ConsumePrefix(&category, "categories/")) {
    (void)absl::SimpleAtoi(category, &filter.category_id);  // its form has been checked
  }
  if (request.issue() != ListingIssue::CODE_UNSPECIFIED) filter.issues = int64_t{1} << request.issue();
  return filter;
}

std::vector<ListingIssue::Code> ToCodes(int64_t bits) {
  std::vector<ListingIssue::Code> codes;
  for (int code = ListingIssue::Code_MIN + 1; code <= ListingIssue::Code_MAX; ++code) {
    if ((bits >> code & 1) != 0) codes.push_back(static_cast<ListingIssue::Code>(code));
  }
  return codes;
}

// The place that a page token carries; the beginning if it carries something else.
ScorePlace ReadPlace(const std::vector<db::Value>& keys) {
  if (keys.size() != 2) return {};
  const auto* score = std::get_if<int64_t>(&keys[0].storage());
  const auto* product = std::get_if<int64_t>(&keys[1].storage());
  return score == nullptr || product == nullptr ? ScorePlace() : ScorePlace{*score, *product};
}

void AddCounts(const std::map<int64_t, int64_t>& sets, ListWorstListingsResponse& response) {
  std::map<ListingIssue::Code, int64_t> counts;
  for (const auto& [bits, listings] : sets) {
    response.set_total(response.total() + listings);
    for (const ListingIssue::Code code : ToCodes(bits)) counts[code] += listings;
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
                                                            const v1::ListWorstListingsRequest& request,
                                                            absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::vector<db::Value> keys, tokens.Read(request, request.page_token()));
  const ScoreFilter filter = MakeFilter(request);
  const int size = resource::PageSize(request.page_size(), kDefaultPage, kMaxPage);
  ASSIGN_OR_RETURN(auto rows, ReadWorstScores(database, filter, ReadPlace(keys), size + 1, deadline));
  ListWorstListingsResponse response;
  if (rows.size() > static_cast<size_t>(size)) {
    rows.resize(size);
    response.set_next_page_token(
        tokens.Make(request, {db::Value(rows.back().score), db::Value(rows.back().product_id)}));
  }
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
    for (const ListingIssue::Code code : ToCodes(by_id.at(item.id)->issues)) listing.add_issues(code);
  }
  if (request.count_issues()) {
    ASSIGN_OR_RETURN(const auto sets, CountIssueSets(database, filter, deadline));
    AddCounts(sets, response);
  }
  return response;
}

}  // namespace storeops::catalog
