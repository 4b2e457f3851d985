// When too many failed logins lock an address: 10 failures within 15 minutes lock it for 15 minutes.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_LOCKOUT_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_LOCKOUT_H_

#include <vector>

#include "absl/time/time.h"

namespace storeops::gateway {

struct LockoutRule {
  int failures = 10;
  absl::Duration window = absl::Minutes(15);
  absl::Duration lock = absl::Minutes(15);
};

// What is known of one address.
struct LoginFailures {
  // Within the window and not yet answered by a lock; ascending, fewer than `rule.failures`.
  std::vector<absl::Time> times;
  absl::Time locked_until = absl::InfinitePast();
};

// How long the address stays locked; zero if it is not.
absl::Duration LockedFor(const LoginFailures& failures, absl::Time now);

// The state after one more failure. A lock starts the count anew.
LoginFailures AfterFailure(const LoginFailures& failures, absl::Time now, const LockoutRule& rule = {});

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_LOCKOUT_H_
