#include "services/catalog/prices/price_standings.h"

#include <algorithm>
#include <array>

namespace storeops::catalog {
namespace {

// The last boundary that lies at `at` or before it, or `known` if that is later.
int64_t LastBoundary(int64_t at, int64_t start, int64_t end, int64_t known) {
  if (end <= at) return std::max(known, end);
  return start <= at ? std::max(known, start) : known;
}

}  // namespace

PriceStandings::PriceStandings(const PriceBook& book, const PriceQuestion& question)
    : of_(book.shared_lists()),
      currency_(question.currency),
      channel_(question.channel),
      customer_group_(question.customer_group) {
  lists_.reserve(of_->size());
  boundaries_.reserve(of_->size());
  holding_.reserve(of_->size());
  for (const PriceBook::List& list : *of_) {
    const PriceTerms& terms = list.terms;
    // Of a deleted list no price holds; none is explained either.
    const PriceVerdict verdict = list.live ? JudgeList(terms, question) : PriceVerdict::kListInactive;
    lists_.push_back({verdict, terms.exclusive, list.rank});
    holding_.push_back(verdict == PriceVerdict::kHolds);
    exclusive_ |= verdict == PriceVerdict::kHolds && terms.exclusive;
    boundaries_.push_back(NextBoundary(question.at, terms.start, terms.end, kForever));
    if (verdict == PriceVerdict::kListNotYetValid) next_start_ = std::min(next_start_, terms.start);
    begin_ = LastBoundary(question.at, terms.start, terms.end, begin_);
    end_ = std::min(end_, boundaries_.back());
  }
}

bool PriceStandings::Fits(const PriceBook& book, const PriceQuestion& question) const {
  return of_ == book.shared_lists() && begin_ <= question.at && question.at < end_ && channel_ == question.channel &&
         customer_group_ == question.customer_group && currency_ == question.currency;
}

const PriceStandings& StandingsFor(const PriceBook& book, const PriceQuestion& question) {
  // Few kinds of questions are asked at a time.
  thread_local std::array<std::unique_ptr<const PriceStandings>, 4> kept;
  thread_local size_t next = 0;
  for (const auto& standings : kept) {
    if (standings != nullptr && standings->Fits(book, question)) return *standings;
  }
  auto& place = kept[next++ % kept.size()];
  place = std::make_unique<const PriceStandings>(book, question);
  return *place;
}

}  // namespace storeops::catalog
