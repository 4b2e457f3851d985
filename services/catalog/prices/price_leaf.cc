#include "services/catalog/prices/price_leaf.h"

#include <algorithm>
#include <tuple>

namespace storeops::catalog {
namespace {

auto PlaceIn(const CandidatePrice& price) { return std::tie(price.list, price.min_quantity, price.start); }

bool Earlier(const CandidatePrice& a, const CandidatePrice& b) { return PlaceIn(a) < PlaceIn(b); }

void Apply(const PriceLeaf::Change& change, std::vector<CandidatePrice>& prices) {
  const auto place = std::lower_bound(prices.begin(), prices.end(), change.price, Earlier);
  const bool there = place != prices.end() && PlaceIn(*place) == PlaceIn(change.price);
  if (change.deleted) {
    if (there) prices.erase(place);
  } else if (there) {
    *place = change.price;
  } else {
    prices.insert(place, change.price);
  }
}

}  // namespace

absl::string_view PriceLeaf::SkuAt(size_t slot) const {
  return absl::string_view(texts_).substr(slots_[slot].text, slots_[slot + 1].text - slots_[slot].text);
}

void PriceLeaf::Read(size_t slot, std::vector<CandidatePrice>& prices) const {
  View(this, slot).ForEach([&](const CandidatePrice& price) { prices.push_back(price); });
  std::sort(prices.begin(), prices.end(), Earlier);
}

PriceLeaf::View PriceLeaf::Find(absl::string_view sku) const {
  size_t low = 0, high = slots_.size() - 1;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (SkuAt(middle) < sku) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low + 1 < slots_.size() && SkuAt(low) == sku ? View(this, low) : View();
}

void PriceLeaf::View::Prefetch() const {
  if (leaf_ == nullptr) return;
  const size_t begin = leaf_->slots_[slot_].plain;
  __builtin_prefetch(leaf_->plain_.places.data() + begin);
  __builtin_prefetch(leaf_->plain_.minors.data() + begin);
}

void PriceLeaf::Append(absl::string_view sku, const std::vector<CandidatePrice>& prices) {
  if (prices.empty()) return;
  BeginSlot();
  texts_.append(sku.data(), sku.size());
  for (const CandidatePrice& price : prices) {
    const Place place{price.list, static_cast<uint32_t>(price.min_quantity)};
    if (price.start == kEver && price.end == kForever) {
      plain_.places.push_back(place);
      plain_.minors.push_back(price.minor);
    } else {
      timed_.push_back({place, price.minor, price.start, price.end});
    }
  }
}

void PriceLeaf::BeginSlot() {
  slots_.push_back({static_cast<uint32_t>(texts_.size()), static_cast<uint32_t>(plain_.places.size()),
                    static_cast<uint32_t>(timed_.size())});
}

void PriceLeaf::Finish() {
  BeginSlot();
  slots_.shrink_to_fit();
  plain_.places.shrink_to_fit();
  plain_.minors.shrink_to_fit();
  timed_.shrink_to_fit();
  texts_.shrink_to_fit();
}

std::shared_ptr<const PriceLeaf> PriceLeaf::With(const PriceLeaf* leaf, const std::vector<Change>& changes) {
  auto next = std::make_shared<PriceLeaf>();
  const size_t old_count = leaf == nullptr ? 0 : leaf->slots_.size() - 1;
  size_t old = 0;
  std::vector<CandidatePrice> prices;
  const auto keep_until = [&](absl::string_view sku) {
    for (; old < old_count && leaf->SkuAt(old) < sku; ++old) {
      prices.clear();
      leaf->Read(old, prices);
      next->Append(leaf->SkuAt(old), prices);
    }
  };
  for (auto change = changes.begin(); change != changes.end();) {
    const absl::string_view sku = change->sku;
    keep_until(sku);
    prices.clear();
    if (old < old_count && leaf->SkuAt(old) == sku) leaf->Read(old++, prices);
    for (; change != changes.end() && change->sku == sku; ++change) Apply(*change, prices);
    next->Append(sku, prices);
  }
  for (; old < old_count; ++old) {
    prices.clear();
    leaf->Read(old, prices);
    next->Append(leaf->SkuAt(old), prices);
  }
  next->Finish();
  return next;
}

size_t PriceLeaf::bytes() const {
  return sizeof(*this) + slots_.capacity() * sizeof(Slot) + plain_.places.capacity() * sizeof(Place) +
         plain_.minors.capacity() * sizeof(int64_t) + timed_.capacity() * sizeof(Timed) + texts_.capacity();
}

}  // namespace storeops::catalog
