#include "services/catalog/products/product_snapshot.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

namespace storeops::catalog {
namespace {

using Entry = ProductSnapshot::Entry;

// Sorted by id, the newest version of each.
void Tidy(std::vector<Entry>& changes) {
  std::sort(changes.begin(), changes.end(),
            [](const Entry& a, const Entry& b) { return a.id != b.id ? a.id < b.id : a.version > b.version; });
  changes.erase(
      std::unique(changes.begin(), changes.end(), [](const Entry& a, const Entry& b) { return a.id == b.id; }),
      changes.end());
}

size_t SizeOf(const Entry& entry) {
  constexpr size_t kOverhead = 200;
  return kOverhead + (entry.live() ? entry.product.size() : 0);
}

}  // namespace

size_t ProductSnapshot::BranchOf(int64_t id) const {
  auto above = std::ranges::upper_bound(branches_, id, {}, &Branch::first_id);
  return above == branches_.begin() ? 0 : above - branches_.begin() - 1;
}

const Entry* ProductSnapshot::Find(int64_t id) const {
  if (branches_.empty()) return nullptr;
  const Leaf& leaf = *branches_[BranchOf(id)].leaf;
  auto found = std::ranges::lower_bound(leaf, id, {}, &Entry::id);
  return found != leaf.end() && found->id == id ? &*found : nullptr;
}

std::vector<const Entry*> ProductSnapshot::After(int64_t after, size_t limit, bool deleted_too) const {
  std::vector<const Entry*> entries;
  for (size_t b = branches_.empty() ? 0 : BranchOf(after); b < branches_.size(); ++b) {
    const Leaf& leaf = *branches_[b].leaf;
    for (auto entry = std::ranges::upper_bound(leaf, after, {}, &Entry::id); entry != leaf.end(); ++entry) {
      if (!entry->live() && !deleted_too) continue;
      if (entries.size() == limit) return entries;
      entries.push_back(&*entry);
    }
  }
  return entries;
}

// Leaves in the middle are split evenly, so that they can grow; the last one is filled, because new ids come at the
// end.
void ProductSnapshot::AppendLeaves(Leaf entries, bool last, std::vector<Branch>& branches) {
  const size_t pieces = (entries.size() + kLeafLimit - 1) / kLeafLimit;
  const size_t size = pieces <= 1 ? entries.size() : last ? kLeafLimit : (entries.size() + pieces - 1) / pieces;
  for (size_t begin = 0; begin < entries.size(); begin += size) {
    const size_t end = std::min(begin + size, entries.size());
    branches.push_back(
        {entries[begin].id, std::make_shared<const Leaf>(std::make_move_iterator(entries.begin() + begin),
                                                         std::make_move_iterator(entries.begin() + end))});
  }
}

std::shared_ptr<const ProductSnapshot> ProductSnapshot::With(std::vector<Entry> changes) const {
  std::erase_if(changes, [this](const Entry& change) {
    const Entry* present = Find(change.id);
    return present != nullptr && present->version >= change.version;
  });
  if (changes.empty()) return nullptr;
  Tidy(changes);

  auto next = std::make_shared<ProductSnapshot>();
  next->live_count_ = live_count_;
  next->bytes_ = bytes_;
  next->branches_.reserve(branches_.size() + changes.size() / kLeafLimit + 2);
  const size_t branch_count = std::max<size_t>(branches_.size(), 1);
  auto change = changes.begin();
  for (size_t b = 0; b < branch_count; ++b) {
    const bool last = b + 1 == branch_count;
    auto end = last ? changes.end()
                    : std::ranges::lower_bound(change, changes.end(), branches_[b + 1].first_id, {}, &Entry::id);
    if (change == end) {
      next->branches_.push_back(branches_[b]);
      continue;
    }
    Leaf merged;
    if (!branches_.empty()) merged = *branches_[b].leaf;
    const size_t old_size = merged.size();
    for (; change != end; ++change) {
      auto place = std::ranges::lower_bound(merged.begin(), merged.begin() + old_size, change->id, {}, &Entry::id);
      const bool known = place != merged.begin() + old_size && place->id == change->id;
      next->live_count_ -= known && place->live();
      next->live_count_ += change->live();
      next->bytes_ += SizeOf(*change) - (known ? SizeOf(*place) : 0);
      if (known) {
        *place = std::move(*change);
      } else {
        merged.push_back(std::move(*change));
      }
    }
    std::ranges::inplace_merge(merged, merged.begin() + old_size, {}, &Entry::id);
    AppendLeaves(std::move(merged), last, next->branches_);
  }
  return next;
}

std::shared_ptr<const ProductSnapshot> ProductSnapshot::Without(absl::Span<const Deletion> deletions) const {
  auto next = std::make_shared<ProductSnapshot>();
  next->live_count_ = live_count_;
  next->bytes_ = bytes_;
  next->branches_.reserve(branches_.size());
  auto deletion = deletions.begin();
  for (size_t b = 0; b < branches_.size(); ++b) {
    const auto end = b + 1 == branches_.size() ? deletions.end()
                                               : std::ranges::lower_bound(deletion, deletions.end(),
                                                                          branches_[b + 1].first_id, {}, &Deletion::id);
    if (deletion == end) {
      next->branches_.push_back(branches_[b]);
      continue;
    }
    Leaf kept;
    for (const Entry& entry : *branches_[b].leaf) {
      while (deletion != end && deletion->id < entry.id) ++deletion;
      const bool named = deletion != end && deletion->id == entry.id && deletion->version == entry.version;
      if (entry.live() || !named) {
        kept.push_back(entry);
      } else {
        next->bytes_ -= SizeOf(entry);
      }
    }
    deletion = end;
    if (kept.empty()) continue;
    const int64_t first_id = kept.front().id;
    next->branches_.push_back({first_id, std::make_shared<const Leaf>(std::move(kept))});
  }
  return next;
}

Entry MakeEntry(int64_t id, int64_t version, const v1::Product& product) {
  if (product.has_delete_time()) return {id, version, {}};
  return {id, version, rpc::EncodedMessage(product)};
}

std::shared_ptr<const ProductSnapshot> ProductMemory::Get() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_;
}

void ProductMemory::Apply(std::vector<Entry> changes) {
  absl::MutexLock write_lock(&write_mutex_);
  std::shared_ptr<const ProductSnapshot> present = Get();
  const absl::Time now = clock_.Steady();
  std::vector<Entry> gone;  // what changes, as it was
  for (const Entry& change : changes) {
    const Entry* old = present->Find(change.id);
    if (old != nullptr && old->version >= change.version) continue;
    if (old != nullptr && old->live()) gone.push_back(*old);
    if (change.live()) {
      skus_.Add(change.id, change.product.ToBinary());
    } else {
      deleted_.push_back({now, {change.id, change.version}});
    }
  }
  std::shared_ptr<const ProductSnapshot> next = present->With(std::move(changes));
  if (next == nullptr) return;
  Publish(std::move(next));
  present = Get();
  for (const Entry& old : gone) {
    skus_.Remove(old.id, old.product.ToBinary());
    // Those that it has again or still. In between they are looked for in the database.
    const Entry* entry = present->Find(old.id);
    if (entry != nullptr && entry->live()) skus_.Add(entry->id, entry->product.ToBinary());
  }
}

void ProductMemory::Publish(std::shared_ptr<const ProductSnapshot> next) {
  std::vector<ProductSnapshot::Deletion> over;
  for (const absl::Time limit = clock_.Steady() - kDeletedFor; !deleted_.empty() && deleted_.front().time <= limit;) {
    over.push_back(deleted_.front().deletion);
    deleted_.pop_front();
  }
  if (!over.empty()) {
    // Of several deletions of a product the last one counts: its version is that of the entry, if any is.
    std::ranges::sort(
        over, [](const auto& a, const auto& b) { return std::tie(a.id, a.version) < std::tie(b.id, b.version); });
    const auto same = [](const auto& a, const auto& b) { return a.id == b.id; };
    over.erase(over.begin(), std::unique(over.rbegin(), over.rend(), same).base());
    next = next->Without(over);
  }
  {
    absl::MutexLock lock(&mutex_);
    snapshot_.swap(next);
  }
  // The old one goes here, outside the readers' lock.
}

void ProductMemory::Clear() {
  absl::MutexLock write_lock(&write_mutex_);
  auto next = std::make_shared<const ProductSnapshot>();
  {
    absl::MutexLock lock(&mutex_);
    snapshot_.swap(next);
  }
  skus_.Clear();
  deleted_.clear();
  // The old one goes here, outside the readers' lock.
}

std::optional<v1::Variant> ProductMemory::FindVariant(absl::string_view sku) const {
  std::optional<v1::Variant> variant;
  FindProduct(sku, [&](absl::string_view product) {
    variant = catalog::FindVariant(product, sku);
    return variant.has_value();
  });
  return variant;
}

std::optional<SoldItem> ProductMemory::FindSoldItem(absl::string_view sku) const {
  std::optional<SoldItem> item;
  FindProduct(sku, [&](absl::string_view product) {
    item = catalog::FindSoldItem(product, sku);
    return item.has_value();
  });
  return item;
}

void ProductMemory::FindProduct(absl::string_view sku, absl::FunctionRef<bool(absl::string_view product)> visit) const {
  const std::vector<int64_t> ids = skus_.Find(sku);
  if (ids.empty()) return;
  const std::shared_ptr<const ProductSnapshot> snapshot = Get();
  for (const int64_t id : ids) {
    const ProductSnapshot::Entry* entry = snapshot->Find(id);
    if (entry != nullptr && entry->live() && visit(entry->product.ToBinary())) return;
  }
}

}  // namespace storeops::catalog
