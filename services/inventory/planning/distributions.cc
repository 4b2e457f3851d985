#include "services/inventory/planning/distributions.h"

#include <algorithm>
#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <cmath>
#include <numeric>

namespace storeops::inventory::planning {
namespace {

// Nothing is thrown: arguments are kept within the domain, and what overflows is infinite.
namespace policies = boost::math::policies;
using Quiet =
    policies::policy<policies::domain_error<policies::ignore_error>, policies::pole_error<policies::ignore_error>,
                     policies::overflow_error<policies::ignore_error>,
                     policies::evaluation_error<policies::ignore_error>>;
using Normal = boost::math::normal_distribution<double, Quiet>;
using Poisson = boost::math::poisson_distribution<double, Quiet>;
using NegativeBinomial = boost::math::negative_binomial_distribution<double, Quiet>;

constexpr double kMaxStock = 1e9;
constexpr double kLossReach = 8;
constexpr double kFarFromNone = 2;  // standard deviations

// More than `stock` under a distribution of whole numbers.
template <class Distribution>
double Above(const Distribution& distribution, double stock) {
  return stock < 0 ? 1 : boost::math::cdf(boost::math::complement(distribution, std::floor(stock)));
}

// The least whole number that passes, if larger ones pass too.
template <class Passes>
int64_t LeastWhole(double guess, const Passes& passes) {
  int64_t low = -1, high = std::max<int64_t>(1, static_cast<int64_t>(std::min(guess, kMaxStock)));
  while (high < kMaxStock && !passes(high)) {
    low = high;
    high *= 2;
  }
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (passes(middle) ? high : low) = middle;
  }
  return high;
}

NegativeBinomial NegativeBinomialOf(double mean, double variance, double more = 0) {
  return NegativeBinomial(mean * mean / (variance - mean) + more, mean / variance);
}

}  // namespace

double NormalDensity(double z) { return boost::math::pdf(Normal(), z); }

double NormalProbability(double z) { return boost::math::cdf(Normal(), z); }

double NormalQuantile(double probability) {
  return boost::math::quantile(Normal(), std::clamp(probability, kLeastProbability, 1 - kLeastProbability));
}

double UnitNormalLoss(double z) {
  return NormalDensity(z) - z * boost::math::cdf(boost::math::complement(Normal(), z));
}

double UnitNormalLossInverse(double loss) {
  double low = -kLossReach, high = kLossReach;  // the loss falls
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (UnitNormalLoss(middle) > loss ? low : high) = middle;
  }
  return (low + high) / 2;
}

LeadTimeDemand LeadTimeDemand::FromMoments(double mean, double variance) {
  LeadTimeDemand demand;
  if (mean <= 0) return demand;
  demand.mean_ = mean;
  demand.variance_ = std::max(variance, 0.0);
  // Barely above the mean, the negative binomial is the Poisson distribution.
  demand.shape_ = mean >= kFarFromNone * std::sqrt(demand.variance_) && mean >= 1 ? Shape::kNormal
                  : demand.variance_ <= mean * 1.0001                             ? Shape::kPoisson
                                                                                  : Shape::kNegativeBinomial;
  return demand;
}

LeadTimeDemand LeadTimeDemand::FromHistory(Series series, int periods, int min_stretches) {
  std::vector<double> sums;
  const auto length = static_cast<size_t>(std::max(periods, 1));
  for (size_t from = 0; from + length <= series.size(); ++from) {
    const Series stretch = series.subspan(from, length);
    const double sum = std::accumulate(stretch.begin(), stretch.end(), 0.0);
    if (!IsMissing(sum)) sums.push_back(sum);
  }
  if (static_cast<int>(sums.size()) < min_stretches) {
    const Moments moments = MomentsOf(series);
    return FromMoments(moments.mean * static_cast<double>(length), moments.variance * static_cast<double>(length));
  }
  LeadTimeDemand demand;
  const Moments moments = MomentsOf(sums);
  demand.shape_ = Shape::kObserved;
  demand.mean_ = moments.mean;
  demand.variance_ = moments.variance;
  std::sort(sums.begin(), sums.end());
  demand.observed_ = std::move(sums);
  return demand;
}

double LeadTimeDemand::Probability(double stock) const {
  if (stock < 0 && shape_ != Shape::kNormal) return 0;
  switch (shape_) {
    case Shape::kNone:
      return 1;
    case Shape::kNormal:
      if (variance_ == 0) return stock >= mean_ ? 1 : 0;
      return NormalProbability((stock - mean_) / std::sqrt(variance_));
    case Shape::kPoisson:
      return 1 - Above(Poisson(mean_), stock);
    case Shape::kNegativeBinomial:
      return 1 - Above(NegativeBinomialOf(mean_, variance_), stock);
    case Shape::kObserved:
      return static_cast<double>(std::upper_bound(observed_.begin(), observed_.end(), stock) - observed_.begin()) /
             static_cast<double>(observed_.size());
  }
  return 1;
}

// Sum over x > stock of (x - stock) f(x). With x f(x) = mean * g(x - 1), where g is the same distribution (Poisson) or
// that of one success more (negative binomial), it is mean * P(g >= stock) - stock * P(f > stock) for a whole stock.
double LeadTimeDemand::Shortfall(double stock) const {
  if (stock < 0 && shape_ != Shape::kNormal) return mean_ - stock;
  const double whole = std::floor(stock);
  switch (shape_) {
    case Shape::kNone:
      return 0;
    case Shape::kNormal: {
      const double deviation = std::sqrt(variance_);
      if (deviation == 0) return std::max(0.0, mean_ - stock);
      return deviation * UnitNormalLoss((stock - mean_) / deviation);
    }
    case Shape::kPoisson: {
      const Poisson poisson(mean_);
      return mean_ * Above(poisson, whole - 1) - stock * Above(poisson, whole);
    }
    case Shape::kNegativeBinomial:
      return mean_ * Above(NegativeBinomialOf(mean_, variance_, 1), whole - 1) -
             stock * Above(NegativeBinomialOf(mean_, variance_), whole);
    case Shape::kObserved: {
      double missing = 0;
      for (auto value = observed_.rbegin(); value != observed_.rend() && *value > stock; ++value) {
        missing += *value - stock;
      }
      return missing / static_cast<double>(observed_.size());
    }
  }
  return 0;
}

int64_t LeadTimeDemand::StockForProbability(double probability) const {
  const double wanted = std::clamp(probability, kLeastProbability, 1 - kLeastProbability);
  return LeastWhole(mean_, [&](int64_t stock) { return Probability(static_cast<double>(stock)) >= wanted; });
}

int64_t LeadTimeDemand::StockForShortfall(double pieces) const {
  const double wanted = std::max(pieces, mean_ * kLeastProbability);
  return LeastWhole(mean_, [&](int64_t stock) { return Shortfall(static_cast<double>(stock)) <= wanted; });
}

}  // namespace storeops::inventory::planning
