#include "services/inventory/planning/planning_work.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/base/money.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "services/inventory/planning/item_classes.h"
#include "services/inventory/planning/planning_messages.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using planning::DemandSeries;
using planning::MethodChoice;
using planning::PlannedItem;

constexpr int kSkusAtOnce = 200;
// Then expensive calls that wait have their turn; planned in some 50 ms.
constexpr size_t kSkusOfTurn = 20;

// The periods of the last year.
planning::Series LastYear(const DemandSeries& series) {
  const size_t periods = static_cast<size_t>(planning::kDaysOfYear / series.period_days);
  const planning::Series all = series.values;
  return all.size() <= periods ? all : all.subspan(all.size() - periods);
}

std::string Letter(planning::AbcClass abc) { return std::string(1, static_cast<char>('A' + static_cast<int>(abc))); }
std::string Letter(planning::XyzClass xyz) { return std::string(1, static_cast<char>('X' + static_cast<int>(xyz))); }

// At most what there is a number for.
void AddAmount(int64_t minor, int64_t& sum) {
  if (__builtin_add_overflow(sum, minor, &sum)) sum = INT64_MAX;
}

double Over(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

absl::StatusOr<OffersBySku> BestOffers(const SupplierService& suppliers, const std::vector<std::string>& skus,
                                       absl::Time deadline) {
  OffersBySku best;
  if (skus.empty()) return best;
  ASSIGN_OR_RETURN(std::vector<SupplierOffer> offers, suppliers.ListOffers(skus, deadline));
  // By priority: the first one stays.
  for (SupplierOffer& offer : offers) {
    std::string sku = offer.sku;
    best.try_emplace(std::move(sku), std::move(offer));
  }
  return best;
}

planning::SupplyOffer ToSupply(const SupplierOffer& offer) {
  planning::SupplyOffer supply;
  supply.price_minor = offer.terms.price_minor;
  supply.minimum_quantity = offer.terms.min_quantity;
  supply.pack_size = std::max<int64_t>(1, offer.terms.pack_size);
  if (offer.terms.lead_time_days.has_value()) supply.stated_lead_days = *offer.terms.lead_time_days;
  supply.seen = {offer.learned.receipts, offer.learned.mean_days, offer.learned.deviation_days};
  return supply;
}

absl::Status PlanningWork::Plan(StorePart store, v1::PlanningRun& run) {
  RETURN_IF_ERROR(reader_.Prepare(SteadyNow() + kStepLimit));
  RETURN_IF_ERROR(reader_.PrepareRevenue(SteadyNow() + kStepLimit));
  std::string after;
  while (true) {
    const absl::Time deadline = SteadyNow() + kStepLimit;
    ASSIGN_OR_RETURN(const std::vector<std::string> skus, ListPlannedSkus(database_, after, kSkusAtOnce, deadline));
    if (skus.empty()) break;
    after = skus.back();
    RETURN_IF_ERROR(reader_.Load({skus.front(), skus.back()}, deadline));
    ASSIGN_OR_RETURN(const OffersBySku offers, BestOffers(suppliers_, skus, deadline));
    Part part;
    RETURN_IF_ERROR(PlanSkus(skus, offers, part));
    part.skus = skus_;
    RETURN_IF_ERROR(store(part));
  }
  run.set_currency(reader_.currency());
  run.set_order_line_count(lines_);
  run.set_sku_count(skus_);
  run.set_item_count(items_);
  run.set_replenishment_count(wanted_);
  run.set_alert_count(alerts_);
  run.set_wape(Over(errors_, back_tested_demand_));
  run.set_seasonal_naive_wape(Over(naive_errors_, back_tested_demand_));
  run.clear_amounts();
  for (const auto& [currency, minor] : amounts_) *run.add_amounts() = MoneyFromMinor(minor, currency);
  return absl::OkStatus();
}

absl::Status PlanningWork::PlanSkus(const std::vector<std::string>& skus, const OffersBySku& offers, Part& part) {
  rpc::CostLane::Slot slot;
  for (size_t i = 0; i < skus.size(); ++i) {
    if (i % kSkusOfTurn == 0) {
      slot.Release();
      ASSIGN_OR_RETURN(slot, compute_.Await({"storeops.inventory.v1", "services/inventory"}, SteadyNow() + kStepLimit,
                                            /*cancellation=*/nullptr));
    }
    RETURN_IF_ERROR(PlanSku(skus[i], offers, part));
  }
  return absl::OkStatus();
}

absl::Status PlanningWork::PlanSku(const std::string& sku, const OffersBySku& offers, Part& part) {
  ASSIGN_OR_RETURN(const SkuDemand demand, reader_.Read(sku, SteadyNow() + kStepLimit));
  lines_ += demand.lines;
  if (demand.lines > 0 || !demand.by_location.empty()) ++skus_;
  std::optional<SupplierOffer> offer;
  if (const auto found = offers.find(sku); found != offers.end()) offer = found->second;
  double demand_per_day = 0;
  for (const auto& [location, one] : demand.by_location) {
    if (!reader_.IsLive(location)) continue;
    Chosen chosen;
    ASSIGN_OR_RETURN(chosen.series, reader_.SeriesAt(sku, location, demand));
    chosen.choice = planning::ChooseMethod(chosen.series.values, options_);
    CountErrors(chosen.choice);
    ASSIGN_OR_RETURN(const auto item, PlanLevel({sku, location}, one, offer, chosen, part));
    if (item.has_value()) demand_per_day += item->demand_per_day;
  }
  ASSIGN_OR_RETURN(const DemandSeries all, reader_.SeriesOfAll(sku, demand));
  AddCandidate(sku, demand, all, demand_per_day);
  return absl::OkStatus();
}

planning::PlanInput PlanningWork::InputFor(const StockKey& key, const LocationDemand& demand,
                                           const std::optional<SupplierOffer>& offer,
                                           const v1::PlanningSetting& setting) const {
  planning::PlanInput input;
  input.today = reader_.window().end;
  input.period_days = reader_.window().period_days;
  input.rules = ToRules(setting, offer.has_value() ? offer->currency : "");
  if (offer.has_value()) input.offer = ToSupply(*offer);
  if (const auto found = drafted_.find(key); found != drafted_.end()) input.drafted = found->second;
  input.last_sale = demand.last_sale;
  const auto found = reader_.supply().find(key);
  if (found == reader_.supply().end()) return input;
  const LevelSupply& level = found->second;
  input.on_hand = level.counters.for_sale();
  input.reserved = level.counters.reserved;
  input.incoming = level.counters.incoming;
  input.stated_safety_stock = level.stated_safety_stock;
  input.next_arrival = level.next_arrival;
  input.first_received = level.first_received;
  input.lots = level.lots;
  return input;
}

absl::StatusOr<std::optional<PlannedItem>> PlanningWork::PlanLevel(const StockKey& key, const LocationDemand& demand,
                                                                   const std::optional<SupplierOffer>& offer,
                                                                   const Chosen& chosen, Part& part) {
  const v1::PlanningSetting setting = settings_.Resolve(key.sku, LocationNameOf(key));
  const planning::PlanInput input = InputFor(key, demand, offer, setting);
  const bool idle = input.on_hand == 0 && input.reserved == 0 && input.incoming == 0 && input.drafted == 0 &&
                    input.stated_safety_stock == 0;
  if (idle && demand.quantities.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(PlannedItem planned, planning::PlanItem(chosen.choice, input));
  PlanItem item;
  item.number = ++items_;
  item.key = key;
  item.wanted = planned.replenishment.need > 0 && !input.rules.discontinued;
  item.message = ToMessage(planned, setting, offer, input.drafted, chosen.choice.forecast.method);
  if (item.wanted) ++wanted_;
  if (planned.replenishment.amount_minor > 0) AddAmount(planned.replenishment.amount_minor, amounts_[offer->currency]);
  const bool arrives = input.incoming > 0;
  for (const planning::StockAlert& alert : planned.alerts) {
    v1::StockAlert message = ToMessage(alert, planned, offer, arrives);
    message.set_sku(key.sku);
    message.set_location(LocationNameOf(key));
    if (item.wanted) message.set_replenishment(kReplenishmentNames.Format({item.number, run_id_}));
    part.alerts.push_back({++alerts_, key, std::move(message)});
  }
  part.items.push_back(std::move(item));
  return planned;
}

void PlanningWork::CountErrors(const MethodChoice& choice) {
  const planning::BackTestErrors* naive = choice.ErrorsOf(planning::Method::kSeasonalNaive);
  if (choice.errors() == nullptr || naive == nullptr) return;
  errors_ += choice.errors()->absolute;
  naive_errors_ += naive->absolute;
  back_tested_demand_ += choice.errors()->demand;
}

void PlanningWork::AddCandidate(const std::string& sku, const SkuDemand& demand, const DemandSeries& series,
                                double demand_per_day) {
  Candidate candidate;
  candidate.sku = sku;
  candidate.revenue_minor = demand.revenue_minor;
  candidate.pieces = demand.pieces;
  candidate.demand_per_day = demand_per_day;
  bool stocked = false;
  for (const auto& [location, one] : demand.by_location) {
    const auto level = reader_.supply().find({sku, location});
    if (level == reader_.supply().end()) continue;
    candidate.free += level->second.counters.available();
    stocked |= level->second.counters.on_hand > 0;
  }
  if (demand.lines == 0 && !stocked) return;
  const planning::Series year = LastYear(series);
  const planning::Moments moments = planning::MomentsOf(year);
  candidate.xyz = planning::ClassifyByVariation(year, {});
  if (moments.count > 1 && moments.mean > 0) candidate.variation = std::sqrt(moments.variance) / moments.mean;
  candidates_.push_back(std::move(candidate));
}

std::vector<v1::ItemClass> PlanningWork::Classify(v1::PlanningRun& run) const {
  std::vector<int64_t> revenue;
  double all = 0;
  for (const Candidate& candidate : candidates_) {
    revenue.push_back(candidate.revenue_minor);
    all += static_cast<double>(std::max<int64_t>(0, candidate.revenue_minor));
  }
  const std::vector<planning::AbcClass> classes = planning::ClassifyByRevenue(revenue, {});
  std::vector<size_t> order(candidates_.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return revenue[a] > revenue[b]; });
  std::vector<v1::ItemClass> items;
  std::map<std::string, std::pair<int64_t, int64_t>> totals = {{"A", {}}, {"B", {}}, {"C", {}}};
  double before = 0;
  for (const size_t index : order) {
    const Candidate& candidate = candidates_[index];
    v1::ItemClass& item = items.emplace_back();
    item.set_rank(static_cast<int64_t>(items.size()));
    item.set_sku(candidate.sku);
    item.set_abc_class(Letter(classes[index]));
    item.set_xyz_class(Letter(candidate.xyz));
    item.mutable_revenue()->set_units(candidate.revenue_minor);
    before += static_cast<double>(std::max<int64_t>(0, candidate.revenue_minor));
    item.set_revenue_share(Over(static_cast<double>(candidate.revenue_minor), all));
    item.set_cumulative_share(Over(before, all));
    item.set_pieces(candidate.pieces);
    if (candidate.variation.has_value()) item.set_variation(*candidate.variation);
    item.set_free(candidate.free);
    if (const auto days = planning::DaysOfCover(candidate.free, candidate.demand_per_day)) {
      item.set_days_of_cover(*days);
    }
    auto& [count, minor] = totals[item.abc_class()];
    ++count;
    minor += candidate.revenue_minor;
  }
  run.clear_class_totals();
  for (const auto& [abc, total] : totals) {
    v1::ClassTotal& message = *run.add_class_totals();
    message.set_abc_class(abc);
    message.set_items(total.first);
    if (!run.currency().empty()) *message.mutable_revenue() = MoneyFromMinor(total.second, run.currency());
    message.set_revenue_share(Over(static_cast<double>(total.second), all));
  }
  return items;
}

}  // namespace storeops::inventory
