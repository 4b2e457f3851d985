#include "common/base/worker_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/blocking_counter.h"
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

TEST(WorkerPool, TakesTheMostUrgentTaskFirst) {
  std::vector<int> order;
  absl::Notification submitted;  // outlives the pool, whose thread may still be in it when it was notified
  {
    WorkerPool pool(Threads(1, 100));
    EXPECT_TRUE(pool.TrySubmit([&] { submitted.WaitForNotification(); }));
    EXPECT_TRUE(pool.TrySubmit([&] { order.push_back(3); }, Urgency::kBackground));
    EXPECT_TRUE(pool.TrySubmit([&] { order.push_back(2); }, Urgency::kBatch));
    EXPECT_TRUE(pool.TrySubmit([&] { order.push_back(1); }));
    submitted.Notify();
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(WorkerPool, LeavesThreadsToUrgentTasks) {
  constexpr int kThreads = 8;
  absl::Notification release;
  std::atomic<int> batch = 0, background = 0;
  WorkerPool pool(Threads(kThreads, 100));
  for (int i = 0; i < 3 * kThreads; ++i) {
    const auto hang = [&](std::atomic<int>& count) {
      ++count;
      release.WaitForNotification();
    };
    EXPECT_TRUE(pool.TrySubmit([&, hang] { hang(batch); }, Urgency::kBatch));
    EXPECT_TRUE(pool.TrySubmit([&, hang] { hang(background); }, Urgency::kBackground));
  }
  // All that they may have is taken, and a quarter of the threads is left.
  absl::Barrier* barrier = new absl::Barrier(kThreads / 4);
  std::atomic<int> urgent = 0;
  absl::BlockingCounter done(kThreads / 4);
  for (int i = 0; i < kThreads / 4; ++i) {
    EXPECT_TRUE(pool.TrySubmit([&] {
      if (barrier->Block()) delete barrier;  // both at the same time
      ++urgent;
      done.DecrementCount();
    }));
  }
  done.Wait();
  EXPECT_EQ(urgent, kThreads / 4);
  EXPECT_LE(batch, kThreads / 2);
  EXPECT_LE(background, kThreads / 4);
  release.Notify();
}

TEST(WorkerPool, LeavesThreadsToOtherOwners) {
  absl::Notification release;
  std::atomic<int> greedy = 0;
  WorkerPool pool({.threads = 4, .queue_limit = 100, .owner_limit = 3});
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(pool.TrySubmit(
        [&] {
          ++greedy;
          release.WaitForNotification();
        },
        Urgency::kInteractive, 1));
  }
  // Of another owner, of nobody, and less urgent: each gets the thread that is left.
  for (const auto& [urgency, owner] : std::vector<std::pair<Urgency, WorkerPool::Owner>>{
           {Urgency::kInteractive, 2}, {Urgency::kInteractive, WorkerPool::kNobody}, {Urgency::kBackground, 7}}) {
    absl::Notification done;
    EXPECT_TRUE(pool.TrySubmit([&] { done.Notify(); }, urgency, owner));
    done.WaitForNotification();
  }
  EXPECT_LE(greedy, 3);
  release.Notify();
}

TEST(WorkerPool, TakesTheTasksOfOwnersInTurn) {
  std::vector<int> order;
  absl::Notification submitted;  // outlives the pool, whose thread may still be in it when it was notified
  {
    WorkerPool pool({.threads = 1, .queue_limit = 100, .owner_limit = 1});
    EXPECT_TRUE(pool.TrySubmit([&] { submitted.WaitForNotification(); }));
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pool.TrySubmit([&] { order.push_back(1); }, Urgency::kInteractive, 1));
    EXPECT_TRUE(pool.TrySubmit([&] { order.push_back(2); }, Urgency::kInteractive, 2));
    submitted.Notify();
  }
  EXPECT_EQ(order, (std::vector<int>{1, 2, 1, 1}));
}

TEST(WorkerPool, KnowsItsThreads) {
  bool own = false, of_other = true;
  WorkerPool other(Threads(1, 1));
  {
    WorkerPool pool(Threads(1, 1));
    EXPECT_FALSE(pool.RunsThisThread());
    EXPECT_TRUE(pool.TrySubmit([&] {
      own = pool.RunsThisThread();
      of_other = other.RunsThisThread();
    }));
  }
  EXPECT_TRUE(own);
  EXPECT_FALSE(of_other);
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
