// When too many failed logins lock an account: for the source that they come from, or, far later, for all sources. A
// source is a network address (AddressGroup).
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_LOCKOUT_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_LOCKOUT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace storeops::gateway {

// So many failures within the window lock for a while.
struct LockoutRule {
  int failures = 10;
  absl::Duration window = absl::Minutes(15);
  absl::Duration lock = absl::Minutes(15);
};

// Of one account and one source.
inline constexpr LockoutRule kSourceRule;
// Of one account, over all sources. Does not lock out sources from which the person has signed in before: otherwise any
// stranger could.
inline constexpr LockoutRule kAccountRule = {.failures = 100};

// Over all accounts, failures of one source; one more each 3 s. Many people may share an address.
inline constexpr int kSourceFailures = 300;
inline constexpr double kSourceFailuresPerSecond = 1.0 / 3;
// Sources that are known, in the memory of a process.
inline constexpr int kMaxSources = 10'000;

// Whose failures are counted.
struct FailureKey {
  std::string email;   // normalized
  std::string source;  // empty: all
};

// What is known of one key.
struct LoginFailures {
  // Within the window and not yet followed by a lock; ascending, fewer than `rule.failures`.
  std::vector<absl::Time> times;
  absl::Time locked_until = absl::InfinitePast();
};

// How long the lock lasts; zero if there is none.
absl::Duration LockedFor(const LoginFailures& failures, absl::Time now);

// The state after one more failure. After a lock the count starts from zero.
LoginFailures AfterFailure(const LoginFailures& failures, absl::Time now, const LockoutRule& rule = kSourceRule);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_LOCKOUT_H_
