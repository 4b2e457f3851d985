#include "services/catalog/prices/price_resolution.h"

#include <algorithm>

namespace storeops::catalog {
namespace {

bool Among(const std::vector<std::string>& allowed, absl::string_view value) {
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(), [&](const auto& one) { return one == value; });
}

}  // namespace

PriceVerdict JudgeList(const PriceTerms& terms, const PriceQuestion& question) {
  if (terms.currency != question.currency) return PriceVerdict::kOtherCurrency;
  if (!terms.active) return PriceVerdict::kListInactive;
  if (question.at < terms.start) return PriceVerdict::kListNotYetValid;
  if (question.at >= terms.end) return PriceVerdict::kListExpired;
  if (!Among(terms.channels, question.channel)) return PriceVerdict::kOtherChannel;
  return Among(terms.customer_groups, question.customer_group) ? PriceVerdict::kHolds
                                                               : PriceVerdict::kOtherCustomerGroup;
}

bool ComesBefore(const PriceTerms& a, const PriceTerms& b) {
  return a.priority != b.priority ? a.priority > b.priority : a.list_id < b.list_id;
}

int ResolvePrice(absl::Span<const ListStanding> lists, int64_t quantity, int64_t at,
                 absl::Span<CandidatePrice> candidates) {
  PriceContest contest(lists, quantity, at);
  for (CandidatePrice& price : candidates) price.verdict = contest.Enter(price);
  int won = -1;
  for (size_t i = 0; i < candidates.size(); ++i) {
    CandidatePrice& price = candidates[i];
    if (price.verdict != PriceVerdict::kHolds) continue;
    price.verdict = contest.Compete(price);
    if (price.verdict != PriceVerdict::kWon) continue;
    if (won >= 0) candidates[won].verdict = PriceVerdict::kHigherPrice;
    won = static_cast<int>(i);
  }
  for (CandidatePrice& price : candidates) {
    const bool as_low = price.verdict == PriceVerdict::kHigherPrice && price.minor == contest.winner().minor;
    if (as_low) price.verdict = PriceVerdict::kEqualPrice;
  }
  return won;
}

}  // namespace storeops::catalog
