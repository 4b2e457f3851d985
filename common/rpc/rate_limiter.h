// A token bucket for each principal: a burst at once, a steady rate over time.
#ifndef STOREOPS_COMMON_RPC_RATE_LIMITER_H_
#define STOREOPS_COMMON_RPC_RATE_LIMITER_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/base/clock.h"

namespace storeops::rpc {

class RateLimiter {
 public:
  struct Options {
    double calls_per_second = 2000;
    double burst = 4000;
    // Callers without a credential share a bucket for each network address.
    double anonymous_calls_per_second = 20;
    double anonymous_burst = 60;
    // Buckets kept; full ones are dropped first.
    size_t max_buckets = 100'000;
  };

  RateLimiter(Options options, const Clock& clock) : options_(options), clock_(clock) {}

  // RESOURCE_EXHAUSTED with RetryInfo when the bucket of `key` is empty.
  absl::Status Admit(absl::string_view key, bool anonymous) { return Take(key, anonymous, 1); }
  // The same, and takes nothing.
  absl::Status Look(absl::string_view key, bool anonymous) { return Take(key, anonymous, 0); }

 private:
  static constexpr size_t kShards = 16;
  struct Bucket {
    double tokens;
    absl::Time refilled;
    bool anonymous;
  };
  struct Shard {
    absl::Mutex mutex;
    absl::flat_hash_map<std::string, Bucket> buckets ABSL_GUARDED_BY(mutex);
  };
  double Rate(bool anonymous) const {
    return anonymous ? options_.anonymous_calls_per_second : options_.calls_per_second;
  }
  double Burst(bool anonymous) const { return anonymous ? options_.anonymous_burst : options_.burst; }
  absl::Status Take(absl::string_view key, bool anonymous, double cost);
  // Tokens in the bucket at `now`.
  double Refilled(const Bucket& bucket, absl::Time now) const;
  void MakeRoom(Shard& shard, absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(shard.mutex);

  const Options options_;
  const Clock& clock_;
  Shard shards_[kShards];
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_RATE_LIMITER_H_
