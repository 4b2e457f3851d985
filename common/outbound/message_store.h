// The tables of the outbound queue. Who delivers a message is decided by conditional updates. Times are those of the
// services' clocks, which are passed in.
#ifndef STOREOPS_COMMON_OUTBOUND_MESSAGE_STORE_H_
#define STOREOPS_COMMON_OUTBOUND_MESSAGE_STORE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "storeops/outbound/v1/outbound.pb.h"

namespace storeops::outbound {

using State = v1::OutboundMessage::State;

// What a target gets.
struct Message {
  std::string queue;    // at most 64 bytes
  std::string target;   // at most 190 bytes
  std::string key;      // unique in the queue, at most 190 bytes
  std::string payload;  // at most 1 MiB
};

// The circuit breaker of a target, shared by all replicas.
struct Breaker {
  int failures = 0;  // in a row
  // Not set: closed. Past: one attempt may be made by who takes it (TakeProbe).
  std::optional<absl::Time> open_until;

  bool IsOpen(absl::Time now) const { return open_until.has_value() && *open_until > now; }
};

// A target with due messages, whose breaker is not open.
struct DueTarget {
  std::string target;
  absl::Time due;  // of the message that is due longest
  Breaker breaker;
};

// A row without its payload.
struct StoredMessage {
  int64_t id = 0;
  std::string queue, target, key;
  State state = v1::OutboundMessage::STATE_UNSPECIFIED;
  int attempts = 0;
  absl::Time due;
  std::string lease_owner;
  std::string last_error;
  absl::Time create_time;

  bool IsLeased(absl::Time now) const { return !lease_owner.empty() && due > now; }
};

// The right to deliver a message: ends at its time, or when it is finished. `attempt` counts from 1.
struct Lease {
  int64_t id = 0;
  int attempt = 0;
};

struct MessageCount {
  std::string queue, target;
  State state = v1::OutboundMessage::STATE_UNSPECIFIED;
  int64_t messages = 0;
  absl::Time oldest;  // create_time
};

class MessageStore {
 public:
  // `owner` names this process among all, at most 64 bytes.
  MessageStore(db::Database& database, std::string owner) : database_(database), owner_(std::move(owner)) {}

  // ALREADY_EXISTS if the queue has a message of this key.
  absl::Status Insert(db::Session& session, const Message& message, absl::Time due, absl::Time now) const;
  // Of all states.
  absl::StatusOr<int64_t> CountMessages(db::Session& session, absl::string_view queue) const;

  // The target whose message is due longest first.
  absl::StatusOr<std::vector<DueTarget>> DueTargets(absl::string_view queue, absl::Time now, int limit,
                                                    absl::Time deadline) const;
  // Waiting messages, due longest first.
  absl::StatusOr<std::vector<StoredMessage>> DueMessages(absl::string_view queue, absl::string_view target,
                                                         absl::Time now, int limit, absl::Time deadline) const;
  absl::StatusOr<std::optional<StoredMessage>> FindByKey(absl::string_view queue, absl::string_view key,
                                                         absl::Time deadline) const;

  // Counts as an attempt. Nothing if another one has had the message since `message` was read. A lease that it had then
  // ends: who had it can write nothing any more.
  absl::StatusOr<std::optional<Lease>> TryLease(const StoredMessage& message, absl::Time until,
                                                absl::Time deadline) const;
  absl::StatusOr<std::string> ReadPayload(const Lease& lease, absl::Time deadline) const;
  // Ends the lease without an attempt.
  absl::Status Return(const Lease& lease, absl::Time due, absl::Time deadline) const;
  // These return false if the lease has gone to another process; then nothing is written.
  absl::StatusOr<bool> Remove(db::Session& session, const Lease& lease) const;
  absl::StatusOr<bool> Postpone(db::Session& session, const Lease& lease, absl::Time due,
                                absl::string_view error) const;
  absl::StatusOr<bool> Bury(db::Session& session, const Lease& lease, absl::Time now, absl::string_view error) const;

  absl::StatusOr<Breaker> ReadBreaker(absl::string_view queue, absl::string_view target, absl::Time deadline) const;
  // The right to the one attempt after the pause of a breaker, which is open for others until `until`. False: another
  // one was faster.
  absl::StatusOr<bool> TakeProbe(absl::string_view queue, absl::string_view target, absl::Time open_until,
                                 absl::Time until, absl::Time deadline) const;
  // Opens the breaker until `open_until` once there were `threshold` failures in a row.
  absl::Status CountFailure(db::Session& session, absl::string_view queue, absl::string_view target, int threshold,
                            absl::Time open_until) const;
  absl::Status CloseBreaker(db::Session& session, absl::string_view queue, absl::string_view target) const;

  // By id; `state` STATE_UNSPECIFIED: all.
  absl::StatusOr<std::vector<StoredMessage>> List(State state, int64_t after_id, int limit, absl::Time deadline) const;
  // Locked until the end of the transaction.
  absl::StatusOr<std::optional<StoredMessage>> Lock(db::Session& session, int64_t id) const;
  absl::Status Restart(db::Session& session, int64_t id, absl::Time now) const;
  absl::Status Delete(db::Session& session, int64_t id) const;

  absl::StatusOr<std::vector<MessageCount>> CountAll(absl::Time deadline) const;
  struct OpenTarget {
    std::string queue, target;
  };
  // Targets whose breaker has opened and not closed since; at most `limit`.
  absl::StatusOr<std::vector<OpenTarget>> OpenTargets(int limit, absl::Time deadline) const;

 private:
  db::Database& database_;
  const std::string owner_;
};

}  // namespace storeops::outbound

#endif  // STOREOPS_COMMON_OUTBOUND_MESSAGE_STORE_H_
