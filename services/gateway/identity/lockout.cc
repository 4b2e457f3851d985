#include "services/gateway/identity/lockout.h"

#include <algorithm>

namespace storeops::gateway {

absl::Duration LockedFor(const LoginFailures& failures, absl::Time now) {
  return std::max(failures.locked_until - now, absl::ZeroDuration());
}

LoginFailures AfterFailure(const LoginFailures& failures, absl::Time now, const LockoutRule& rule) {
  LoginFailures after;
  after.locked_until = failures.locked_until;
  for (const absl::Time time : failures.times) {
    if (time > now - rule.window) after.times.push_back(time);
  }
  after.times.push_back(now);
  if (static_cast<int>(after.times.size()) >= rule.failures) {
    after.times.clear();
    after.locked_until = now + rule.lock;
  }
  return after;
}

}  // namespace storeops::gateway
