// The right to do something alone among any number of replicas: a row with an expiry, by the database's clock.
#ifndef STOREOPS_COMMON_JOBS_LEASES_H_
#define STOREOPS_COMMON_JOBS_LEASES_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/database.h"

namespace storeops::jobs {

class Leases {
 public:
  // `holder` names this process among all, e.g. a random token; at most 64 bytes.
  Leases(db::Database& database, std::string holder) : database_(database), holder_(std::move(holder)) {}

  // Takes the lease, or prolongs it if this process holds it. False: another one holds it; then it ends after `term`,
  // which all of a name state alike, at the latest. A name keeps its row for ever: names are few.
  absl::StatusOr<bool> TryAcquire(absl::string_view name, absl::Duration term, absl::Time deadline);
  // Gives it back; no effect if another one holds it.
  absl::Status Release(absl::string_view name, absl::Time deadline);

  const std::string& holder() const { return holder_; }

 private:
  db::Database& database_;
  const std::string holder_;
};

}  // namespace storeops::jobs

#endif  // STOREOPS_COMMON_JOBS_LEASES_H_
