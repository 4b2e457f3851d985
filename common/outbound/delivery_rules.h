// What follows from the result of a delivery.
#ifndef STOREOPS_COMMON_OUTBOUND_DELIVERY_RULES_H_
#define STOREOPS_COMMON_OUTBOUND_DELIVERY_RULES_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace storeops::outbound {

// Repeating the message cannot help: INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, OUT_OF_RANGE,
// UNIMPLEMENTED, DATA_LOSS.
bool IsPermanent(const absl::Status& result);

// What a result says of its target.
enum class Contact {
  kReached,  // it answered, be it a refusal
  kFailed,   // UNAVAILABLE, DEADLINE_EXCEEDED
  kUnknown,  // ABORTED, CANCELLED: the attempt ended on this side
};
Contact ContactOf(const absl::Status& result);

// The pause after the attempt of this number, from 1: `first`, doubled with each attempt, at most `longest`; of that a
// part between half (`random` = 0) and the whole (`random` = 1), so that messages that failed together do not return
// together.
absl::Duration PauseAfter(int attempt, absl::Duration first, absl::Duration longest, double random);

}  // namespace storeops::outbound

#endif  // STOREOPS_COMMON_OUTBOUND_DELIVERY_RULES_H_
