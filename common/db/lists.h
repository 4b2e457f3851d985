// Lists in statements and answers.
#ifndef STOREOPS_COMMON_DB_LISTS_H_
#define STOREOPS_COMMON_DB_LISTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "common/db/database.h"

namespace storeops::db {

// "?, ?, ?", for IN; `count` is above 0. Few counts make few prepared statements: ask for the last value again and
// again up to one of them.
std::string Marks(size_t count);

// The first column, which is one of integers.
std::vector<int64_t> Ids(const Rows& rows);

}  // namespace storeops::db

#endif  // STOREOPS_COMMON_DB_LISTS_H_
