// Locations as the stock's own queries see them.
#ifndef STOREOPS_SERVICES_INVENTORY_LOCATIONS_LOCATION_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_LOCATIONS_LOCATION_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/db/database.h"
#include "common/resource/resource_name.h"

namespace storeops::inventory {

inline constexpr resource::NamePattern kLocationNames("locations/{location}");

// A SKU that has pieces at the location, expects or has promised some there; empty: none has.
absl::StatusOr<std::string> FindSkuAtLocation(db::Session& session, int64_t location_id);

// Live locations that ship orders, those to take from first at the front.
absl::StatusOr<std::vector<int64_t>> ListShippingLocations(db::Session& session);

// Those of `ids` that are live.
absl::StatusOr<std::vector<int64_t>> FindLiveLocations(db::Session& session, const std::vector<int64_t>& ids);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_LOCATIONS_LOCATION_STORE_H_
