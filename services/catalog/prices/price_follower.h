// Keeps the prices in memory in step with the database: loaded in the background after the start, then refreshed after
// each write of this process and whenever the service's own change feed tells of others'.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_FOLLOWER_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_FOLLOWER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/changes/replica.h"
#include "common/resource/resource.h"
#include "common/telemetry/telemetry.h"
#include "services/catalog/prices/price_book.h"
#include "services/catalog/prices/price_store.h"
#include "storeops/catalog/v1/price.pb.h"

namespace storeops::catalog {

inline constexpr char kPriceType[] = "catalog.storeops/Price";

// The feed tells that there is news; what it is, the database says: the rows of each transaction have its revision, and
// are taken over all at once.
class PriceFollower {
 public:
  // All must outlive this object.
  PriceFollower(resource::Resource& lists, db::Database& database, changes::Feed& feed,
                telemetry::Telemetry* telemetry);
  ~PriceFollower() { Stop(); }

  void Start();
  void Stop();

  // All prices that this process knows; null until they are loaded.
  std::shared_ptr<const PriceBook> Book() const { return loaded() ? memory_.Get() : nullptr; }
  // A book that has at least the prices of these SKUs and all lists: the newest, or until that is loaded one made for
  // the purpose.
  absl::StatusOr<std::shared_ptr<const PriceBook>> BookOf(const std::vector<std::string>& skus,
                                                          absl::Time deadline) const;

  // After a commit: takes over what the database has by now. A failure is made good by the feed.
  void Refresh();
  void ApplyList(const storeops::catalog::v1::PriceList& list, int64_t id, int64_t version);

 private:
  bool loaded() const { return replica_ != nullptr && replica_->loaded(); }
  absl::Status Load(absl::FunctionRef<bool()> keep_going);
  absl::Status CatchUp();
  absl::Status Apply(const changes::Batch& batch);

  resource::Resource& lists_;
  db::Database& database_;
  changes::Feed& feed_;
  telemetry::Telemetry* const telemetry_;
  PriceMemory memory_;
  absl::Mutex catch_up_mutex_;
  std::unique_ptr<changes::Replica> replica_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_FOLLOWER_H_
