// Ids of resources of one kind, out of their names, and what two lists of them have and have not in common.
#ifndef STOREOPS_SERVICES_CATALOG_ID_LISTS_H_
#define STOREOPS_SERVICES_CATALOG_ID_LISTS_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace storeops::catalog {

// IdIn("categories", "categories/12") is 12; 0 for any other text.
int64_t IdIn(absl::string_view collection, absl::string_view name);

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
