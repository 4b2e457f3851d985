// The two times of a process. Which is for what: docs/background.md, "Clocks". A time that several processes share is
// neither: it is that of the Clock that is passed in.
#ifndef STOREOPS_COMMON_BASE_NOW_H_
#define STOREOPS_COMMON_BASE_NOW_H_

#include "absl/time/time.h"

namespace storeops {

// For deadlines, intervals, ages and limits of rates within this process. Equal to the wall clock when first used; then
// it advances with CLOCK_MONOTONIC, whatever becomes of the wall clock. Not to be stored, shown or sent: to a library
// and to another process goes the time that is left. Costs one reading of the clock, about 50 ns.
absl::Time SteadyNow();

// The machine's calendar time, for people: logs, names with a time, certificates. May jump, in both directions.
absl::Time WallNow();

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_NOW_H_
