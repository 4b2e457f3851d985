// Rows of reservations.
#ifndef STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "common/resource/resource_name.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {

inline constexpr resource::NamePattern kReservationNames("reservations/{reservation}");

struct StoredReservation {
  int64_t id = 0;
  v1::Reservation message;  // as clients see it
};

absl::Status AddReservations(db::Session& session, absl::Span<const StoredReservation> reservations);
// Those of `ids` that exist, one after the other in order of id, locked until the end of the transaction.
absl::StatusOr<std::vector<StoredReservation>> LockReservations(db::Session& session, std::vector<int64_t> ids);
absl::Status EndReservations(db::Session& session, absl::Span<const int64_t> ids, v1::Reservation::State state,
                             absl::Time now);

// Those of `ids` that exist and `condition` selects, newest first. An empty condition selects all.
absl::StatusOr<std::vector<StoredReservation>> ReadReservations(db::Database& database, const std::vector<int64_t>& ids,
                                                                const resource::Condition& condition,
                                                                absl::Time deadline);
// Active ones whose time is over, the longest first: at most `limit`, without the first `skip`.
absl::StatusOr<std::vector<int64_t>> FindDueReservations(db::Database& database, absl::Time now, int skip, int limit,
                                                         absl::Time deadline);
// What lists of reservations can be filtered by.
absl::StatusOr<resource::FilterFields> OpenReservationFilter(db::Database& database);
// Newest first, with ids below `before` (0: all).
absl::StatusOr<std::vector<StoredReservation>> ListReservationRows(db::Database& database,
                                                                   const resource::Condition& condition, int64_t before,
                                                                   int limit, absl::Time deadline);
// Active ones as a transaction sees them: by id, with ids above `after`.
absl::StatusOr<std::vector<StoredReservation>> ScanActiveReservations(db::Session& session, int64_t after, int limit);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_STORE_H_
