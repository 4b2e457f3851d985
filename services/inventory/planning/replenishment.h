// What to buy of one SKU for one location, and why.
//
//   position = on hand - reserved + incoming
//   target   = forecast over lead time and review + safety stock
//   need     = target - position, if that is above 0
// The need is raised to the economic quantity, rounded up to whole packs, raised to the supplier's minimum (again in
// whole packs) and cut to what may be bought at most.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_REPLENISHMENT_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_REPLENISHMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops::inventory::planning {

inline constexpr int64_t kMaxPieces = 1000000000;

struct SupplyTerms {
  int64_t minimum_quantity = 0;
  int64_t pack_size = 1;
  std::optional<int64_t> maximum_quantity;  // of one suggestion
  int64_t unit_price_minor = 0;
};

struct ReplenishmentInput {
  double forecast_over_lead_time = 0;
  double forecast_over_review = 0;
  double safety_stock = 0;
  int64_t on_hand = 0;   // that can be sold: without damaged and held pieces
  int64_t reserved = 0;  // more than on hand: backorders
  int64_t incoming = 0;  // ordered, not received
  std::optional<double> economic_quantity;
  std::optional<SupplyTerms> terms;  // of the supplier; without one nothing can be bought
  bool discontinued = false;
};

enum class ReplenishmentReason {
  kEnough,    // the position covers the target: nothing to buy
  kNoDemand,  // nothing is forecast and nothing is owed
  kDiscontinued,
  kNoSupplier,
  kBelowTarget,
  kBelowSafety,  // already what is on hand and not reserved is below the safety stock
  kOutOfStock,   // nothing is on hand that is not reserved
  kBackorders,   // more is reserved than is on hand
  kRaisedToEconomic,
  kRoundedToPacks,
  kRaisedToMinimum,
  kCutToMaximum,
};
absl::string_view NameOf(ReplenishmentReason reason);

// Every figure on the way.
struct Replenishment {
  double forecast_over_lead_time = 0;
  double forecast_over_review = 0;
  double safety_stock = 0;
  int64_t on_hand = 0;
  int64_t reserved = 0;
  int64_t incoming = 0;
  int64_t position = 0;
  int64_t target = 0;
  int64_t need = 0;
  int64_t after_economic = 0;
  int64_t after_packs = 0;
  int64_t after_minimum = 0;
  int64_t quantity = 0;  // to buy
  int64_t packs = 0;
  int64_t unit_price_minor = 0;
  int64_t amount_minor = 0;
  std::vector<ReplenishmentReason> reasons;  // in the order of the steps
};

// INVALID_ARGUMENT for a figure below 0 or above kMaxPieces, a pack below 1, a maximum below one pack; OUT_OF_RANGE if
// the amount of money has more than 63 bits.
absl::StatusOr<Replenishment> SuggestReplenishment(const ReplenishmentInput& input);

// For planners, in one line: "forecast 40 (lead time) + 20 (review) + safety 12 = target 72; ...".
std::string Explain(const Replenishment& replenishment);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_REPLENISHMENT_H_
