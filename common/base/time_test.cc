#include "common/base/time.h"

#include <gtest/gtest.h>

namespace storeops {
namespace {

TEST(Time, TimestampsRoundTripToTheMicrosecond) {
  for (const int64_t micros : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{-1'000'000}, int64_t{1'767'225'600'123'456},
                               int64_t{-62'135'596'800'000'000}, int64_t{253'402'300'799'999'999}}) {
    const auto timestamp = ToTimestamp(absl::FromUnixMicros(micros));
    EXPECT_GE(timestamp.nanos(), 0) << micros;
    EXPECT_EQ(absl::ToUnixMicros(FromTimestamp(timestamp)), micros);
  }
  EXPECT_EQ(ToTimestamp(absl::FromUnixNanos(1'999)).nanos(), 1'000);
  EXPECT_EQ(ToTimestamp(absl::FromUnixNanos(-1)).seconds(), -1);
}

TEST(Time, DurationsRoundTripWithOneSign) {
  for (const int64_t millis : {0, 1, -1, 1500, -1500}) {
    const auto proto = ToDurationProto(absl::Milliseconds(millis));
    EXPECT_EQ(FromDurationProto(proto), absl::Milliseconds(millis));
    EXPECT_GE(proto.seconds() * proto.nanos(), 0) << millis;
  }
}

TEST(Time, ReadsRfc3339) {
  const struct {
    const char* text;
    int64_t micros;
  } cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-01-01T00:00:00Z", 1'767'225'600'000'000},
      {"2026-01-01T08:00:00+08:00", 1'767'225'600'000'000},
      {"2025-12-31T19:00:00.123456-05:00", 1'767'225'600'123'456},
      {"1969-12-31T23:59:59.5Z", -500'000},
  };
  for (const auto& c : cases) {
    const auto time = ParseRfc3339(c.text);
    ASSERT_TRUE(time.ok()) << c.text << time.status();
    EXPECT_EQ(absl::ToUnixMicros(*time), c.micros) << c.text;
    EXPECT_EQ(*ParseRfc3339(FormatRfc3339(*time)), *time);
  }
}

TEST(Time, ReachesFromYear1To9999) {
  for (const char* text : {"0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}) {
    const auto time = ParseRfc3339(text);
    ASSERT_TRUE(time.ok()) << text << time.status();
    EXPECT_EQ(FormatRfc3339(*time), text);
  }
}

TEST(Time, RefusesWhatIsNotRfc3339) {
  for (const char* text : {"", "now", "2026-01-01", "2026-01-01T00:00:00", "2026-13-01T00:00:00Z",
                           "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "infinite-future", "infinite-past",
                           "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00", "10000-01-01T00:00:00Z",
                           "2026-01-01T00:00:00Z x", "2026-01-01T00:00:00.0000000000000000000000000Z"}) {
    EXPECT_FALSE(ParseRfc3339(text).ok()) << text;
  }
}

TEST(Time, WritesUtc) {
  EXPECT_EQ(FormatRfc3339(absl::FromUnixMicros(1'767'225'600'000'000)), "2026-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(absl::FromUnixMicros(1'767'225'600'120'000)), "2026-01-01T00:00:00.12Z");
}

}  // namespace
}  // namespace storeops
