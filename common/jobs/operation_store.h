// The table of operations. Who works on one is decided by conditional updates; leases are by the database's clock.
#ifndef STOREOPS_COMMON_JOBS_OPERATION_STORE_H_
#define STOREOPS_COMMON_JOBS_OPERATION_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops::jobs {

using OperationState = storeops::operations::v1::OperationMetadata::State;

// An operation as callers see it.
struct OperationRow {
  int64_t id = 0;
  storeops::operations::v1::OperationMetadata metadata;
  std::string result;  // google.protobuf.Any when it succeeded, google.rpc.Status when it failed or was cancelled
};

// An operation whose turn it is: waiting, or left by a process that ended.
struct DueOperation {
  int64_t id;
  std::string method;
  int state;
  int attempts;
};

// The right to work on an operation: holds as long as nobody else took it up.
struct Claim {
  int64_t id = 0;
  int attempt = 0;
};

struct ClaimedWork {
  std::string request;
  std::string creator;
  std::string checkpoint;
  int64_t done = 0;
  int64_t total = 0;
  bool cancel_requested = false;
  int fruitless_attempts = 0;  // begun since the last new checkpoint, this one included
};

struct OperationProgress {
  int64_t done = 0;
  int64_t total = 0;
  std::optional<std::string> checkpoint;  // nothing: as it was
};

// How work on an operation ends for now: for good, or queued to be taken up again.
struct Ending {
  OperationState state;
  std::string result;
  int attempts;
  absl::Duration not_before = absl::ZeroDuration();  // for QUEUED: from now
  std::optional<absl::Time> end_time = std::nullopt;
  bool given_back = false;  // the attempt counts as none
};

class OperationStore {
 public:
  OperationStore(db::Database& database, std::string holder, absl::Duration lease_term)
      : database_(database), holder_(std::move(holder)), lease_term_(lease_term) {}

  absl::Status Insert(db::Session& session, const OperationRow& row, const std::string& request, absl::Time now);
  absl::StatusOr<std::optional<OperationRow>> Read(int64_t id, absl::Time deadline);
  // Newest first, ids below `before`.
  absl::StatusOr<std::vector<OperationRow>> List(int64_t before, int limit, absl::Time deadline);
  // Ends an operation that nobody works on and asks the worker of one that somebody does.
  absl::Status Cancel(int64_t id, const std::string& result, absl::Time now, absl::Time deadline);
  absl::StatusOr<int64_t> Prune(absl::Time before, int limit, absl::Time deadline);

  // Of these methods, at least one; due longest first. A statement is prepared for each number of methods.
  absl::StatusOr<std::vector<DueOperation>> Due(const std::vector<std::string>& methods, int limit,
                                                absl::Time deadline);
  // Nothing if another process was faster.
  absl::StatusOr<std::optional<Claim>> TryClaim(const DueOperation& due, absl::Time now, absl::Time deadline);
  absl::StatusOr<ClaimedWork> ReadWork(const Claim& claim, absl::Time deadline);
  // As in ClaimedWork, now.
  absl::StatusOr<int> FruitlessAttempts(const Claim& claim, absl::Time deadline);

  // Due times and leases that are more than `longest` ahead, because the database's clock was set back since: the
  // former become due, the latter end after the term.
  absl::Status Shorten(absl::Duration longest, absl::Time deadline);

  // These answer false when the claim no longer holds; then nothing is written.
  absl::StatusOr<bool> Renew(const Claim& claim, absl::Time deadline);
  absl::StatusOr<bool> Save(const Claim& claim, const OperationProgress& progress, absl::Time deadline);
  absl::StatusOr<bool> SaveIn(db::Session& session, const Claim& claim, const OperationProgress& progress);
  absl::StatusOr<bool> End(const Claim& claim, const OperationProgress& progress, const Ending& ending,
                           absl::Time deadline);
  // Whether the claim holds, and whether it was asked to stop.
  struct Standing {
    bool held = false;
    bool cancel_requested = false;
  };
  absl::StatusOr<Standing> Look(const Claim& claim, absl::Time deadline);

  absl::Duration lease_term() const { return lease_term_; }

 private:
  db::Database& database_;
  const std::string holder_;
  const absl::Duration lease_term_;
};

}  // namespace storeops::jobs

#endif  // STOREOPS_COMMON_JOBS_OPERATION_STORE_H_
