#include "services/storeops/detach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "absl/synchronization/notification.h"

namespace storeops {
namespace {

TEST(Detached, IsRefusedWhereThereAreThreads) {
  absl::Notification end;
  std::thread other([&end] { end.WaitForNotification(); });
  const auto detached = Detached::Start("/dev/null");
  ASSERT_FALSE(detached.ok() && detached->is_child()) << "this would now run the tests twice";
  EXPECT_EQ(detached.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(detached.status().message()), ::testing::HasSubstr("before any thread"));
  end.Notify();
  other.join();
}

TEST(Detached, WithoutAStartAMessageIsPrinted) {
  Detached detached;
  ::testing::internal::CaptureStdout();
  detached.Tell("It serves.\n");
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "It serves.\n");
}

}  // namespace
}  // namespace storeops
