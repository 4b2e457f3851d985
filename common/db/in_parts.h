// Long lists of values in statements.
#ifndef STOREOPS_COMMON_DB_IN_PARTS_H_
#define STOREOPS_COMMON_DB_IN_PARTS_H_

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"

namespace storeops::db {

// Calls `query` with each part of `items`, as the marks of a list for IN and its values. Lists have few sizes, which
// make few prepared statements: the last value is repeated to fill one.
template <class Items, class Query>
absl::Status InParts(const Items& items, const Query& query) {
  for (size_t begin = 0; begin < items.size();) {
    size_t size = 256;
    for (const size_t smaller : {64, 16, 4, 1}) {
      if (items.size() - begin <= smaller) size = smaller;
    }
    std::vector<Value> values;
    for (size_t i = 0; i < size; ++i) values.emplace_back(items[std::min(begin + i, items.size() - 1)]);
    RETURN_IF_ERROR(query(Marks(size), std::move(values)));
    begin += size;
  }
  return absl::OkStatus();
}

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_IN_PARTS_H_
