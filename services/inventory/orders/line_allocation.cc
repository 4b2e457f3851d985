#include "services/inventory/orders/line_allocation.h"

#include <algorithm>
#include <map>
#include <utility>

#include "services/inventory/locations/location_store.h"
#include "services/inventory/stock/refusals.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using v1::OrderAllocation;
using v1::PlaceOrderRequest;

std::vector<int64_t> InOrder(absl::Span<const ShippingLocation> locations, PlaceOrderRequest::Strategy strategy,
                             const v1::OrderAddress& to) {
  std::optional<Place> place;
  if (to.has_latitude() && to.has_longitude()) place = Place{to.latitude(), to.longitude()};
  const bool nearest = strategy == PlaceOrderRequest::NEAREST ||
                       (strategy == PlaceOrderRequest::STRATEGY_UNSPECIFIED && place.has_value());
  if (nearest) return NearestFirst(locations, place, to.country());
  std::vector<int64_t> ids;
  for (const ShippingLocation& location : locations) ids.push_back(location.id);
  return ids;
}

std::vector<SkuSupply> FindSupplies(const LockedStock& stock, absl::Span<const AllocationLine> lines,
                                    absl::Span<const int64_t> locations) {
  std::vector<SkuSupply> supplies;
  for (const AllocationLine& line : lines) {
    const bool known =
        std::any_of(supplies.begin(), supplies.end(), [&](const SkuSupply& supply) { return supply.sku == line.sku; });
    if (known) continue;
    SkuSupply supply{line.sku, {}};
    for (const int64_t id : locations) {
      const StockLevel& level = stock.Level({line.sku, id});
      if (level.version > 0 && level.Headroom() > 0) supply.locations.push_back(PromisableOf(level));
    }
    supplies.push_back(std::move(supply));
  }
  return supplies;
}

// Sums over the lines of each SKU that lacks some.
absl::Status Refuse(const Allocation& allocation, absl::Span<const AllocationLine> lines,
                    absl::Span<const WantedForLine> wanted) {
  std::map<std::string, Refusal> refusals;
  std::map<std::string, int64_t> missing;
  for (size_t i = 0; i < lines.size(); ++i) missing[lines[i].sku] += allocation.missing[i];
  for (size_t i = 0; i < lines.size(); ++i) {
    if (missing[lines[i].sku] == 0) continue;
    Refusal& refusal = refusals[lines[i].sku];
    refusal.wanted += lines[i].quantity;
    refusal.fields.push_back(wanted[i].field);
  }
  std::vector<Refusal> all;
  for (auto& [sku, refusal] : refusals) {
    all.push_back(OutOfStock({sku, 0}, refusal.wanted, refusal.wanted - missing[sku], std::move(refusal.fields)));
  }
  return RefuseStock(all);
}

OrderAllocation& At(const std::string& location, v1::OrderLine& line) {
  for (OrderAllocation& allocation : *line.mutable_allocations()) {
    if (allocation.location() == location) return allocation;
  }
  OrderAllocation& allocation = *line.add_allocations();
  allocation.set_location(location);
  return allocation;
}

}  // namespace

Promisable PromisableOf(const StockLevel& level) {
  const int64_t available = level.counters.available();
  const int64_t on_order = std::min(level.policy.preorder_limit, level.counters.incoming);
  const int64_t ahead = std::max<int64_t>(0, -available);
  Promisable promisable;
  promisable.location_id = level.key.location_id;
  promisable.there = std::max<int64_t>(0, available);
  promisable.preorder = std::max<int64_t>(0, on_order - ahead);
  promisable.backorder = std::max<int64_t>(0, level.policy.backorder_limit - std::max<int64_t>(0, ahead - on_order));
  return promisable;
}

absl::Status AllocateLines(const LockedStock& stock, absl::Span<const ShippingLocation> locations,
                           PlaceOrderRequest::Strategy strategy, std::vector<WantedForLine> wanted, v1::Order& order,
                           std::vector<Movement>& movements) {
  std::erase_if(wanted, [&order](const WantedForLine& want) { return order.lines(want.line).service(); });
  std::vector<AllocationLine> lines;
  for (const WantedForLine& want : wanted) lines.push_back({order.lines(want.line).sku(), want.quantity});
  const std::vector<int64_t> ids = InOrder(locations, strategy, order.shipping_address());
  const Allocation allocation = Allocate(
      lines, FindSupplies(stock, lines, ids), ids,
      strategy == PlaceOrderRequest::FEWEST_SPLITS ? AllocationStrategy::kFewestSplits : AllocationStrategy::kInOrder);
  if (!allocation.complete()) return Refuse(allocation, lines, wanted);
  for (const Allocated& allocated : allocation.pieces) {
    const WantedForLine& want = wanted[allocated.line];
    OrderAllocation& kept = At(kLocationNames.Format(allocated.location_id), *order.mutable_lines(want.line));
    kept.set_quantity(kept.quantity() + allocated.quantity);
    kept.set_preordered(kept.preordered() + allocated.preordered);
    kept.set_backordered(kept.backordered() + allocated.backordered);
    movements.push_back(Allocate(StockKey{lines[allocated.line].sku, allocated.location_id}, allocated.quantity));
    movements.back().field = want.field;
  }
  return absl::OkStatus();
}

void ReleaseLine(int64_t quantity, const std::string& field, v1::OrderLine& line, std::vector<Movement>& movements) {
  while (quantity > 0 && !line.allocations().empty()) {
    OrderAllocation& last = *line.mutable_allocations(line.allocations_size() - 1);
    const int64_t pieces = std::min(quantity, last.quantity());
    quantity -= pieces;
    last.set_quantity(last.quantity() - pieces);
    const int64_t backordered = std::min(pieces, last.backordered());
    last.set_backordered(last.backordered() - backordered);
    last.set_preordered(last.preordered() - std::min(pieces - backordered, last.preordered()));
    movements.push_back(Release({line.sku(), ParseLocation(last.location(), "").value_or(0)}, pieces));
    movements.back().field = field;
    if (last.quantity() == 0) line.mutable_allocations()->RemoveLast();
  }
}

}  // namespace storeops::inventory
