// Filters as SQL on the columns of a resource's table, every value bound.
#ifndef STOREOPS_COMMON_RESOURCE_FILTER_SQL_H_
#define STOREOPS_COMMON_RESOURCE_FILTER_SQL_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/db/database.h"
#include "common/resource/filter.h"
#include "common/resource/table_mapping.h"
#include "common/resource/unique_keys.h"

namespace storeops::resource {

// A condition for WHERE. Its text depends on the filter's structure only, never on a value.
struct Condition {
  std::string sql;
  std::vector<db::Value> values;
};

// What can be compared:
//   text           = != < <= > >= :   with * at the value's ends for = != and :
//   number, Timestamp (RFC 3339)      = != < <= > >= :
//   Money          "12.50 EUR"        = != < <= > >= :   amounts of another currency do not match
//   bool, enum by name                = != :
//   list of text   :                  one of its items is the value
//   name           "products/123"     = != :
//   unique keys inside lists          = :                variants.sku = "A-1"
//   field:*        it is set
// INVALID_ARGUMENT naming "filter", with the column, for anything else.
absl::StatusOr<Condition> CompileFilter(const FilterNode& filter, const TableMapping& mapping,
                                        const UniqueKeys& unique_keys);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_FILTER_SQL_H_
