#include "services/catalog/prices/repricing.h"

#include <algorithm>

namespace storeops::catalog {
namespace {

using Wide = __int128;  // products of two amounts

constexpr int64_t kWhole = 10'000;  // basis points

Wide DivideHalfUp(Wide number, Wide divisor) {
  const Wide half = divisor / 2;
  return number >= 0 ? (number + half) / divisor : -((-number + half) / divisor);
}

Wide DivideUp(Wide number, Wide divisor) { return (number + divisor - 1) / divisor; }

// The lowest price of the form that is `least` or more.
Wide FormUp(const RepricingRule& rule, Wide least) {
  if (least <= rule.ending) return rule.ending;
  return DivideUp(least - rule.ending, rule.step) * rule.step + rule.ending;
}

Wide ToForm(const RepricingRule& rule, Wide price) {
  const Wide up = FormUp(rule, price), down = up - rule.step;
  if (up == price || down < 0) return up;
  switch (rule.direction) {
    case RepricingRule::Direction::kUp:
      return up;
    case RepricingRule::Direction::kDown:
      return down;
    case RepricingRule::Direction::kNearest:
      break;
  }
  return up - price <= price - down ? up : down;
}

Wide Changed(const RepricingRule& rule, int64_t price, int64_t cost) {
  switch (rule.change) {
    case RepricingRule::Change::kPercent:
      return DivideHalfUp(static_cast<Wide>(price) * (kWhole + rule.value), kWhole);
    case RepricingRule::Change::kAmount:
      return static_cast<Wide>(price) + rule.value;
    case RepricingRule::Change::kMargin:
      return DivideHalfUp(static_cast<Wide>(cost) * kWhole, kWhole - rule.value);
  }
  return 0;
}

// The lowest price allowed, rounded up.
Wide Floor(const RepricingRule& rule, int64_t cost) {
  const Wide by_cost = rule.not_below_cost ? cost : 0;
  if (rule.min_margin_basis_points == 0) return by_cost;
  return std::max(by_cost, DivideUp(static_cast<Wide>(cost) * kWhole, kWhole - rule.min_margin_basis_points));
}

}  // namespace

Repriced Reprice(const RepricingRule& rule, std::optional<int64_t> price, std::optional<int64_t> cost) {
  const bool by_margin = rule.change == RepricingRule::Change::kMargin;
  if (!price.has_value() && !by_margin) return {RepricingOutcome::kNoPrice};
  if (!cost.has_value() && (by_margin || rule.not_below_cost || rule.min_margin_basis_points > 0)) {
    return {RepricingOutcome::kNoCost};
  }
  Wide minor = Changed(rule, price.value_or(0), cost.value_or(0));
  if (minor < 0) return {RepricingOutcome::kOutOfRange};
  minor = ToForm(rule, minor);
  Repriced result;
  const Wide floor = Floor(rule, cost.value_or(0));
  if (minor < floor) {
    minor = FormUp(rule, floor);
    result.raised_to_floor = true;
  }
  if (minor > kMaxRepriced) return {RepricingOutcome::kOutOfRange};
  result.minor = static_cast<int64_t>(minor);
  if (price == result.minor) result.outcome = RepricingOutcome::kUnchanged;
  return result;
}

}  // namespace storeops::catalog
