#include "services/catalog/prices/price_book.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/hash/hash.h"

namespace storeops::catalog {

PriceBook::PriceBook()
    : lists_(std::make_shared<Lists>()), indexes_(std::make_shared<Indexes>()), leaves_(std::make_shared<Leaves>()) {}

size_t PriceBook::LeafOf(absl::string_view sku) { return absl::HashOf(sku) % kLeaves; }

uint32_t PriceBook::IndexOf(int64_t list_id, Lists& lists, Indexes& indexes) {
  const auto [place, fresh] = indexes.try_emplace(list_id, static_cast<uint32_t>(lists.size()));
  if (fresh) {
    lists.emplace_back();
    lists.back().terms.list_id = list_id;
  }
  return place->second;
}

void PriceBook::Rank(Lists& lists) {
  std::vector<uint32_t> order(lists.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return ComesBefore(lists[a].terms, lists[b].terms); });
  for (uint32_t rank = 0; rank < order.size(); ++rank) lists[order[rank]].rank = rank;
}

std::shared_ptr<const PriceBook> PriceBook::With(const std::vector<PriceEntry>& changes, int64_t revision) const {
  auto next = std::make_shared<PriceBook>(*this);
  next->revision_ = revision;
  if (changes.empty()) return next;
  auto lists = std::make_shared<Lists>(*lists_);
  auto indexes = std::make_shared<Indexes>(*indexes_);
  absl::btree_map<size_t, std::vector<PriceLeaf::Change>> by_leaf;
  for (const PriceEntry& entry : changes) {
    const CandidatePrice price{IndexOf(entry.list_id, *lists, *indexes),
                               entry.min_quantity,
                               entry.start,
                               entry.end,
                               entry.minor,
                               PriceVerdict::kHolds};
    by_leaf[LeafOf(entry.sku)].push_back({entry.sku, price, entry.deleted});
  }
  if (lists->size() > lists_->size()) {
    Rank(*lists);
    next->lists_ = std::move(lists);
    next->indexes_ = std::move(indexes);
  }
  auto leaves = std::make_shared<Leaves>(*leaves_);
  for (auto& [leaf, leaf_changes] : by_leaf) {
    std::stable_sort(leaf_changes.begin(), leaf_changes.end(),
                     [](const auto& a, const auto& b) { return a.sku < b.sku; });
    (*leaves)[leaf] = PriceLeaf::With((*leaves)[leaf].get(), leaf_changes);
  }
  next->leaves_ = std::move(leaves);
  return next;
}

std::shared_ptr<const PriceBook> PriceBook::WithLists(const std::vector<PriceListEntry>& changes) const {
  auto lists = std::make_shared<Lists>(*lists_);
  auto indexes = std::make_shared<Indexes>(*indexes_);
  bool news = false;
  for (const PriceListEntry& change : changes) {
    List& list = (*lists)[IndexOf(change.terms.list_id, *lists, *indexes)];
    if (list.version >= change.version) continue;
    list.terms = change.terms;
    list.version = change.version;
    list.live = change.live;
    news = true;
  }
  if (!news) return nullptr;
  Rank(*lists);
  auto next = std::make_shared<PriceBook>(*this);
  next->lists_ = std::move(lists);
  next->indexes_ = std::move(indexes);
  return next;
}

PriceLeaf::View PriceBook::Find(absl::string_view sku) const {
  const PriceLeaf* leaf = (*leaves_)[LeafOf(sku)].get();
  return leaf == nullptr ? PriceLeaf::View() : leaf->Find(sku);
}

size_t PriceBook::price_count() const {
  size_t count = 0;
  for (const auto& leaf : *leaves_) count += leaf == nullptr ? 0 : leaf->price_count();
  return count;
}

size_t PriceBook::bytes() const {
  size_t bytes = sizeof(Leaves);
  for (const auto& leaf : *leaves_) bytes += leaf == nullptr ? 0 : leaf->bytes();
  return bytes;
}

std::shared_ptr<const PriceBook> PriceMemory::Get() const {
  absl::MutexLock lock(&mutex_);
  return book_;
}

void PriceMemory::Publish(std::shared_ptr<const PriceBook> next) {
  if (next == nullptr) return;
  absl::MutexLock lock(&mutex_);
  book_.swap(next);
  // `next`, the old one, goes after the lock: declared before it.
}

void PriceMemory::Apply(const std::vector<PriceEntry>& changes, int64_t revision) {
  absl::MutexLock write_lock(&write_mutex_);
  const std::shared_ptr<const PriceBook> present = Get();
  if (revision > present->revision()) Publish(present->With(changes, revision));
}

void PriceMemory::Replace(std::shared_ptr<const PriceBook> book) {
  absl::MutexLock write_lock(&write_mutex_);
  Publish(std::move(book));
}

void PriceMemory::ApplyLists(const std::vector<PriceListEntry>& changes) {
  absl::MutexLock write_lock(&write_mutex_);
  Publish(Get()->WithLists(changes));
}

}  // namespace storeops::catalog
