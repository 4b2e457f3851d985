#include "common/rpc/rate_limiter.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "google/rpc/error_details.pb.h"

namespace storeops::rpc {
namespace {

class RateLimiterTest : public ::testing::Test {
 protected:
  int Admitted(RateLimiter& limiter, absl::string_view key, bool anonymous, int tries) {
    int admitted = 0;
    for (int i = 0; i < tries; ++i) admitted += limiter.Admit(key, anonymous).ok();
    return admitted;
  }

  FakeClock clock_;
  const RateLimiter::Options options_{
      .calls_per_second = 10, .burst = 20, .anonymous_calls_per_second = 1, .anonymous_burst = 3, .max_buckets = 1600};
};

TEST_F(RateLimiterTest, AdmitsABurstThenASteadyRate) {
  RateLimiter limiter(options_, clock_);
  EXPECT_EQ(Admitted(limiter, "users/1", false, 100), 20);
  clock_.Advance(absl::Milliseconds(500));
  EXPECT_EQ(Admitted(limiter, "users/1", false, 100), 5);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(Admitted(limiter, "users/1", false, 100), 20);
}

TEST_F(RateLimiterTest, KeysDoNotShareABucketAndAnonymousOnesAreSmaller) {
  RateLimiter limiter(options_, clock_);
  EXPECT_EQ(Admitted(limiter, "users/1", false, 100), 20);
  EXPECT_EQ(Admitted(limiter, "users/2", false, 100), 20);
  EXPECT_EQ(Admitted(limiter, "ip:10.0.0.1", true, 100), 3);
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(Admitted(limiter, "ip:10.0.0.1", true, 100), 2);
}

TEST_F(RateLimiterTest, SaysWhenToComeBack) {
  RateLimiter limiter(options_, clock_);
  Admitted(limiter, "users/1", false, 20);
  const absl::Status status = limiter.Admit("users/1", false);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(GetDetail(status, &retry));
  const absl::Duration wait = FromDurationProto(retry.retry_delay());
  EXPECT_EQ(wait, absl::Milliseconds(100));
  clock_.Advance(wait);
  EXPECT_TRUE(limiter.Admit("users/1", false).ok());
}

TEST_F(RateLimiterTest, AClockSetBackTakesNothingAway) {
  RateLimiter limiter(options_, clock_);
  EXPECT_EQ(Admitted(limiter, "users/1", false, 5), 5);
  clock_.Advance(-absl::Hours(1));
  EXPECT_EQ(Admitted(limiter, "users/1", false, 100), 15);
}

TEST_F(RateLimiterTest, FullBucketsAreDroppedBeforeUsedOnes) {
  RateLimiter limiter(options_, clock_);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(limiter.Admit(absl::StrCat("old/", i), false).ok());
  clock_.Advance(absl::Seconds(5));  // those are full again
  EXPECT_EQ(Admitted(limiter, "users/1", false, 100), 20);
  for (int i = 0; i < 800; ++i) ASSERT_TRUE(limiter.Admit(absl::StrCat("new/", i), false).ok());
  EXPECT_EQ(Admitted(limiter, "users/1", false, 100), 0);
}

TEST_F(RateLimiterTest, ManyKeysAtOnceFindRoom) {
  RateLimiter limiter(options_, clock_);
  for (int i = 0; i < 20'000; ++i) ASSERT_TRUE(limiter.Admit(absl::StrCat("ip:", i), true).ok());
}

TEST_F(RateLimiterTest, LookingTakesNothing) {
  RateLimiter limiter(options_, clock_);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(limiter.Look("ip:10.0.0.7", true).ok());
  EXPECT_EQ(Admitted(limiter, "ip:10.0.0.7", true, 10), 3);
  EXPECT_EQ(limiter.Look("ip:10.0.0.7", true).code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace storeops::rpc
