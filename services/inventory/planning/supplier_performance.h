// How well a supplier keeps promises: on time, in full, both (OTIF, per order line, as supply chains commonly measure
// it).
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_SUPPLIER_PERFORMANCE_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_SUPPLIER_PERFORMANCE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/time/civil_time.h"
#include "absl/types/span.h"

namespace storeops::inventory::planning {

struct LineReceipt {
  absl::CivilDay day;
  int64_t pieces = 0;  // accepted
};

struct SupplierLine {
  absl::CivilDay promised;
  int64_t ordered = 0;
  std::vector<LineReceipt> receipts;
  bool closed = false;  // nothing more will come
};

struct PerformanceRules {
  int64_t grace_days = 0;      // after the promised day that still count as on time
  double full_from_share = 1;  // of what was ordered
};

// A line is judged when it is closed, has come in full, or its time is over. Shares are of judged lines; nothing
// without any.
struct SupplierPerformance {
  int64_t lines = 0;                      // judged
  int64_t open = 0;                       // not yet
  std::optional<double> on_time;          // lines whose last receipt until they were full (or closed) came in time
  std::optional<double> in_full;          // lines that came in full, whenever
  std::optional<double> on_time_in_full;  // lines that were full in time
  std::optional<double> fill_rate;       // pieces that came in time, of those ordered; more than ordered does not count
  std::optional<double> mean_days_late;  // of the lines that were not on time; one still missing counts until `today`
};

SupplierPerformance RateSupplier(absl::Span<const SupplierLine> lines, absl::CivilDay today,
                                 const PerformanceRules& rules);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_SUPPLIER_PERFORMANCE_H_
