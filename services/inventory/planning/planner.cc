#include "services/inventory/planning/planner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "services/inventory/planning/distributions.h"
#include "services/inventory/planning/reorder_policy.h"

namespace storeops::inventory::planning {
namespace {

constexpr int kWeeksOfYear = 52;
constexpr int64_t kMaxDaysAhead = 3650;

double Pieces(double pieces) { return std::clamp(pieces, 0.0, static_cast<double>(kMaxPieces)); }

class Planner {
 public:
  Planner(const MethodChoice& choice, const PlanInput& input) : choice_(choice), input_(input), rules_(input.rules) {}

  absl::StatusOr<PlannedItem> Plan() {
    FindTimes();
    RETURN_IF_ERROR(FindPolicy());
    RETURN_IF_ERROR(Suggest());
    FindAlerts();
    item_.urgency = UrgencyNow();
    FindOrderDay();
    item_.explanation = Tell();
    return std::move(item_);
  }

 private:
  void FindTimes() {
    item_.today = input_.today;
    LeadTimePrior prior;
    SeenLeadTimes seen;
    if (input_.offer.has_value()) {
      prior.stated_days = input_.offer->stated_lead_days;
      seen = input_.offer->seen;
    }
    item_.lead_time = LearnFromSeen(seen, prior);
    item_.expected = input_.today + static_cast<int64_t>(std::ceil(item_.lead_time.mean_days - 1e-9));
    const double period = input_.period_days;
    lead_ = item_.lead_time.InPeriods(period);
    review_ = rules_.continuous ? 0 : rules_.review_days / period;
    order_ = rules_.order_days / period;
    at_risk_ = lead_.mean + review_;
    expected_ = choice_.forecast.Over(at_risk_);
    per_period_ = at_risk_ > 0 ? expected_ / at_risk_ : choice_.forecast.At(1);
    item_.demand_per_day = per_period_ / period;
  }

  std::optional<double> Economic() const {
    if (!input_.offer.has_value() || !rules_.order_cost_minor.has_value() || !rules_.holding_share.has_value()) {
      return std::nullopt;
    }
    const double holding =
        *rules_.holding_share * static_cast<double>(input_.offer->price_minor) * input_.period_days / kDaysOfYear;
    return EconomicOrderQuantity(per_period_, {*rules_.order_cost_minor, holding});
  }

  absl::Status FindPolicy() {
    const double variance = choice_.VarianceOver(at_risk_) + per_period_ * per_period_ * lead_.variance;
    quantity_ = std::max({1.0, per_period_ * review_, per_period_ * order_, Economic().value_or(0)});
    ASSIGN_OR_RETURN(const SafetyStock safety,
                     SafetyStockFor(LeadTimeDemand::FromMoments(expected_, variance), rules_.target, quantity_));
    safety_ = std::max(safety.safety, static_cast<double>(input_.stated_safety_stock));
    return absl::OkStatus();
  }

  absl::Status Suggest() {
    ReplenishmentInput wanted;
    wanted.forecast_over_lead_time = Pieces(choice_.forecast.Over(lead_.mean));
    wanted.forecast_over_review = Pieces(expected_ - wanted.forecast_over_lead_time);
    wanted.safety_stock = Pieces(safety_);
    wanted.on_hand = input_.on_hand;
    wanted.reserved = input_.reserved;
    wanted.incoming = input_.incoming + input_.drafted;
    // What sells between two reviews is in the target already.
    if (quantity_ > std::max(1.0, per_period_ * review_)) wanted.economic_quantity = Pieces(quantity_);
    wanted.discontinued = rules_.discontinued;
    if (input_.offer.has_value()) {
      const int64_t pack = std::max<int64_t>(1, input_.offer->pack_size);
      wanted.terms = SupplyTerms{input_.offer->minimum_quantity, pack, std::nullopt, input_.offer->price_minor};
      // Less than a pack cannot be bought.
      if (rules_.maximum_quantity.has_value())
        wanted.terms->maximum_quantity = std::max(*rules_.maximum_quantity, pack);
    }
    auto suggested = SuggestReplenishment(wanted);
    if (absl::IsOutOfRange(suggested.status())) {
      // More money than there is a number for: nobody sells it at that price.
      wanted.terms.reset();
      suggested = SuggestReplenishment(wanted);
    }
    ASSIGN_OR_RETURN(item_.replenishment, std::move(suggested));
    item_.reorder_point = static_cast<int64_t>(std::ceil(wanted.forecast_over_lead_time + wanted.safety_stock - 1e-6));
    return absl::OkStatus();
  }

  void FindAlerts() {
    StockFacts facts;
    facts.today = input_.today;
    facts.on_hand = input_.on_hand;
    facts.reserved = input_.reserved;
    facts.incoming = input_.incoming;
    facts.next_arrival = input_.next_arrival;
    facts.safety_stock = static_cast<int64_t>(std::ceil(Pieces(safety_) - 1e-6));
    facts.demand_per_day = item_.demand_per_day;
    facts.lead_time_days = item_.lead_time.mean_days;
    facts.last_sale = input_.last_sale;
    facts.first_received = input_.first_received;
    facts.lots = input_.lots;
    item_.alerts = FindStockAlerts(facts, rules_.alerts);
    item_.days_of_cover = DaysOfCover(input_.on_hand - input_.reserved, item_.demand_per_day);
  }

  bool Has(AlertKind kind) const {
    return std::any_of(item_.alerts.begin(), item_.alerts.end(), [kind](const auto& a) { return a.kind == kind; });
  }

  Urgency UrgencyNow() const {
    if (Has(AlertKind::kOutOfStock)) return Urgency::kCritical;
    if (Has(AlertKind::kStockOutSoon) || Has(AlertKind::kBelowSafety)) return Urgency::kUrgent;
    return item_.replenishment.position <= item_.reorder_point ? Urgency::kDue : Urgency::kLater;
  }

  void FindOrderDay() {
    item_.order_by = input_.today;
    const int64_t above = item_.replenishment.position - item_.reorder_point;
    if (above <= 0) return;
    const double days = item_.demand_per_day > 0 ? static_cast<double>(above) / item_.demand_per_day
                                                 : static_cast<double>(kMaxDaysAhead);
    item_.order_by += static_cast<int64_t>(std::min(days, static_cast<double>(kMaxDaysAhead)));
  }

  std::string Tell() const {
    std::string text = Explain(item_.replenishment);
    if (input_.drafted > 0) absl::StrAppend(&text, "; of incoming ", input_.drafted, " are in drafts");
    absl::StrAppendFormat(&text, "; lead time %.1f days (%d receipts), %s service %.4g%%", item_.lead_time.mean_days,
                          item_.lead_time.receipts,
                          rules_.target.measure == ServiceMeasure::kFillRate ? "fill rate" : "cycle",
                          rules_.target.level * 100);
    return text;
  }

  const MethodChoice& choice_;
  const PlanInput& input_;
  const PlanningRules& rules_;
  PlannedItem item_;
  // In periods.
  MeanAndVariance lead_;
  double review_ = 0;
  double order_ = 0;
  double at_risk_ = 0;
  // Pieces.
  double expected_ = 0;
  double per_period_ = 0;
  double quantity_ = 0;
  double safety_ = 0;
};

}  // namespace

BackTestOptions BackTestFor(int period_days) {
  BackTestOptions options;
  options.season_periods = period_days == 1 ? 7 : kWeeksOfYear;
  if (period_days != 1) return options;
  options.horizon = 14;
  options.step = 7;
  options.min_history = 28;
  options.clearly_better = 0.1;  // there are more periods to judge by
  return options;
}

absl::StatusOr<PlannedItem> PlanItem(const MethodChoice& choice, const PlanInput& input) {
  return Planner(choice, input).Plan();
}

}  // namespace storeops::inventory::planning
