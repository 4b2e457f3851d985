#include "services/inventory/planning/forecast.h"

#include <algorithm>
#include <cmath>

namespace storeops::inventory::planning {
namespace {

// d + d^2 + ... + d^steps
double DampedSteps(double damping, int steps) {
  if (damping == 1) return steps;
  return damping * (1 - std::pow(damping, steps)) / (1 - damping);
}

// The whole periods and what is left behind them.
template <class At>
double Sum(double periods, const At& at) {
  const double whole = std::floor(periods);
  double sum = 0;
  for (int step = 1; step <= static_cast<int>(whole); ++step) sum += at(step);
  return periods > whole ? sum + (periods - whole) * at(static_cast<int>(whole) + 1) : sum;
}

}  // namespace

absl::string_view NameOf(Method method) {
  switch (method) {
    case Method::kMean:
      return "mean";
    case Method::kNaive:
      return "naive";
    case Method::kSeasonalNaive:
      return "seasonal naive";
    case Method::kExponentialSmoothing:
      return "exponential smoothing";
    case Method::kCroston:
      return "Croston";
    case Method::kSyntetosBoylan:
      return "SBA";
    case Method::kTeunterSyntetosBabai:
      return "TSB";
    case Method::kTheta:
      return "Theta";
    case Method::kCombination:
      return "Theta and TSB";
    case Method::kHolt:
      return "Holt";
    case Method::kDampedHolt:
      return "damped Holt";
    case Method::kHoltWinters:
      return "Holt-Winters";
  }
  return "";
}

double Forecast::Raw(int step) const {
  const double seasonal = season.empty() ? 0 : season[(step - 1) % season.size()];
  return level + trend * DampedSteps(damping, step) + seasonal;
}

double Forecast::At(int step) const { return std::max(0.0, Raw(step)); }

double Forecast::Over(double periods) const {
  return Sum(periods, [this](int step) { return At(step); });
}

double Forecast::Response(int lag) const {
  switch (method) {
    case Method::kNaive:
      return 1;
    case Method::kSeasonalNaive:
      return !season.empty() && lag % season.size() == 0 ? 1 : 0;
    case Method::kMean:
    case Method::kCroston:
    case Method::kSyntetosBoylan:
      return 0;
    case Method::kTeunterSyntetosBabai:
    case Method::kTheta:
    case Method::kCombination:
      return carried;
    case Method::kExponentialSmoothing:
    case Method::kHolt:
    case Method::kDampedHolt:
    case Method::kHoltWinters:
      break;
  }
  const double seasonal = !season.empty() && lag % season.size() == 0 ? gamma : 0;
  return alpha + alpha * beta * DampedSteps(damping, lag) + seasonal;
}

double Forecast::VarianceAt(int step) const {
  double factor = 1;
  for (int lag = 1; lag < step; ++lag) factor += Response(lag) * Response(lag);
  return error_variance * factor;
}

double Forecast::VarianceOver(double periods) const {
  // The error of each period counts in that period and in what it adds to all later ones.
  const auto over = [this](int whole) {
    double factor = 0, later = 1;
    for (int lag = 0; lag < whole; ++lag) {
      if (lag > 0) later += Response(lag);
      factor += later * later;
    }
    return factor;
  };
  const auto whole = static_cast<int>(periods);
  const double factor = over(whole);
  const double part = periods - whole;
  return error_variance * (part > 0 ? factor + part * (over(whole + 1) - factor) : factor);
}

}  // namespace storeops::inventory::planning
