#include "common/base/now.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>

#include "absl/time/time.h"

namespace storeops {
namespace {

int64_t NanosOf(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * int64_t{1'000'000'000} + time.tv_nsec;
}

// A timed wait of Abseil, and so of gRPC: until a time of the wall clock, which the kernel compares with that clock for
// as long as the wait lasts.
bool IsWallClockWait(long number, long operation) {
  constexpr long kWait = FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME;
  return number == SYS_futex && (operation & ~long{FUTEX_PRIVATE_FLAG}) == kWait;
}

// The time of CLOCK_MONOTONIC at which `wall` is due if the wall clock runs on from now as it does. A wait that is
// interrupted is resumed until the same time of the wall clock, which may have been set meanwhile: it keeps its end.
timespec ToMonotonic(const timespec& wall) {
  struct Wait {
    timespec wall{0, -1};
    timespec monotonic{};
  };
  thread_local Wait t_last;
  if (t_last.wall.tv_sec != wall.tv_sec || t_last.wall.tv_nsec != wall.tv_nsec) {
    const absl::Duration left = absl::DurationFromTimespec(wall) - absl::Nanoseconds(NanosOf(CLOCK_REALTIME));
    const absl::Duration end = absl::Nanoseconds(NanosOf(CLOCK_MONOTONIC)) + left;
    // The kernel refuses times before its start.
    t_last = {wall, absl::ToTimespec(end < absl::ZeroDuration() ? absl::ZeroDuration() : end)};
  }
  return t_last.monotonic;
}

// Needs nothing of the C library: allocators call syscall() before the program is set up.
long CallKernel(long number, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
  long result;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall"
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 asm("x8") = number;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
  return x0;
#else
#error "state how this processor calls the kernel"
#endif
}

}  // namespace

absl::Time SteadyNow() {
  static const int64_t start = NanosOf(CLOCK_REALTIME) - NanosOf(CLOCK_MONOTONIC);
  return absl::FromUnixNanos(start + NanosOf(CLOCK_MONOTONIC));
}

absl::Time WallNow() { return absl::FromUnixNanos(NanosOf(CLOCK_REALTIME)); }

}  // namespace storeops

// Takes the place of the C library's function for this program and its shared libraries, because Abseil (20220623) can
// only wait by the wall clock: set back by an hour, it would prolong each timed wait by an hour. Their waits, which end
// at a time of the wall clock, end here when the time that is left now has passed. Everything else goes on as it is.
extern "C" long syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  timespec end;
  if (storeops::IsWallClockWait(number, a[1]) && a[3] != 0) {
    end = storeops::ToMonotonic(*reinterpret_cast<const timespec*>(a[3]));
    a[1] &= ~long{FUTEX_CLOCK_REALTIME};
    a[3] = reinterpret_cast<long>(&end);
  }
  const long result = storeops::CallKernel(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  constexpr long kLeastError = -4095;
  if (result >= 0 || result < kLeastError) return result;
  errno = static_cast<int>(-result);
  return -1;
}
