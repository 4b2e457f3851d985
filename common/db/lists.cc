#include "common/db/lists.h"

namespace storeops::db {

std::string Marks(size_t count) {
  std::string marks = "?";
  for (size_t i = 1; i < count; ++i) marks += ", ?";
  return marks;
}

std::vector<int64_t> Ids(const Rows& rows) {
  std::vector<int64_t> ids;
  ids.reserve(rows.size());
  for (size_t row = 0; row < rows.size(); ++row) ids.push_back(rows.Int(row, 0));
  return ids;
}

}  // namespace storeops::db
