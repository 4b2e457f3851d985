#include "services/inventory/orders/allocation.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace storeops::inventory {
namespace {

// So many locations are tried in every combination; of more, one after the other is added that has most of what is
// missing.
constexpr size_t kTriedInFull = 12;

// Pieces wanted of each SKU, as far as they are there somewhere, against what each location has.
struct Needs {
  std::vector<int64_t> wanted;              // by SKU
  std::vector<std::vector<int64_t>> there;  // by location, by SKU
};

int64_t CoveredBy(const Needs& needs, const std::vector<int64_t>& left, size_t location) {
  int64_t covered = 0;
  for (size_t sku = 0; sku < left.size(); ++sku) covered += std::min(left[sku], needs.there[location][sku]);
  return covered;
}

bool Covers(const Needs& needs, uint32_t subset) {
  for (size_t sku = 0; sku < needs.wanted.size(); ++sku) {
    int64_t sum = 0;
    for (size_t location = 0; location < needs.there.size(); ++location) {
      if (subset >> location & 1) sum += needs.there[location][sku];
    }
    if (sum < needs.wanted[sku]) return false;
  }
  return true;
}

// Of as many members, the one whose members come first.
bool ComesBefore(uint32_t a, uint32_t b) {
  const uint32_t differing = a ^ b;
  return differing != 0 && (a & (differing & -differing)) != 0;
}

std::vector<bool> SmallestCover(const Needs& needs) {
  const size_t count = needs.there.size();
  uint32_t best = (1u << count) - 1;
  for (uint32_t subset = 0; subset < 1u << count; ++subset) {
    const int size = std::popcount(subset), best_size = std::popcount(best);
    if (size > best_size || (size == best_size && !ComesBefore(subset, best))) continue;
    if (Covers(needs, subset)) best = subset;
  }
  std::vector<bool> chosen(count);
  for (size_t i = 0; i < count; ++i) chosen[i] = best >> i & 1;
  return chosen;
}

std::vector<bool> GreedyCover(const Needs& needs) {
  std::vector<bool> chosen(needs.there.size());
  std::vector<int64_t> left = needs.wanted;
  while (true) {
    size_t best = 0;
    int64_t most = 0;
    for (size_t location = 0; location < chosen.size(); ++location) {
      const int64_t covered = chosen[location] ? 0 : CoveredBy(needs, left, location);
      if (covered > most) std::tie(best, most) = std::pair(location, covered);
    }
    if (most == 0) return chosen;
    chosen[best] = true;
    for (size_t sku = 0; sku < left.size(); ++sku) left[sku] -= std::min(left[sku], needs.there[best][sku]);
  }
}

class Allocator {
 public:
  Allocator(absl::Span<const AllocationLine> lines, std::vector<SkuSupply> supplies)
      : lines_(lines), supplies_(std::move(supplies)) {
    for (size_t i = 0; i < supplies_.size(); ++i) by_sku_[supplies_[i].sku] = i;
    for (const AllocationLine& line : lines) left_.push_back(line.quantity);
  }

  // Locations that are not `preferred` come after those that are.
  void Prefer(absl::Span<const int64_t> locations) {
    const Needs needs = FindNeeds(locations);
    const std::vector<bool> chosen = locations.size() <= kTriedInFull ? SmallestCover(needs) : GreedyCover(needs);
    absl::flat_hash_map<int64_t, bool> preferred;
    for (size_t i = 0; i < locations.size(); ++i) preferred[locations[i]] = chosen[i];
    for (SkuSupply& supply : supplies_) {
      std::stable_partition(supply.locations.begin(), supply.locations.end(),
                            [&](const Promisable& promisable) { return preferred[promisable.location_id]; });
    }
  }

  Allocation Run() {
    for (size_t line = 0; line < lines_.size(); ++line) Take(line, &Promisable::there, nullptr);
    for (size_t line = 0; line < lines_.size(); ++line) Take(line, &Promisable::preorder, &Allocated::preordered);
    for (size_t line = 0; line < lines_.size(); ++line) Take(line, &Promisable::backorder, &Allocated::backordered);
    std::stable_sort(pieces_.begin(), pieces_.end(),
                     [](const Allocated& a, const Allocated& b) { return a.line < b.line; });
    return {std::move(pieces_), std::move(left_)};
  }

 private:
  Needs FindNeeds(absl::Span<const int64_t> locations) const {
    Needs needs;
    needs.wanted.resize(supplies_.size());
    for (const AllocationLine& line : lines_) {
      const auto found = by_sku_.find(line.sku);
      if (found != by_sku_.end()) needs.wanted[found->second] += line.quantity;
    }
    absl::flat_hash_map<int64_t, size_t> places;
    for (size_t i = 0; i < locations.size(); ++i) places[locations[i]] = i;
    needs.there.assign(locations.size(), std::vector<int64_t>(supplies_.size()));
    for (size_t sku = 0; sku < supplies_.size(); ++sku) {
      int64_t total = 0;
      for (const Promisable& promisable : supplies_[sku].locations) {
        needs.there[places.at(promisable.location_id)][sku] = promisable.there;
        total += promisable.there;
      }
      needs.wanted[sku] = std::min(needs.wanted[sku], total);
    }
    return needs;
  }

  void Take(size_t line, int64_t Promisable::* kind, int64_t Allocated::* as) {
    const auto found = by_sku_.find(lines_[line].sku);
    if (found == by_sku_.end()) return;
    for (Promisable& promisable : supplies_[found->second].locations) {
      const int64_t pieces = std::min(left_[line], promisable.*kind);
      if (pieces <= 0) continue;
      promisable.*kind -= pieces;
      left_[line] -= pieces;
      Allocated& allocated = At(line, promisable.location_id);
      allocated.quantity += pieces;
      if (as != nullptr) allocated.*as += pieces;
    }
  }

  Allocated& At(size_t line, int64_t location_id) {
    for (Allocated& allocated : pieces_) {
      if (allocated.line == line && allocated.location_id == location_id) return allocated;
    }
    pieces_.push_back({line, location_id});
    return pieces_.back();
  }

  const absl::Span<const AllocationLine> lines_;
  std::vector<SkuSupply> supplies_;
  absl::flat_hash_map<std::string, size_t> by_sku_;
  std::vector<int64_t> left_;
  std::vector<Allocated> pieces_;
};

}  // namespace

bool Allocation::complete() const {
  return std::all_of(missing.begin(), missing.end(), [](int64_t pieces) { return pieces == 0; });
}

Allocation Allocate(absl::Span<const AllocationLine> lines, std::vector<SkuSupply> supplies,
                    absl::Span<const int64_t> locations, AllocationStrategy strategy) {
  Allocator allocator(lines, std::move(supplies));
  if (strategy == AllocationStrategy::kFewestSplits) allocator.Prefer(locations);
  return allocator.Run();
}

}  // namespace storeops::inventory
