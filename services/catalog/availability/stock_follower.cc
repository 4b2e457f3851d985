#include "services/catalog/availability/stock_follower.h"

#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/btree_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/module/followers.h"
#include "common/resource/resource_name.h"
#include "services/catalog/availability/availability_store.h"
#include "storeops/catalog/v1/sku_availability.pb.h"
#include "storeops/inventory/v1/location.pb.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::catalog {
namespace {

using changes::Change;

constexpr char kStockLevelType[] = "inventory.storeops/StockLevel";
constexpr char kLocationType[] = "inventory.storeops/Location";
constexpr absl::string_view kNamePrefix = "skuAvailabilities/";
constexpr resource::NamePattern kLocationNames("locations/{location}");
constexpr int kPage = 1000;

bool IsRemoval(const Change& change) { return change.kind() == Change::DELETED || change.kind() == Change::EXPUNGED; }

absl::Status Malformed(const Change& change) {
  return absl::DataLossError(absl::StrCat("malformed change of ", change.subject(), " from inventory"));
}

// What a batch leaves behind: only the last state of each resource counts.
struct StockNews {
  absl::btree_map<std::pair<std::string, int64_t>, int64_t> available;  // by SKU and location
  absl::btree_map<int64_t, bool> sells;                                 // by location
};

absl::Status AddLevel(const Change& change, StockNews& news) {
  // "locations/12/stock/A-1": all that there is of a level that is gone.
  const std::pair<std::string, std::string> parts = absl::StrSplit(change.subject(), absl::MaxSplits("/stock/", 1));
  const int64_t location = kLocationNames.IdIn(parts.first);
  inventory::v1::StockLevel level;
  if (location == 0 || parts.second.empty() || !level.ParseFromString(change.resource())) return Malformed(change);
  news.available[{parts.second, location}] = IsRemoval(change) ? 0 : level.available();
  return absl::OkStatus();
}

absl::Status AddLocation(const Change& change, StockNews& news) {
  const int64_t id = kLocationNames.IdIn(change.subject());
  inventory::v1::Location location;
  if (id == 0 || !location.ParseFromString(change.resource())) return Malformed(change);
  news.sells[id] = !IsRemoval(change) && location.ships_orders() && !location.has_delete_time();
  return absl::OkStatus();
}

Change ToChange(const SkuAvailability& availability) {
  v1::SkuAvailability message;
  message.set_name(absl::StrCat(kNamePrefix, availability.sku));
  message.set_sku(availability.sku);
  message.set_in_stock(availability.in_stock);
  message.set_version(availability.version);
  *message.mutable_update_time() = ToTimestamp(availability.update_time);
  Change change;
  change.set_type(kSkuAvailabilityType);
  change.set_subject(message.name());
  change.set_kind(availability.version == 1 ? Change::CREATED : Change::UPDATED);
  change.set_version(availability.version);
  *change.mutable_time() = message.update_time();
  change.set_actor("services/catalog");
  change.set_resource(message.SerializeAsString());
  return change;
}

// Compares the units of these SKUs with what is stored of them, and writes what differs: to the feed as well.
absl::Status WriteFlips(db::Session& session, const std::vector<std::string>& skus, absl::Time now) {
  ASSIGN_OR_RETURN(const auto sellable, FindSellable(session, skus));
  ASSIGN_OR_RETURN(const SkuAvailabilities present, ReadAvailability(session, skus));
  std::vector<SkuAvailability> flips;
  std::vector<Change> changes;
  for (const std::string& sku : skus) {
    const auto found = present.find(sku);
    SkuAvailability availability = found == present.end() ? SkuAvailability{.sku = sku} : found->second;
    if (availability.in_stock == sellable.contains(sku)) continue;
    ++availability.version;
    availability.in_stock = !availability.in_stock;
    availability.update_time = now;
    changes.push_back(ToChange(availability));
    flips.push_back(std::move(availability));
  }
  if (flips.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(StoreAvailability(session, flips));
  return changes::WriteOutbox(session, changes);
}

absl::Status WriteFlipsAt(db::Session& session, int64_t location, absl::Time now) {
  std::string after;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<std::string> skus, ReadSkusAt(session, location, after, kPage));
    RETURN_IF_ERROR(WriteFlips(session, skus, now));
    if (skus.size() < kPage) return absl::OkStatus();
    after = skus.back();
  }
}

absl::Status WriteNews(db::Session& session, const StockNews& news, absl::Time now) {
  std::vector<StockLocation> locations;
  for (const auto& [id, sells] : news.sells) locations.push_back({id, sells});
  ASSIGN_OR_RETURN(const std::vector<int64_t> changed, StoreStockLocations(session, locations));
  std::vector<StockUnits> units;
  std::vector<std::string> skus;
  for (const auto& [key, available] : news.available) {
    units.push_back({key.first, key.second, available});
    if (skus.empty() || skus.back() != key.first) skus.push_back(key.first);
  }
  RETURN_IF_ERROR(StoreStockUnits(session, units));
  RETURN_IF_ERROR(WriteFlips(session, skus, now));
  for (const int64_t location : changed) RETURN_IF_ERROR(WriteFlipsAt(session, location, now));
  return absl::OkStatus();
}

absl::Status Apply(db::Session& session, absl::Span<const Change> changes, absl::Time now) {
  StockNews news;
  for (const Change& change : changes) {
    RETURN_IF_ERROR(change.type() == kLocationType ? AddLocation(change, news) : AddLevel(change, news));
  }
  return WriteNews(session, news, now);
}

}  // namespace

std::string SkuOfAvailability(absl::string_view name) {
  return absl::ConsumePrefix(&name, kNamePrefix) ? std::string(name) : "";
}

void FollowStock(Environment& environment, std::function<absl::Status(db::Session&)> known) {
  changes::Follower::Options options;
  options.name = "stock-levels";
  options.source = "inventory";
  // Locations first: levels are of no use before it is known whether their location sells.
  options.types = {kLocationType, kStockLevelType};
  options.completed = [known = std::move(known)](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const bool first, SetStockKnown(session));
    return first ? known(session) : absl::OkStatus();
  };
  environment.followers.Add(std::move(options),
                            [&clock = environment.store.clock](db::Session& session, absl::Span<const Change> changes) {
                              return Apply(session, changes, clock.Now());
                            });
  db::Database& database = environment.store.database;
  environment.store.feed.OfferSnapshot(
      kSkuAvailabilityType,
      [&database](const std::string& after, int limit,
                  absl::Time deadline) -> absl::StatusOr<std::vector<changes::SnapshotResource>> {
        ASSIGN_OR_RETURN(const auto page, ScanAvailability(database, after, limit, deadline));
        std::vector<changes::SnapshotResource> resources;
        for (const SkuAvailability& availability : page) {
          resources.push_back({availability.sku, ToChange(availability)});
          Change& change = resources.back().change;
          change.set_kind(Change::SNAPSHOT);
          change.clear_time();
          change.clear_actor();
        }
        return resources;
      });
}

}  // namespace storeops::catalog
