#include "common/outbound/delivery_rules.h"

#include <algorithm>

namespace storeops::outbound {

bool IsPermanent(const absl::Status& result) {
  switch (result.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

Contact ContactOf(const absl::Status& result) {
  if (absl::IsUnavailable(result) || absl::IsDeadlineExceeded(result)) return Contact::kFailed;
  if (absl::IsAborted(result) || absl::IsCancelled(result)) return Contact::kUnknown;
  return Contact::kReached;
}

absl::Duration PauseAfter(int attempt, absl::Duration first, absl::Duration longest, double random) {
  absl::Duration pause = first;
  for (int i = 1; i < attempt && pause < longest; ++i) pause *= 2;
  return std::min(pause, longest) * (0.5 + random / 2);
}

}  // namespace storeops::outbound
