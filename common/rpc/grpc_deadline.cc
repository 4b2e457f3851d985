#include "common/rpc/grpc_deadline.h"

#include "common/base/now.h"

namespace storeops::rpc {

gpr_timespec ToGrpcDeadline(absl::Time deadline) {
  const absl::Duration left = deadline - SteadyNow();
  if (left == absl::InfiniteDuration()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                      gpr_time_from_micros(absl::ToInt64Microseconds(left), GPR_TIMESPAN));
}

absl::Time FromGrpcDeadline(gpr_timespec deadline) {
  const gpr_timespec left = gpr_convert_clock_type(deadline, GPR_TIMESPAN);
  if (gpr_time_cmp(left, gpr_inf_future(GPR_TIMESPAN)) == 0) return absl::InfiniteFuture();
  return SteadyNow() + absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec);
}

}  // namespace storeops::rpc
