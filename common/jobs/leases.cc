#include "common/jobs/leases.h"

#include "common/base/status_macros.h"

namespace storeops::jobs {

absl::StatusOr<bool> Leases::TryAcquire(absl::string_view name, absl::Duration term, absl::Time deadline) {
  const int64_t term_us = absl::ToInt64Microseconds(term);
  ASSIGN_OR_RETURN(const int64_t taken,
                   database_.Execute(deadline,
                                     "UPDATE leases SET holder = ?, "
                                     "expire_time = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)) "
                                     "WHERE name = ? AND (holder = ? OR expire_time <= UTC_TIMESTAMP(6))",
                                     {holder_, term_us, name, holder_}));
  if (taken > 0) return true;
  // Held by another, or never taken.
  const absl::StatusOr<int64_t> inserted =
      database_.Execute(deadline,
                        "INSERT INTO leases (name, holder, expire_time) "
                        "VALUES (?, ?, TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)))",
                        {name, holder_, term_us});
  if (inserted.ok()) return true;
  if (absl::IsAlreadyExists(inserted.status())) return false;
  return inserted.status();
}

absl::Status Leases::Release(absl::string_view name, absl::Time deadline) {
  return database_.Execute(deadline, "DELETE FROM leases WHERE name = ? AND holder = ?", {name, holder_}).status();
}

}  // namespace storeops::jobs
