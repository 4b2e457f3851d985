#include "common/rpc/cost_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"

namespace storeops::rpc {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kCatalogV1[] = "storeops.catalog.v1";
constexpr char kInventoryV1[] = "storeops.inventory.v1";

// Calls by a name, in the order in which they began.
class CostLaneTest : public ::testing::Test {
 protected:
  absl::Status Enter(const std::string& name, const std::string& caller, const std::string& service = kCatalogV1) {
    return lane_.Enter(
        {service, caller}, [this, name] { return unwanted_.count(name) == 0; },
        [this, name](CostLane::Slot slot) {
          begun_.push_back(name);
          slots_[name] = std::move(slot);
        });
  }
  std::vector<std::string> TakeBegun() { return std::exchange(begun_, {}); }
  // Calls that begin thereby get their slots meanwhile.
  void LeaveAll() { const auto left = std::exchange(slots_, {}); }
  void TearDown() override {
    while (!slots_.empty()) LeaveAll();
  }

  CostLane lane_{{.name = "database",
                  .running = 3,
                  .running_of_service = 2,
                  .running_of_caller = 1,
                  .waiting_of_service = 4,
                  .waiting_of_caller = 2,
                  .retry_after = absl::Seconds(3)}};
  std::set<std::string> unwanted_;
  std::vector<std::string> begun_;
  std::map<std::string, CostLane::Slot> slots_;  // before the lane's end
};

TEST_F(CostLaneTest, OneCallerLeavesPlacesToTheOthers) {
  ASSERT_TRUE(Enter("a1", "users/1").ok());
  ASSERT_TRUE(Enter("a2", "users/1").ok());
  EXPECT_THAT(TakeBegun(), ElementsAre("a1"));
  ASSERT_TRUE(Enter("b1", "users/2").ok());
  EXPECT_THAT(TakeBegun(), ElementsAre("b1"));
  // The service has its share.
  ASSERT_TRUE(Enter("c1", "users/3").ok());
  EXPECT_THAT(TakeBegun(), IsEmpty());
  // The process has one more, for another service.
  ASSERT_TRUE(Enter("d1", "users/4", kInventoryV1).ok());
  ASSERT_TRUE(Enter("e1", "users/5", kInventoryV1).ok());
  EXPECT_THAT(TakeBegun(), ElementsAre("d1"));
  EXPECT_EQ(lane_.running(), 3);
  EXPECT_EQ(lane_.waiting(), 3);
  LeaveAll();
  EXPECT_THAT(TakeBegun(), ::testing::UnorderedElementsAre("a2", "c1", "e1"));
  LeaveAll();
  EXPECT_EQ(lane_.running(), 0);
}

TEST_F(CostLaneTest, TheSurplusOfACallerIsRefusedWithDetails) {
  for (const char* name : {"a1", "a2", "a3"}) ASSERT_TRUE(Enter(name, "users/1").ok());
  const absl::Status refused = Enter("a4", "users/1");
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted) << refused;
  EXPECT_EQ(ReasonOf(refused), "TOO_MANY_EXPENSIVE_CALLS");
  EXPECT_THAT(refused.message(), HasSubstr("2 of one caller wait already"));
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(GetDetail(refused, &retry));
  EXPECT_EQ(retry.retry_delay().seconds(), 3);
  google::rpc::QuotaFailure quota;
  ASSERT_TRUE(GetDetail(refused, &quota));
  EXPECT_EQ(quota.violations(0).subject(), "users/1");
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(refused, &info));
  EXPECT_EQ(info.metadata().at("lane"), "database");
  EXPECT_EQ(info.metadata().at("service"), kCatalogV1);
  EXPECT_EQ(info.metadata().at("caller"), "users/1");
  EXPECT_EQ(info.metadata().at("limit"), "2");
  EXPECT_TRUE(Enter("b1", "users/2").ok()) << "others are let in";
}

TEST_F(CostLaneTest, TheQueueOfAServiceHasALimit) {
  for (const char* name : {"a1", "a2", "a3"}) ASSERT_TRUE(Enter(name, "users/1").ok());
  for (const char* name : {"b1", "b2", "b3"}) ASSERT_TRUE(Enter(name, "users/2").ok());
  const absl::Status refused = Enter("c1", "users/3");
  EXPECT_THAT(refused.message(), HasSubstr("4 of one service wait already")) << refused;
  EXPECT_TRUE(Enter("d1", "users/3", kInventoryV1).ok());
}

TEST_F(CostLaneTest, CallersTakeTurns) {
  ASSERT_TRUE(Enter("a1", "users/1").ok());
  ASSERT_TRUE(Enter("b1", "users/2").ok());
  for (const char* name : {"a2", "a3"}) ASSERT_TRUE(Enter(name, "users/1").ok());
  ASSERT_TRUE(Enter("c1", "users/3").ok());
  TakeBegun();
  slots_["a1"].Release();
  EXPECT_THAT(TakeBegun(), ElementsAre("c1")) << "it came last, but its caller was not served yet";
  slots_["b1"].Release();
  EXPECT_THAT(TakeBegun(), ElementsAre("a2"));
}

TEST_F(CostLaneTest, CallsThatNobodyWantsMakeRoom) {
  for (const char* name : {"a1", "a2", "a3"}) ASSERT_TRUE(Enter(name, "users/1").ok());
  unwanted_.insert("a2");
  ASSERT_TRUE(Enter("a4", "users/1").ok());
  EXPECT_THAT(TakeBegun(), ElementsAre("a1", "a2")) << "a2 is ended, without a place";
  EXPECT_EQ(lane_.running(), 1);
  EXPECT_EQ(lane_.waiting(), 2);
}

TEST_F(CostLaneTest, AThreadThatMustNotWaitIsRefused) {
  {
    const auto slot = lane_.TryEnter({kCatalogV1, "users/1"});
    ASSERT_TRUE(slot.ok());
    EXPECT_EQ(ReasonOf(lane_.TryEnter({kCatalogV1, "users/1"}).status()), "TOO_MANY_EXPENSIVE_CALLS");
  }
  EXPECT_TRUE(lane_.TryEnter({kCatalogV1, "users/1"}).ok());
}

TEST_F(CostLaneTest, AThreadWaitsForItsTurn) {
  ASSERT_TRUE(Enter("a1", "users/1").ok());
  absl::Notification entered;
  std::thread waiter([&] {
    const auto slot = lane_.Await({kCatalogV1, "users/1"}, absl::InfiniteFuture(), nullptr);
    EXPECT_TRUE(slot.ok());
    entered.Notify();
  });
  while (lane_.waiting() == 0) std::this_thread::yield();
  EXPECT_FALSE(entered.HasBeenNotified());
  LeaveAll();
  waiter.join();
  EXPECT_EQ(lane_.running(), 0);
}

TEST_F(CostLaneTest, AThreadWaitsNoLongerThanItsCallIsWanted) {
  ASSERT_TRUE(Enter("a1", "users/1").ok());
  EXPECT_EQ(lane_.Await({kCatalogV1, "users/1"}, absl::Now(), nullptr).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  Cancellation cancellation;
  std::thread waiter([&] {
    EXPECT_EQ(lane_.Await({kCatalogV1, "users/1"}, absl::InfiniteFuture(), &cancellation).status().code(),
              absl::StatusCode::kCancelled);
  });
  while (lane_.waiting() == 0) std::this_thread::yield();
  cancellation.Cancel();
  waiter.join();
  EXPECT_EQ(lane_.waiting(), 0);
  LeaveAll();
  EXPECT_EQ(lane_.running(), 0);
}

TEST(CostLanes, LeaveACoreAndHaveAPlaceAtLeast) {
  for (const auto& [cores, running] : std::map<int, int>{{0, 1}, {1, 1}, {2, 1}, {3, 2}, {16, 15}}) {
    CostLanes lanes(cores);
    std::vector<CostLane::Slot> slots;
    for (int i = 0; i < 2 * cores + 2; ++i) {
      auto slot = lanes.compute.TryEnter({kCatalogV1, absl::StrCat("users/", i)});
      if (slot.ok()) slots.push_back(*std::move(slot));
    }
    EXPECT_EQ(slots.size(), static_cast<size_t>(running)) << cores;
  }
}

}  // namespace
}  // namespace storeops::rpc
