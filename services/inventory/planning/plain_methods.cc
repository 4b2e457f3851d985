#include "services/inventory/planning/plain_methods.h"

namespace storeops::inventory::planning {
namespace {

class ErrorSum {
 public:
  void Add(double error) {
    squares_ += error * error;
    ++count_;
  }
  int64_t count() const { return count_; }
  void Put(Forecast& forecast) const {
    forecast.errors = count_;
    if (count_ > 0) forecast.error_variance = squares_ / static_cast<double>(count_);
  }

 private:
  double squares_ = 0;
  int64_t count_ = 0;
};

}  // namespace

Forecast MeanForecast(Series series) {
  Forecast forecast;
  forecast.method = Method::kMean;
  ErrorSum errors;
  double count = 0;
  for (const double value : series) {
    if (IsMissing(value)) continue;
    if (count > 0) errors.Add(value - forecast.level);
    count += 1;
    forecast.level += (value - forecast.level) / count;
  }
  errors.Put(forecast);
  return forecast;
}

Forecast NaiveForecast(Series series) {
  Forecast forecast;
  forecast.method = Method::kNaive;
  ErrorSum errors;
  bool known = false;
  for (const double value : series) {
    if (IsMissing(value)) continue;
    if (known) errors.Add(value - forecast.level);
    known = true;
    forecast.level = value;
  }
  errors.Put(forecast);
  return forecast;
}

Forecast SeasonalNaiveForecast(Series series, int season_periods) {
  Forecast forecast = NaiveForecast(series);
  forecast.method = Method::kSeasonalNaive;
  if (season_periods < 2 || series.size() < static_cast<size_t>(season_periods)) return forecast;
  const double last = forecast.level;
  forecast.level = 0;
  forecast.season.assign(season_periods, kMissing);
  ErrorSum errors;
  size_t place = 0;
  for (const double value : series) {
    double& season = forecast.season[place];
    if (!IsMissing(value)) {
      if (!IsMissing(season)) errors.Add(value - season);
      season = value;
    }
    if (++place == forecast.season.size()) place = 0;
  }
  std::vector<double> turned;
  for (size_t i = 0; i < forecast.season.size(); ++i) {
    const double value = forecast.season[(place + i) % forecast.season.size()];
    turned.push_back(IsMissing(value) ? last : value);
  }
  forecast.season = std::move(turned);
  // In its first cycle it has not been wrong yet: the naive method's errors stand in.
  if (errors.count() > 0) errors.Put(forecast);
  return forecast;
}

}  // namespace storeops::inventory::planning
