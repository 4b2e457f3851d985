#include "services/inventory/planning/smoothing.h"

#include <algorithm>
#include <numeric>

#include "services/inventory/planning/grid_search.h"

namespace storeops::inventory::planning {
namespace {

constexpr double kAlphas[] = {0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.98};
constexpr double kTrendAlphas[] = {0.02, 0.1, 0.2, 0.4, 0.7, 0.98};
constexpr double kBetas[] = {0.01, 0.1, 0.3, 0.6};
constexpr double kDampings[] = {0.8, 0.9, 0.98};
constexpr double kSeasonAlphas[] = {0.02, 0.1, 0.3, 0.7};
constexpr double kSeasonBetas[] = {0.01, 0.2};
constexpr double kGammas[] = {0, 0.1, 0.3, 0.6};
constexpr int64_t kStartPeriods = 10;

struct Errors {
  double squares = 0;
  int64_t count = 0;
};

// The recursion itself. `season` is changed in place and turns with the periods.
struct State {
  double level;
  double trend;
  std::vector<double> season;
};

Errors Run(Series series, const SmoothingConstants& constants, State& state) {
  Errors errors;
  size_t place = 0;
  const double trend_gain = constants.alpha * constants.beta;
  for (const double value : series) {
    const double trend = constants.damping * state.trend;
    const double level = state.level + trend;
    double* const season = state.season.empty() ? nullptr : &state.season[place];
    const double error = IsMissing(value) ? 0 : value - level - (season != nullptr ? *season : 0);
    state.level = level + constants.alpha * error;
    state.trend = trend + trend_gain * error;
    if (season != nullptr) {
      *season += constants.gamma * error;
      if (++place == state.season.size()) place = 0;
    }
    if (IsMissing(value)) continue;
    errors.squares += error * error;
    ++errors.count;
  }
  return errors;
}

Series FirstKnown(Series series, int64_t wanted) {
  size_t size = 0;
  for (int64_t known = 0; size < series.size() && known < wanted; ++size) known += IsMissing(series[size]) ? 0 : 1;
  return series.subspan(0, size);
}

// The trend from the places known in both cycles; the season from what is left without it.
SmoothingStart SeasonStart(Series series, int season_periods) {
  double growth = 0, pairs = 0;
  for (int place = 0; place < season_periods; ++place) {
    const double step = series[place + season_periods] - series[place];
    if (IsMissing(step)) continue;
    growth += step;
    pairs += 1;
  }
  SmoothingStart start;
  if (pairs > 0) start.trend = growth / pairs / season_periods;
  start.season.resize(season_periods);
  for (int place = 0; place < season_periods; ++place) {
    const double once[] = {series[place] - start.trend * (place + 1),
                           series[place + season_periods] - start.trend * (place + season_periods + 1)};
    start.season[place] = MomentsOf(once).mean;
  }
  start.level = std::accumulate(start.season.begin(), start.season.end(), 0.0) / season_periods;
  for (double& value : start.season) value -= start.level;
  return start;
}

}  // namespace

Forecast Smooth(Series series, const SmoothingConstants& constants, const SmoothingStart& start, Method method) {
  State state{start.level, start.trend, start.season};
  const Errors errors = Run(series, constants, state);
  Forecast forecast;
  forecast.method = method;
  forecast.level = state.level;
  forecast.trend = state.trend;
  forecast.damping = constants.damping;
  forecast.season = std::move(state.season);
  if (!forecast.season.empty()) {
    const auto next = static_cast<int64_t>(series.size() % forecast.season.size());
    std::rotate(forecast.season.begin(), forecast.season.begin() + next, forecast.season.end());
  }
  forecast.alpha = constants.alpha;
  forecast.beta = constants.beta;
  forecast.gamma = constants.gamma;
  forecast.errors = errors.count;
  if (errors.count > 0) forecast.error_variance = errors.squares / static_cast<double>(errors.count);
  return forecast;
}

Forecast FitExponentialSmoothing(Series series) {
  const double start = MomentsOf(FirstKnown(series, kStartPeriods)).mean;
  State state{start, 0, {}};
  const auto least = FindLeast<1>({Axis(kAlphas)}, [&](const std::array<double, 1>& at) {
    state.level = start;
    return Run(series, {.alpha = at[0]}, state).squares;
  });
  return Smooth(series, {.alpha = least.at[0]}, {start, 0, {}}, Method::kExponentialSmoothing);
}

Forecast FitHolt(Series series, bool damped) {
  const Line line = LineThrough(FirstKnown(series, kStartPeriods));
  constexpr double kUndamped[] = {1};
  const Axis dampings = damped ? Axis(kDampings) : Axis(kUndamped);
  State state{0, 0, {}};
  const auto least = FindLeast<3>({Axis(kTrendAlphas), Axis(kBetas), dampings}, [&](const std::array<double, 3>& at) {
    state.level = line.level;
    state.trend = line.slope;
    return Run(series, {.alpha = at[0], .beta = at[1], .damping = at[2]}, state).squares;
  });
  return Smooth(series, {.alpha = least.at[0], .beta = least.at[1], .damping = least.at[2]},
                {line.level, line.slope, {}}, damped ? Method::kDampedHolt : Method::kHolt);
}

bool SupportsSeason(Series series, int season_periods) {
  if (season_periods < 2 || series.size() < 2 * static_cast<size_t>(season_periods)) return false;
  for (int place = 0; place < season_periods; ++place) {
    if (IsMissing(series[place]) && IsMissing(series[place + season_periods])) return false;
  }
  return true;
}

Forecast FitHoltWinters(Series series, int season_periods) {
  const SmoothingStart start = SeasonStart(series, season_periods);
  State state{0, 0, start.season};
  const auto least =
      FindLeast<3>({Axis(kSeasonAlphas), Axis(kSeasonBetas), Axis(kGammas)}, [&](const std::array<double, 3>& at) {
        state.level = start.level;
        state.trend = start.trend;
        std::copy(start.season.begin(), start.season.end(), state.season.begin());
        return Run(series, {.alpha = at[0], .beta = at[1], .gamma = at[2]}, state).squares;
      });
  return Smooth(series, {.alpha = least.at[0], .beta = least.at[1], .gamma = least.at[2]}, start, Method::kHoltWinters);
}

}  // namespace storeops::inventory::planning
