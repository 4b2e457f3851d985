// Many callers, two service processes, one database: nothing is sold twice, whatever the order of things.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/eventually.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using inventory::v1::Reservation;

void InThreads(int count, const std::function<void(int)>& run) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&run, i] { run(i); });
  }
  for (std::thread& thread : threads) thread.join();
}

class StockContentionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(first_.Start());
    ASSERT_NO_FATAL_FAILURE(second_.Start());
    location_ = CreateLocation(first_, "W");
  }
  ServiceProcess& Process(int i) { return i % 2 == 0 ? first_ : second_; }

  Site site_;
  ServiceProcess first_{site_, {inventory::InventoryModule()}, {.data = "first", .threads = 16}};
  ServiceProcess second_{site_, {inventory::InventoryModule()}, {.data = "second", .threads = 16}};
  std::string location_;
};

TEST_F(StockContentionTest, ExactlyWhatIsThereIsSold) {
  ASSERT_TRUE(Receive(first_, "HOT", location_, 100).ok());
  std::atomic<int> sold{0}, refused{0};
  InThreads(64, [&](int i) {
    for (int j = 0; j < 8; ++j) {
      const auto reservation = Reserve(Process(i), {{"HOT", 1}}, j % 2 == 0 ? absl::StrCat("buyer-", i, "-", j) : "");
      if (reservation.ok()) {
        ++sold;
      } else {
        EXPECT_EQ(Reason(reservation.status()), "OUT_OF_STOCK") << reservation.status();
        ++refused;
      }
    }
  });
  EXPECT_EQ(sold, 100);
  EXPECT_EQ(refused, 64 * 8 - 100);
  ExpectSound(first_);
}

TEST_F(StockContentionTest, TwinsAreOne) {
  ASSERT_TRUE(Receive(first_, "HOT", location_, 100).ok());
  std::vector<std::string> names(32);
  InThreads(32, [&](int i) {
    const auto reservation = Reserve(Process(i), {{"HOT", 1}}, absl::StrCat("twins-", i / 4));
    ASSERT_TRUE(reservation.ok()) << reservation.status();
    names[i] = reservation->name();
  });
  for (int i = 0; i < 32; ++i) EXPECT_EQ(names[i], names[i / 4 * 4]);
  const auto rows = first_.database().Query(absl::Now() + absl::Seconds(10), "SELECT reserved FROM stock_levels");
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->Int(0, 0), 8);
  ExpectSound(first_);
}

TEST_F(StockContentionTest, TwinsOfARefusedOneAreRefusedToo) {
  InThreads(32, [&](int i) {
    const auto reservation = Reserve(Process(i), {{"NONE", 1}}, absl::StrCat("twins-", i / 8));
    EXPECT_EQ(Reason(reservation.status()), "OUT_OF_STOCK") << reservation.status();
  });
}

// One request_id for different requests: one of them is made, the others are told.
TEST_F(StockContentionTest, ARequestIdIsOfOneRequest) {
  ASSERT_TRUE(Receive(first_, "HOT", location_, 100).ok());
  std::atomic<int> made{0};
  InThreads(16, [&](int i) {
    const auto reservation = Reserve(Process(i), {{"HOT", 1 + i}}, "shared");
    if (reservation.ok()) {
      ++made;
    } else {
      EXPECT_EQ(Reason(reservation.status()), "REQUEST_ID_REUSED") << reservation.status();
    }
  });
  EXPECT_EQ(made, 1);
  ExpectSound(first_);
}

TEST_F(StockContentionTest, DeadlockStorm) {
  constexpr int kSkus = 6;
  for (int i = 0; i < kSkus; ++i) ASSERT_TRUE(Receive(first_, absl::StrCat("S", i), location_, 1000).ok());
  InThreads(24, [&](int i) {
    std::mt19937 random(i);
    for (int j = 0; j < 12; ++j) {
      std::vector<Wanted> wanted;
      for (int k = 0; k < 4; ++k) wanted.push_back({absl::StrCat("S", random() % kSkus), 1});
      ServiceProcess& process = Process(static_cast<int>(random()));
      const auto reservation = Reserve(process, wanted);
      ASSERT_TRUE(reservation.ok()) << reservation.status();
      if (random() % 3 == 0) continue;
      const std::string& name = reservation->name();
      const auto ended = random() % 2 == 0 ? Commit(process, name) : Release(process, name);
      ASSERT_TRUE(ended.ok()) << ended.status();
      const auto adjusted = Adjust(process, absl::StrCat("S", random() % kSkus), location_, 1);
      ASSERT_TRUE(adjusted.ok()) << adjusted.status();
    }
  });
  ExpectSound(first_);
}

TEST_F(StockContentionTest, ExpiryAndCommitNeverBothHappen) {
  constexpr int kCount = 60;
  ASSERT_TRUE(Receive(first_, "A", location_, kCount).ok());
  std::vector<std::string> names;
  for (int i = 0; i < kCount; ++i) {
    auto request = ReserveRequest({{"A", 1}});
    request.mutable_hold()->set_seconds(1);
    const auto reservation = first_.Call<Reservation>("ReserveStock", request);
    ASSERT_TRUE(reservation.ok()) << reservation.status();
    names.push_back(reservation->name());
  }
  // Their time is over one after the other while they are committed; the job of either process gives back the rest.
  std::atomic<int> committed{0}, late{0};
  InThreads(8, [&](int i) {
    for (int j = i; j < kCount; j += 8) {
      const auto ended = Commit(Process(j), names[j]);
      if (ended.ok()) {
        ++committed;
      } else {
        EXPECT_EQ(Reason(ended.status()), "ACTION_NOT_ALLOWED") << ended.status();
        ++late;
      }
    }
  });
  EXPECT_EQ(committed + late, kCount);
  const auto reserved = [&] {
    const auto rows = first_.database().Query(absl::Now() + absl::Seconds(10), "SELECT reserved FROM stock_levels");
    return rows.ok() ? rows->Int(0, 0) : -1;
  };
  EXPECT_TRUE(Eventually([&] { return reserved() == 0; }));
  const auto rows = first_.database().Query(absl::Now() + absl::Seconds(10), "SELECT on_hand FROM stock_levels");
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ(rows->Int(0, 0), kCount - committed);
  ExpectSound(first_);
}

// Any sequence of operations: what was promised is never more than what the limits allow, and the books agree.
TEST_F(StockContentionTest, RandomOperationsKeepEveryInvariant) {
  const std::string second = CreateLocation(first_, "X", 1);
  InThreads(6, [&](int thread) {
    std::mt19937 random(1000 + thread);
    const auto pick = [&random](int below) { return static_cast<int>(random() % below); };
    std::vector<std::string> mine;
    for (int i = 0; i < 60; ++i) {
      ServiceProcess& process = Process(pick(2));
      const std::string sku = absl::StrCat("S", pick(3));
      const std::string location = pick(2) == 0 ? location_ : second;
      absl::Status status;
      switch (pick(8)) {
        case 0:
          status =
              Receive(process, sku, location, 1 + pick(9), pick(2) == 0 ? "" : absl::StrCat("L", pick(2))).status();
          break;
        case 1:
          status = Adjust(process, sku, location, pick(2) == 0 ? 1 + pick(4) : -1 - pick(4)).status();
          break;
        case 2:
          status = MoveStatus(process, sku, location, 1 + pick(3),
                              static_cast<inventory::v1::MoveStockStatusRequest::Status>(1 + pick(3)),
                              static_cast<inventory::v1::MoveStockStatusRequest::Status>(1 + pick(3)))
                       .status();
          break;
        case 3: {
          inventory::v1::SetStockPolicyRequest request;
          auto& line = *request.add_lines();
          line.set_sku(sku);
          line.set_location(location);
          line.set_backorder_limit(pick(4));
          status = process.Call<inventory::v1::SetStockPolicyResponse>("SetStockPolicy", request).status();
          break;
        }
        case 4:
        case 5: {
          const auto reservation = Reserve(process, {{sku, 1 + pick(3)}, {absl::StrCat("S", pick(3)), 1, location}});
          if (reservation.ok()) mine.push_back(reservation->name());
          status = reservation.status();
          break;
        }
        case 6:
          if (!mine.empty()) status = Commit(process, mine[pick(static_cast<int>(mine.size()))]).status();
          break;
        default:
          if (!mine.empty()) status = Release(process, mine[pick(static_cast<int>(mine.size()))]).status();
      }
      const bool refused = absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status);
      EXPECT_TRUE(status.ok() || refused) << status;
    }
  });
  ExpectSound(first_);
  // Both memories end with what the table has.
  const auto rows = first_.database().Query(absl::Now() + absl::Seconds(10),
                                            "SELECT sku, SUM(on_hand), SUM(reserved) FROM stock_levels GROUP BY sku");
  ASSERT_TRUE(rows.ok());
  for (size_t i = 0; i < rows->size(); ++i) {
    for (ServiceProcess* process : {&first_, &second_}) {
      const auto agrees = [&] {
        const auto total = GetStock(*process, rows->Text(i, 0)).total();
        return total.on_hand() == rows->Int(i, 1) && total.reserved() == rows->Int(i, 2);
      };
      EXPECT_TRUE(Eventually(agrees)) << rows->Text(i, 0);
    }
  }
}

}  // namespace
}  // namespace storeops::testing
