#include "common/base/worker_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/notification.h"

namespace storeops {
namespace {

WorkerPool::Options Threads(int threads, size_t queue_limit) {
  WorkerPool::Options options;
  options.threads = threads;
  options.queue_limit = queue_limit;
  return options;
}

TEST(WorkerPool, RunsTasksInTheirOrder) {
  std::vector<int> order;
  {
    WorkerPool pool(Threads(1, 100));
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(pool.TrySubmit([&order, i] { order.push_back(i); }));
  }
  ASSERT_EQ(order.size(), 50u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

TEST(WorkerPool, RefusesWhenTheQueueIsFull) {
  absl::Notification started, release;
  int ran = 0;
  {
    WorkerPool pool(Threads(1, 2));
    ASSERT_TRUE(pool.TrySubmit([&] {
      started.Notify();
      release.WaitForNotification();
    }));
    started.WaitForNotification();
    EXPECT_EQ(pool.busy(), 1);
    EXPECT_TRUE(pool.TrySubmit([&] { ++ran; }));
    EXPECT_TRUE(pool.TrySubmit([&] { ++ran; }));
    EXPECT_EQ(pool.queued(), 2u);
    EXPECT_FALSE(pool.TrySubmit([&] { ran += 100; }));
    release.Notify();
  }
  EXPECT_EQ(ran, 2) << "what was taken runs before the pool ends";
}

TEST(WorkerPool, AllThreadsWorkAtOnce) {
  std::atomic<int> met{0};
  {
    WorkerPool pool(Threads(4, 10));
    absl::Barrier* together = new absl::Barrier(4);
    for (int i = 0; i < 4; ++i) {
      EXPECT_TRUE(pool.TrySubmit([&met, together] {
        if (together->Block()) delete together;
        ++met;
      }));
    }
  }
  EXPECT_EQ(met, 4);
}

TEST(WorkerPool, ManySubmittersLoseNothing) {
  std::atomic<int> ran{0};
  std::atomic<int> taken{0};
  {
    WorkerPool pool(Threads(3, 64));
    std::vector<std::thread> submitters;
    for (int t = 0; t < 4; ++t) {
      submitters.emplace_back([&] {
        for (int i = 0; i < 2000; ++i) taken += pool.TrySubmit([&] { ++ran; });
      });
    }
    for (auto& submitter : submitters) submitter.join();
  }
  EXPECT_GT(taken, 0);
  EXPECT_EQ(ran, taken);
}

TEST(WorkerPool, WhatATaskHoldsIsReleasedAfterIt) {
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  {
    WorkerPool pool(Threads(1, 10));
    ASSERT_TRUE(pool.TrySubmit([held = std::move(held)] {}));
  }
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace storeops
