#include "services/inventory/planning/replenishment.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"

namespace storeops::inventory::planning {
namespace {

using Reason = ReplenishmentReason;

absl::Status CheckPieces(absl::string_view field, double pieces) {
  if (pieces >= 0 && pieces <= static_cast<double>(kMaxPieces)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, " must lie between 0 and ", kMaxPieces, ", not ", pieces));
}

absl::Status CheckTerms(const SupplyTerms& terms) {
  RETURN_IF_ERROR(CheckPieces("minimum_quantity", static_cast<double>(terms.minimum_quantity)));
  RETURN_IF_ERROR(CheckPieces("pack_size", static_cast<double>(terms.pack_size)));
  if (terms.pack_size < 1) return absl::InvalidArgumentError("pack_size must be at least 1");
  if (terms.unit_price_minor < 0) return absl::InvalidArgumentError("unit_price_minor must not be below 0");
  if (!terms.maximum_quantity.has_value()) return absl::OkStatus();
  RETURN_IF_ERROR(CheckPieces("maximum_quantity", static_cast<double>(*terms.maximum_quantity)));
  if (*terms.maximum_quantity >= terms.pack_size) return absl::OkStatus();
  return absl::InvalidArgumentError("maximum_quantity is less than one pack");
}

absl::Status Check(const ReplenishmentInput& input) {
  RETURN_IF_ERROR(CheckPieces("forecast_over_lead_time", input.forecast_over_lead_time));
  RETURN_IF_ERROR(CheckPieces("forecast_over_review", input.forecast_over_review));
  RETURN_IF_ERROR(CheckPieces("safety_stock", input.safety_stock));
  RETURN_IF_ERROR(CheckPieces("on_hand", static_cast<double>(input.on_hand)));
  RETURN_IF_ERROR(CheckPieces("reserved", static_cast<double>(input.reserved)));
  RETURN_IF_ERROR(CheckPieces("incoming", static_cast<double>(input.incoming)));
  RETURN_IF_ERROR(CheckPieces("economic_quantity", input.economic_quantity.value_or(0)));
  return input.terms.has_value() ? CheckTerms(*input.terms) : absl::OkStatus();
}

// Whole pieces; what is above one by the last digits of a sum of doubles is not a piece more.
int64_t PiecesFor(double quantity) { return static_cast<int64_t>(std::ceil(quantity - 1e-6)); }

int64_t WholePacks(int64_t quantity, int64_t pack) { return (quantity + pack - 1) / pack * pack; }

void FindNeed(const ReplenishmentInput& input, Replenishment& result) {
  result.position = input.on_hand - input.reserved + input.incoming;
  result.target = PiecesFor(input.forecast_over_lead_time + input.forecast_over_review + input.safety_stock);
  result.need = std::max<int64_t>(0, result.target - result.position);
}

// Why there is a need, or nothing is bought although there is one.
void GiveReasons(const ReplenishmentInput& input, Replenishment& result) {
  if (result.need == 0) {
    const bool quiet = input.forecast_over_lead_time + input.forecast_over_review <= 0 && input.reserved == 0;
    result.reasons.push_back(quiet ? Reason::kNoDemand : Reason::kEnough);
    return;
  }
  const int64_t free = input.on_hand - input.reserved;
  if (free < 0) {
    result.reasons.push_back(Reason::kBackorders);
  } else if (free == 0) {
    result.reasons.push_back(Reason::kOutOfStock);
  } else if (static_cast<double>(free) < input.safety_stock) {
    result.reasons.push_back(Reason::kBelowSafety);
  }
  result.reasons.push_back(Reason::kBelowTarget);
  if (input.discontinued) result.reasons.push_back(Reason::kDiscontinued);
  if (!input.terms.has_value()) result.reasons.push_back(Reason::kNoSupplier);
}

void ApplyTerms(const ReplenishmentInput& input, Replenishment& result) {
  const SupplyTerms& terms = *input.terms;
  const auto step = [&result](int64_t before, int64_t after, Reason reason) {
    if (after != before) result.reasons.push_back(reason);
    return after;
  };
  const int64_t economic = PiecesFor(input.economic_quantity.value_or(0));
  result.after_economic = step(result.need, std::max(result.need, economic), Reason::kRaisedToEconomic);
  result.after_packs =
      step(result.after_economic, WholePacks(result.after_economic, terms.pack_size), Reason::kRoundedToPacks);
  const int64_t minimum = WholePacks(terms.minimum_quantity, terms.pack_size);
  result.after_minimum = step(result.after_packs, std::max(result.after_packs, minimum), Reason::kRaisedToMinimum);
  const int64_t maximum = terms.maximum_quantity.value_or(WholePacks(kMaxPieces, terms.pack_size));
  result.quantity =
      step(result.after_minimum, std::min(result.after_minimum, maximum / terms.pack_size * terms.pack_size),
           Reason::kCutToMaximum);
  result.packs = result.quantity / terms.pack_size;
}

}  // namespace

absl::string_view NameOf(ReplenishmentReason reason) {
  switch (reason) {
    case Reason::kEnough:
      return "ENOUGH";
    case Reason::kNoDemand:
      return "NO_DEMAND";
    case Reason::kDiscontinued:
      return "DISCONTINUED";
    case Reason::kNoSupplier:
      return "NO_SUPPLIER";
    case Reason::kBelowTarget:
      return "BELOW_TARGET";
    case Reason::kBelowSafety:
      return "BELOW_SAFETY";
    case Reason::kOutOfStock:
      return "OUT_OF_STOCK";
    case Reason::kBackorders:
      return "BACKORDERS";
    case Reason::kRaisedToEconomic:
      return "RAISED_TO_ECONOMIC_QUANTITY";
    case Reason::kRoundedToPacks:
      return "ROUNDED_TO_PACKS";
    case Reason::kRaisedToMinimum:
      return "RAISED_TO_MINIMUM";
    case Reason::kCutToMaximum:
      return "CUT_TO_MAXIMUM";
  }
  return "";
}

absl::StatusOr<Replenishment> SuggestReplenishment(const ReplenishmentInput& input) {
  RETURN_IF_ERROR(Check(input));
  Replenishment result;
  result.forecast_over_lead_time = input.forecast_over_lead_time;
  result.forecast_over_review = input.forecast_over_review;
  result.safety_stock = input.safety_stock;
  result.on_hand = input.on_hand;
  result.reserved = input.reserved;
  result.incoming = input.incoming;
  FindNeed(input, result);
  GiveReasons(input, result);
  if (input.terms.has_value()) result.unit_price_minor = input.terms->unit_price_minor;
  if (result.need == 0 || input.discontinued || !input.terms.has_value()) return result;
  ApplyTerms(input, result);
  if (__builtin_mul_overflow(result.quantity, result.unit_price_minor, &result.amount_minor)) {
    return absl::OutOfRangeError(
        absl::StrCat(result.quantity, " pieces at ", result.unit_price_minor, " are more money than fits"));
  }
  return result;
}

std::string Explain(const Replenishment& r) {
  std::vector<absl::string_view> reasons;
  for (const ReplenishmentReason reason : r.reasons) reasons.push_back(NameOf(reason));
  std::string text = absl::StrFormat(
      "forecast %.4g (lead time) + %.4g (review) + safety %.4g = target %d; on hand %d - reserved %d + incoming %d = "
      "position %d; need %d",
      r.forecast_over_lead_time, r.forecast_over_review, r.safety_stock, r.target, r.on_hand, r.reserved, r.incoming,
      r.position, r.need);
  if (r.quantity > 0) {
    absl::StrAppend(&text, "; buy ", r.quantity, " in ", r.packs, r.packs == 1 ? " pack" : " packs");
  }
  return absl::StrCat(text, " (", absl::StrJoin(reasons, ", "), ")");
}

}  // namespace storeops::inventory::planning
