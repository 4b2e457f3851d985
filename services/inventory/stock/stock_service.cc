#include "services/inventory/stock/stock_service.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/changes/follow.h"
#include "services/inventory/reservations/reservation_holder.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

constexpr char kService[] = "storeops.inventory.v1.StockService";

// As the engine's.
constexpr int kDefaultPage = 20;
constexpr int kMaxPage = 500;
constexpr int kWatchBatch = 500;

v1::SkuStock Answer(const v1::GetStockRequest& request, int64_t location_id, std::vector<StockLevel> levels) {
  if (location_id != 0) {
    std::erase_if(levels, [location_id](const StockLevel& level) { return level.key.location_id != location_id; });
  }
  return ToSkuStock(request.sku(), levels);
}

// The values of a page token, if they are of these kinds: 't' text, 'i' integer.
bool Fit(const std::vector<db::Value>& keys, absl::string_view kinds) {
  if (keys.size() != kinds.size()) return false;
  for (size_t i = 0; i < keys.size(); ++i) {
    const bool fits = kinds[i] == 'i' ? std::holds_alternative<int64_t>(keys[i].storage())
                                      : std::holds_alternative<std::string>(keys[i].storage());
    if (!fits) return false;
  }
  return true;
}

const std::string& TextOf(const db::Value& value) { return std::get<std::string>(value.storage()); }
int64_t NumberOf(const db::Value& value) { return std::get<int64_t>(value.storage()); }

absl::Status WrongToken() { return InvalidField("page_token", "must be a next_page_token of an earlier list"); }

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
      .Unary("ListStockMovements", this, &StockService::ListLedger)
      .Unary("ListLots", this, &StockService::ListLots)
      .Stream("WatchStock", this, &StockService::Watch)
      .Replay(&environment.replays);
  return absl::OkStatus();
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
  return rpc::Reply(std::make_unique<v1::SkuStock>(Answer(request, *location, *std::move(levels))));
}

absl::StatusOr<v1::SkuStock> StockService::Get(rpc::Call& call, const v1::GetStockRequest& request) {
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(request.location(), "location"));
  ASSIGN_OR_RETURN(auto levels, ReadLevels(environment_->store.database, {request.sku()}, call.deadline));
  return Answer(request, location, std::move(levels));
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
  for (const std::string& sku : request.skus()) *response.add_stock() = ToSkuStock(sku, by_sku[sku]);
  return response;
}

absl::StatusOr<v1::ListStockResponse> StockService::List(rpc::Call& call, const v1::ListStockRequest& request) {
  ASSIGN_OR_RETURN(const auto condition, filters_.levels.Compile(request.filter()));
  ASSIGN_OR_RETURN(const auto keys, environment_->page_tokens.Read(request, request.page_token()));
  if (!keys.empty() && !Fit(keys, "ti")) return WrongToken();
  const StockKey after = keys.empty() ? StockKey() : StockKey{TextOf(keys[0]), NumberOf(keys[1])};
  const int size = resource::PageSize(request.page_size(), kDefaultPage, kMaxPage);
  ASSIGN_OR_RETURN(auto levels, ListLevels(environment_->store.database, condition, after, size + 1, call.deadline));
  v1::ListStockResponse response;
  if (levels.size() > static_cast<size_t>(size)) {
    levels.resize(size);
    const StockKey& last = levels.back().key;
    response.set_next_page_token(environment_->page_tokens.Make(request, {last.sku, last.location_id}));
  }
  for (const StockLevel& level : levels) *response.add_levels() = ToMessage(level);
  return response;
}

absl::StatusOr<v1::ListStockMovementsResponse> StockService::ListLedger(rpc::Call& call,
                                                                        const v1::ListStockMovementsRequest& request) {
  ASSIGN_OR_RETURN(const auto condition, filters_.movements.Compile(request.filter()));
  ASSIGN_OR_RETURN(const auto keys, environment_->page_tokens.Read(request, request.page_token()));
  if (!keys.empty() && !Fit(keys, "i")) return WrongToken();
  const int size = resource::PageSize(request.page_size(), kDefaultPage, kMaxPage);
  ASSIGN_OR_RETURN(auto rows, ListMovements(environment_->store.database, condition,
                                            keys.empty() ? 0 : NumberOf(keys[0]), size + 1, call.deadline));
  v1::ListStockMovementsResponse response;
  if (rows.size() > static_cast<size_t>(size)) {
    rows.resize(size);
    response.set_next_page_token(environment_->page_tokens.Make(request, {db::Value(rows.back().id)}));
  }
  for (const LedgerRow& row : rows) *response.add_movements() = ToMessage(row);
  return response;
}

absl::StatusOr<v1::ListLotsResponse> StockService::ListLots(rpc::Call& call, const v1::ListLotsRequest& request) {
  ASSIGN_OR_RETURN(const auto condition, filters_.lots.Compile(request.filter()));
  ASSIGN_OR_RETURN(const auto keys, environment_->page_tokens.Read(request, request.page_token()));
  if (!keys.empty() && !Fit(keys, "titt")) return WrongToken();
  std::optional<StockLot> after;
  if (!keys.empty()) {
    after.emplace();
    after->key = {TextOf(keys[0]), NumberOf(keys[1])};
    after->lot = TextOf(keys[2]);
    after->bin = TextOf(keys[3]);
  }
  const int size = resource::PageSize(request.page_size(), kDefaultPage, kMaxPage);
  ASSIGN_OR_RETURN(auto lots, ListStockLots(environment_->store.database, condition, after, size + 1, call.deadline));
  v1::ListLotsResponse response;
  if (lots.size() > static_cast<size_t>(size)) {
    lots.resize(size);
    const StockLot& last = lots.back();
    response.set_next_page_token(
        environment_->page_tokens.Make(request, {last.key.sku, last.key.location_id, last.lot, last.bin}));
  }
  for (const StockLot& lot : lots) *response.add_lots() = ToMessage(lot);
  return response;
}

absl::Status StockService::Watch(rpc::Call& call, const v1::WatchStockRequest& request, rpc::ReplyStream& out) {
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(request.location(), "location"));
  const absl::flat_hash_set<std::string> skus(request.skus().begin(), request.skus().end());
  const auto wanted = [&](const StockKey& key) {
    return (skus.empty() || skus.contains(key.sku)) && (location == 0 || key.location_id == location);
  };
  changes::Feed& feed = environment_->store.feed;
  // What is committed from here on comes with the feed.
  ASSIGN_OR_RETURN(const int64_t position, feed.LastSequence(call.deadline));
  v1::WatchStockResponse first;
  if (!skus.empty()) {
    const std::vector<std::string> names(skus.begin(), skus.end());
    ASSIGN_OR_RETURN(const auto levels, ReadLevels(environment_->store.database, names, call.deadline));
    for (const StockLevel& level : levels) {
      if (wanted(level.key)) *first.add_levels() = ToMessage(level);
    }
  }
  // Also when it is empty: it tells the caller that the watch has begun.
  if (!out.Write(first)) return absl::OkStatus();
  const auto keep_going = [&](int64_t) { return !call.Cancelled() && absl::Now() < call.deadline; };
  const auto send = [&](const changes::Batch& batch) {
    absl::flat_hash_map<std::string, v1::StockLevel> latest;
    for (const changes::Change& change : batch.changes) {
      v1::StockLevel level;
      if (level.ParseFromString(change.resource()) && wanted(FromMessage(level).key)) {
        latest[change.subject()] = std::move(level);
      }
    }
    if (latest.empty()) return true;
    v1::WatchStockResponse response;
    for (auto& [subject, level] : latest) *response.add_levels() = std::move(level);
    return out.Write(response);
  };
  RETURN_IF_ERROR(
      changes::FollowFeed(feed, position, {kStockLevelType}, changes::Contents::kWhole, kWatchBatch, keep_going, send));
  if (absl::Now() >= call.deadline) return absl::DeadlineExceededError("the watch's time is over");
  return absl::OkStatus();
}

}  // namespace storeops::inventory
