// The counters of one SKU at one location.
#ifndef STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_LEVEL_H_
#define STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_LEVEL_H_

#include <algorithm>
#include <compare>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace storeops::inventory {

// Pieces in one counter, in one movement, or in one request.
inline constexpr int64_t kMaxQuantity = 1'000'000'000;

struct StockKey {
  std::string sku;
  int64_t location_id = 0;

  friend auto operator<=>(const StockKey&, const StockKey&) = default;
  friend bool operator==(const StockKey&, const StockKey&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const StockKey& key) {
    return H::combine(std::move(hash), key.sku, key.location_id);
  }
};

// Of a level, or by how much they change.
struct StockCounters {
  int64_t on_hand = 0;  // damaged and held ones too
  int64_t reserved = 0;
  int64_t incoming = 0;
  int64_t damaged = 0;
  int64_t quality_hold = 0;

  StockCounters& operator+=(const StockCounters& change) {
    on_hand += change.on_hand;
    reserved += change.reserved;
    incoming += change.incoming;
    damaged += change.damaged;
    quality_hold += change.quality_hold;
    return *this;
  }
  friend bool operator==(const StockCounters&, const StockCounters&) = default;

  int64_t for_sale() const { return on_hand - damaged - quality_hold; }
  int64_t available() const { return for_sale() - reserved; }
};

struct StockPolicy {
  int64_t safety_stock = 0;
  int64_t backorder_limit = 0;
  int64_t preorder_limit = 0;

  friend bool operator==(const StockPolicy&, const StockPolicy&) = default;
};

struct StockLevel {
  StockKey key;
  int64_t version = 0;  // 0: there is no such level yet
  StockCounters counters;
  StockPolicy policy;
  absl::Time update_time = absl::UnixEpoch();
  // From when on the first of the units for sale may not be sold, because their lot's last day is over,
  absl::Time expire_time = absl::InfiniteFuture();
  // and how many of the units for sale these are.
  int64_t expiring = 0;

  // Pieces that may be promised before they are there.
  int64_t Ahead() const { return policy.backorder_limit + std::min(policy.preorder_limit, counters.incoming); }
  // What can be promised; below zero when pieces on order, on which promises were made, do not come.
  int64_t Headroom() const { return counters.available() + Ahead(); }
};

// The level as it is at `now`: units that expired after it was written are on quality hold, as far as they are not
// reserved.
inline StockLevel AsOf(StockLevel level, absl::Time now) {
  if (level.expire_time > now) return level;
  const int64_t held = std::min(level.expiring, std::max<int64_t>(0, level.Headroom()));
  level.counters.quality_hold += held;
  level.expiring -= held;
  return level;
}

// Pieces of a level that are kept by lot, bin or both.
struct StockLot {
  StockKey key;
  std::string lot;
  std::string bin;
  int64_t on_hand = 0;
  int64_t damaged = 0;
  int64_t quality_hold = 0;
  absl::Time expire_date = absl::InfiniteFuture();  // a day's start in UTC; they may be sold on that day

  int64_t for_sale() const { return on_hand - damaged - quality_hold; }
  absl::Time expire_time() const { return expire_date + absl::Hours(24); }
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_STOCK_STOCK_LEVEL_H_
