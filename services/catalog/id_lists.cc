#include "services/catalog/id_lists.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace storeops::catalog {
namespace {

std::vector<int64_t> Without(const std::vector<int64_t>& all, const std::vector<int64_t>& less) {
  std::vector<int64_t> rest;
  std::set_difference(all.begin(), all.end(), less.begin(), less.end(), std::back_inserter(rest));
  return rest;
}

}  // namespace

std::vector<int64_t> Distinct(std::vector<int64_t> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

IdChanges CompareIds(const std::vector<int64_t>& before, const std::vector<int64_t>& after) {
  return {Without(after, before), Without(before, after)};
}

}  // namespace storeops::catalog
