// To be preloaded: the wall clock of the process is ahead of the machine's by the seconds that the file
// STOREOPS_WALL_CLOCK contains, and follows it. Waits until a time of that clock end as the kernel would end them were
// the machine's clock set; so a program that waits by the wall clock fails here as it would there.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>

namespace {

using GetTime = int (*)(clockid_t, timespec*);
using Call = long (*)(long, ...);

constexpr int64_t kSecond = 1'000'000'000;

std::atomic<int64_t>* g_ahead = nullptr;

[[gnu::constructor]] void Open() {
  const char* const path = std::getenv("STOREOPS_WALL_CLOCK");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) std::abort();
  void* const mapped = mmap(nullptr, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) std::abort();
  g_ahead = static_cast<std::atomic<int64_t>*>(mapped);
}

template <class Function>
Function Real(std::atomic<Function>& known, const char* name) {
  Function found = known.load();
  if (found == nullptr) known.store(found = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name)));
  return found;
}

int64_t NanosOf(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

timespec ToTimespec(int64_t nanos) { return {nanos / kSecond, nanos % kSecond}; }

std::atomic<GetTime> g_clock_gettime{nullptr};
std::atomic<Call> g_syscall{nullptr};

// A wait by the wall clock, in steps after which it looks at that clock.
long WaitUntil(const timespec& end, long* a) {
  constexpr int64_t kStep = kSecond / 50;
  const int64_t end_nanos = end.tv_sec * kSecond + end.tv_nsec;
  while (true) {
    const int64_t left = end_nanos - NanosOf(CLOCK_REALTIME);
    const timespec step = ToTimespec(NanosOf(CLOCK_MONOTONIC) + std::clamp<int64_t>(left, 0, kStep));
    const long result =
        Real(g_syscall, "syscall")(SYS_futex, a[0], a[1] & ~long{FUTEX_CLOCK_REALTIME}, a[2], &step, a[4], a[5]);
    if (result != -1 || errno != ETIMEDOUT || left <= 0) return result;
  }
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const int result = Real(g_clock_gettime, "clock_gettime")(clock, time);
  if (g_ahead != nullptr && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    time->tv_sec += g_ahead->load();
  return result;
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  const int64_t nanos = NanosOf(CLOCK_REALTIME);
  *time = {nanos / kSecond, nanos % kSecond / 1000};
  return 0;
}

time_t time(time_t* result) noexcept {
  const time_t now = NanosOf(CLOCK_REALTIME) / kSecond;
  if (result != nullptr) *result = now;
  return now;
}

long syscall(long number, ...) noexcept {
  va_list arguments;
  va_start(arguments, number);
  long a[6];
  for (long& argument : a) argument = va_arg(arguments, long);
  va_end(arguments);
  const bool waits = number == SYS_futex && a[3] != 0 &&
                     (a[1] & ~long{FUTEX_PRIVATE_FLAG}) == (FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME);
  if (waits) return WaitUntil(*reinterpret_cast<const timespec*>(a[3]), a);
  return Real(g_syscall, "syscall")(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

}  // extern "C"
