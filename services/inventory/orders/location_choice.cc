#include "services/inventory/orders/location_choice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace storeops::inventory {
namespace {

constexpr double kEarthRadiusKm = 6371.0088;

double Radians(double degrees) { return degrees * std::numbers::pi / 180; }

}  // namespace

double DistanceKm(const Place& a, const Place& b) {
  // Haversine formula: exact enough also for points close to each other.
  const double half_latitude = std::sin(Radians(b.latitude - a.latitude) / 2);
  const double half_longitude = std::sin(Radians(b.longitude - a.longitude) / 2);
  const double h = half_latitude * half_latitude +
                   std::cos(Radians(a.latitude)) * std::cos(Radians(b.latitude)) * half_longitude * half_longitude;
  return 2 * kEarthRadiusKm * std::asin(std::sqrt(std::min(1.0, h)));
}

std::vector<int64_t> NearestFirst(absl::Span<const ShippingLocation> locations, const std::optional<Place>& to,
                                  const std::string& country) {
  std::vector<std::pair<double, int64_t>> ranked;
  for (const ShippingLocation& location : locations) {
    double rank = location.country == country ? 0 : 1;
    if (to.has_value()) {
      rank = location.place.has_value() ? DistanceKm(*to, *location.place) : std::numeric_limits<double>::max();
    }
    ranked.emplace_back(rank, location.id);
  }
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<int64_t> ids;
  for (const auto& [rank, id] : ranked) ids.push_back(id);
  return ids;
}

}  // namespace storeops::inventory
