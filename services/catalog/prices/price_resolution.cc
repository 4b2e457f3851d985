#include "services/catalog/prices/price_resolution.h"

#include <algorithm>
#include <limits>

namespace storeops::catalog {
namespace {

constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();

bool Among(const std::vector<std::string>& allowed, absl::string_view value) {
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(), [&](const auto& one) { return one == value; });
}

PriceVerdict JudgeAlone(const CandidatePrice& price, PriceVerdict list, int64_t quantity, int64_t at) {
  if (list != PriceVerdict::kHolds) return list;
  if (quantity < price.min_quantity) return PriceVerdict::kQuantityBelowBreak;
  if (at < price.start) return PriceVerdict::kNotYetValid;
  return at < price.end ? PriceVerdict::kHolds : PriceVerdict::kExpired;
}

bool MoreSpecific(const CandidatePrice& a, const CandidatePrice& b) {
  return a.min_quantity != b.min_quantity ? a.min_quantity > b.min_quantity : a.start > b.start;
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
  uint32_t last_rank = kNoRank;  // of the list that ends the search
  for (CandidatePrice& price : candidates) {
    const ListStanding& list = lists[price.list];
    price.verdict = JudgeAlone(price, list.verdict, quantity, at);
    if (price.verdict == PriceVerdict::kHolds && list.exclusive) last_rank = std::min(last_rank, list.rank);
  }
  const CandidatePrice* most_specific = nullptr;  // of that list
  for (const CandidatePrice& price : candidates) {
    if (price.verdict != PriceVerdict::kHolds || lists[price.list].rank != last_rank) continue;
    if (most_specific == nullptr || MoreSpecific(price, *most_specific)) most_specific = &price;
  }
  CandidatePrice* winner = nullptr;
  for (CandidatePrice& price : candidates) {
    if (price.verdict != PriceVerdict::kHolds) continue;
    const uint32_t rank = lists[price.list].rank;
    if (rank > last_rank) {
      price.verdict = PriceVerdict::kLowerPriority;
    } else if (rank == last_rank && &price != most_specific) {
      price.verdict = PriceVerdict::kLessSpecific;
    } else if (winner == nullptr || price.minor < winner->minor) {
      winner = &price;
    } else if (price.minor == winner->minor) {
      const uint32_t best = lists[winner->list].rank;
      if (rank < best || (rank == best && MoreSpecific(price, *winner))) winner = &price;
    }
  }
  if (winner == nullptr) return -1;
  for (CandidatePrice& price : candidates) {
    if (price.verdict != PriceVerdict::kHolds) continue;
    price.verdict = price.minor == winner->minor ? PriceVerdict::kEqualPrice : PriceVerdict::kHigherPrice;
  }
  winner->verdict = PriceVerdict::kWon;
  return static_cast<int>(winner - candidates.data());
}

int64_t NextBoundary(int64_t at, int64_t start, int64_t end, int64_t known) {
  if (start > at) return std::min(known, start);
  return end > at ? std::min(known, end) : known;
}

}  // namespace storeops::catalog
