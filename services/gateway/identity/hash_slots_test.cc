#include "services/gateway/identity/hash_slots.h"

#include <list>
#include <optional>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace storeops::gateway {
namespace {

// Somebody who wants a slot, and has it until told to go.
class Hasher {
 public:
  Hasher(HashSlots& slots, std::string source)
      : source_(std::move(source)), thread_([this, &slots] {
          auto slot = slots.Take(source_, absl::Now() + absl::Seconds(60));
          status_ = slot.status();
          decided_.Notify();
          leave_.WaitForNotification();
        }) {}
  ~Hasher() {
    Leave();
    thread_.join();
  }
  void Leave() {
    if (!leave_.HasBeenNotified()) leave_.Notify();
  }
  bool Decided() const { return decided_.HasBeenNotified(); }
  absl::Status Await() {
    EXPECT_TRUE(decided_.WaitForNotificationWithTimeout(absl::Seconds(60)));
    return status_;
  }

 private:
  const std::string source_;
  absl::Status status_;
  absl::Notification decided_, leave_;
  std::thread thread_;
};

TEST(HashSlotsTest, OneSourceAloneMayHaveAll) {
  HashSlots slots({.concurrent = 2, .waiting = 8});
  std::list<Hasher> hashers;
  for (int i = 0; i < 10; ++i) hashers.emplace_back(slots, "a");
  for (Hasher& hasher : hashers) hasher.Leave();
  for (Hasher& hasher : hashers) EXPECT_TRUE(hasher.Await().ok());
}

TEST(HashSlotsTest, AFloodFromOneSourceLeavesRoomForOthers) {
  HashSlots slots({.concurrent = 1, .waiting = 3});
  Hasher runs(slots, "flood");
  ASSERT_TRUE(runs.Await().ok());
  std::list<Hasher> flood;
  const auto displaced = [&flood] {
    int count = 0;
    for (Hasher& hasher : flood) count += hasher.Decided() ? 1 : 0;
    return count;
  };
  for (int i = 0; i < 8; ++i) flood.emplace_back(slots, "flood");
  // All places are taken once the surplus was refused.
  while (displaced() < 5) std::this_thread::yield();
  for (Hasher& hasher : flood) {
    if (hasher.Decided()) {
      EXPECT_EQ(hasher.Await().code(), absl::StatusCode::kUnavailable);
    }
  }
  Hasher owner(slots, "owner");
  while (displaced() < 6) std::this_thread::yield();
  EXPECT_FALSE(owner.Decided());
  int of_address = 0;
  for (Hasher& hasher : flood) {
    if (!hasher.Decided() || ReasonOf(hasher.Await()) != "TOO_MANY_LOGINS_OF_ADDRESS") continue;
    ++of_address;
    EXPECT_EQ(hasher.Await().code(), absl::StatusCode::kResourceExhausted);
    google::rpc::RetryInfo retry;
    EXPECT_TRUE(GetDetail(hasher.Await(), &retry));
  }
  EXPECT_EQ(of_address, 1) << "one of the flood gave its place to the owner";
  runs.Leave();
  for (Hasher& hasher : flood) hasher.Leave();
  EXPECT_TRUE(owner.Await().ok());
}

TEST(HashSlotsTest, TheSourceThatHasFewestIsNext) {
  HashSlots slots({.concurrent = 2, .waiting = 8});
  Hasher first(slots, "flood"), second(slots, "flood");
  ASSERT_TRUE(first.Await().ok());
  ASSERT_TRUE(second.Await().ok());
  Hasher third(slots, "flood");
  while (slots.waiting() < 1) std::this_thread::yield();
  Hasher owner(slots, "owner");
  while (slots.waiting() < 2) std::this_thread::yield();
  first.Leave();
  EXPECT_TRUE(owner.Await().ok());
  EXPECT_FALSE(third.Decided()) << "it came before the owner, but its source has a slot";
  third.Leave();
  second.Leave();
}

}  // namespace
}  // namespace storeops::gateway
