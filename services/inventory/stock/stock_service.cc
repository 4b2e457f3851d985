#include "services/inventory/stock/stock_service.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/follow.h"
#include "common/resource/list_cost.h"
#include "services/inventory/reservations/reservation_holder.h"
#include "services/inventory/stock/stock_messages.h"
#include "services/inventory/stock/stock_watch.h"

namespace storeops::inventory {
namespace {

constexpr char kService[] = "storeops.inventory.v1.StockService";

constexpr int kWatchBatch = 500;

v1::SkuStock Answer(const v1::GetStockRequest& request, int64_t location_id, std::vector<StockLevel> levels,
                    absl::Time now) {
  if (location_id != 0) {
    std::erase_if(levels, [location_id](const StockLevel& level) { return level.key.location_id != location_id; });
  }
  return ToSkuStock(request.sku(), levels, now);
}

}  // namespace

absl::Status StockService::Bind(Environment& environment) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(filters_, StockFilters::Open(environment.store.database));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  changes_.Bind(environment, service);
  import_.Bind(environment, service);
  RETURN_IF_ERROR(reservations_.Bind(environment, service));
  check_.Bind(environment, service);
  check_.AddHolder(AddActiveReservations);
  expired_lots_.Bind(environment);
  service.Inline("GetStock", this, &StockService::TryGet)
      .Unary("GetStock", this, &StockService::Get)
      .Unary("BatchGetStock", this, &StockService::BatchGet)
      .Unary("ListStock", this, &StockService::List)
      .CostRaw("ListStock", resource::ListCost(filters_.levels))
      .Unary("ListStockMovements", this, &StockService::ListLedger)
      .CostRaw("ListStockMovements", resource::ListCost(filters_.movements))
      .Unary("ListLots", this, &StockService::ListLots)
      .CostRaw("ListLots", resource::ListCost(filters_.lots))
      .Stream("WatchStock", this, &StockService::Watch)
      .Replay(&environment.replays);
  environment.store.feed.OfferSnapshot(kStockLevelType,
                                       [this](const std::string& after, int limit, absl::Time deadline) {
                                         return ReadSnapshot(after, limit, deadline);
                                       });
  return absl::OkStatus();
}

// Ids are "{location}/{sku}"; the order is that of SKUs, then locations.
absl::StatusOr<std::vector<changes::SnapshotResource>> StockService::ReadSnapshot(const std::string& after_id,
                                                                                  int limit,
                                                                                  absl::Time deadline) const {
  const std::pair<std::string, std::string> parts = absl::StrSplit(after_id, absl::MaxSplits('/', 1));
  StockKey after{parts.second, 0};
  if (!after_id.empty() && !absl::SimpleAtoi(parts.first, &after.location_id)) {
    return InvalidField("after_id", absl::StrCat("must be \"{location}/{sku}\", got \"", after_id, "\""));
  }
  ASSIGN_OR_RETURN(const auto levels, ScanLevels(environment_->store.database, after, limit, deadline));
  std::vector<changes::SnapshotResource> resources;
  for (const StockLevel& level : levels) {
    resources.push_back({absl::StrCat(level.key.location_id, "/", level.key.sku), ToChange(level)});
    resources.back().change.set_kind(changes::Change::SNAPSHOT);
  }
  return resources;
}

absl::Status StockService::Start() {
  memory_.Start(environment_->store.database, environment_->store.feed, &environment_->telemetry);
  return absl::OkStatus();
}

void StockService::Stop() { memory_.Stop(); }

StockService::InlineReply StockService::TryGet(rpc::Call&, const v1::GetStockRequest& request) {
  auto levels = memory_.Find(request.sku());
  if (!levels.has_value()) return std::nullopt;
  const auto location = ParseLocation(request.location(), "location");
  if (!location.ok()) return std::nullopt;
  return rpc::Reply(
      std::make_unique<v1::SkuStock>(Answer(request, *location, *std::move(levels), environment_->store.clock.Now())));
}

absl::StatusOr<v1::SkuStock> StockService::Get(rpc::Call& call, const v1::GetStockRequest& request) {
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(request.location(), "location"));
  ASSIGN_OR_RETURN(auto levels, ReadLevels(environment_->store.database, {request.sku()}, call.deadline));
  return Answer(request, location, std::move(levels), environment_->store.clock.Now());
}

absl::StatusOr<v1::BatchGetStockResponse> StockService::BatchGet(rpc::Call& call,
                                                                 const v1::BatchGetStockRequest& request) {
  absl::flat_hash_map<std::string, std::vector<StockLevel>> by_sku;
  std::vector<std::string> unknown;
  for (const std::string& sku : request.skus()) {
    const auto [place, fresh] = by_sku.try_emplace(sku);
    if (!fresh) continue;
    if (auto levels = memory_.Find(sku)) {
      place->second = *std::move(levels);
    } else {
      unknown.push_back(sku);
    }
  }
  ASSIGN_OR_RETURN(auto read, ReadLevels(environment_->store.database, unknown, call.deadline));
  for (StockLevel& level : read) by_sku[level.key.sku].push_back(std::move(level));
  v1::BatchGetStockResponse response;
  const absl::Time now = environment_->store.clock.Now();
  for (const std::string& sku : request.skus()) *response.add_stock() = ToSkuStock(sku, by_sku[sku], now);
  return response;
}

absl::StatusOr<v1::ListStockResponse> StockService::List(rpc::Call& call, const v1::ListStockRequest& request) {
  ASSIGN_OR_RETURN(const auto condition, filters_.levels.Compile(request.filter()));
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "tn"));
  const StockKey after{page.Text(0), page.Number(1)};
  ASSIGN_OR_RETURN(auto levels,
                   ListLevels(environment_->store.database, condition, after, page.limit(), call.deadline));
  v1::ListStockResponse response;
  page.Close(
      levels, [](const StockLevel& last) -> resource::PageKeys { return {last.key.sku, last.key.location_id}; },
      &response);
  const absl::Time now = environment_->store.clock.Now();
  for (const StockLevel& level : levels) *response.add_levels() = ToMessage(AsOf(level, now));
  return response;
}

absl::StatusOr<v1::ListStockMovementsResponse> StockService::ListLedger(rpc::Call& call,
                                                                        const v1::ListStockMovementsRequest& request) {
  ASSIGN_OR_RETURN(const auto condition, filters_.movements.Compile(request.filter()));
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "n"));
  ASSIGN_OR_RETURN(auto rows,
                   ListMovements(environment_->store.database, condition, page.Number(0), page.limit(), call.deadline));
  v1::ListStockMovementsResponse response;
  page.Close(rows, [](const LedgerRow& last) -> resource::PageKeys { return {last.id}; }, &response);
  for (const LedgerRow& row : rows) *response.add_movements() = ToMessage(row);
  return response;
}

absl::StatusOr<v1::ListLotsResponse> StockService::ListLots(rpc::Call& call, const v1::ListLotsRequest& request) {
  ASSIGN_OR_RETURN(const auto condition, filters_.lots.Compile(request.filter()));
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "tntt"));
  std::optional<StockLot> after;
  if (!page.first()) {
    after.emplace();
    after->key = {page.Text(0), page.Number(1)};
    after->lot = page.Text(2);
    after->bin = page.Text(3);
  }
  ASSIGN_OR_RETURN(auto lots,
                   ListStockLots(environment_->store.database, condition, after, page.limit(), call.deadline));
  v1::ListLotsResponse response;
  const auto keys_of = [](const StockLot& last) -> resource::PageKeys {
    return {last.key.sku, last.key.location_id, last.lot, last.bin};
  };
  page.Close(lots, keys_of, &response);
  for (const StockLot& lot : lots) *response.add_lots() = ToMessage(lot);
  return response;
}

absl::Status StockService::Watch(rpc::Call& call, const v1::WatchStockRequest& request, rpc::ReplyStream& out) {
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(request.location(), "location"));
  const std::set<std::string> skus(request.skus().begin(), request.skus().end());
  StockWatch watch(skus, location);
  changes::Feed& feed = environment_->store.feed;
  // What is committed from here on comes with the feed.
  ASSIGN_OR_RETURN(const int64_t position, feed.LastSequence(call.deadline));
  std::vector<StockLevel> levels;
  if (!skus.empty()) {
    const std::vector<std::string> names(skus.begin(), skus.end());
    ASSIGN_OR_RETURN(levels, ReadLevels(environment_->store.database, names, call.deadline));
  }
  // Also when it is empty: it tells the caller that the watch has begun.
  if (!out.Write(watch.First(levels))) return absl::OkStatus();
  const auto keep_going = [&](int64_t) { return !call.Cancelled() && SteadyNow() < call.deadline; };
  const auto send = [&](const changes::Batch& batch) {
    const v1::WatchStockResponse response = watch.Changed(batch);
    return response.levels().empty() || out.Write(response);
  };
  RETURN_IF_ERROR(changes::FollowFeed(feed, position, {kStockLevelType}, changes::Contents::kWhole,
                                      {.batch_limit = kWatchBatch}, keep_going, send));
  if (SteadyNow() >= call.deadline) return absl::DeadlineExceededError("the watch's time is over");
  return absl::OkStatus();
}

}  // namespace storeops::inventory
