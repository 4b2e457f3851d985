#include "common/jobs/leases.h"

namespace storeops::jobs {
namespace {

// Another one was faster: has the row, or won the conflict about it.
bool IsLostRace(const absl::Status& status) { return absl::IsAlreadyExists(status) || absl::IsAborted(status); }

}  // namespace

absl::StatusOr<bool> Leases::TryAcquire(absl::string_view name, absl::Duration term, absl::Time deadline) {
  const int64_t term_us = absl::ToInt64Microseconds(term);
  const absl::StatusOr<int64_t> taken =
      database_.Execute(deadline,
                        "UPDATE leases SET holder = ?, expire_time = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)) "
                        "WHERE name = ? AND (holder = ? OR holder = '' OR expire_time <= UTC_TIMESTAMP(6))",
                        {holder_, term_us, name, holder_});
  if (IsLostRace(taken.status())) return false;
  if (!taken.ok()) return taken.status();
  if (*taken > 0) return true;
  // Held by another, or never taken. The database's clock may have been set back since: nobody holds it for longer.
  const absl::StatusOr<int64_t> shortened =
      database_.Execute(deadline,
                        "UPDATE leases SET expire_time = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)) "
                        "WHERE name = ? AND expire_time > TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))",
                        {term_us, name, term_us});
  if (IsLostRace(shortened.status())) return false;
  if (!shortened.ok()) return shortened.status();
  if (*shortened > 0) return false;
  const absl::StatusOr<int64_t> inserted =
      database_.Execute(deadline,
                        "INSERT INTO leases (name, holder, expire_time) "
                        "VALUES (?, ?, TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)))",
                        {name, holder_, term_us});
  if (IsLostRace(inserted.status())) return false;
  if (!inserted.ok()) return inserted.status();
  return true;
}

// The row stays: were it deleted, those who race to insert it would share a lock on the deleted row, and deadlock.
absl::Status Leases::Release(absl::string_view name, absl::Time deadline) {
  return database_
      .Execute(deadline, "UPDATE leases SET holder = '', expire_time = UTC_TIMESTAMP(6) WHERE name = ? AND holder = ?",
               {name, holder_})
      .status();
}

}  // namespace storeops::jobs
