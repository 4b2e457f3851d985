// One new price by rule. Plain values in minor units: knows neither messages nor tables.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_H_

#include <cstdint>
#include <optional>

namespace storeops::catalog {

struct RepricingRule {
  enum class Change { kPercent, kAmount, kMargin };
  enum class Direction { kNearest, kUp, kDown };

  Change change = Change::kPercent;
  int64_t value = 0;   // basis points or minor units
  int64_t step = 1;    // prices of the form k * step + ending, k >= 0
  int64_t ending = 0;  // below `step`
  Direction direction = Direction::kNearest;
  bool not_below_cost = false;
  int64_t min_margin_basis_points = 0;  // below 10,000; 0: no such limit
};

// Numbers as in storeops.catalog.v1.RepricedVariant.Outcome.
enum class RepricingOutcome { kChanged = 1, kUnchanged = 2, kNoPrice = 3, kNoCost = 4, kOutOfRange = 5 };

struct Repriced {
  RepricingOutcome outcome = RepricingOutcome::kChanged;
  int64_t minor = 0;  // of kChanged and kUnchanged
  bool raised_to_floor = false;
};

// The largest price that a rule may give.
inline constexpr int64_t kMaxRepriced = 1'000'000'000'000'000;

// `price` and `cost` are not negative; nothing: there is none. Rounds to minor units half away from zero, then to the
// rule's form; below the floor the lowest price of that form that reaches it.
Repriced Reprice(const RepricingRule& rule, std::optional<int64_t> price, std::optional<int64_t> cost);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_H_
