// All prices of all lists in memory, as of some moment: what ResolvePrices is answered from without the database.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_BOOK_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_BOOK_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "services/catalog/prices/price_leaf.h"
#include "services/catalog/prices/price_resolution.h"

namespace storeops::catalog {

// A price of a list as it is written; deleted: not there any more.
struct PriceEntry {
  int64_t list_id = 0;
  std::string sku;
  int64_t min_quantity = 1;
  int64_t start = kEver;
  int64_t end = kForever;
  int64_t minor = 0;
  bool deleted = false;
};

// A price list as it is written.
struct PriceListEntry {
  PriceTerms terms;
  int64_t version = 0;
  bool live = true;
};

// Immutable. Prices lie in leaves by the hash of their SKU: a change copies the leaves that it falls into and the list
// of leaves, and shares all the others.
class PriceBook {
 public:
  struct List {
    PriceTerms terms;
    int64_t version = 0;
    bool live = false;  // false: deleted, or never heard of while its prices are here already
    uint32_t rank = 0;  // place among all lists
  };
  using Lists = std::vector<List>;

  PriceBook();

  // Any number of price changes; all of them or, for readers, none. Of two for one place the later one counts.
  std::shared_ptr<const PriceBook> With(const std::vector<PriceEntry>& changes, int64_t revision) const;
  // Lists in versions newer than those here. Null if there are none.
  std::shared_ptr<const PriceBook> WithLists(const std::vector<PriceListEntry>& changes) const;

  // Up to which revision (price_store.h) all prices are here.
  int64_t revision() const { return revision_; }
  // By the index that candidates have.
  const Lists& lists() const { return *lists_; }
  // The same ones as long as no list changes, whatever prices do.
  const std::shared_ptr<const Lists>& shared_lists() const { return lists_; }
  // The SKU's prices, also those of lists that are not live. Valid as long as the book.
  PriceLeaf::View Find(absl::string_view sku) const;

  size_t price_count() const;
  // Memory of the prices, lists aside.
  size_t bytes() const;

 private:
  static constexpr size_t kLeaves = 1024;
  using Leaves = std::array<std::shared_ptr<const PriceLeaf>, kLeaves>;
  using Indexes = absl::flat_hash_map<int64_t, uint32_t>;

  static size_t LeafOf(absl::string_view sku);
  // The list's index; a new one for a list that was never heard of.
  static uint32_t IndexOf(int64_t list_id, Lists& lists, Indexes& indexes);
  static void Rank(Lists& lists);

  int64_t revision_ = 0;
  std::shared_ptr<const Lists> lists_;
  std::shared_ptr<const Indexes> indexes_;  // by list id
  std::shared_ptr<const Leaves> leaves_;
};

// The newest book. Thread-safe; readers keep what they took for as long as they like.
class PriceMemory {
 public:
  std::shared_ptr<const PriceBook> Get() const;
  // Changes up to `revision`; nothing happens if the book has that already.
  void Apply(const std::vector<PriceEntry>& changes, int64_t revision);
  void ApplyLists(const std::vector<PriceListEntry>& changes);
  // Begins anew from a book that was read from the database.
  void Replace(std::shared_ptr<const PriceBook> book);

 private:
  void Publish(std::shared_ptr<const PriceBook> next);

  absl::Mutex write_mutex_;  // one change at a time; never held by readers
  mutable absl::Mutex mutex_;
  std::shared_ptr<const PriceBook> book_ ABSL_GUARDED_BY(mutex_) = std::make_shared<PriceBook>();
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_BOOK_H_
