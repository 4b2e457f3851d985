// Where products are published and when their schedules are due, in the database.
#ifndef STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STORE_H_
#define STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STORE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace storeops::catalog {

// InfiniteFuture: nothing is scheduled.
absl::Status SaveDueTime(db::Session& session, int64_t product_id, absl::Time due);

// Products whose schedules are due by `now`, at most `limit`, the longest due first. Nobody else gets them before
// `until`: by then their due times are written anew, or their process has died.
absl::StatusOr<std::vector<int64_t>> ClaimDueProducts(db::Session& session, absl::Time now, absl::Time until,
                                                      int limit);

absl::Status AddToChannels(db::Session& session, int64_t product_id, const std::vector<int64_t>& channels);
absl::Status RemoveFromChannels(db::Session& session, int64_t product_id, const std::vector<int64_t>& channels);
// Whether it is a live channel. If so, it stays one until the end of the transaction.
absl::StatusOr<bool> LockChannel(db::Session& session, int64_t channel_id);
// A live product that is published there; 0 if there is none.
absl::StatusOr<int64_t> FindProductOnChannel(db::Session& session, int64_t channel_id);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_LISTINGS_LISTING_STORE_H_
