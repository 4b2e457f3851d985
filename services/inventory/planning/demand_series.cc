#include "services/inventory/planning/demand_series.h"

#include <algorithm>
#include <limits>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory::planning {
namespace {

struct Sale {
  absl::CivilDay day;
  int64_t id = 0;
  int64_t pieces = 0;
};

// The sales of the range in order of their days, less what was taken back.
class NetSales {
 public:
  NetSales(absl::Span<const DatedQuantity> quantities, const DemandSeriesOptions& options) {
    for (const DatedQuantity& quantity : quantities) {
      if (quantity.pieces <= 0 || quantity.day < options.begin || quantity.day >= options.end) continue;
      sales_.push_back({quantity.day, quantity.sale, quantity.pieces});
    }
    std::stable_sort(sales_.begin(), sales_.end(), [](const Sale& a, const Sale& b) { return a.day < b.day; });
    for (size_t i = 0; i < sales_.size(); ++i) {
      if (sales_[i].id != 0) by_id_[sales_[i].id].push_back(i);
    }
    std::vector<DatedQuantity> unknown;
    for (const DatedQuantity& quantity : quantities) {
      if (quantity.pieces >= 0 || quantity.day < options.begin || quantity.day >= options.end) continue;
      if (quantity.sale == 0) {
        unknown.push_back(quantity);
      } else {
        TakeFromNamed(quantity);
      }
    }
    // Those that name a sale first: the others take from what is left.
    for (const DatedQuantity& quantity : unknown) TakeFromNewest(quantity);
  }

  const std::vector<Sale>& sales() const { return sales_; }
  int64_t taken_back() const { return taken_back_; }
  int64_t unmatched() const { return unmatched_; }

 private:
  void TakeFromNamed(const DatedQuantity& quantity) {
    int64_t left = -quantity.pieces;
    if (const auto named = by_id_.find(quantity.sale); named != by_id_.end()) {
      for (const size_t index : named->second) left = Take(sales_[index], left);
    }
    unmatched_ += left;
  }

  void TakeFromNewest(const DatedQuantity& quantity) {
    const auto behind = std::upper_bound(sales_.begin(), sales_.end(), quantity.day,
                                         [](absl::CivilDay day, const Sale& sale) { return day < sale.day; });
    int64_t left = -quantity.pieces;
    for (auto sale = behind; left > 0 && sale != sales_.begin();) left = Take(*--sale, left);
    unmatched_ += left;
  }

  int64_t Take(Sale& sale, int64_t wanted) {
    const int64_t taken = std::min(sale.pieces, wanted);
    sale.pieces -= taken;
    taken_back_ += taken;
    return wanted - taken;
  }

  std::vector<Sale> sales_;
  absl::flat_hash_map<int64_t, std::vector<size_t>> by_id_;
  int64_t taken_back_ = 0;
  int64_t unmatched_ = 0;
};

absl::Status CheckOptions(const DemandSeriesOptions& options) {
  if (options.period_days != 1 && options.period_days != kDaysPerWeek) {
    return absl::InvalidArgumentError(absl::StrCat("a period has 1 or 7 days, not ", options.period_days));
  }
  const int64_t days = options.end - options.begin;
  if (days < options.period_days || days > kMaxSeriesDays) {
    return absl::InvalidArgumentError(
        absl::StrCat("a series covers ", options.period_days, " to ", kMaxSeriesDays, " days, not ", days));
  }
  return absl::OkStatus();
}

// Sold pieces of each day of the range.
std::vector<double> ByDay(const NetSales& net, const DemandSeriesOptions& options, DemandSeries& series) {
  std::vector<double> sizes;
  for (const Sale& sale : net.sales()) {
    if (sale.pieces > 0) sizes.push_back(static_cast<double>(sale.pieces));
  }
  constexpr double kNoFence = std::numeric_limits<double>::infinity();
  const double fence = options.dampen_bulk ? BulkFence(sizes).value_or(kNoFence) : kNoFence;
  std::vector<double> days(options.end - options.begin, 0);
  for (const Sale& sale : net.sales()) {
    double counted = static_cast<double>(sale.pieces);
    if (counted > fence) {
      counted = fence;
      series.dampened.push_back({sale.day, sale.id, sale.pieces, counted});
    }
    days[sale.day - options.begin] += counted;
  }
  return days;
}

// Marks the days without stock. The mean is that from day `from` on.
void TakeOutDaysWithoutStock(absl::Span<const DayRange> out_of_stock, const DemandSeriesOptions& options, int64_t from,
                             std::vector<double>& days) {
  std::vector<bool> out(days.size());
  for (const DayRange& range : out_of_stock) {
    const absl::CivilDay last = std::min(range.last, options.end - 1);
    for (absl::CivilDay day = std::max(range.first, options.begin); day <= last; ++day) out[day - options.begin] = true;
  }
  double sum = 0, known = 0;
  for (size_t day = from; day < days.size(); ++day) {
    if (out[day]) continue;
    sum += days[day];
    known += 1;
  }
  // Without a day in stock there is no mean to pass.
  const double mean = known > 0 ? sum / known : std::numeric_limits<double>::infinity();
  for (size_t day = 0; day < days.size(); ++day) {
    if (out[day] && days[day] <= mean) days[day] = kMissing;
  }
}

double PeriodOf(Series days) {
  double sum = 0;
  size_t known = 0;
  for (const double day : days) {
    if (IsMissing(day)) continue;
    sum += day;
    ++known;
  }
  if (known == days.size()) return sum;
  return known < kMinDaysOfWeek ? kMissing : sum / static_cast<double>(known) * static_cast<double>(days.size());
}

}  // namespace

std::optional<double> BulkFence(absl::Span<const double> sizes) {
  const auto count = static_cast<int64_t>(sizes.size());
  if (count < kMinSalesToDampen) return std::nullopt;
  const double upper = QuantileOf(sizes, 0.75);
  const double spread = std::max(upper / QuantileOf(sizes, 0.25), 2.0);
  const double fence = upper * spread * spread * spread;
  const auto above = std::count_if(sizes.begin(), sizes.end(), [fence](double size) { return size > fence; });
  const int64_t exceptions = std::max<int64_t>(1, static_cast<int64_t>(kMaxBulkShare * static_cast<double>(count)));
  if (above > exceptions) return std::nullopt;
  return fence;
}

absl::StatusOr<DemandSeries> MakeDemandSeries(absl::Span<const DatedQuantity> quantities,
                                              absl::Span<const DayRange> out_of_stock,
                                              const DemandSeriesOptions& options) {
  if (absl::Status status = CheckOptions(options); !status.ok()) return status;
  DemandSeries series;
  series.period_days = options.period_days;
  const NetSales net(quantities, options);
  series.taken_back = net.taken_back();
  series.unmatched_taken_back = net.unmatched();
  absl::CivilDay since = options.known_since.value_or(options.end);
  const auto first = std::find_if(net.sales().begin(), net.sales().end(), [](const Sale& s) { return s.pieces > 0; });
  if (first != net.sales().end()) since = std::min(since, first->day);
  if (since >= options.end) return series;
  since = std::max(since, options.begin);
  std::vector<double> days = ByDay(net, options, series);
  TakeOutDaysWithoutStock(out_of_stock, options, since - options.begin, days);
  const int64_t periods = days.size() / options.period_days;
  const absl::CivilDay oldest = options.end - periods * options.period_days;
  const int64_t skipped = since <= oldest ? 0 : (since - oldest) / options.period_days;
  series.begin = oldest + skipped * options.period_days;
  for (int64_t period = skipped; period < periods; ++period) {
    const int64_t from = (oldest - options.begin) + period * options.period_days;
    series.values.push_back(PeriodOf(Series(days).subspan(from, options.period_days)));
  }
  return series;
}

}  // namespace storeops::inventory::planning
