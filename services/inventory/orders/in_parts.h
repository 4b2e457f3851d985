// Long lists of values in statements.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_IN_PARTS_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_IN_PARTS_H_

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"

namespace storeops::inventory {

// Calls `query` with the marks and values of each part. Statements come in few shapes: values of one
// question, the last one repeated to fill it.
template <class Item, class Query>
absl::Status InParts(const std::vector<Item>& items, const Query& query) {
  for (size_t begin = 0; begin < items.size();) {
    size_t shape = 256;
    for (const size_t smaller : {64, 16, 4, 1}) {
      if (items.size() - begin <= smaller) shape = smaller;
    }
    std::vector<db::Value> values;
    for (size_t i = 0; i < shape; ++i) values.emplace_back(items[std::min(begin + i, items.size() - 1)]);
    RETURN_IF_ERROR(query(db::Marks(shape), std::move(values)));
    begin += shape;
  }
  return absl::OkStatus();
}

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_IN_PARTS_H_
