#include "services/gateway/identity/passwords.h"

#include <time.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace storeops::gateway {
namespace {

absl::Time Soon() { return absl::Now() + absl::Seconds(60); }

TEST(PasswordsTest, KnowsItsPassword) {
  Passwords passwords;
  const auto hash = passwords.Hash("correct horse battery", "ip:1", Soon());
  ASSERT_TRUE(hash.ok()) << hash.status();
  EXPECT_TRUE(absl::StartsWith(*hash, "$argon2id$v=19$m=19456,t=2,p=1$")) << *hash;
  EXPECT_LT(hash->size(), 128u);
  EXPECT_TRUE(*passwords.Verify("correct horse battery", *hash, "ip:1", Soon()));
  EXPECT_FALSE(*passwords.Verify("correct horse batterz", *hash, "ip:1", Soon()));
  EXPECT_FALSE(*passwords.Verify("", *hash, "ip:1", Soon()));
}

TEST(PasswordsTest, SaltsEachHash) {
  Passwords passwords;
  EXPECT_NE(*passwords.Hash("correct horse battery", "ip:1", Soon()),
            *passwords.Hash("correct horse battery", "ip:1", Soon()));
}

// CPU time of this thread: other load on the machine does not count.
double CpuSeconds(const std::function<void()>& work) {
  timespec before, after;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  work();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  return static_cast<double>(after.tv_sec - before.tv_sec) + 1e-9 * static_cast<double>(after.tv_nsec - before.tv_nsec);
}

TEST(PasswordsTest, NobodysPasswordCostsTheSameWork) {
  Passwords passwords;
  const std::string hash = *passwords.Hash("correct horse battery", "ip:1", Soon());
  double known = 0, unknown = 0;
  for (int i = 0; i < 3; ++i) {
    known += CpuSeconds([&] { EXPECT_FALSE(*passwords.Verify("wrong horse", hash, "ip:1", Soon())); });
    unknown += CpuSeconds([&] { EXPECT_FALSE(*passwords.Verify("wrong horse", "", "ip:1", Soon())); });
  }
  EXPECT_GT(unknown, known / 3);
  EXPECT_LT(unknown, known * 3);
}

TEST(PasswordsTest, WaitsForASlotUntilTheDeadlineOnly) {
  Passwords passwords({.concurrent = 0, .waiting = 1});
  EXPECT_EQ(passwords.Hash("correct horse battery", "ip:1", absl::Now()).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(PasswordsTest, RefusesWhenTooManyWait) {
  Passwords passwords({.concurrent = 0, .waiting = 0});
  EXPECT_EQ(passwords.Verify("correct horse battery", "", "ip:1", Soon()).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(PasswordsTest, ManyCallersAllGetTheirTurn) {
  Passwords passwords({.concurrent = 2, .waiting = 8});
  const std::string hash = *passwords.Hash("correct horse battery", "ip:1", Soon());
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto result = passwords.Verify("correct horse battery", hash, "ip:1", Soon());
      if (result.ok() && *result) ++right;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
}

}  // namespace
}  // namespace storeops::gateway
