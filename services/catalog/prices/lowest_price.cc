#include "services/catalog/prices/lowest_price.h"

#include <algorithm>
#include <tuple>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"

namespace storeops::catalog {
namespace {

// What was known at some moment.
class KnownPrices {
 public:
  explicit KnownPrices(const PriceFacts& facts) : facts_(facts) {}

  // Takes in all facts up to `moment`.
  void AdvanceTo(int64_t moment) {
    for (; list_ < facts_.lists.size() && facts_.lists[list_].since <= moment; ++list_) {
      lists_[facts_.lists[list_].terms.list_id] = &facts_.lists[list_];
    }
    for (; price_ < facts_.prices.size() && facts_.prices[price_].since <= moment; ++price_) {
      const PriceFacts::OfPrice& fact = facts_.prices[price_];
      prices_[{fact.list_id, fact.min_quantity, fact.start}] = &fact;
    }
    for (; base_ < facts_.base.size() && facts_.base[base_].since <= moment; ++base_) {
      base_minor_ = facts_.base[base_].minor;
    }
  }

  std::optional<int64_t> Resolve(const PriceQuestion& question) const {
    std::vector<const PriceFacts::OfList*> order;
    for (const auto& [id, list] : lists_) {
      if (list->live) order.push_back(list);
    }
    std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) { return ComesBefore(a->terms, b->terms); });
    std::vector<ListStanding> standings;
    absl::btree_map<int64_t, uint32_t> indexes;
    for (const auto* list : order) {
      const auto rank = static_cast<uint32_t>(standings.size());
      indexes[list->terms.list_id] = rank;
      standings.push_back({JudgeList(list->terms, question), list->terms.exclusive, rank});
    }
    std::vector<CandidatePrice> candidates;
    for (const auto& [place, price] : prices_) {
      const auto index = indexes.find(price->list_id);
      if (!price->minor.has_value() || index == indexes.end()) continue;
      candidates.push_back(
          {index->second, price->min_quantity, price->start, price->end, *price->minor, PriceVerdict::kHolds});
    }
    const int won = ResolvePrice(standings, /*quantity=*/1, question.at, absl::MakeSpan(candidates));
    return won < 0 ? base_minor_ : candidates[won].minor;
  }

 private:
  const PriceFacts& facts_;
  size_t list_ = 0, price_ = 0, base_ = 0;  // the next facts
  absl::btree_map<int64_t, const PriceFacts::OfList*> lists_;
  absl::btree_map<std::tuple<int64_t, int64_t, int64_t>, const PriceFacts::OfPrice*> prices_;
  std::optional<int64_t> base_minor_;
};

}  // namespace

std::vector<PriceStep> PriceTimeline(const PriceFacts& facts, const PriceQuestion& question, int64_t until) {
  absl::btree_set<int64_t> moments;  // at which anything may change
  for (const auto& fact : facts.lists) moments.insert({fact.since, fact.terms.start, fact.terms.end});
  for (const auto& fact : facts.prices) moments.insert({fact.since, fact.start, fact.end});
  for (const auto& fact : facts.base) moments.insert(fact.since);
  KnownPrices known(facts);
  std::vector<PriceStep> steps;
  for (const int64_t moment : moments) {
    if (moment >= until) break;
    known.AdvanceTo(moment);
    PriceQuestion then = question;
    then.at = moment;
    const std::optional<int64_t> minor = known.Resolve(then);
    if (steps.empty() ? minor.has_value() : steps.back().minor != minor) steps.push_back({moment, minor});
  }
  return steps;
}

LowestPrice FindLowestPrice(const std::vector<PriceStep>& steps, int64_t at, int64_t window_micros) {
  LowestPrice result;
  result.window_end = at;
  if (!steps.empty()) result.present = steps.back().minor;
  // The price before, whatever time it was not for sale in between.
  for (size_t i = steps.size(); result.present.has_value() && i-- > 1;) {
    if (!steps[i - 1].minor.has_value()) continue;
    result.reduced = *steps[i - 1].minor > *result.present;
    if (!result.reduced) break;
    result.before = steps[i - 1].minor;
    result.reduced_since = result.window_end = steps.back().from;
    break;
  }
  result.window_start = result.window_end - window_micros;
  result.complete = !steps.empty() && steps.front().from <= result.window_start;
  for (size_t i = 0; i < steps.size(); ++i) {
    const int64_t end = i + 1 < steps.size() ? steps[i + 1].from : at;
    if (!steps[i].minor.has_value() || end <= result.window_start || steps[i].from >= result.window_end) continue;
    if (result.lowest.has_value() && *result.lowest <= *steps[i].minor) continue;
    result.lowest = steps[i].minor;
    result.lowest_since = steps[i].from;
  }
  return result;
}

}  // namespace storeops::catalog
