#include "services/inventory/planning/intermittent.h"

#include <algorithm>

#include "services/inventory/planning/grid_search.h"

namespace storeops::inventory::planning {
namespace {

constexpr double kIntermittentAlphas[] = {0.02, 0.05, 0.1, 0.2, 0.3, 0.5};
constexpr int kStartDemands = 10;
constexpr double kIntervalCut = 1.32;
constexpr double kSquaredCvCut = 0.49;

struct Rate {
  double rate = 0;
  double carried = 0;
  double squares = 0;
  int64_t count = 0;
};

Rate RunCroston(Series series, double alpha, CrostonStart state, double correction) {
  Rate result;
  double since = 1;  // periods from the demand before to this one
  for (const double value : series) {
    if (IsMissing(value)) continue;
    const double error = value - correction * state.size / state.interval;
    result.squares += error * error;
    ++result.count;
    if (value > 0) {
      state.size += alpha * (value - state.size);
      state.interval += alpha * (since - state.interval);
      since = 0;
    }
    since += 1;
  }
  result.rate = correction * state.size / state.interval;
  return result;
}

Rate RunTsb(Series series, double alpha, double beta, TsbStart state) {
  Rate result;
  for (const double value : series) {
    if (IsMissing(value)) continue;
    const double error = value - state.size * state.probability;
    result.squares += error * error;
    ++result.count;
    if (value > 0) state.size += alpha * (value - state.size);
    state.probability += beta * ((value > 0 ? 1 : 0) - state.probability);
  }
  result.rate = state.size * state.probability;
  // Of an item that sells in every period an error stays by alpha in the size, of one that hardly ever does by beta in
  // the probability.
  result.carried = alpha * state.probability + beta * (1 - state.probability);
  return result;
}

Forecast Flat(Method method, const Rate& rate, double alpha, double beta) {
  Forecast forecast;
  forecast.method = method;
  forecast.level = rate.rate;
  forecast.carried = rate.carried;
  forecast.alpha = alpha;
  forecast.beta = beta;
  forecast.errors = rate.count;
  if (rate.count > 0) forecast.error_variance = rate.squares / static_cast<double>(rate.count);
  return forecast;
}

double CorrectionOf(Method method, double alpha) { return method == Method::kSyntetosBoylan ? 1 - alpha / 2 : 1; }

// Means over the first demands: their size, the periods up to each of them.
struct FirstDemands {
  double size = 0;
  double interval = 1;
};
FirstDemands MeansOf(Series series) {
  double demands = 0, pieces = 0, periods = 0, until_last = 0;
  for (const double value : series) {
    if (IsMissing(value)) continue;
    periods += 1;
    if (value <= 0) continue;
    demands += 1;
    pieces += value;
    until_last = periods;
    if (demands == kStartDemands) break;
  }
  if (demands == 0) return {};
  // After a single demand nothing is known of the interval but what has passed since.
  return {pieces / demands, demands == 1 ? periods : until_last / demands};
}

}  // namespace

Forecast CrostonWith(Series series, double alpha, const CrostonStart& start, Method method) {
  return Flat(method, RunCroston(series, alpha, start, CorrectionOf(method, alpha)), alpha, 0);
}

Forecast FitCroston(Series series, Method method) {
  const FirstDemands first = MeansOf(series);
  const CrostonStart start{first.size, first.interval};
  const auto least = FindLeast<1>({Axis(kIntermittentAlphas)}, [&](const std::array<double, 1>& at) {
    return RunCroston(series, at[0], start, CorrectionOf(method, at[0])).squares;
  });
  return CrostonWith(series, least.at[0], start, method);
}

Forecast TsbWith(Series series, double alpha, double beta, const TsbStart& start) {
  return Flat(Method::kTeunterSyntetosBabai, RunTsb(series, alpha, beta, start), alpha, beta);
}

Forecast FitTsb(Series series) {
  const FirstDemands first = MeansOf(series);
  const TsbStart start{first.size, first.size > 0 ? 1 / first.interval : 0};
  const auto least =
      FindLeast<2>({Axis(kIntermittentAlphas), Axis(kIntermittentAlphas)},
                   [&](const std::array<double, 2>& at) { return RunTsb(series, at[0], at[1], start).squares; });
  return TsbWith(series, least.at[0], least.at[1], start);
}

absl::string_view NameOf(DemandClass demand_class) {
  switch (demand_class) {
    case DemandClass::kNone:
      return "none";
    case DemandClass::kSmooth:
      return "smooth";
    case DemandClass::kErratic:
      return "erratic";
    case DemandClass::kIntermittent:
      return "intermittent";
    case DemandClass::kLumpy:
      return "lumpy";
  }
  return "";
}

DemandPattern PatternOf(Series series) {
  std::vector<double> sizes;
  double periods = 0;
  for (const double value : series) {
    periods += IsMissing(value) ? 0 : 1;
    if (value > 0) sizes.push_back(value);
  }
  if (sizes.empty()) return {};
  DemandPattern pattern;
  const Moments moments = MomentsOf(sizes);
  pattern.interval = periods / static_cast<double>(sizes.size());
  pattern.squared_cv = moments.variance / (moments.mean * moments.mean);
  const bool often = pattern.interval < kIntervalCut, even = pattern.squared_cv < kSquaredCvCut;
  pattern.demand_class = often ? (even ? DemandClass::kSmooth : DemandClass::kErratic)
                               : (even ? DemandClass::kIntermittent : DemandClass::kLumpy);
  return pattern;
}

}  // namespace storeops::inventory::planning
