#include "services/inventory/planning/demand_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/status_macros.h"
#include "services/inventory/planning/series.h"

namespace storeops::inventory {
namespace {

using planning::DatedQuantity;

// Adds one order line's pieces to the locations that they were promised at, the rest to the main one.
class LineSplitter {
 public:
  LineSplitter(OrderPieces promised, int64_t main_location, SkuDemand& demand)
      : promised_(std::move(promised)), main_location_(main_location), demand_(demand) {}

  void Add(const SaleRow& row) {
    int64_t left = row.quantity - row.taken_back;
    const int64_t sale = ++sales_;
    int64_t first = main_location_;
    if (const auto found = promised_.find(row.order_id); found != promised_.end()) {
      first = found->second.front().first;
      for (auto& [location, pieces] : found->second) {
        const int64_t here = std::min(pieces, left);
        if (here <= 0) continue;
        pieces -= here;
        left -= here;
        Note(location, {row.day, here, sale});
      }
    }
    if (left > 0) Note(main_location_, {row.day, left, sale});
    if (row.taken_back == 0) return;
    // A sale that came to nothing: told, and not mixed up with what stayed.
    auto& quantities = demand_.by_location[first].quantities;
    quantities.push_back({row.day, row.taken_back, ++sales_});
    quantities.push_back({row.day, -row.taken_back, sales_});
  }

 private:
  void Note(int64_t location, DatedQuantity quantity) {
    LocationDemand& there = demand_.by_location[location];
    if (!there.last_sale.has_value() || *there.last_sale < quantity.day) there.last_sale = quantity.day;
    there.quantities.push_back(quantity);
  }

  OrderPieces promised_;
  const int64_t main_location_;
  SkuDemand& demand_;
  int64_t sales_ = 0;
};

int64_t Share(int64_t total_minor, int64_t net, int64_t quantity) {
  return std::llround(static_cast<double>(total_minor) * static_cast<double>(net) / static_cast<double>(quantity));
}

}  // namespace

absl::Status DemandReader::Prepare(absl::Time deadline) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ranked, RankLocations(database_, deadline));
  for (size_t i = 0; i < ranked.size(); ++i) ranks_[ranked[i]] = i;
  first_location_ = ranked.empty() ? 0 : ranked[0];
  return absl::OkStatus();
}

absl::Status DemandReader::PrepareRevenue(absl::Time deadline) {
  ASSIGN_OR_RETURN(currencies_, ReadOrderCurrencies(database_, deadline));
  return absl::OkStatus();
}

absl::Status DemandReader::Load(const SkuRange& range, absl::Time deadline) {
  ASSIGN_OR_RETURN(supply_, ReadSupply(database_, range, window_.end, deadline));
  ASSIGN_OR_RETURN(turns_, ReadStockTurns(database_, range, window_.end, deadline));
  ASSIGN_OR_RETURN(returns_, ReadUnknownReturns(database_, range, window_.begin, window_.end, deadline));
  return absl::OkStatus();
}

// Of live locations, the first to take from at the front.
std::vector<int64_t> DemandReader::LevelsOf(const std::string& sku) const {
  std::vector<int64_t> locations;
  for (auto level = supply_.lower_bound({sku, 0}); level != supply_.end() && level->first.sku == sku; ++level) {
    if (IsLive(level->first.location_id)) locations.push_back(level->first.location_id);
  }
  std::sort(locations.begin(), locations.end(), [this](int64_t a, int64_t b) { return ranks_.at(a) < ranks_.at(b); });
  return locations;
}

absl::StatusOr<SkuDemand> DemandReader::Read(const std::string& sku, absl::Time deadline) const {
  SkuDemand demand;
  const std::vector<int64_t> levels = LevelsOf(sku);
  for (const int64_t location : levels) demand.by_location[location];
  // With one place only there is nothing to tell apart.
  OrderPieces promised;
  if (levels.size() > 1) {
    ASSIGN_OR_RETURN(promised, ReadOrderPieces(database_, sku, deadline));
    for (auto& [order, places] : promised) {
      std::erase_if(places, [this](const auto& place) { return !IsLive(place.first); });
    }
    absl::erase_if(promised, [](const auto& order) { return order.second.empty(); });
  }
  const int64_t main_location = levels.empty() ? first_location_ : levels[0];
  LineSplitter splitter(std::move(promised), main_location, demand);
  const absl::CivilDay year = window_.end - planning::kDaysOfYear;
  RETURN_IF_ERROR(ReadSales(database_, sku, window_.begin, window_.end, deadline, [&](const SaleRow& row) {
    ++demand.lines;
    splitter.Add(row);
    const int64_t net = row.quantity - row.taken_back;
    if (row.day < year || net == 0) return;
    demand.pieces += net;
    if (!currencies_.main.empty() && !currencies_.other_orders.contains(row.order_id)) {
      demand.revenue_minor += Share(row.total_minor, net, row.quantity);
    }
  }));
  if (const auto found = returns_.find(sku); found != returns_.end() && demand.lines > 0) {
    for (const UnknownReturn& one : found->second) {
      demand.by_location[main_location].quantities.push_back({one.day, -one.pieces, 0});
    }
  }
  return demand;
}

planning::DemandSeriesOptions DemandReader::SeriesOptions() const {
  planning::DemandSeriesOptions options;
  options.begin = window_.begin;
  options.end = window_.end;
  options.period_days = window_.period_days;
  return options;
}

std::vector<planning::DayRange> DemandReader::OutOfStock(const std::string& sku, int64_t location_id) const {
  const auto found = turns_.find({sku, location_id});
  if (found == turns_.end()) return {};
  return planning::StockOutDays(found->second, window_.end);
}

absl::StatusOr<planning::DemandSeries> DemandReader::SeriesAt(const std::string& sku, int64_t location_id,
                                                              const SkuDemand& demand) const {
  const auto found = demand.by_location.find(location_id);
  if (found == demand.by_location.end()) return planning::DemandSeries();
  return planning::MakeDemandSeries(found->second.quantities, OutOfStock(sku, location_id), SeriesOptions());
}

absl::StatusOr<planning::DemandSeries> DemandReader::SeriesOfAll(const std::string& sku,
                                                                 const SkuDemand& demand) const {
  if (demand.by_location.size() == 1) return SeriesAt(sku, demand.by_location.begin()->first, demand);
  std::vector<DatedQuantity> all;
  for (const auto& [location, one] : demand.by_location) {
    all.insert(all.end(), one.quantities.begin(), one.quantities.end());
  }
  std::vector<std::vector<planning::DayRange>> out;
  for (const int64_t location : LevelsOf(sku)) out.push_back(OutOfStock(sku, location));
  return planning::MakeDemandSeries(all, planning::OutEverywhere(out, window_.begin, window_.end), SeriesOptions());
}

}  // namespace storeops::inventory
