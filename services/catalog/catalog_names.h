// What the catalog's resources are called.
#ifndef STOREOPS_SERVICES_CATALOG_CATALOG_NAMES_H_
#define STOREOPS_SERVICES_CATALOG_CATALOG_NAMES_H_

#include "common/resource/resource_name.h"

namespace storeops::catalog {

inline constexpr resource::NamePattern kCategoryNames("categories/{category}");
inline constexpr resource::NamePattern kChannelNames("channels/{channel}");
inline constexpr resource::NamePattern kMediaNames("media/{media}");
inline constexpr resource::NamePattern kPriceListNames("priceLists/{price_list}");
inline constexpr resource::NamePattern kPriceNames("prices/{price}");
inline constexpr resource::NamePattern kProductNames("products/{product}");

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_CATALOG_NAMES_H_
