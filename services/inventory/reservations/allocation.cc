#include "services/inventory/reservations/allocation.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"
#include "services/inventory/stock/refusals.h"

namespace storeops::inventory {
namespace {

// Pieces of one SKU that are wanted of the same place.
struct Sum {
  int64_t quantity = 0;
  std::vector<std::string> fields;
};

class Plan {
 public:
  Plan(const LockedStock& stock, absl::Span<const int64_t> shipping) : stock_(stock), shipping_(shipping) {}

  void TakeFrom(const StockKey& key, const Sum& sum) {
    const int64_t spare = Headroom(key);
    if (spare < sum.quantity) return Refuse(key, sum, spare);
    promised_[key] += sum.quantity;
  }

  void TakeFromAny(const std::string& sku, const Sum& sum) {
    std::vector<StockKey> choice;
    int64_t spare = 0;
    for (const int64_t location : shipping_) {
      StockKey key{sku, location};
      if (stock_.Level(key).version == 0) continue;
      spare += std::max<int64_t>(0, Headroom(key));
      choice.push_back(std::move(key));
    }
    if (spare < sum.quantity) return Refuse({sku, 0}, sum, spare);
    for (const StockKey& key : choice) {
      if (Available(key) < sum.quantity) continue;
      promised_[key] += sum.quantity;
      return;
    }
    int64_t left = sum.quantity;
    for (const StockKey& key : choice) Take(key, Available(key), left);
    for (const StockKey& key : choice) Take(key, Headroom(key), left);
  }

  absl::StatusOr<std::vector<PromisedPieces>> Finish() {
    if (!refusals_.empty()) return RefuseStock(refusals_);
    std::vector<PromisedPieces> promised;
    for (auto& [key, quantity] : promised_) promised.push_back({key, quantity});
    return promised;
  }

 private:
  // What is left after this plan.
  int64_t Available(const StockKey& key) const { return stock_.Level(key).counters.available() - Promised(key); }
  int64_t Headroom(const StockKey& key) const { return stock_.Level(key).Headroom() - Promised(key); }
  int64_t Promised(const StockKey& key) const {
    const auto found = promised_.find(key);
    return found == promised_.end() ? 0 : found->second;
  }
  void Take(const StockKey& key, int64_t at_most, int64_t& left) {
    const int64_t pieces = std::min(left, at_most);
    if (pieces <= 0) return;
    promised_[key] += pieces;
    left -= pieces;
  }
  void Refuse(const StockKey& key, const Sum& sum, int64_t spare) {
    refusals_.push_back(OutOfStock(key, sum.quantity, std::max<int64_t>(0, spare), sum.fields));
  }

  const LockedStock& stock_;
  const absl::Span<const int64_t> shipping_;
  absl::btree_map<StockKey, int64_t> promised_;
  std::vector<Refusal> refusals_;
};

}  // namespace

absl::StatusOr<std::vector<PromisedPieces>> PlanAllocation(const LockedStock& stock,
                                                           absl::Span<const WantedPieces> wanted,
                                                           absl::Span<const int64_t> shipping) {
  absl::btree_map<StockKey, Sum> named;
  absl::btree_map<std::string, Sum> any;
  for (const WantedPieces& pieces : wanted) {
    Sum& sum = pieces.location_id == 0 ? any[pieces.sku] : named[{pieces.sku, pieces.location_id}];
    sum.quantity += pieces.quantity;
    sum.fields.push_back(pieces.field);
  }
  Plan plan(stock, shipping);
  for (const auto& [key, sum] : named) plan.TakeFrom(key, sum);
  for (const auto& [sku, sum] : any) plan.TakeFromAny(sku, sum);
  return plan.Finish();
}

}  // namespace storeops::inventory
