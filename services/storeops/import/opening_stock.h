// Stock of SKUs that never had any, brought in through the API.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_OPENING_STOCK_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_OPENING_STOCK_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/storeops/client.h"

namespace storeops {

struct OpeningReport {
  std::string location;  // its title
  bool location_created = false;
  int64_t skus = 0;  // that got stock now
  int64_t pieces = 0;
  int64_t present = 0;  // SKUs that have a level somewhere already: left alone
};

// Gives each SKU its pieces as an ADJUSTED movement with reason OPENING_STOCK and `cause`, at the location that orders
// are shipped from first; without one, at the first location; without any, at a new one called "Main warehouse". All
// that is done is known by the levels, so it can be repeated and interrupted at will.
absl::Status OpenStock(Client& client, const std::map<std::string, int64_t>& pieces, absl::string_view cause,
                       OpeningReport* report);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_OPENING_STOCK_H_
