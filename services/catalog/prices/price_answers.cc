#include "services/catalog/prices/price_answers.h"

#include <algorithm>
#include <vector>

#include "common/base/money.h"
#include "common/base/time.h"
#include "services/catalog/prices/margin.h"
#include "services/catalog/prices/price_messages.h"

namespace storeops::catalog {
namespace {

using v1::ResolvedPrice;
using v1::ResolvePricesRequest;

constexpr int kMaxCandidates = 200;

class Answerer {
 public:
  Answerer(const PriceBook& book, VariantFinder find_variant, const ResolvePricesRequest& request, int64_t at)
      : book_(book), find_variant_(find_variant), request_(request), at_(at), money_(request.currency()) {
    const PriceQuestion question{request.currency(), request.channel(), request.customer_group(), at};
    const size_t count = book.lists().size();
    standings_.reserve(count);
    boundaries_.reserve(count);
    wanted_.reserve(count);
    for (const PriceBook::List& list : book.lists()) {
      const PriceTerms& terms = list.terms;
      const PriceVerdict verdict = JudgeList(terms, question);
      standings_.push_back({verdict, terms.exclusive, list.rank});
      // Of lists that do not hold, prices are of interest to explain only.
      wanted_.push_back(list.live && (verdict == PriceVerdict::kHolds || request.explain()));
      boundaries_.push_back(NextBoundary(at, terms.start, terms.end, kForever));
      if (list.live && verdict == PriceVerdict::kListNotYetValid) until_ = std::min(until_, terms.start);
    }
  }

  void Answer(const ResolvePricesRequest::Item& item, ResolvedPrice* answer) {
    answer->set_sku(item.sku());
    answer->set_quantity(std::max(item.quantity(), 1));
    candidates_.clear();
    book_.Find(item.sku(), wanted_, candidates_);
    const int won = ResolvePrice(standings_, answer->quantity(), at_, absl::MakeSpan(candidates_));
    std::optional<v1::Variant> variant;
    if (won < 0 || request_.explain() || request_.show_margin()) variant = find_variant_(item.sku());
    if (won >= 0) {
      const CandidatePrice& winner = candidates_[won];
      money_.Write(winner.minor, answer->mutable_price());
      answer->set_source(ResolvedPrice::PRICE_LIST);
      answer->set_price_list(PriceListName(book_.lists()[winner.list].terms.list_id));
      answer->set_min_quantity(static_cast<int32_t>(winner.min_quantity));
    } else {
      AnswerBase(variant, answer);
    }
    const int64_t until = ValidUntil();
    if (until != kForever) *answer->mutable_valid_until() = ToTimestamp(absl::FromUnixMicros(until));
    if (request_.explain()) Explain(won, variant, answer);
    if (request_.show_margin()) ShowMargin(variant, answer);
  }

 private:
  bool HasBase(const std::optional<v1::Variant>& variant) const {
    return variant.has_value() && variant->has_price() && variant->price().currency_code() == request_.currency();
  }

  void AnswerBase(const std::optional<v1::Variant>& variant, ResolvedPrice* answer) {
    answer->set_source(!variant.has_value() ? ResolvedPrice::UNKNOWN_SKU
                       : HasBase(variant)   ? ResolvedPrice::BASE
                                            : ResolvedPrice::NO_PRICE);
    if (HasBase(variant)) *answer->mutable_price() = variant->price();
  }

  // The next moment at which a price or a list begins or ends, of those that time alone keeps from holding.
  int64_t ValidUntil() const {
    int64_t until = until_;
    for (const CandidatePrice& price : candidates_) {
      if (standings_[price.list].verdict != PriceVerdict::kHolds) continue;
      if (price.verdict == PriceVerdict::kQuantityBelowBreak) continue;
      until = NextBoundary(at_, price.start, price.end, std::min(until, boundaries_[price.list]));
    }
    return until;
  }

  void Explain(int won, const std::optional<v1::Variant>& variant, ResolvedPrice* answer) {
    std::vector<int> order(candidates_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      if ((a == won) != (b == won)) return a == won;
      return standings_[candidates_[a].list].rank < standings_[candidates_[b].list].rank;
    });
    for (const int i : order) {
      const CandidatePrice& price = candidates_[i];
      if (answer->candidates_size() == kMaxCandidates) {
        answer->set_omitted_candidates(answer->omitted_candidates() + 1);
        continue;
      }
      const PriceTerms& terms = book_.lists()[price.list].terms;
      v1::PriceCandidate* candidate = answer->add_candidates();
      candidate->set_price_list(PriceListName(terms.list_id));
      candidate->set_min_quantity(static_cast<int32_t>(price.min_quantity));
      SetTimes(price.start, price.end, candidate);
      *candidate->mutable_price() = MoneyFromMinor(price.minor, terms.currency);
      candidate->set_verdict(static_cast<v1::PriceCandidate::Verdict>(price.verdict));
    }
    if (!variant.has_value() || !variant->has_price()) return;
    v1::PriceCandidate* base = answer->add_candidates();
    base->set_min_quantity(1);
    *base->mutable_price() = variant->price();
    base->set_verdict(!HasBase(variant) ? v1::PriceCandidate::OTHER_CURRENCY
                      : won < 0         ? v1::PriceCandidate::WON
                                        : v1::PriceCandidate::LAST_RESORT);
    if (won < 0 && HasBase(variant)) {
      std::rotate(answer->mutable_candidates()->pointer_begin(), answer->mutable_candidates()->pointer_end() - 1,
                  answer->mutable_candidates()->pointer_end());
    }
  }

  void ShowMargin(const std::optional<v1::Variant>& variant, ResolvedPrice* answer) {
    if (!answer->has_price() || !variant.has_value() || !variant->has_cost()) return;
    if (variant->cost().currency_code() != request_.currency()) return;
    const auto price = MoneyToMinor(answer->price()), cost = MoneyToMinor(variant->cost());
    if (!price.ok() || !cost.ok()) return;
    const Margin margin = MarginOf(*price, *cost);
    *answer->mutable_cost() = variant->cost();
    *answer->mutable_margin() = MoneyFromMinor(margin.minor, request_.currency());
    if (margin.basis_points.has_value()) answer->set_margin_basis_points(*margin.basis_points);
    answer->set_below_cost(margin.below_cost);
  }

  const PriceBook& book_;
  const VariantFinder find_variant_;
  const ResolvePricesRequest& request_;
  const int64_t at_;
  const MoneyWriter money_;  // in the request's currency
  // Of lists, by index.
  std::vector<ListStanding> standings_;
  std::vector<int64_t> boundaries_;  // the next moment at which it begins or ends
  std::vector<bool> wanted_;
  int64_t until_ = kForever;  // when the next list begins
  std::vector<CandidatePrice> candidates_;
};

}  // namespace

void AnswerPrices(const PriceBook& book, VariantFinder find_variant, const ResolvePricesRequest& request,
                  absl::Time now, v1::ResolvePricesResponse* response) {
  const absl::Time at = request.has_time() ? FromTimestamp(request.time()) : now;
  *response->mutable_time() = ToTimestamp(at);
  Answerer answerer(book, find_variant, request, absl::ToUnixMicros(at));
  response->mutable_prices()->Reserve(request.items_size());
  for (const auto& item : request.items()) answerer.Answer(item, response->add_prices());
}

}  // namespace storeops::catalog
