// Forecasts of a real shop's sales: how long they take, which methods win, how far they are off, what stock they lead
// to.
//   forecast_bench FILE [PERIOD_DAYS]     FILE: the UCI data set "Online Retail" as CSV, plain or gzip; 7 (default) or
//   1
// One core. Errors are given beside the seasonal naive method (which repeats the last period until a season has
// passed).
#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/csv.h"
#include "services/inventory/planning/demand_series.h"
#include "services/inventory/planning/item_classes.h"
#include "services/inventory/planning/method_choice.h"
#include "services/inventory/planning/policy_simulation.h"
#include "services/storeops/import/gzip_file.h"
#include "services/storeops/import/retail_catalogue.h"
#include "tests/bench/bench_support.h"

namespace storeops::bench {
namespace {

using namespace inventory::planning;  // NOLINT: nothing but a driver of it

constexpr size_t kDayBytes = 10;
constexpr int kLeadTimePeriods = 2;  // weeks; a supplier's
constexpr int kOrderPeriods = 4;
constexpr int kWindows = 4;
constexpr int kYear = 52;
constexpr size_t kSimulated = 500;  // of the items with most revenue

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

struct Item {
  std::vector<DatedQuantity> quantities;
  int64_t revenue_minor = 0;
};

struct Sales {
  std::map<std::string, Item> items;
  absl::CivilDay first{9999, 1, 1};
  absl::CivilDay last{1, 1, 1};
};

// Cancellations do not name their order: the newest sale of the same code to the same customer that is large enough.
class CancellationMatcher {
 public:
  void Sold(const std::string& key, int64_t sale, int64_t pieces) { sales_[key].push_back({sale, pieces}); }
  int64_t SaleOf(const std::string& key, int64_t pieces) {
    const auto found = sales_.find(key);
    if (found == sales_.end()) return 0;
    for (auto sale = found->second.rbegin(); sale != found->second.rend(); ++sale) {
      if (sale->second < pieces) continue;
      sale->second -= pieces;
      return sale->first;
    }
    return 0;
  }

 private:
  absl::flat_hash_map<std::string, std::vector<std::pair<int64_t, int64_t>>> sales_;
};

Sales ReadSales(const std::string& path) {
  GzipFile file = OrFail(GzipFile::Open(path));
  CsvReader reader([&file](char* buffer, size_t size) { return file.Read(buffer, size); });
  std::vector<std::string> fields;
  if (!OrFail(reader.Next(&fields))) Fail("the file is empty");
  OrFail(RetailCatalogue::CheckHeader(fields));
  RetailCatalogue catalogue("GBP");
  CancellationMatcher matcher;
  Sales sales;
  while (OrFail(reader.Next(&fields))) {
    const SetAside reason = catalogue.Add(fields);
    if (reason != SetAside::kNone && reason != SetAside::kCancellation) continue;
    absl::CivilDay day;
    int64_t pieces = 0;
    double price = 0;
    if (!absl::ParseCivilTime(absl::string_view(fields[4]).substr(0, kDayBytes), &day) ||
        !absl::SimpleAtoi(fields[3], &pieces) || !absl::SimpleAtod(fields[5], &price)) {
      continue;
    }
    const std::string key = absl::StrCat(fields[1], " ", fields[6]);
    int64_t sale = reader.record();
    if (pieces > 0) {
      matcher.Sold(key, sale, pieces);
    } else {
      sale = fields[6].empty() ? 0 : matcher.SaleOf(key, -pieces);
    }
    sales.first = std::min(sales.first, day);
    sales.last = std::max(sales.last, day);
    Item& item = sales.items[fields[1]];
    item.quantities.push_back({day, pieces, sale});
    item.revenue_minor += std::llround(price * 100 * static_cast<double>(pieces));
  }
  absl::flat_hash_set<std::string> goods;
  for (const auto& product : catalogue.Products()) {
    if (product.kind() == catalog::v1::Product::GOODS) goods.insert(product.variants(0).sku());
  }
  for (auto item = sales.items.begin(); item != sales.items.end();) {
    item = goods.contains(item->first) ? std::next(item) : sales.items.erase(item);
  }
  return sales;
}

struct ItemSeries {
  std::string sku;
  std::vector<double> values;
  int64_t revenue_minor = 0;
};

std::vector<ItemSeries> MakeSeries(const Sales& sales, int period_days) {
  DemandSeriesOptions options;
  options.begin = sales.first;
  options.end = sales.last + 1;
  options.period_days = period_days;
  std::vector<ItemSeries> all;
  int64_t dampened = 0, taken_back = 0, unmatched = 0;
  for (const auto& [sku, item] : sales.items) {
    DemandSeries series = OrFail(MakeDemandSeries(item.quantities, {}, options));
    dampened += static_cast<int64_t>(series.dampened.size());
    taken_back += series.taken_back;
    unmatched += series.unmatched_taken_back;
    if (!series.values.empty()) all.push_back({sku, std::move(series.values), item.revenue_minor});
  }
  absl::PrintF("%s to %s: %d items, %d with demand; %d bulk sales dampened, %d pieces taken back, %d of no sale\n",
               absl::FormatCivilTime(sales.first), absl::FormatCivilTime(sales.last), sales.items.size(), all.size(),
               dampened, taken_back, unmatched);
  return all;
}

// Sums over series of what forecasts were off.
struct ErrorSum {
  std::vector<double> mase;
  std::vector<double> rmsse;
  double absolute = 0, total_absolute = 0, bias = 0, demand = 0;

  void Add(const Forecast& forecast, Series actual) {
    double total = 0, sold = 0;
    for (size_t i = 0; i < actual.size(); ++i) {
      const double off = forecast.At(static_cast<int>(i) + 1) - actual[i];
      total += off;
      absolute += std::abs(off);
      sold += actual[i];
    }
    total_absolute += std::abs(total);
    bias += total;
    demand += sold;
  }
  void Add(const BackTestErrors* errors) {
    if (errors == nullptr) return;
    if (errors->mase.has_value()) mase.push_back(*errors->mase);
    if (errors->rmsse.has_value()) rmsse.push_back(*errors->rmsse);
    absolute += errors->absolute;
    bias += errors->excess;
    demand += errors->demand;
  }
};

double Mean(const std::vector<double>& values) { return MomentsOf(values).mean; }

void PrintBackTest(const std::vector<MethodChoice>& choices) {
  ErrorSum chosen, naive;
  std::map<DemandClass, int> classes;
  std::map<Method, int> wins;
  int untried = 0;
  for (const MethodChoice& choice : choices) {
    ++classes[choice.pattern.demand_class];
    if (choice.errors() == nullptr) {
      ++untried;
      continue;
    }
    ++wins[choice.forecast.method];
    chosen.Add(choice.errors());
    naive.Add(choice.ErrorsOf(Method::kSeasonalNaive));
  }
  Table kinds({"class", "series"});
  for (const auto& [kind, count] : classes) kinds.Add({std::string(NameOf(kind)), Thousands(count)});
  kinds.Add({"too short to back-test", Thousands(untried)});
  kinds.Print();
  Table won({"method chosen", "series"});
  for (const auto& [method, count] : wins) won.Add({std::string(NameOf(method)), Thousands(count)});
  won.Print();
  Table table({"back-test", "MASE mean", "MASE median", "RMSSE mean", "WAPE", "bias"});
  const auto add = [&table](const std::string& name, const ErrorSum& sum) {
    table.Add({name, Fixed(Mean(sum.mase), 3), Fixed(Median(sum.mase), 3), Fixed(Mean(sum.rmsse), 3),
               Fixed(sum.absolute / sum.demand, 3), Fixed(sum.bias / sum.demand, 3)});
  };
  add("chosen by it", chosen);
  add("seasonal naive", naive);
  table.Print();
}

// What the choice is worth on what it has not seen: the last horizons, each from what was known before it.
void PrintHoldOut(const std::vector<ItemSeries>& all, const BackTestOptions& options) {
  const Method others[] = {
      Method::kSeasonalNaive,        Method::kMean,  Method::kExponentialSmoothing, Method::kSyntetosBoylan,
      Method::kTeunterSyntetosBabai, Method::kTheta, Method::kCombination};
  ErrorSum chosen;
  std::map<Method, ErrorSum> alone;
  for (int window = 0; window < kWindows; ++window) {
    for (const ItemSeries& item : all) {
      const auto known = static_cast<int>(item.values.size()) - options.horizon * (window + 1);
      if (known < options.min_history) continue;
      const Series history = Series(item.values).subspan(0, known);
      const Series actual = Series(item.values).subspan(known, options.horizon);
      chosen.Add(ChooseMethod(history, options).forecast, actual);
      for (const Method method : others) alone[method].Add(Fit(method, history, options.season_periods), actual);
    }
  }
  Table table({"unseen periods", "WAPE by period", "WAPE of the sum", "bias"});
  const auto add = [&table](const std::string& name, const ErrorSum& sum) {
    table.Add({name, Fixed(sum.absolute / sum.demand, 3), Fixed(sum.total_absolute / sum.demand, 3),
               Fixed(sum.bias / sum.demand, 3)});
  };
  add("chosen by series", chosen);
  for (const Method method : others) add(absl::StrCat(NameOf(method), " for all"), alone[method]);
  table.Print();
}

// What one policy did with all items.
struct PolicySum {
  double demand = 0, served = 0, stock = 0, cycles = 0;
  int64_t orders = 0;
  void Add(const SimulationResult& result) {
    demand += result.demand;
    served += result.served;
    stock += result.average_stock;
    cycles += result.cycle_service;
    orders += result.orders;
  }
};

struct Path {
  Series history;
  std::vector<double> demand;
};

// The suggested policy and min/max, each as shops would set it, on the same demand.
void PrintPolicies(const std::string& title, const std::vector<Path>& paths, const BackTestOptions& back_test) {
  SuggestedRuleOptions rule;
  rule.back_test = back_test;
  rule.lead_time = {kLeadTimePeriods, 0.25};
  rule.order_periods = kOrderPeriods;
  SimulationOptions simulation;
  simulation.lead_time_periods = {2, 2, 1, 2, 3, 2, 2, 2};  // mean 2, variance 0.25
  Table table({absl::StrCat(title, ", ", paths.size(), " items"), "fill rate", "cycle service", "average stock",
               "orders an item"});
  const auto add = [&](const std::string& name, const PolicySum& sum) {
    const auto count = static_cast<double>(paths.size());
    table.Add({name, Fixed(sum.served / sum.demand, 4), Fixed(sum.cycles / count, 3), Thousands(sum.stock),
               Fixed(static_cast<double>(sum.orders) / count, 1)});
  };
  for (const double level : {0.90, 0.95, 0.98}) {
    rule.target.level = level;
    PolicySum suggested, plain, as_good;
    int beyond = 0;
    for (const Path& path : paths) {
      simulation.initial_stock = std::llround(MomentsOf(path.history).mean * kOrderPeriods);
      const PolicyComparison comparison =
          OrFail(ComparePolicies(path.history, path.demand, rule, simulation, [] { return absl::OkStatus(); }));
      suggested.Add(comparison.suggested);
      plain.Add(comparison.min_max);
      as_good.Add(comparison.min_max_as_good);
      beyond += comparison.cover_as_good == 0 ? 1 : 0;
    }
    if (level == 0.90) add("min/max by rule of thumb, cover 1.5", plain);
    add(absl::StrFormat("suggested for %.0f%% of cycles", level * 100), suggested);
    add(absl::StrFormat("min/max, cover of each item in hindsight (%d never serve as much)", beyond), as_good);
  }
  for (const double cover : {2.0, 2.5, 3.0, 4.0}) {
    PolicySum sum;
    for (const Path& path : paths) {
      simulation.initial_stock = std::llround(MomentsOf(path.history).mean * kOrderPeriods);
      const PolicyRule levels = MinMaxRule(PlainMinMax(path.history, kLeadTimePeriods, 1, cover, kOrderPeriods));
      sum.Add(OrFail(Simulate(path.history, path.demand, levels, simulation)));
    }
    add(absl::StrFormat("min/max, cover %.1f for all", cover), sum);
  }
  table.Print();
}

void PrintPolicies(std::vector<ItemSeries> all, const BackTestOptions& options) {
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.revenue_minor > b.revenue_minor; });
  all.resize(std::min(all.size(), kSimulated));
  std::vector<Path> drawn, real;
  for (size_t i = 0; i < all.size(); ++i) {
    const Series values = all[i].values;
    drawn.push_back({values, BootstrapDemand(values, kYear, 4, i)});
    if (values.size() < kYear) continue;
    const size_t half = values.size() / 2;
    real.push_back({values.subspan(0, half), {values.begin() + half, values.end()}});
  }
  PrintPolicies("a year drawn from the past", drawn, options);
  PrintPolicies("the real second half of the year", real, options);
}

void Main(int argc, char** argv) {
  if (argc < 2) Fail("forecast_bench FILE [PERIOD_DAYS]");
  int period_days = kDaysPerWeek;
  if (argc > 2 && !absl::SimpleAtoi(argv[2], &period_days)) Fail("PERIOD_DAYS is 7 or 1");
  auto start = std::chrono::steady_clock::now();
  const Sales sales = ReadSales(argv[1]);
  absl::PrintF("read in %.2f s\n", Seconds(start));
  start = std::chrono::steady_clock::now();
  const std::vector<ItemSeries> all = MakeSeries(sales, period_days);
  absl::PrintF("series in %.2f s\n", Seconds(start));

  BackTestOptions options;
  options.season_periods = period_days == 1 ? kDaysPerWeek : kYear;
  if (period_days == 1) {
    options.horizon = 14;
    options.step = 7;
    options.min_history = 28;
    options.clearly_better = 0.1;  // more periods to judge by
  }
  start = std::chrono::steady_clock::now();
  std::vector<MethodChoice> choices;
  size_t periods = 0;
  for (const ItemSeries& item : all) {
    choices.push_back(ChooseMethod(item.values, options));
    periods += item.values.size();
  }
  const double seconds = Seconds(start);
  absl::PrintF("%d series of %.1f periods on average, method chosen and fitted in %.2f s\n\n", all.size(),
               static_cast<double>(periods) / static_cast<double>(all.size()), seconds);
  PrintBackTest(choices);
  PrintHoldOut(all, options);
  if (period_days == kDaysPerWeek) PrintPolicies(all, options);
}

}  // namespace
}  // namespace storeops::bench

int main(int argc, char** argv) {
  storeops::bench::Main(argc, argv);
  return 0;
}
