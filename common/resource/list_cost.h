// What a list costs the database at most, estimated from its filter, order and parent before it runs.
//
// The estimate is the time of one core: rows to read times what is done with each. The rows are all of the table, those
// of the parent if the request names one, or those of one value of an indexed field if the filter demands it by
// `field = value` at its top or joined by AND there. A page without a filter, or with one condition that an index
// answers, costs nothing.
#ifndef STOREOPS_COMMON_RESOURCE_LIST_COST_H_
#define STOREOPS_COMMON_RESOURCE_LIST_COST_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/resource/filter_sql.h"
#include "common/rpc/method_table.h"
#include "google/protobuf/message.h"

namespace storeops::resource {

// A list that is estimated to cost more is refused.
inline constexpr absl::Duration kMaxListCost = absl::Seconds(5);

struct ListText {
  absl::string_view filter;
  absl::string_view order_by = {};
  bool of_parent = false;
  absl::string_view within = {};       // a column of which each list has one value
  absl::string_view field = "filter";  // where the request has the filter, for errors
};
// INVALID_ARGUMENT naming the filter if it cannot be read, has too many terms, or costs more than kMaxListCost.
absl::StatusOr<absl::Duration> CostOfList(const FilterFields& fields, const ListText& text, absl::Time deadline);

// For ServiceBuilder::CostRaw: reads `filter`, `order_by` and `parent` of the request, as far as it has them. `fields`
// must be checked and outlive the table. `within`: as in ListText.
rpc::CostHandler ListCost(const FilterFields& fields, absl::string_view within = "");
// Of a method that works through all pages of such a list: always expensive.
rpc::CostHandler ExportCost(const FilterFields& fields);

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_LIST_COST_H_
