// What must hold if the code is right, and what happens where it does not.
//
// STOREOPS_ASSERT(condition) ends a debug build's program if the condition does not hold; release builds do not
// evaluate it. For preconditions of a function and for what follows from the lines before it.
//
// STOREOPS_BUG(message) reports a state that correct code does not reach, in all builds, and is not fatal: it returns
// an INTERNAL status with the message, counts the place in storeops_bugs_total and logs it. For what depends on stored
// rows or on other parts of the program:
//
//   if (rows.empty()) return STOREOPS_BUG("feed_position has no row");
//   STOREOPS_BUG(absl::StrCat("lease of ", name, " was not held")).IgnoreError();  // and goes on
//
// Neither is for what a caller, a file, a peer or the network can cause: those are errors like any other.
#ifndef STOREOPS_COMMON_BASE_INVARIANT_H_
#define STOREOPS_COMMON_BASE_INVARIANT_H_

#include <atomic>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/now.h"

#ifdef NDEBUG
#define STOREOPS_ASSERT(condition) static_cast<void>(sizeof((condition) ? 1 : 0))
#else
#define STOREOPS_ASSERT(condition) \
  ((condition) ? static_cast<void>(0) : ::storeops::AssertionFailed(#condition, __FILE__, __LINE__))
#endif

#define STOREOPS_BUG(message)                                \
  [&]() -> ::absl::Status {                                  \
    static ::storeops::BugSite bug_site(__FILE__, __LINE__); \
    return bug_site.Report(message);                         \
  }()

namespace storeops {

[[noreturn]] void AssertionFailed(const char* condition, const char* file, int line);

// A place with STOREOPS_BUG. Static: it is listed from its first report on, and never goes away.
class BugSite {
 public:
  // Logs no more often than this, each place for itself.
  static constexpr absl::Duration kLogInterval = absl::Minutes(1);

  constexpr BugSite(const char* file, int line) : file_(file), line_(line) {}

  absl::Status Report(absl::string_view message, absl::Time now = SteadyNow());
  // "common/changes/feed.cc:71".
  std::string location() const;
  int64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  const char* const file_;
  const int line_;
  std::atomic<int64_t> count_{0};
  std::atomic<int64_t> log_after_us_{0};
};

// Calls `visit` with each place that has reported.
void ForEachBugSite(absl::FunctionRef<void(const BugSite& site)> visit);

// Who writes the log lines; stderr until set. Telemetry sets it.
using BugLog = void (*)(const BugSite& site, absl::string_view message);
void SetBugLog(BugLog log);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_INVARIANT_H_
