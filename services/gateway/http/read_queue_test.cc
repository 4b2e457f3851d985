#include "services/gateway/http/read_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace storeops::gateway {
namespace {

TEST(ReadQueue, RunsALimitedNumberInTheOrderOfTheirStart) {
  const auto queue = std::make_shared<ReadQueue>(2);
  std::vector<int> started;
  std::vector<ReadQueue::Permit> permits(5);
  for (int i = 0; i < 5; ++i) {
    queue->Start([&, i](ReadQueue::Permit permit) {
      started.push_back(i);
      permits[i] = std::move(permit);
    });
  }
  EXPECT_EQ(started, (std::vector<int>{0, 1}));
  permits[1].reset();
  EXPECT_EQ(started, (std::vector<int>{0, 1, 2}));
  permits[0].reset();
  permits[2].reset();
  EXPECT_EQ(started, (std::vector<int>{0, 1, 2, 3, 4}));
  permits.clear();
  queue->Start([&](const ReadQueue::Permit&) { started.push_back(5); });
  EXPECT_EQ(started.back(), 5) << "permits that are returned are used again";
}

TEST(ReadQueue, AReadThatEndsAtOnceLetsTheNextOneRun) {
  const auto queue = std::make_shared<ReadQueue>(1);
  ReadQueue::Permit first;
  int ended = 0;
  queue->Start([&](ReadQueue::Permit permit) { first = std::move(permit); });
  for (int i = 0; i < 500; ++i) queue->Start([&](const ReadQueue::Permit&) { ++ended; });
  EXPECT_EQ(ended, 0);
  first.reset();
  EXPECT_EQ(ended, 500);
}

}  // namespace
}  // namespace storeops::gateway
