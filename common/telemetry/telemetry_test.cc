#include "common/telemetry/telemetry.h"

#include <thread>
#include <vector>

#include "common/base/invariant.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/counter.h"

namespace storeops::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TelemetryTest, CountsCallsByMethodAndCodeFromManyThreads) {
  Telemetry telemetry;
  auto& metrics = telemetry.ForMethod("a.S/M");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&metrics] {
      for (int call = 0; call < 250; ++call) {
        metrics.Started();
        metrics.Ended(call % 5 == 0 ? absl::StatusCode::kNotFound : absl::StatusCode::kOk, absl::Milliseconds(2));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  metrics.Started();
  const std::string text = telemetry.Render();
  EXPECT_THAT(text, HasSubstr("storeops_rpc_calls_total{code=\"OK\",method=\"a.S/M\"} 800"));
  EXPECT_THAT(text, HasSubstr("storeops_rpc_calls_total{code=\"NOT_FOUND\",method=\"a.S/M\"} 200"));
  EXPECT_THAT(text, HasSubstr("storeops_rpc_in_flight{method=\"a.S/M\"} 1"));
  EXPECT_THAT(text, HasSubstr("storeops_rpc_seconds_bucket{method=\"a.S/M\",le=\"0.0025\"} 1000"));
}

TEST(TelemetryTest, OneObjectForOneNameAndLabels) {
  Telemetry telemetry;
  telemetry.Counter("storeops_things_total", "Things.", {{"kind", "a"}}).Increment();
  telemetry.Counter("storeops_things_total", "Things.", {{"kind", "a"}}).Increment();
  telemetry.Counter("storeops_things_total", "Things.", {{"kind", "b"}}).Increment();
  EXPECT_EQ(&telemetry.ForMethod("x"), &telemetry.ForMethod("x"));
  EXPECT_THAT(telemetry.Render(), HasSubstr("storeops_things_total{kind=\"a\"} 2"));
}

TEST(TelemetryTest, WatchedGaugesAreReadWhenRenderedAndNotAfterTheirHandleIsGone) {
  Telemetry telemetry;
  double value = 3;
  auto handle = telemetry.Watch("storeops_queue", "Queue.", {}, [&value] { return value; });
  EXPECT_THAT(telemetry.Render(), HasSubstr("storeops_queue 3"));
  value = 7;
  EXPECT_THAT(telemetry.Render(), HasSubstr("storeops_queue 7"));
  handle = nullptr;
  EXPECT_THAT(telemetry.Render(), Not(HasSubstr("storeops_queue ")));
}

TEST(TelemetryTest, BugsAreCountedByPlaceAndLogged) {
  Telemetry telemetry;
  EXPECT_THAT(telemetry.Render(), Not(HasSubstr("storeops_bugs_total")));
  ::testing::internal::CaptureStderr();
  static BugSite site("/somewhere/common/a.cc", 12);
  site.Report("no row").IgnoreError();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr(R"("message":"bug","error":"no row","location":"common/a.cc:12","count":"1"})"));
  EXPECT_THAT(telemetry.Render(), HasSubstr("storeops_bugs_total{location=\"common/a.cc:12\"} 1"));
  site.Report("no row").IgnoreError();
  EXPECT_THAT(telemetry.Render(), HasSubstr("storeops_bugs_total{location=\"common/a.cc:12\"} 2"));
  EXPECT_THAT(Telemetry().Render(), HasSubstr("storeops_bugs_total{location=\"common/a.cc:12\"} 2"));
}

TEST(LogTest, OneJsonObjectALineWithEscapedText) {
  ::testing::internal::CaptureStderr();
  Log(LogLevel::kInfo, "a \"quoted\"\nline", {{"method", "x/y"}, {"bell", "\x07"}});
  Log(LogLevel::kDebug, "below the level");
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr(R"("message":"a \"quoted\"\nline","method":"x/y","bell":"\u0007"})"));
  EXPECT_THAT(text, Not(HasSubstr("below the level")));
}

}  // namespace
}  // namespace storeops::telemetry
