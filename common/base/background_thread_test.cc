#include "common/base/background_thread.h"

#include <atomic>
#include <memory>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

BackgroundThread::Options Named(std::string name) {
  BackgroundThread::Options options;
  options.name = std::move(name);
  return options;
}

TEST(BackgroundThreadTest, StopEndsAWaitAndReturnsWhenTheWorkHasEnded) {
  absl::Notification waiting;
  bool went_on = true;
  bool ended = false;
  std::unique_ptr<BackgroundThread> thread;
  auto options = Named("a-name-longer-than-linux-allows");
  options.body = [&] {
    waiting.Notify();
    went_on = thread->WaitFor(absl::InfiniteDuration());
    ended = true;
  };
  thread = std::make_unique<BackgroundThread>(options);
  EXPECT_FALSE(thread->Running());
  thread->Start();
  EXPECT_TRUE(thread->Running());
  waiting.WaitForNotification();
  thread->Stop();
  EXPECT_FALSE(went_on);
  EXPECT_TRUE(ended);
  EXPECT_FALSE(thread->Running());
  EXPECT_TRUE(thread->Stopping());
  thread->Stop();  // once more does nothing
}

TEST(BackgroundThreadTest, RestsTwiceAsLongAsItWorkedButHalfASecondAtMost) {
  FakeClock clock;
  absl::Notification ended;
  std::unique_ptr<BackgroundThread> thread;
  auto options = Named("test");
  options.clock = &clock;
  options.body = [&] {
    absl::Time begin = clock.Now();
    EXPECT_TRUE(thread->RestAfter(absl::Milliseconds(100)));
    EXPECT_GE(clock.Now() - begin, absl::Milliseconds(200));
    begin = clock.Now();
    EXPECT_TRUE(thread->RestAfter(absl::InfiniteDuration())) << "would not end without a limit";
    EXPECT_GE(clock.Now() - begin, absl::Milliseconds(500));
    ended.Notify();
  };
  thread = std::make_unique<BackgroundThread>(options);
  thread->Start();
  while (!ended.HasBeenNotified()) clock.Advance(absl::Milliseconds(1));
}

TEST(BackgroundThreadTest, TheDestructorStops) {
  struct Owner {
    void Run() {
      while (thread.WaitFor(absl::Hours(1))) {
      }
      ended = true;
    }
    bool& ended;
    BackgroundThread thread{{.name = "test", .body = [this] { Run(); }}};
  };
  bool ended = false;
  {
    Owner owner{ended};
    owner.thread.Start();
  }
  EXPECT_TRUE(ended);
}

TEST(BackgroundThreadTest, StartsNothingAfterStop) {
  std::atomic<int> runs{0};
  int stops = 0;
  auto options = Named("test");
  options.body = [&] { ++runs; };
  options.on_stop = [&] { ++stops; };
  BackgroundThread thread(options);
  thread.Stop();
  thread.Stop();
  thread.Start();
  thread.Stop();
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(stops, 1);
}

TEST(BackgroundThreadTest, OnStopEndsWaitsOfTheWorkItself) {
  absl::Notification cancelled;
  auto options = Named("test");
  options.body = [&] { cancelled.WaitForNotification(); };
  options.on_stop = [&] { cancelled.Notify(); };
  BackgroundThread thread(options);
  thread.Start();
}

TEST(BackgroundThreadTest, SeveralThreadsDoTheSameWorkAndAreAllWoken) {
  constexpr int kThreads = 3;
  absl::BlockingCounter started(kThreads), woken(kThreads);
  std::unique_ptr<BackgroundThread> thread;
  auto options = Named("test");
  options.threads = kThreads;
  options.body = [&] {
    started.DecrementCount();
    if (thread->AwaitWake()) woken.DecrementCount();
  };
  thread = std::make_unique<BackgroundThread>(options);
  thread->Start();
  started.Wait();
  thread->Wake();
  woken.Wait();
  thread->Stop();
}

TEST(BackgroundThreadTest, AWakeBeforeTheWaitIsNotMissedAndEndsOneWait) {
  FakeClock clock;
  const absl::Time time = clock.Now() + absl::Minutes(1);
  absl::Notification woken, again;
  std::unique_ptr<BackgroundThread> thread;
  auto options = Named("test");
  options.clock = &clock;
  options.body = [&] {
    if (thread->AwaitWake()) woken.Notify();
    if (thread->AwaitWake(time)) again.Notify();
  };
  thread = std::make_unique<BackgroundThread>(options);
  thread->Wake();
  thread->Start();
  woken.WaitForNotification();
  EXPECT_FALSE(again.HasBeenNotified());
  clock.Set(time);
  again.WaitForNotification();
  thread->Stop();
}

TEST(BackgroundThreadTest, WaitsByItsClock) {
  FakeClock clock;
  const absl::Time time = clock.Now() + absl::Hours(1);
  absl::Notification done;
  std::unique_ptr<BackgroundThread> thread;
  auto options = Named("test");
  options.clock = &clock;
  options.body = [&] {
    if (thread->WaitUntil(time)) done.Notify();
  };
  thread = std::make_unique<BackgroundThread>(options);
  thread->Start();
  clock.Advance(absl::Minutes(59));
  EXPECT_FALSE(done.HasBeenNotified());
  clock.Advance(absl::Minutes(1));
  done.WaitForNotification();
  thread->Stop();
}

}  // namespace
}  // namespace storeops
