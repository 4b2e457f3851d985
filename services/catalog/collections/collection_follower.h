// Keeps the members of rule-based collections in step with products, rules and the category tree, in the background.
//
// A change of a product comes through the feed and is held against the rules that it may match; the cursor moves in the
// transaction that writes the difference; so does a SKU that comes into stock or goes out of stock. A new rule is held
// against all products, page by page, in a round that all new rules share: each joins where the round is and leaves it
// when it is there again, so that none waits for another. Where each is, is stored: any replica goes on.
#ifndef STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_FOLLOWER_H_
#define STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_FOLLOWER_H_

#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/changes/changes.h"
#include "common/jobs/poller.h"
#include "common/resource/resource.h"
#include "common/telemetry/telemetry.h"
#include "services/catalog/availability/in_stock.h"
#include "services/catalog/collections/collection_store.h"
#include "services/catalog/collections/rule_index.h"
#include "services/catalog/products/product_follower.h"

namespace storeops::catalog {

class CollectionFollower {
 public:
  // All must outlive this object.
  CollectionFollower(resource::Resource& products, ProductFollower& memory, const resource::Store& store,
                     telemetry::Telemetry* telemetry);
  ~CollectionFollower() { Stop(); }

  void Start();
  void Stop();
  // A rule was written: it joins the round at once.
  void Notify() { scans_.Wake(); }

  // Rules that look at the age of products are held against all of them again.
  absl::Status ReviewAges(absl::Time deadline);

 private:
  // What is decided with, as of the transaction that holds the scan.
  struct Knowledge {
    RuleIndex rules;
    int64_t rules_revision = 0;
    CategoryParents parents;
    int64_t tree_revision = -1;
    bool stock_known = false;
  };

  absl::Status Refresh(db::Session& session) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  struct Candidate {
    int64_t id;
    const v1::Product* product;
  };
  // Which of the products are in which of the rules' collections.
  absl::StatusOr<std::vector<Membership>> Judge(db::Session& session, const std::vector<Candidate>& candidates,
                                                const RuleIndex& rules) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<InStock> ReadInStock(db::Session& session, const std::vector<Candidate>& candidates,
                                      const RuleIndex& rules) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ApplyBatch(db::Session& session, const changes::Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status ApplyProducts(db::Session& session, const changes::Batch& batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether these changes moved a category to another parent.
  absl::StatusOr<bool> MovedCategory(db::Session& session, const changes::Batch& batch) const;
  // The feed no longer has what comes after the cursor.
  absl::Status Rebuild();

  // One page of the round. False: no rule is in it.
  absl::StatusOr<bool> ScanPage();
  absl::Status ScanPageIn(db::Session& session) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  resource::Resource& products_;
  ProductFollower& memory_;
  const resource::Store& store_;
  telemetry::Telemetry* const telemetry_;

  // One transaction of this process at a time; the database keeps those of other processes apart.
  absl::Mutex mutex_;
  Knowledge knowledge_ ABSL_GUARDED_BY(mutex_);

  jobs::Poller scans_;
  std::unique_ptr<changes::Consumer> consumer_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_COLLECTIONS_COLLECTION_FOLLOWER_H_
