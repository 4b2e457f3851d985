// Lists of ids of one kind of resource, and what two of them have and have not in common.
#ifndef STOREOPS_SERVICES_CATALOG_ID_LISTS_H_
#define STOREOPS_SERVICES_CATALOG_ID_LISTS_H_

#include <cstdint>
#include <vector>

namespace storeops::catalog {

// Ascending, each once.
std::vector<int64_t> Distinct(std::vector<int64_t> ids);

// What is in one list only; both are as Distinct makes them.
struct IdChanges {
  std::vector<int64_t> added;
  std::vector<int64_t> removed;
};
IdChanges CompareIds(const std::vector<int64_t>& before, const std::vector<int64_t>& after);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_ID_LISTS_H_
