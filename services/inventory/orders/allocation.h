// From where the pieces of an order are taken: plain arithmetic on what each location can promise.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ALLOCATION_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ALLOCATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/types/span.h"

namespace storeops::inventory {

enum class AllocationStrategy {
  // Locations as they come: the first one's pieces before the second one's.
  kInOrder,
  // As few locations as have all that is there; among as many, those that come first.
  kFewestSplits,
};

// What one location can promise of one SKU. Pieces that are there go first, then those on their way, then others.
struct Promisable {
  int64_t location_id = 0;
  int64_t there = 0;
  int64_t preorder = 0;
  int64_t backorder = 0;
};

struct AllocationLine {
  std::string sku;
  int64_t quantity = 0;
};

// What all locations can promise of a SKU, in the order in which they are preferred.
struct SkuSupply {
  std::string sku;
  std::vector<Promisable> locations;
};

struct Allocated {
  size_t line = 0;
  int64_t location_id = 0;
  int64_t quantity = 0;  // of all three kinds
  int64_t preordered = 0;
  int64_t backordered = 0;
};

struct Allocation {
  // By line, then in the order of the locations.
  std::vector<Allocated> pieces;
  // Pieces of each line that nobody can promise; all 0 if the order can be placed.
  std::vector<int64_t> missing;
  bool complete() const;
};

// `supplies`: of each SKU of the lines, once; lines of one SKU share it. `locations`: ids in the order in which they
// are preferred, at most 1,000.
Allocation Allocate(absl::Span<const AllocationLine> lines, std::vector<SkuSupply> supplies,
                    absl::Span<const int64_t> locations, AllocationStrategy strategy);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ALLOCATION_H_
