// Sort orders (https://google.aip.dev/132) and where the next page begins in them.
#ifndef STOREOPS_COMMON_RESOURCE_ORDER_H_
#define STOREOPS_COMMON_RESOURCE_ORDER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "common/resource/table_mapping.h"

namespace storeops::resource {

inline constexpr size_t kMaxOrderFields = 5;

struct OrderTerm {
  std::string field;
  bool descending = false;
};
// "title desc, create_time"; no terms for a blank text. INVALID_ARGUMENT naming order_by, also for a field that is not
// in `sortable` or is there twice.
absl::StatusOr<std::vector<OrderTerm>> ParseOrderBy(absl::string_view order_by,
                                                    const std::vector<std::string>& sortable);

// A total order of rows: sortable columns, then id, which goes the way of the column before it, so that an index serves
// a single column in both directions.
class Order {
 public:
  // "title desc, create_time". Empty: by id. INVALID_ARGUMENT naming order_by.
  // PERMISSION_DENIED for personal data that `principal` may not read.
  // `all_parents`: of rows of any parent, for which a column needs an index of its own.
  static absl::StatusOr<Order> Parse(absl::string_view order_by, const TableMapping& mapping, bool all_parents,
                                     const rpc::Principal& principal);

  // "title DESC, create_time, id"
  std::string OrderBy() const;
  // The only column before the id; empty if there is none or more than one.
  std::string SingleColumn() const { return terms_.size() == 2 ? terms_[0].column : ""; }
  // Rows behind `keys`, the values of all columns with the id last. INVALID_ARGUMENT naming page_token if they do not
  // fit the order.
  absl::StatusOr<Condition> After(const std::vector<db::Value>& keys) const;
  // The keys of a row of mapping.select().
  std::vector<db::Value> Keys(const db::Rows& rows, size_t row) const;

 private:
  struct Term {
    std::string column;
    size_t cell;  // place in a row of mapping.select()
    bool descending;
  };
  std::vector<Term> terms_;  // id last
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_ORDER_H_
