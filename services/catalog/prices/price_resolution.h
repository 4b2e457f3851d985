// Which of many prices holds. Plain values: knows neither messages nor tables.
//
// A price is out if its list does not fit the question (another currency, not active, another time, channel or customer
// group), if the quantity lies below its break, or the moment outside its own time. Of those that remain:
// 1. Lists are looked at from the highest priority down, the one with the smaller id first among equals.
// 2. The first list of the policy PRIORITY that has such a price ends this: lists behind it have lost.
// 3. Of that list's prices only the most specific one counts: the largest quantity break, then the latest start.
// 4. The lowest of all that are left wins. Among equals: the list that comes first, then the largest quantity break,
//    then the latest start.
// The variant's own price is none of these; it holds when nothing wins.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_RESOLUTION_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_RESOLUTION_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace storeops::catalog {

// Moments in microseconds since 1970, UTC. An interval has its start and not its end.
inline constexpr int64_t kEver = std::numeric_limits<int64_t>::min();
inline constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

// Numbers as in storeops.catalog.v1.PriceCandidate.Verdict.
enum class PriceVerdict : uint8_t {
  kHolds = 0,  // of a list: it fits; of a price: not decided yet
  kWon = 1,
  kOtherCurrency = 2,
  kListInactive = 3,
  kListNotYetValid = 4,
  kListExpired = 5,
  kOtherChannel = 6,
  kOtherCustomerGroup = 7,
  kQuantityBelowBreak = 8,
  kNotYetValid = 9,
  kExpired = 10,
  kLessSpecific = 11,
  kLowerPriority = 12,
  kHigherPrice = 13,
  kEqualPrice = 14,
  kLastResort = 15,
};

// What a price list says of all its prices.
struct PriceTerms {
  int64_t list_id = 0;
  std::string currency;
  std::vector<std::string> channels;         // empty: any
  std::vector<std::string> customer_groups;  // empty: any
  int64_t start = kEver;
  int64_t end = kForever;
  int64_t priority = 0;
  bool exclusive = false;  // policy PRIORITY
  bool active = true;

  friend bool operator==(const PriceTerms&, const PriceTerms&) = default;
};

struct PriceQuestion {
  absl::string_view currency;
  absl::string_view channel;         // empty: none
  absl::string_view customer_group;  // empty: none
  int64_t at = 0;
};

// kHolds, or the first reason why no price of this list holds, in the order of the verdicts.
PriceVerdict JudgeList(const PriceTerms& terms, const PriceQuestion& question);

// True if `a` is looked at before `b`.
bool ComesBefore(const PriceTerms& a, const PriceTerms& b);

// A list for one question.
struct ListStanding {
  PriceVerdict verdict = PriceVerdict::kHolds;
  bool exclusive = false;
  uint32_t rank = 0;  // place in the order of lists; distinct
};

// A price that may hold.
struct CandidatePrice {
  uint32_t list = 0;  // index of its ListStanding
  int64_t min_quantity = 1;
  int64_t start = kEver;
  int64_t end = kForever;
  int64_t minor = 0;
  PriceVerdict verdict = PriceVerdict::kHolds;
};

// The rule for prices that are shown one after the other: first all of them to Enter, then those that hold to Compete.
class PriceContest {
 public:
  PriceContest(absl::Span<const ListStanding> lists, int64_t quantity, int64_t at)
      : lists_(lists), quantity_(quantity), at_(at) {}

  // kHolds, or why the price is out by itself.
  PriceVerdict Judge(const CandidatePrice& price) const;
  // The same, and takes note of it.
  PriceVerdict Enter(const CandidatePrice& price);
  // kWon: the best one so far; otherwise why it is not, as far as that is known.
  PriceVerdict Compete(const CandidatePrice& price);

  // False: once all have entered, prices of this list are of a lower priority.
  bool MayCompete(uint32_t list) const { return lists_[list].rank <= last_rank_; }

  bool has_winner() const { return has_winner_; }
  const CandidatePrice& winner() const { return winner_; }

 private:
  static constexpr uint32_t kNoRank = std::numeric_limits<uint32_t>::max();

  static bool MoreSpecific(const CandidatePrice& a, const CandidatePrice& b) {
    return a.min_quantity != b.min_quantity ? a.min_quantity > b.min_quantity : a.start > b.start;
  }
  bool Beats(const CandidatePrice& a, const CandidatePrice& b) const;

  const absl::Span<const ListStanding> lists_;
  const int64_t quantity_;
  const int64_t at_;
  uint32_t last_rank_ = kNoRank;  // of the list that ends the search
  CandidatePrice most_specific_;  // of that list
  bool has_winner_ = false;
  CandidatePrice winner_;
};

inline PriceVerdict PriceContest::Judge(const CandidatePrice& price) const {
  const PriceVerdict of_list = lists_[price.list].verdict;
  if (of_list != PriceVerdict::kHolds) return of_list;
  if (quantity_ < price.min_quantity) return PriceVerdict::kQuantityBelowBreak;
  if (at_ < price.start) return PriceVerdict::kNotYetValid;
  return at_ < price.end ? PriceVerdict::kHolds : PriceVerdict::kExpired;
}

inline PriceVerdict PriceContest::Enter(const CandidatePrice& price) {
  const PriceVerdict verdict = Judge(price);
  const ListStanding& list = lists_[price.list];
  if (verdict != PriceVerdict::kHolds || !list.exclusive || list.rank > last_rank_) return verdict;
  if (list.rank < last_rank_ || MoreSpecific(price, most_specific_)) most_specific_ = price;
  last_rank_ = list.rank;
  return verdict;
}

inline bool PriceContest::Beats(const CandidatePrice& a, const CandidatePrice& b) const {
  if (a.minor != b.minor) return a.minor < b.minor;
  const uint32_t rank_a = lists_[a.list].rank, rank_b = lists_[b.list].rank;
  return rank_a != rank_b ? rank_a < rank_b : MoreSpecific(a, b);
}

inline PriceVerdict PriceContest::Compete(const CandidatePrice& price) {
  const uint32_t rank = lists_[price.list].rank;
  if (rank > last_rank_) return PriceVerdict::kLowerPriority;
  if (rank == last_rank_ && MoreSpecific(most_specific_, price)) return PriceVerdict::kLessSpecific;
  if (has_winner_ && !Beats(price, winner_)) return PriceVerdict::kHigherPrice;
  has_winner_ = true;
  winner_ = price;
  return PriceVerdict::kWon;
}

// Gives each candidate its verdict; returns the index of the one that won, -1 if none did. Two candidates of one list
// differ in quantity break or start.
int ResolvePrice(absl::Span<const ListStanding> lists, int64_t quantity, int64_t at,
                 absl::Span<CandidatePrice> candidates);

// The earlier of `known` and the first end of the interval that lies after `at`: when time alone can change an answer.
inline int64_t NextBoundary(int64_t at, int64_t start, int64_t end, int64_t known) {
  if (start > at) return start < known ? start : known;
  return end > at && end < known ? end : known;
}

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_RESOLUTION_H_
