#include "services/inventory/planning/method_choice.h"

#include <algorithm>
#include <cmath>

#include "services/inventory/planning/combination.h"
#include "services/inventory/planning/distributions.h"
#include "services/inventory/planning/plain_methods.h"
#include "services/inventory/planning/smoothing.h"
#include "services/inventory/planning/theta.h"

namespace storeops::inventory::planning {
namespace {

constexpr int64_t kMinKnownForMethod = 4;

// Errors of the naive method one period ahead.
struct Scale {
  double absolute = 0;
  double squared = 0;
};

Scale ScaleOf(Series history) {
  Scale scale;
  double count = 0, before = kMissing;
  for (const double value : history) {
    if (IsMissing(value)) continue;
    if (!IsMissing(before)) {
      scale.absolute += std::abs(value - before);
      scale.squared += (value - before) * (value - before);
      count += 1;
    }
    before = value;
  }
  const double mean = MomentsOf(history).mean;
  if (scale.absolute == 0) return {mean, mean * mean};
  return {scale.absolute / count, scale.squared / count};
}

std::optional<double> Ratio(double part, double whole) {
  if (whole <= 0) return std::nullopt;
  return part / whole;
}

// Sums over all origins for one method.
class ErrorSums {
 public:
  ErrorSums(Method method, int horizon) {
    errors_.method = method;
    errors_.residuals.resize(horizon);
  }

  void Add(const Forecast& forecast, Series actual) {
    double total = 0, known = 0;
    for (size_t i = 0; i < actual.size(); ++i) {
      if (IsMissing(actual[i])) continue;
      const double residual = actual[i] - forecast.At(static_cast<int>(i) + 1);
      errors_.residuals[i].push_back(residual);
      total += residual;
      known += 1;
      errors_.absolute += std::abs(residual);
      errors_.demand += actual[i];
      squared_ += residual * residual;
    }
    if (known == 0) return;
    errors_.excess -= total;
    errors_.periods += static_cast<int64_t>(known);
    squared_totals_ += total * total;
    totals_ += 1;
  }

  BackTestErrors Finish(const Scale& scale) {
    if (errors_.periods == 0) return std::move(errors_);
    const auto periods = static_cast<double>(errors_.periods);
    errors_.mean_squared = squared_ / periods;
    errors_.mean_squared_total = squared_totals_ / totals_;
    errors_.mase = Ratio(errors_.absolute / periods, scale.absolute);
    errors_.rmsse = Ratio(errors_.mean_squared, scale.squared);
    if (errors_.rmsse.has_value()) errors_.rmsse = std::sqrt(*errors_.rmsse);
    errors_.wape = Ratio(errors_.absolute, errors_.demand);
    errors_.bias = Ratio(errors_.excess, errors_.demand);
    return std::move(errors_);
  }

 private:
  BackTestErrors errors_;
  double squared_ = 0;
  double squared_totals_ = 0, totals_ = 0;
};

Method WithoutHistory(Series series, DemandClass demand_class) {
  if (MomentsOf(series).count < kMinKnownForMethod) return Method::kMean;
  const bool often = demand_class == DemandClass::kSmooth || demand_class == DemandClass::kErratic;
  return often ? Method::kExponentialSmoothing : Method::kSyntetosBoylan;
}

// The naive methods are there to compare with. Only where there is a season to repeat may one be taken.
bool IsOnlyCompared(Method method, bool seasonal) {
  return method == Method::kNaive || (method == Method::kSeasonalNaive && !seasonal);
}

int BestOf(const std::vector<BackTestErrors>& tried, const BackTestOptions& options, bool seasonal) {
  const auto error = [&tried](size_t i) { return tried[i].mean_squared; };
  size_t usual = 0, best = 0;
  for (size_t i = 0; i < tried.size(); ++i) {
    if (IsOnlyCompared(tried[i].method, seasonal)) continue;
    if (tried[i].method == Method::kCombination) usual = i;
    if (error(i) < error(best)) best = i;
  }
  const size_t taken = error(best) < error(usual) * (1 - options.clearly_better) ? best : usual;
  for (size_t i = 0; i < taken; ++i) {
    if (IsOnlyCompared(tried[i].method, seasonal)) continue;
    // Better than the usual method, but not clearly, is no reason.
    if (std::abs(error(i) - error(taken)) <= error(taken) * options.as_good) return static_cast<int>(i);
  }
  return static_cast<int>(taken);
}

}  // namespace

Forecast Fit(Method method, Series series, int season_periods) {
  switch (method) {
    case Method::kMean:
      return MeanForecast(series);
    case Method::kNaive:
      return NaiveForecast(series);
    case Method::kSeasonalNaive:
      return SeasonalNaiveForecast(series, season_periods);
    case Method::kExponentialSmoothing:
      return FitExponentialSmoothing(series);
    case Method::kCroston:
    case Method::kSyntetosBoylan:
      return FitCroston(series, method);
    case Method::kTeunterSyntetosBabai:
      return FitTsb(series);
    case Method::kTheta:
      return FitTheta(series);
    case Method::kCombination:
      return FitCombination(series);
    case Method::kHolt:
      return FitHolt(series, /*damped=*/false);
    case Method::kDampedHolt:
      return FitHolt(series, /*damped=*/true);
    case Method::kHoltWinters:
      return SupportsSeason(series, season_periods) ? FitHoltWinters(series, season_periods)
                                                    : FitExponentialSmoothing(series);
  }
  return {};
}

std::vector<Method> CandidatesFor(DemandClass demand_class, Series series, int season_periods) {
  if (demand_class == DemandClass::kNone) return {Method::kMean, Method::kSeasonalNaive};
  std::vector<Method> methods = {Method::kMean, Method::kNaive, Method::kSeasonalNaive, Method::kExponentialSmoothing};
  const auto add = [&methods](std::initializer_list<Method> more) { methods.insert(methods.end(), more); };
  const bool often = demand_class == DemandClass::kSmooth || demand_class == DemandClass::kErratic;
  if (!often) add({Method::kCroston, Method::kSyntetosBoylan});
  add({Method::kTeunterSyntetosBabai, Method::kTheta, Method::kCombination});
  if (often) add({Method::kHolt, Method::kDampedHolt});
  if (SupportsSeason(series, season_periods)) add({Method::kHoltWinters});
  return methods;
}

std::vector<BackTestErrors> BackTest(Series series, absl::Span<const Method> methods, const BackTestOptions& options) {
  const auto size = static_cast<int>(series.size());
  std::vector<int> origins;  // periods known at each, the newest first
  for (int i = 0; i < options.origins; ++i) {
    const int known = size - options.horizon - i * options.step;
    if (known < options.min_history) break;
    origins.push_back(known);
  }
  if (origins.empty()) return {};
  const Scale scale = ScaleOf(series.subspan(0, origins.back()));
  std::vector<BackTestErrors> tried;
  for (const Method method : methods) {
    ErrorSums sums(method, options.horizon);
    for (auto known = origins.rbegin(); known != origins.rend(); ++known) {
      sums.Add(Fit(method, series.subspan(0, *known), options.season_periods), series.subspan(*known, options.horizon));
    }
    tried.push_back(sums.Finish(scale));
  }
  // Nothing known at any origin tells nothing.
  if (!tried.empty() && tried.front().periods == 0) tried.clear();
  return tried;
}

const BackTestErrors* MethodChoice::ErrorsOf(Method method) const {
  const auto found = std::find_if(tried.begin(), tried.end(), [method](const auto& e) { return e.method == method; });
  return found == tried.end() ? nullptr : &*found;
}

double MethodChoice::VarianceOver(double periods) const {
  const double variance = forecast.VarianceOver(periods);
  if (errors() == nullptr) return variance;
  const double expected = forecast.VarianceOver(horizon);
  if (expected <= 0) return errors()->mean_squared_total * periods / horizon;
  return variance * std::max(1.0, errors()->mean_squared_total / expected);
}

Interval MethodChoice::IntervalAt(int step, double coverage) const {
  const double expected = forecast.At(step), tail = (1 - coverage) / 2;
  if (errors() != nullptr && step <= horizon) {
    const std::vector<double>& residuals = errors()->residuals[step - 1];
    if (static_cast<double>(residuals.size()) * (1 - coverage) >= 1 - 1e-9) {
      return {std::max(0.0, expected + QuantileOf(residuals, tail)),
              std::max(0.0, expected + QuantileOf(residuals, 1 - tail))};
    }
  }
  const double reach = NormalQuantile(1 - tail) * std::sqrt(forecast.VarianceAt(step));
  return {std::max(0.0, expected - reach), expected + reach};
}

MethodChoice ChooseMethod(Series series, const BackTestOptions& options) {
  MethodChoice choice;
  choice.pattern = PatternOf(series);
  choice.horizon = options.horizon;
  choice.tried = BackTest(series, CandidatesFor(choice.pattern.demand_class, series, options.season_periods), options);
  Method method = WithoutHistory(series, choice.pattern.demand_class);
  if (!choice.tried.empty()) {
    choice.chosen = BestOf(choice.tried, options, SupportsSeason(series, options.season_periods));
    method = choice.tried[choice.chosen].method;
  }
  choice.forecast = Fit(method, series, options.season_periods);
  return choice;
}

}  // namespace storeops::inventory::planning
