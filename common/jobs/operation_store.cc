#include "common/jobs/operation_store.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"

namespace storeops::jobs {
namespace {

using storeops::operations::v1::OperationMetadata;

constexpr absl::string_view kColumns =
    "id, state, method, creator, create_time, start_time, end_time, progress_done, progress_total, cancel_requested, "
    "attempts, result";
constexpr int kShortenLimit = 1000;
// The fence: a process that lost the claim writes nothing.
constexpr absl::string_view kWhereClaimed = " WHERE id = ? AND state = ? AND holder = ? AND attempts = ?";

OperationRow ToRow(const db::Rows& rows, size_t row) {
  OperationRow operation;
  operation.id = rows.Int(row, 0);
  OperationMetadata& metadata = operation.metadata;
  metadata.set_state(static_cast<OperationState>(rows.Int(row, 1)));
  metadata.set_method(rows.Text(row, 2));
  metadata.set_creator(rows.Text(row, 3));
  *metadata.mutable_create_time() = ToTimestamp(rows.Time(row, 4));
  if (!rows.Null(row, 5)) *metadata.mutable_start_time() = ToTimestamp(rows.Time(row, 5));
  if (!rows.Null(row, 6)) *metadata.mutable_end_time() = ToTimestamp(rows.Time(row, 6));
  metadata.set_progress_done(rows.Int(row, 7));
  metadata.set_progress_total(rows.Int(row, 8));
  metadata.set_cancel_requested(rows.Int(row, 9) != 0);
  metadata.set_attempts(static_cast<int32_t>(rows.Int(row, 10)));
  operation.result = rows.Text(row, 11);
  return operation;
}

void AppendFence(std::vector<db::Value>& values, const Claim& claim, const std::string& holder) {
  values.insert(values.end(), {db::Value(claim.id), db::Value(static_cast<int>(OperationMetadata::RUNNING)),
                               db::Value(holder), db::Value(claim.attempt)});
}

// "SET progress_done = ?, ..." and its values. A new checkpoint is progress: no attempt before it counts any more. (It
// is compared before it is assigned: some databases see the new value in what follows.)
std::string SetProgress(const OperationProgress& progress, std::vector<db::Value>& values) {
  values.insert(values.end(), {db::Value(progress.done), db::Value(progress.total)});
  if (!progress.checkpoint.has_value()) return "SET progress_done = ?, progress_total = ?";
  values.insert(values.end(), {db::Value(*progress.checkpoint), db::Value(*progress.checkpoint)});
  return "SET progress_done = ?, progress_total = ?, "
         "fruitless_attempts = IF(checkpoint = ?, fruitless_attempts, 0), checkpoint = ?";
}

}  // namespace

absl::Status OperationStore::Insert(db::Session& session, const OperationRow& row, const std::string& request,
                                    absl::Time now) {
  return session
      .Execute(
          "INSERT INTO operations (id, method, creator, state, request, checkpoint, progress_done, "
          "progress_total, cancel_requested, attempts, holder, lease_expire_time, result, create_time) "
          "VALUES (?, ?, ?, ?, ?, '', 0, 0, 0, 0, '', UTC_TIMESTAMP(6), '', ?)",
          {row.id, row.metadata.method(), row.metadata.creator(), static_cast<int>(row.metadata.state()), request, now})
      .status();
}

absl::StatusOr<std::optional<OperationRow>> OperationStore::Read(int64_t id, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline, absl::StrCat("SELECT ", kColumns, " FROM operations WHERE id = ?"), {id}));
  if (rows.empty()) return std::nullopt;
  return ToRow(rows, 0);
}

absl::StatusOr<std::vector<OperationRow>> OperationStore::List(int64_t before, int limit, absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database_.Query(deadline,
                      absl::StrCat("SELECT ", kColumns, " FROM operations WHERE id < ? ORDER BY id DESC LIMIT ?"),
                      {before, limit}));
  std::vector<OperationRow> operations;
  for (size_t row = 0; row < rows.size(); ++row) operations.push_back(ToRow(rows, row));
  return operations;
}

absl::Status OperationStore::Cancel(int64_t id, const std::string& result, absl::Time now, absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t ended,
                   database_.Execute(deadline,
                                     "UPDATE operations SET state = ?, cancel_requested = 1, result = ?, end_time = ? "
                                     "WHERE id = ? AND state = ?",
                                     {static_cast<int>(OperationMetadata::CANCELLED), result, now, id,
                                      static_cast<int>(OperationMetadata::QUEUED)}));
  if (ended > 0) return absl::OkStatus();
  // Queued anew in between (its process stops): the mark is seen when it is taken up.
  return database_
      .Execute(deadline, "UPDATE operations SET cancel_requested = 1 WHERE id = ? AND state IN (?, ?)",
               {id, static_cast<int>(OperationMetadata::QUEUED), static_cast<int>(OperationMetadata::RUNNING)})
      .status();
}

absl::StatusOr<int64_t> OperationStore::Prune(absl::Time before, int limit, absl::Time deadline) {
  return database_.Execute(deadline,
                           "DELETE FROM operations WHERE state IN (?, ?, ?) AND end_time < ? ORDER BY id LIMIT ?",
                           {static_cast<int>(OperationMetadata::SUCCEEDED), static_cast<int>(OperationMetadata::FAILED),
                            static_cast<int>(OperationMetadata::CANCELLED), before, limit});
}

absl::StatusOr<std::vector<DueOperation>> OperationStore::Due(const std::vector<std::string>& methods, int limit,
                                                              absl::Time deadline) {
  // By state and method each, so that an index has the rows in order and no more than `limit` of them are read: the
  // backlog may be long, and most of it of methods that only other processes know.
  std::string sql = "SELECT id, method, state, attempts FROM (";
  std::vector<db::Value> values;
  for (const std::string& method : methods) {
    for (const OperationState state : {OperationMetadata::QUEUED, OperationMetadata::RUNNING}) {
      absl::StrAppend(&sql, values.empty() ? "" : " UNION ALL ",
                      "(SELECT id, method, state, attempts, lease_expire_time FROM operations "
                      "WHERE state = ? AND method = ? AND lease_expire_time <= UTC_TIMESTAMP(6) "
                      "ORDER BY lease_expire_time, id LIMIT ?)");
      values.insert(values.end(), {db::Value(static_cast<int>(state)), db::Value(method), db::Value(limit)});
    }
  }
  absl::StrAppend(&sql, ") AS due ORDER BY lease_expire_time, id LIMIT ?");
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, database_.Query(deadline, sql, values));
  std::vector<DueOperation> due;
  for (size_t row = 0; row < rows.size(); ++row) {
    due.push_back(
        {rows.Int(row, 0), rows.Text(row, 1), static_cast<int>(rows.Int(row, 2)), static_cast<int>(rows.Int(row, 3))});
  }
  return due;
}

absl::StatusOr<std::optional<Claim>> OperationStore::TryClaim(const DueOperation& due, absl::Time now,
                                                              absl::Time deadline) {
  const Claim claim{due.id, due.attempts + 1};
  ASSIGN_OR_RETURN(
      const int64_t claimed,
      database_.Execute(deadline,
                        "UPDATE operations SET state = ?, holder = ?, attempts = ?, "
                        "fruitless_attempts = fruitless_attempts + 1, start_time = COALESCE(start_time, ?), "
                        "lease_expire_time = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)) "
                        "WHERE id = ? AND state = ? AND attempts = ? AND lease_expire_time <= UTC_TIMESTAMP(6)",
                        {static_cast<int>(OperationMetadata::RUNNING), holder_, claim.attempt, now,
                         absl::ToInt64Microseconds(lease_term_), due.id, due.state, due.attempts}));
  if (claimed == 0) return std::nullopt;
  return claim;
}

absl::Status OperationStore::Shorten(absl::Duration longest, absl::Time deadline) {
  // Found without locks first: as a rule there are none.
  const int64_t longest_us = absl::ToInt64Microseconds(longest);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline,
                                   "SELECT id FROM operations WHERE state IN (?, ?) "
                                   "AND lease_expire_time > TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6)) LIMIT ?",
                                   {static_cast<int>(OperationMetadata::QUEUED),
                                    static_cast<int>(OperationMetadata::RUNNING), longest_us, kShortenLimit}));
  for (size_t row = 0; row < rows.size(); ++row) {
    RETURN_IF_ERROR(database_
                        .Execute(deadline,
                                 "UPDATE operations SET "
                                 "lease_expire_time = TIMESTAMPADD(MICROSECOND, IF(state = ?, ?, 0), UTC_TIMESTAMP(6)) "
                                 "WHERE id = ? AND lease_expire_time > TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))",
                                 {static_cast<int>(OperationMetadata::RUNNING), absl::ToInt64Microseconds(lease_term_),
                                  rows.Int(row, 0), longest_us})
                        .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<ClaimedWork> OperationStore::ReadWork(const Claim& claim, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline,
                                   "SELECT request, creator, checkpoint, progress_done, progress_total, "
                                   "cancel_requested, fruitless_attempts FROM operations WHERE id = ?",
                                   {claim.id}));
  if (rows.empty()) return STOREOPS_BUG(absl::StrCat("operation ", claim.id, " is gone"));
  return ClaimedWork{rows.Text(0, 0),
                     rows.Text(0, 1),
                     rows.Text(0, 2),
                     rows.Int(0, 3),
                     rows.Int(0, 4),
                     rows.Int(0, 5) != 0,
                     static_cast<int>(rows.Int(0, 6))};
}

absl::StatusOr<int> OperationStore::FruitlessAttempts(const Claim& claim, absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database_.Query(deadline, "SELECT fruitless_attempts FROM operations WHERE id = ?", {claim.id}));
  if (rows.empty()) return STOREOPS_BUG(absl::StrCat("operation ", claim.id, " is gone"));
  return static_cast<int>(rows.Int(0, 0));
}

absl::StatusOr<bool> OperationStore::Renew(const Claim& claim, absl::Time deadline) {
  ASSIGN_OR_RETURN(const int64_t renewed,
                   database_.Execute(deadline,
                                     absl::StrCat("UPDATE operations SET "
                                                  "lease_expire_time = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))",
                                                  kWhereClaimed),
                                     {absl::ToInt64Microseconds(lease_term_), claim.id,
                                      static_cast<int>(OperationMetadata::RUNNING), holder_, claim.attempt}));
  return renewed > 0;
}

absl::StatusOr<bool> OperationStore::Save(const Claim& claim, const OperationProgress& progress, absl::Time deadline) {
  bool held = false;
  RETURN_IF_ERROR(database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(held, SaveIn(session, claim, progress));
    return absl::OkStatus();
  }));
  return held;
}

absl::StatusOr<bool> OperationStore::SaveIn(db::Session& session, const Claim& claim,
                                            const OperationProgress& progress) {
  std::vector<db::Value> values;
  const std::string set = SetProgress(progress, values);
  values.emplace_back(absl::ToInt64Microseconds(lease_term_));
  AppendFence(values, claim, holder_);
  // The lease's new time makes every update a change.
  ASSIGN_OR_RETURN(const int64_t saved,
                   session.Execute(absl::StrCat("UPDATE operations ", set,
                                                ", lease_expire_time = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))",
                                                kWhereClaimed),
                                   values));
  return saved > 0;
}

absl::StatusOr<bool> OperationStore::End(const Claim& claim, const OperationProgress& progress, const Ending& ending,
                                         absl::Time deadline) {
  std::vector<db::Value> values;
  const std::string set = SetProgress(progress, values);
  values.insert(values.end(),
                {db::Value(static_cast<int>(ending.state)), db::Value(ending.result), db::Value(ending.attempts),
                 ending.end_time.has_value() ? db::Value(*ending.end_time) : db::Value(),
                 db::Value(absl::ToInt64Microseconds(ending.not_before))});
  AppendFence(values, claim, holder_);
  // After a new checkpoint there is nothing left to be taken back.
  const bool take_back = ending.given_back && !progress.checkpoint.has_value();
  const char* const taken_back =
      take_back ? ", fruitless_attempts = IF(fruitless_attempts > 0, fruitless_attempts - 1, 0)" : "";
  int64_t ended = 0;
  RETURN_IF_ERROR(database_.Transact(deadline, [&](db::Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(ended,
                     session.Execute(absl::StrCat("UPDATE operations ", set, taken_back,
                                                  ", state = ?, result = ?, attempts = ?, end_time = ?, holder = '', "
                                                  "lease_expire_time = TIMESTAMPADD(MICROSECOND, ?, UTC_TIMESTAMP(6))",
                                                  kWhereClaimed),
                                     values));
    return absl::OkStatus();
  }));
  return ended > 0;
}

absl::StatusOr<OperationStore::Standing> OperationStore::Look(const Claim& claim, absl::Time deadline) {
  std::vector<db::Value> values;
  AppendFence(values, claim, holder_);
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database_.Query(deadline, absl::StrCat("SELECT cancel_requested FROM operations", kWhereClaimed), values));
  Standing standing;
  standing.held = !rows.empty();
  standing.cancel_requested = standing.held && rows.Int(0, 0) != 0;
  return standing;
}

}  // namespace storeops::jobs
