// From dated quantities to a series of demand.
//
// - A day without stock says nothing about demand: it is missing (lost sales: Nahmias 1994). One on which the last
//   pieces went, and more of them than are asked for on a mean day, counts with what was sold: demand was at least
//   that, and without such days a series is too low. A week counts the days that it has and is scaled to seven; with
//   fewer than four it is missing.
// - Cancellations and returns are taken off the sale that they name; without one off the sales of their own day, then
//   of the days before, newest first. What finds no sale is reported.
// - One-off bulk orders are dampened: a sale above Tukey's outer fence of the sizes on a logarithmic scale,
//   Q3 * (Q3 / Q1)^3 with Q3 / Q1 taken as at least 2, counts as the fence. Only if such sales are rare (at most 2% of
//   the sales, or one); more of them are a habit, and stay. Needs eight sales.
// - The series begins with the period of the first sale, or of `known_since` if that is earlier. Later gaps are zeros.
// - Weeks are seven days counted back from the end, so that the newest is whole; the days before the oldest are left
//   out.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_SERIES_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_SERIES_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/types/span.h"

namespace storeops::inventory::planning {

inline constexpr int kDaysPerWeek = 7;
inline constexpr size_t kMinDaysOfWeek = 4;
inline constexpr int64_t kMaxSeriesDays = 3660;
inline constexpr int64_t kMinSalesToDampen = 8;
inline constexpr double kMaxBulkShare = 0.02;

struct DatedQuantity {
  absl::CivilDay day;
  int64_t pieces = 0;  // below 0: cancelled or returned
  int64_t sale = 0;    // of a sale: its id; of what is taken back: the sale's id, 0 if it is not known
};

struct DayRange {
  absl::CivilDay first;
  absl::CivilDay last;  // belongs to it
};

struct DemandSeriesOptions {
  absl::CivilDay begin;
  absl::CivilDay end;              // no longer belongs to it
  int period_days = kDaysPerWeek;  // 1 or 7
  std::optional<absl::CivilDay> known_since;
  bool dampen_bulk = true;
};

struct DampenedSale {
  absl::CivilDay day;
  int64_t sale = 0;
  int64_t pieces = 0;
  double counted = 0;
};

struct DemandSeries {
  absl::CivilDay begin;  // of the first period
  int period_days = kDaysPerWeek;
  std::vector<double> values;  // series.h
  std::vector<DampenedSale> dampened;
  int64_t taken_back = 0;            // pieces
  int64_t unmatched_taken_back = 0;  // pieces for which no sale of the range was found
};

// INVALID_ARGUMENT for a range that is empty or longer than kMaxSeriesDays, or another period. Quantities outside the
// range are passed over. No values if nothing was sold.
absl::StatusOr<DemandSeries> MakeDemandSeries(absl::Span<const DatedQuantity> quantities,
                                              absl::Span<const DayRange> out_of_stock,
                                              const DemandSeriesOptions& options);

// The fence for these sizes of sales; nothing if they are too few, or those above it are no exception.
std::optional<double> BulkFence(absl::Span<const double> sizes);

}  // namespace storeops::inventory::planning

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_DEMAND_SERIES_H_
