#include "services/inventory/planning/supplier_performance.h"

#include <algorithm>
#include <cmath>

namespace storeops::inventory::planning {
namespace {

struct Verdict {
  bool judged = false;
  bool on_time = false;
  bool in_full = false;
  bool full_in_time = false;
  int64_t pieces_in_time = 0;
  int64_t days_late = 0;
};

Verdict Judge(const SupplierLine& line, absl::CivilDay today, const PerformanceRules& rules) {
  std::vector<LineReceipt> receipts = line.receipts;
  std::sort(receipts.begin(), receipts.end(), [](const auto& a, const auto& b) { return a.day < b.day; });
  const absl::CivilDay deadline = line.promised + rules.grace_days;
  const double full = std::ceil(static_cast<double>(line.ordered) * rules.full_from_share - 1e-9);
  Verdict verdict;
  int64_t received = 0, in_time = 0;
  std::optional<absl::CivilDay> finished;  // full, or the last receipt of a line that is closed
  for (const LineReceipt& receipt : receipts) {
    received += receipt.pieces;
    if (receipt.day <= deadline) in_time += receipt.pieces;
    if (verdict.in_full) continue;
    verdict.in_full = static_cast<double>(received) >= full;
    if (verdict.in_full || line.closed) finished = receipt.day;
  }
  verdict.pieces_in_time = std::min(in_time, line.ordered);
  verdict.full_in_time = static_cast<double>(in_time) >= full;
  verdict.judged = line.closed || verdict.in_full || today > deadline;
  verdict.on_time = finished.has_value() && *finished <= deadline;
  if (!verdict.on_time) verdict.days_late = std::max<int64_t>(0, finished.value_or(today) - line.promised);
  return verdict;
}

}  // namespace

SupplierPerformance RateSupplier(absl::Span<const SupplierLine> lines, absl::CivilDay today,
                                 const PerformanceRules& rules) {
  SupplierPerformance result;
  double on_time = 0, in_full = 0, both = 0, in_time = 0, ordered = 0, days_late = 0;
  for (const SupplierLine& line : lines) {
    if (line.ordered <= 0) continue;
    const Verdict verdict = Judge(line, today, rules);
    if (!verdict.judged) {
      ++result.open;
      continue;
    }
    ++result.lines;
    on_time += verdict.on_time ? 1 : 0;
    in_full += verdict.in_full ? 1 : 0;
    both += verdict.full_in_time ? 1 : 0;
    in_time += static_cast<double>(verdict.pieces_in_time);
    ordered += static_cast<double>(line.ordered);
    days_late += static_cast<double>(verdict.days_late);
  }
  if (result.lines == 0) return result;
  const auto count = static_cast<double>(result.lines);
  result.on_time = on_time / count;
  result.in_full = in_full / count;
  result.on_time_in_full = both / count;
  result.fill_rate = in_time / ordered;
  if (on_time < count) result.mean_days_late = days_late / (count - on_time);
  return result;
}

}  // namespace storeops::inventory::planning
