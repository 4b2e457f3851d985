// Prices of some SKUs, packed: 16 bytes for one without times, 32 for one with, 12 and its text for each SKU.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_LEAF_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_LEAF_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/catalog/prices/price_resolution.h"

namespace storeops::catalog {

class PriceLeaf {
 public:
  // What becomes of one SKU's price in a list, at a quantity break and a start.
  struct Change {
    absl::string_view sku;
    CandidatePrice price;  // its verdict is not read
    bool deleted = false;
  };

  // `leaf` may be null. `changes` are sorted by SKU; of two for one place the later one counts.
  static std::shared_ptr<const PriceLeaf> With(const PriceLeaf* leaf, const std::vector<Change>& changes);

  // Calls `visit` with each of the SKU's prices, as often as View::ForEach is called.
  class View {
   public:
    View() = default;
    template <class Visit>
    void ForEach(const Visit& visit) const {
      ForEachOf([](uint32_t) { return true; }, visit);
    }
    // Those of lists for which `wanted(list)` is true.
    template <class Wanted, class Visit>
    void ForEachOf(const Wanted& wanted, const Visit& visit) const;
    // Has memory bring the first of the prices.
    void Prefetch() const;

   private:
    friend class PriceLeaf;
    View(const PriceLeaf* leaf, size_t slot) : leaf_(leaf), slot_(slot) {}

    const PriceLeaf* leaf_ = nullptr;
    size_t slot_ = 0;
  };
  // Of no prices if the SKU has none. Valid as long as the leaf.
  View Find(absl::string_view sku) const;

  size_t price_count() const { return plain_.places.size() + timed_.size(); }
  size_t bytes() const;

 private:
  static constexpr uint32_t kChosenAtOnce = 64;
  struct Place {
    uint32_t list;
    uint32_t min_quantity;
  };
  // Prices without times. Amounts lie apart: most prices of a SKU are of lists that are not asked for.
  struct Plain {
    std::vector<Place> places;
    std::vector<int64_t> minors;
  };
  struct Timed {
    Place place;
    int64_t minor;
    int64_t start;
    int64_t end;
  };
  // Begins of one SKU's text and prices; the next one's are the ends.
  struct Slot {
    uint32_t text;
    uint32_t plain;
    uint32_t timed;
  };

  absl::string_view SkuAt(size_t slot) const;
  // In the order of list, quantity break and start.
  void Read(size_t slot, std::vector<CandidatePrice>& prices) const;
  void Append(absl::string_view sku, const std::vector<CandidatePrice>& prices);
  void BeginSlot();
  void Finish();

  std::vector<Slot> slots_;  // one more than there are SKUs
  Plain plain_;
  std::vector<Timed> timed_;
  std::string texts_;
};

template <class Wanted, class Visit>
void PriceLeaf::View::ForEachOf(const Wanted& wanted, const Visit& visit) const {
  if (leaf_ == nullptr) return;
  const Slot& begin = leaf_->slots_[slot_];
  const Slot& end = leaf_->slots_[slot_ + 1];
  const Plain& plain = leaf_->plain_;
  for (uint32_t i = begin.plain; i < end.plain;) {
    // First without a branch for each price, which no processor would foresee.
    uint32_t chosen[kChosenAtOnce];
    uint32_t count = 0;
    for (const uint32_t stop = std::min(end.plain, i + kChosenAtOnce); i < stop; ++i) {
      chosen[count] = i;
      count += wanted(plain.places[i].list) ? 1 : 0;
    }
    for (uint32_t k = 0; k < count; ++k) {
      const Place place = plain.places[chosen[k]];
      visit(CandidatePrice{place.list, place.min_quantity, kEver, kForever, plain.minors[chosen[k]],
                           PriceVerdict::kHolds});
    }
  }
  for (uint32_t i = begin.timed; i < end.timed; ++i) {
    const Timed& timed = leaf_->timed_[i];
    if (!wanted(timed.place.list)) continue;
    visit(CandidatePrice{timed.place.list, timed.place.min_quantity, timed.start, timed.end, timed.minor,
                         PriceVerdict::kHolds});
  }
}

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_LEAF_H_
