// A count's lines as rows, and the stock that they are compared with.
#ifndef STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STORE_H_
#define STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/resource/filter_sql.h"
#include "services/inventory/counts/count_lines.h"

namespace storeops::inventory {

struct PlacePieces {
  CountPlace place;
  int64_t on_hand = 0;
};

// All places of the location that have pieces, by bin, SKU and lot; at most `limit`. `skus`, `bins`: only these, unless
// empty.
absl::StatusOr<std::vector<PlacePieces>> ReadPlaces(db::Session& session, int64_t location_id,
                                                    const std::vector<std::string>& skus,
                                                    const std::vector<std::string>& bins, int limit);

// Pieces on hand in one place. The level is locked.
absl::StatusOr<int64_t> ReadOnHand(db::Session& session, int64_t location_id, const CountPlace& place);
// By how much they changed later than `time`, among movements above `after_movement`.
absl::StatusOr<int64_t> SumMovedSince(db::Session& session, int64_t location_id, const CountPlace& place,
                                      int64_t after_movement, absl::Time time);

// The id of the ledger's last movement.
absl::StatusOr<int64_t> ReadLastMovement(db::Session& session);
// The count's lines with a difference whose place was corrected later than they were counted, among movements above
// `after_movement`. The levels of the lines are locked.
absl::StatusOr<std::vector<CorrectedLine>> FindCorrected(db::Session& session, int64_t count_id, int64_t location_id,
                                                         int64_t after_movement);

// Notes the last movement of the ledger as the one at which the count began.
absl::Status MarkStart(db::Session& session, int64_t count_id);
absl::StatusOr<int64_t> ReadStart(db::Session& session, int64_t count_id);

// New lines, and those that changed.
absl::Status WriteLines(db::Session& session, int64_t count_id, const std::vector<CountedLine>& lines);
absl::StatusOr<std::vector<CountedLine>> ReadLines(db::Session& session, int64_t count_id);

// What lists of lines can be filtered by.
absl::StatusOr<resource::FilterFields> OpenLineFilter(db::Database& database);
absl::StatusOr<std::vector<CountedLine>> ListLines(db::Database& database, int64_t count_id,
                                                   const resource::Condition& condition, int64_t after, int limit,
                                                   absl::Time deadline);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_STORE_H_
