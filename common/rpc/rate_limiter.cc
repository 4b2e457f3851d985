#include "common/rpc/rate_limiter.h"

#include <algorithm>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"

namespace storeops::rpc {
namespace {

constexpr absl::Duration kLongestWait = absl::Minutes(1);

}  // namespace

double RateLimiter::Refilled(const Bucket& bucket, absl::Time now) const {
  // A clock that was set back takes nothing away.
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - bucket.refilled));
  return std::min(Burst(bucket.anonymous), bucket.tokens + seconds * Rate(bucket.anonymous));
}

absl::Status RateLimiter::Take(absl::string_view key, bool anonymous, double cost) {
  const absl::Time now = clock_.Steady();
  Shard& shard = shards_[absl::HashOf(key) % kShards];
  double tokens = 0;
  {
    absl::MutexLock lock(&shard.mutex);
    auto found = shard.buckets.find(key);
    if (found == shard.buckets.end()) {
      if (shard.buckets.size() >= std::max<size_t>(1, options_.max_buckets / kShards)) MakeRoom(shard, now);
      found = shard.buckets.try_emplace(std::string(key), Bucket{Burst(anonymous), now, anonymous}).first;
    }
    Bucket& bucket = found->second;
    bucket.tokens = Refilled(bucket, now);
    bucket.refilled = now;
    tokens = bucket.tokens;
    if (tokens >= 1) {
      bucket.tokens -= cost;
      return absl::OkStatus();
    }
  }
  const absl::Duration wait = absl::Seconds(1 - tokens) / std::max(Rate(anonymous), 1e-9);
  return ExhaustedRetry("too many calls: slow down", std::min(wait, kLongestWait));
}

void RateLimiter::MakeRoom(Shard& shard, absl::Time now) {
  absl::erase_if(shard.buckets,
                 [&](const auto& entry) { return Refilled(entry.second, now) >= Burst(entry.second.anonymous); });
  if (shard.buckets.size() < std::max<size_t>(1, options_.max_buckets / kShards)) return;
  // All are in use: half of them start anew, so that the next search for room is far off.
  size_t count = 0;
  absl::erase_if(shard.buckets, [&](const auto&) { return count++ % 2 == 0; });
}

}  // namespace storeops::rpc
