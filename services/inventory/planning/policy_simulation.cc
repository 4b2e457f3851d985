#include "services/inventory/planning/policy_simulation.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <utility>

#include "common/base/status_macros.h"
#include "services/inventory/planning/reorder_policy.h"

namespace storeops::inventory::planning {
namespace {

constexpr double kPlainCover = 1.5;
constexpr double kMaxTrialCover = 10;
constexpr double kTrialStep = 0.025;

absl::Status Check(Series path, const SimulationOptions& options) {
  if (path.empty() || path.size() > static_cast<size_t>(kMaxSimulatedPeriods)) {
    return absl::InvalidArgumentError("a path has 1 to 3660 periods");
  }
  if (std::any_of(path.begin(), path.end(), [](double demand) { return !(demand >= 0); })) {
    return absl::InvalidArgumentError("a path has no missing or negative demand");
  }
  const auto& leads = options.lead_time_periods;
  if (options.review_periods < 1 || options.pack_size < 1 || options.minimum_quantity < 0 ||
      options.initial_stock < 0 || leads.empty() || *std::min_element(leads.begin(), leads.end()) < 0) {
    return absl::InvalidArgumentError("review and pack are at least 1, lead times, stock and minimum at least 0");
  }
  return absl::OkStatus();
}

class Shop {
 public:
  Shop(Series history, Series path, const PolicyRule& rule, const SimulationOptions& options)
      : path_(path),
        rule_(rule),
        options_(options),
        seen_(history.begin(), history.end()),
        stock_(static_cast<double>(options.initial_stock)) {
    const int longest = *std::max_element(options.lead_time_periods.begin(), options.lead_time_periods.end());
    arriving_.resize(path.size() + longest + 1);
  }

  SimulationResult Run() {
    for (size_t period = 0; period < path_.size(); ++period) {
      Arrive(period);
      if (period % options_.review_periods == 0 && Order(period)) Arrive(period);
      Serve(path_[period]);
    }
    EndCycle();
    if (result_.demand > 0) result_.fill_rate = result_.served / result_.demand;
    if (cycles_ > 0) result_.cycle_service = 1 - short_cycles_ / cycles_;
    result_.average_stock /= static_cast<double>(path_.size());
    return result_;
  }

 private:
  void Arrive(size_t period) {
    if (arriving_[period] == 0) return;
    EndCycle();
    in_cycle_ = false;
    double pieces = std::exchange(arriving_[period], 0);
    on_order_ -= pieces;
    const double owed = std::min(owed_, pieces);
    owed_ -= owed;
    stock_ += pieces - owed;
  }

  // True if it arrives at once.
  bool Order(size_t period) {
    const StockLevels levels = rule_(seen_);
    const double position = stock_ + on_order_ - owed_;
    if (position > static_cast<double>(levels.reorder_point)) return false;
    const auto wanted = static_cast<int64_t>(std::ceil(static_cast<double>(levels.order_up_to) - position - 1e-9));
    if (wanted <= 0) return false;
    const int64_t pack = options_.pack_size;
    const int64_t pieces = (std::max(wanted, options_.minimum_quantity) + pack - 1) / pack * pack;
    const auto& leads = options_.lead_time_periods;
    const int lead = leads[result_.orders % leads.size()];
    arriving_[period + lead] += static_cast<double>(pieces);
    on_order_ += static_cast<double>(pieces);
    ++result_.orders;
    result_.ordered_pieces += pieces;
    return lead == 0;
  }

  void Serve(double demand) {
    const double before = stock_;
    const double served = std::min(stock_, demand);
    stock_ -= served;
    const double missing = demand - served;
    if (options_.backorders) owed_ += missing;
    const bool is_short = missing > 1e-9;
    See(served, is_short);
    in_cycle_ = true;
    cycle_short_ |= is_short;
    result_.periods_short += is_short ? 1 : 0;
    result_.demand += demand;
    result_.served += served;
    result_.average_stock += (before + stock_) / 2;
  }

  void See(double served, bool is_short) {
    const Moments before = MomentsOf(seen_);
    seen_.push_back(is_short && (before.count == 0 || served <= before.mean) ? kMissing : served);
  }

  void EndCycle() {
    if (!in_cycle_) return;
    cycles_ += 1;
    short_cycles_ += cycle_short_ ? 1 : 0;
    cycle_short_ = false;
  }

  const Series path_;
  const PolicyRule& rule_;
  const SimulationOptions& options_;
  std::vector<double> seen_;
  std::vector<double> arriving_;
  double stock_;
  double on_order_ = 0;
  double owed_ = 0;
  bool in_cycle_ = false;
  bool cycle_short_ = false;
  double cycles_ = 0;
  double short_cycles_ = 0;
  SimulationResult result_;
};

// Keeps the method between reviews.
class Suggested {
 public:
  explicit Suggested(const SuggestedRuleOptions& options) : options_(options) {}

  StockLevels Review(Series history) {
    if (reviews_++ % options_.choose_every == 0) {
      choice_ = ChooseMethod(history, options_.back_test);
    } else {
      choice_.forecast = Fit(choice_.forecast.method, history, options_.back_test.season_periods);
    }
    const double at_risk = options_.lead_time.mean + options_.review_periods;
    const double per_period = choice_.forecast.Over(at_risk) / at_risk;
    const double variance = choice_.VarianceOver(at_risk) + per_period * per_period * options_.lead_time.variance;
    const auto policy =
        MakePolicy(LeadTimeDemand::FromMoments(choice_.forecast.Over(at_risk), variance), per_period,
                   std::max(options_.review_periods, options_.order_periods), options_.target, std::nullopt);
    if (!policy.ok()) return {};
    // What sells between two reviews is in the reorder point already.
    const double on_top = per_period * std::max(0.0, options_.order_periods - options_.review_periods);
    return {policy->reorder_point, policy->order_up_to + static_cast<int64_t>(std::ceil(on_top))};
  }

 private:
  const SuggestedRuleOptions options_;
  MethodChoice choice_;
  int64_t reviews_ = 0;
};

double MeanLeadTime(const SimulationOptions& options) {
  double sum = 0;
  for (const int lead : options.lead_time_periods) sum += lead;
  return sum / static_cast<double>(options.lead_time_periods.size());
}

}  // namespace

absl::StatusOr<SimulationResult> Simulate(Series history, Series path, const PolicyRule& rule,
                                          const SimulationOptions& options) {
  RETURN_IF_ERROR(Check(path, options));
  return Shop(history, path, rule, options).Run();
}

std::vector<double> BootstrapDemand(Series history, int periods, int block_periods, uint64_t seed) {
  std::vector<double> known;
  std::copy_if(history.begin(), history.end(), std::back_inserter(known),
               [](double value) { return !IsMissing(value); });
  std::vector<double> path;
  if (known.empty() || periods <= 0) return path;
  const size_t block = std::clamp<size_t>(std::max(block_periods, 1), 1, known.size());
  std::mt19937_64 random(seed);  // its numbers are fixed by the standard, those of the distributions are not
  while (path.size() < static_cast<size_t>(periods)) {
    const size_t from = random() % (known.size() - block + 1);
    const size_t wanted = std::min(block, static_cast<size_t>(periods) - path.size());
    path.insert(path.end(), known.begin() + from, known.begin() + from + wanted);
  }
  return path;
}

PolicyRule MinMaxRule(const StockLevels& levels) {
  return [levels](Series) { return levels; };
}

StockLevels PlainMinMax(Series history, double lead_time_periods, double review_periods, double cover,
                        double order_periods) {
  const double mean = MomentsOf(history).mean;
  const auto min = static_cast<int64_t>(std::ceil(mean * (lead_time_periods + review_periods) * cover));
  return {min, min + std::max<int64_t>(1, static_cast<int64_t>(std::ceil(mean * order_periods)))};
}

PolicyRule SuggestedRule(const SuggestedRuleOptions& options) {
  auto rule = std::make_shared<Suggested>(options);
  return [rule](Series history) { return rule->Review(history); };
}

absl::StatusOr<PolicyComparison> ComparePolicies(Series history, Series path, const SuggestedRuleOptions& suggested,
                                                 const SimulationOptions& options,
                                                 absl::FunctionRef<absl::Status()> check) {
  PolicyComparison comparison;
  ASSIGN_OR_RETURN(comparison.suggested, Simulate(history, path, SuggestedRule(suggested), options));
  const auto plain = [&](double cover) {
    return Simulate(
        history, path,
        MinMaxRule(PlainMinMax(history, MeanLeadTime(options), options.review_periods, cover, suggested.order_periods)),
        options);
  };
  ASSIGN_OR_RETURN(comparison.min_max, plain(kPlainCover));
  for (int step = 1; step * kTrialStep <= kMaxTrialCover; ++step) {
    RETURN_IF_ERROR(check());
    ASSIGN_OR_RETURN(comparison.min_max_as_good, plain(step * kTrialStep));
    if (comparison.min_max_as_good.served < comparison.suggested.served) continue;
    comparison.cover_as_good = step * kTrialStep;
    break;
  }
  return comparison;
}

}  // namespace storeops::inventory::planning
