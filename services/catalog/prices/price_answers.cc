#include "services/catalog/prices/price_answers.h"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/money.h"
#include "common/base/time.h"
#include "services/catalog/prices/margin.h"
#include "services/catalog/prices/price_messages.h"
#include "services/catalog/prices/price_standings.h"

namespace storeops::catalog {
namespace {

using v1::ResolvedPrice;
using v1::ResolvePricesRequest;

constexpr int kMaxCandidates = 200;

class Answerer {
 public:
  Answerer(const PriceBook& book, VariantFinder find_variant, ItemFinder find_item, const ResolvePricesRequest& request,
           int64_t at)
      : book_(book),
        find_variant_(find_variant),
        find_item_(find_item),
        request_(request),
        at_(at),
        money_(request.currency()),
        standings_(StandingsFor(book, {request.currency(), request.channel(), request.customer_group(), at})) {}

  // `prices` are those of the item's SKU.
  void Answer(const ResolvePricesRequest::Item& item, const PriceLeaf::View& prices, ResolvedPrice* answer) {
    answer->set_sku(item.sku());
    answer->set_quantity(std::max(item.quantity(), 1));
    const int64_t quantity = answer->quantity();
    PriceContest contest(standings_.lists(), quantity, at_);
    int64_t until = standings_.next_start();
    const auto of_holding_list = [this](uint32_t list) { return standings_.Holds(list); };
    prices.ForEachOf(of_holding_list, [&](const CandidatePrice& price) {
      if (quantity < price.min_quantity) return;
      until = NextBoundary(at_, price.start, price.end, std::min(until, standings_.Boundary(price.list)));
      const PriceVerdict verdict = contest.Enter(price);
      if (verdict == PriceVerdict::kHolds && !standings_.exclusive()) contest.Compete(price);
    });
    // An exclusive list decides who competes, so that all must have entered.
    if (standings_.exclusive()) {
      const auto of_competing_list = [&](uint32_t list) { return standings_.Holds(list) && contest.MayCompete(list); };
      prices.ForEachOf(of_competing_list, [&](const CandidatePrice& price) {
        if (contest.Judge(price) == PriceVerdict::kHolds) contest.Compete(price);
      });
    }
    const bool won = contest.has_winner();
    if (won) AnswerWinner(contest.winner(), answer);
    if (request_.show_product()) AnswerProduct(answer);
    // The next moment at which a price or a list begins or ends, of those that time alone keeps from holding.
    if (until != kForever) SetMicros(until, answer->mutable_valid_until());
    if (won && !request_.explain() && !request_.show_margin()) return;
    const std::optional<v1::Variant> variant = find_variant_(item.sku());
    if (!won) AnswerBase(variant, answer);
    if (request_.explain()) Explain(prices, variant, answer);
    if (request_.show_margin()) ShowMargin(variant, answer);
  }

 private:
  bool HasBase(const std::optional<v1::Variant>& variant) const {
    return variant.has_value() && MinorIn(variant->price(), request_.currency()).has_value();
  }

  void AnswerWinner(const CandidatePrice& winner, ResolvedPrice* answer) {
    money_.Write(winner.minor, answer->mutable_price());
    answer->set_source(ResolvedPrice::PRICE_LIST);
    WritePriceListName(book_.lists()[winner.list].terms.list_id, answer->mutable_price_list());
    answer->set_min_quantity(static_cast<int32_t>(winner.min_quantity));
  }

  void AnswerProduct(ResolvedPrice* answer) {
    std::optional<SoldItem> item = find_item_(answer->sku());
    if (!item.has_value()) return;
    answer->set_title(std::move(item->title));
    answer->set_kind(item->kind);
  }

  void AnswerBase(const std::optional<v1::Variant>& variant, ResolvedPrice* answer) {
    answer->set_source(!variant.has_value() ? ResolvedPrice::UNKNOWN_SKU
                       : HasBase(variant)   ? ResolvedPrice::BASE
                                            : ResolvedPrice::NO_PRICE);
    if (HasBase(variant)) *answer->mutable_price() = variant->price();
  }

  void Explain(const PriceLeaf::View& prices, const std::optional<v1::Variant>& variant, ResolvedPrice* answer) {
    std::vector<CandidatePrice> candidates;
    prices.ForEach([&](const CandidatePrice& price) {
      if (book_.lists()[price.list].live) candidates.push_back(price);
    });
    std::sort(candidates.begin(), candidates.end(), [this](const CandidatePrice& a, const CandidatePrice& b) {
      return std::tuple(standings_.lists()[a.list].rank, a.min_quantity, a.start) <
             std::tuple(standings_.lists()[b.list].rank, b.min_quantity, b.start);
    });
    const int won = ResolvePrice(standings_.lists(), answer->quantity(), at_, absl::MakeSpan(candidates));
    if (won > 0) std::rotate(candidates.begin(), candidates.begin() + won, candidates.begin() + won + 1);
    for (const CandidatePrice& price : candidates) {
      if (answer->candidates_size() == kMaxCandidates) {
        answer->set_omitted_candidates(answer->omitted_candidates() + 1);
        continue;
      }
      const PriceTerms& terms = book_.lists()[price.list].terms;
      v1::PriceCandidate* candidate = answer->add_candidates();
      WritePriceListName(terms.list_id, candidate->mutable_price_list());
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
    if (!variant.has_value()) return;
    const std::optional<int64_t> price = MinorIn(answer->price(), request_.currency());
    const std::optional<int64_t> cost = MinorIn(variant->cost(), request_.currency());
    if (!price.has_value() || !cost.has_value()) return;
    const Margin margin = MarginOf(*price, *cost);
    *answer->mutable_cost() = variant->cost();
    *answer->mutable_margin() = MoneyFromMinor(margin.minor, request_.currency());
    if (margin.basis_points.has_value()) answer->set_margin_basis_points(*margin.basis_points);
    answer->set_below_cost(margin.below_cost);
  }

  const PriceBook& book_;
  const VariantFinder find_variant_;
  const ItemFinder find_item_;
  const ResolvePricesRequest& request_;
  const int64_t at_;
  const MoneyWriter money_;  // in the request's currency
  const PriceStandings& standings_;
};

}  // namespace

void AnswerPrices(const PriceBook& book, VariantFinder find_variant, ItemFinder find_item,
                  const ResolvePricesRequest& request, absl::Time now, v1::ResolvePricesResponse* response) {
  const absl::Time at = request.has_time() ? FromTimestamp(request.time()) : now;
  *response->mutable_time() = ToTimestamp(at);
  Answerer answerer(book, find_variant, find_item, request, absl::ToUnixMicros(at));
  response->mutable_prices()->Reserve(request.items_size());
  std::vector<PriceLeaf::View> views;
  views.reserve(request.items_size());
  // Found before they are read, so that their ways from memory run side by side.
  for (const auto& item : request.items()) {
    views.push_back(book.Find(item.sku()));
    views.back().Prefetch();
  }
  for (int i = 0; i < request.items_size(); ++i) {
    answerer.Answer(request.items(i), views[i], response->add_prices());
  }
}

}  // namespace storeops::catalog
