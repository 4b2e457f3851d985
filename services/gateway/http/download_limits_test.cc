#include "services/gateway/http/download_limits.h"

#include <gtest/gtest.h>

#include <optional>

#include "common/base/errors.h"

namespace storeops::gateway {
namespace {

TEST(DownloadLimits, CountOpenDownloadsOfAllAndOfEachAddress) {
  const FakeClock clock;
  std::optional<DownloadLimits> limits;
  limits.emplace(DownloadOptions{.max_open = 3, .max_open_of_address = 2}, clock, nullptr);
  auto first = limits->Open("10.0.0.1");
  const auto second = limits->Open("::ffff:10.0.0.1");
  EXPECT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(ReasonOf(limits->Open("10.0.0.1").status()), "TOO_MANY_DOWNLOADS_OF_ADDRESS") << "IPv4 in IPv6 is the same";
  auto other = limits->Open("2001:db8::1");
  EXPECT_TRUE(other.ok());
  const absl::Status full = limits->Open("2001:db8::2").status();
  EXPECT_EQ(ReasonOf(full), "TOO_MANY_DOWNLOADS");
  EXPECT_EQ(full.code(), absl::StatusCode::kUnavailable);
  other->reset();
  EXPECT_TRUE(limits->Open("2001:db8::2").ok());
  first->reset();
  first = limits->Open("10.0.0.1");
  EXPECT_TRUE(first.ok());
  limits.reset();  // slots that are open may end later
}

TEST(DownloadLimits, CountNewDownloadsOfEachAddress) {
  FakeClock clock;
  DownloadLimits limits({.per_second_of_address = 2}, clock, nullptr);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(limits.Open("2001:db8::1").ok()) << i;
  const absl::Status status = limits.Open("2001:db8::ffff").status();
  EXPECT_EQ(ReasonOf(status), "DOWNLOAD_RATE_LIMITED") << "one network of IPv6";
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(limits.Open("2001:db8:0:1::1").ok());
  clock.Advance(absl::Milliseconds(500));
  EXPECT_TRUE(limits.Open("2001:db8::1").ok());
  EXPECT_FALSE(limits.Open("2001:db8::1").ok());
}

}  // namespace
}  // namespace storeops::gateway
