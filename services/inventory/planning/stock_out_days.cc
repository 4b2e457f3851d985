#include "services/inventory/planning/stock_out_days.h"

#include <algorithm>
#include <optional>

namespace storeops::inventory::planning {
namespace {

void AddRange(DayRange range, std::vector<DayRange>& ranges) {
  if (!ranges.empty() && range.first <= ranges.back().last + 1) {
    ranges.back().last = std::max(ranges.back().last, range.last);
  } else {
    ranges.push_back(range);
  }
}

}  // namespace

std::vector<DayRange> StockOutDays(absl::Span<const StockTurn> turns, absl::CivilDay end) {
  std::vector<DayRange> ranges;
  std::optional<absl::CivilDay> since;
  for (const StockTurn& turn : turns) {
    if (turn.out) {
      if (!since.has_value()) since = turn.day;
    } else if (since.has_value()) {
      AddRange({*since, turn.day}, ranges);
      since.reset();
    }
  }
  if (since.has_value() && *since < end) AddRange({*since, end - 1}, ranges);
  return ranges;
}

std::vector<DayRange> OutEverywhere(absl::Span<const std::vector<DayRange>> lists, absl::CivilDay begin,
                                    absl::CivilDay end) {
  std::vector<DayRange> ranges;
  if (lists.empty() || begin >= end) return ranges;
  std::vector<size_t> out(end - begin);
  for (const std::vector<DayRange>& list : lists) {
    for (const DayRange& range : list) {
      const absl::CivilDay last = std::min(range.last, end - 1);
      for (absl::CivilDay day = std::max(range.first, begin); day <= last; ++day) ++out[day - begin];
    }
  }
  for (absl::CivilDay day = begin; day < end; ++day) {
    if (out[day - begin] == lists.size()) AddRange({day, day}, ranges);
  }
  return ranges;
}

}  // namespace storeops::inventory::planning
