// All products of the shop in memory, as of some moment: what reads are answered from without the database.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SNAPSHOT_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SNAPSHOT_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/clock.h"
#include "common/rpc/reply.h"
#include "services/catalog/products/list_pages.h"
#include "services/catalog/products/sku_index.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops::catalog {

// Immutable, in order of id. A tree of two levels: applying N changes copies the leaves that they fall into and the
// list of leaves once, and shares all the others.
class ProductSnapshot {
 public:
  struct Entry {
    int64_t id = 0;
    int64_t version = 0;
    // The product as clients see it. None: deleted; the entry stays for a while, so that older news of the product is
    // recognised (see ProductMemory).
    rpc::EncodedMessage product;

    bool live() const { return static_cast<bool>(product); }
  };

  // Null if the id was never heard of, or was deleted long ago.
  const Entry* Find(int64_t id) const;
  // At most `limit` entries with id > after, ascending; live ones only, or all.
  std::vector<const Entry*> After(int64_t after, size_t limit, bool deleted_too = false) const;
  size_t live_count() const { return live_count_; }
  // Estimated memory: the encoded size of each live product and 200 bytes for each entry. What is encoded takes less,
  // being compressed. JSON is not counted: all messages of the process share a cache of it (EncodedMessage).
  size_t bytes() const { return bytes_; }
  // Pages of live entries; they may point to entries of this snapshot.
  ListPages& pages() const { return pages_; }

  // With the changes that are newer than what is here; the others leave no trace. Null if all leave none.
  std::shared_ptr<const ProductSnapshot> With(std::vector<Entry> changes) const;
  // Without the entries of these ids (ascending) that are deleted in this version.
  struct Deletion {
    int64_t id = 0;
    int64_t version = 0;
  };
  std::shared_ptr<const ProductSnapshot> Without(absl::Span<const Deletion> deletions) const;

 private:
  static constexpr size_t kLeafLimit = 256;
  using Leaf = std::vector<Entry>;
  struct Branch {
    int64_t first_id;
    std::shared_ptr<const Leaf> leaf;  // never empty
  };

  // The branch where `id` is or would be.
  size_t BranchOf(int64_t id) const;
  static void AppendLeaves(Leaf entries, bool last, std::vector<Branch>& branches);

  std::vector<Branch> branches_;
  size_t live_count_ = 0;
  size_t bytes_ = 0;
  mutable ListPages pages_;
};

// The entry of a product as clients see it.
ProductSnapshot::Entry MakeEntry(int64_t id, int64_t version, const storeops::catalog::v1::Product& product);

// The newest snapshot. Thread-safe; readers keep what they took for as long as they like.
//
// A deleted entry is dropped kDeletedFor after it came. Older news of its product can come from a call that has
// committed and from a page that was read from the database, and both are applied within seconds; the change feed
// brings none, since its consumers do not apply what the replica has passed (ProductFollower).
class ProductMemory {
 public:
  static constexpr absl::Duration kDeletedFor = absl::Hours(1);

  explicit ProductMemory(const Clock& clock = Clock::System()) : clock_(clock) {}
  std::shared_ptr<const ProductSnapshot> Get() const;
  // Any order, any number of times: an entry replaces only an older version.
  void Apply(std::vector<ProductSnapshot::Entry> changes);
  void Clear();
  // The variant with this SKU, of a live product. Nothing: there is none here.
  std::optional<storeops::catalog::v1::Variant> FindVariant(absl::string_view sku) const;
  // What is sold by it.
  std::optional<SoldItem> FindSoldItem(absl::string_view sku) const;

 private:
  // Calls `visit` with each serialised live product that may have this SKU, until it returns true.
  void FindProduct(absl::string_view sku, absl::FunctionRef<bool(absl::string_view product)> visit) const;
  // Publishes `next`, without the deleted entries whose time is over.
  void Publish(std::shared_ptr<const ProductSnapshot> next) ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mutex_);

  struct Deleted {
    absl::Time time;
    ProductSnapshot::Deletion deletion;
  };
  const Clock& clock_;
  SkuIndex skus_;
  absl::Mutex write_mutex_;                                    // one Apply at a time; never held by readers
  std::deque<Deleted> deleted_ ABSL_GUARDED_BY(write_mutex_);  // by time
  mutable absl::Mutex mutex_;
  std::shared_ptr<const ProductSnapshot> snapshot_ ABSL_GUARDED_BY(mutex_) = std::make_shared<ProductSnapshot>();
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCTS_PRODUCT_SNAPSHOT_H_
