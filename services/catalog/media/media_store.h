// Who shows which media, and which content nobody owns.
#ifndef STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_STORE_H_
#define STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_STORE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace storeops::catalog {

inline constexpr size_t kMaxProductMedia = 50;

// Those of `ids` (at most kMaxProductMedia) that exist, ascending. They stay until the end of the transaction.
absl::StatusOr<std::vector<int64_t>> LockMedia(db::Session& session, std::vector<int64_t> ids);

// A product begins and ceases to show media, which are locked. Those that no product shows any more are idle since
// `now`.
absl::Status ShowMedia(db::Session& session, int64_t product_id, const std::vector<int64_t>& media);
absl::Status HideMedia(db::Session& session, int64_t product_id, const std::vector<int64_t>& media, absl::Time now);

// A live product that shows it; 0 if there is none.
absl::StatusOr<int64_t> FindProductShowing(db::Session& session, int64_t media_id);

absl::Status AddIdleMedia(db::Session& session, int64_t media_id, absl::Time now);
absl::Status RemoveIdleMedia(db::Session& session, int64_t media_id);
// Begins its time anew, if it is idle.
absl::Status TouchIdleMedia(db::Database& database, int64_t media_id, absl::Time now, absl::Time deadline);
// Idle since before `before`, longest first.
absl::StatusOr<std::vector<int64_t>> ReadIdleMedia(db::Database& database, absl::Time before, int limit,
                                                   absl::Time deadline);

// Content that no row owns, or not for sure; entering it again makes it younger.
absl::Status AddUnownedContent(db::Session& session, const std::string& hash, absl::Time now);
absl::Status RemoveUnownedContent(db::Session& session, const std::string& hash);
absl::StatusOr<std::vector<std::string>> ReadUnownedContent(db::Database& database, absl::Time before, int limit,
                                                            absl::Time deadline);
// True if it still is unowned since before `before`; nobody enters it again until the end of the transaction.
absl::StatusOr<bool> LockUnownedContent(db::Session& session, const std::string& hash, absl::Time before);
// True if a media has this content.
absl::StatusOr<bool> IsOwned(db::Session& session, const std::string& hash);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_MEDIA_MEDIA_STORE_H_
