// In which order locations are asked for the pieces of an order.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_LOCATION_CHOICE_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_LOCATION_CHOICE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace storeops::inventory {

// In degrees.
struct Place {
  double latitude = 0;
  double longitude = 0;
};

// A location that ships orders.
struct ShippingLocation {
  int64_t id = 0;
  std::string country;
  std::optional<Place> place;
};

// Kilometres along the surface of a sphere of the earth's mean radius.
double DistanceKm(const Place& a, const Place& b);

// Ids of `locations`, which come by priority: those that are nearest to `to` first, those whose place is not known
// after them. Without `to`, those of `country` first.
std::vector<int64_t> NearestFirst(absl::Span<const ShippingLocation> locations, const std::optional<Place>& to,
                                  const std::string& country);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_LOCATION_CHOICE_H_
