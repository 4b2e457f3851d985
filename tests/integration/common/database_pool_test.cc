// The pool: its limit, its order, its gauges.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/db/database.h"
#include "common/telemetry/telemetry.h"
#include "tests/support/database_helpers.h"
#include "tests/support/test_database.h"

namespace storeops::db {
namespace {

using ::storeops::testing::Eventually;
using ::storeops::testing::KillConnection;
using ::storeops::testing::Number;
using ::storeops::testing::Reason;
using ::storeops::testing::Soon;

class PoolTest : public ::testing::Test {
 protected:
  std::unique_ptr<Database> Open(int max_connections) {
    Options options = test_.options();
    options.max_connections = max_connections;
    options.telemetry = &telemetry_;
    return std::make_unique<Database>(options);
  }
  bool Shows(absl::string_view gauge, int value) {
    return absl::StrContains(telemetry_.Render(),
                             absl::StrCat(gauge, "{database=\"", test_.options().database, "\"} ", value, "\n"));
  }

  testing::TestDatabase test_;
  telemetry::Telemetry telemetry_;
};

// Keeps one connection of a database busy while it lives.
class Holder {
 public:
  explicit Holder(Database& database)
      : thread_([this, &database] {
          EXPECT_TRUE(database
                          .WithSession(Soon(),
                                       [&](Session&) {
                                         held_.Notify();
                                         release_.WaitForNotification();
                                         return absl::OkStatus();
                                       })
                          .ok());
        }) {
    held_.WaitForNotification();
  }
  ~Holder() {
    Release();
    thread_.join();
  }
  void Release() {
    if (!release_.HasBeenNotified()) release_.Notify();
  }

 private:
  absl::Notification held_, release_;
  std::thread thread_;
};

TEST_F(PoolTest, NeverOpensMoreThanItsLimit) {
  const auto database = Open(3);
  std::atomic<int> inside{0}, most{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        const absl::Status status = database->WithSession(Soon(), [&](Session& session) {
          const int now = ++inside;
          int seen = most.load();
          while (now > seen && !most.compare_exchange_weak(seen, now)) {
          }
          absl::Status read = session.Query("SELECT 1").status();
          --inside;
          return read;
        });
        EXPECT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  const std::string of_this =
      absl::StrCat("SELECT COUNT(*) FROM information_schema.processlist WHERE db = '", test_.options().database, "'");
  EXPECT_LE(Number(*database, of_this), 3);
}

TEST_F(PoolTest, ServesWaitersInOrder) {
  const auto database = Open(1);
  std::vector<int> order;  // guarded by the only connection
  std::vector<std::thread> waiters;
  {
    Holder holder(*database);
    for (int i = 0; i < 6; ++i) {
      waiters.emplace_back([&, i] {
        EXPECT_TRUE(database
                        ->WithSession(Soon(),
                                      [&](Session&) {
                                        order.push_back(i);
                                        return absl::OkStatus();
                                      })
                        .ok());
      });
      ASSERT_TRUE(Eventually([&] { return Shows("storeops_db_waiting", i + 1); }));
    }
  }
  for (std::thread& waiter : waiters) waiter.join();
  EXPECT_THAT(order, ::testing::ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST_F(PoolTest, WaitsOnlyUntilTheDeadline) {
  const auto database = Open(1);
  {
    Holder holder(*database);
    const absl::Status status = database->Query(absl::Now() + absl::Milliseconds(50), "SELECT 1").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    EXPECT_EQ(Reason(status), "DATABASE_BUSY");
    EXPECT_TRUE(Shows("storeops_db_waiting", 0));
  }
  EXPECT_EQ(Number(*database, "SELECT 1"), 1) << "who gave up takes no connection with him";
}

TEST_F(PoolTest, AWaiterGetsThePlaceOfALostConnection) {
  const auto database = Open(1);
  absl::Notification held;
  std::thread loser([&] {
    const absl::Status status = database->WithSession(Soon(), [&](Session& session) {
      const int64_t id = testing::ConnectionId(session);
      held.Notify();
      EXPECT_TRUE(Eventually([&] { return Shows("storeops_db_waiting", 1); }));
      KillConnection(test_.options().address, id);
      return session.Query("SELECT 1").status();
    });
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  });
  held.WaitForNotification();
  EXPECT_EQ(Number(*database, "SELECT 5"), 5);
  loser.join();
}

TEST_F(PoolTest, ShowsItsGauges) {
  const auto database = Open(4);
  EXPECT_TRUE(Shows("storeops_db_connections", 0)) << "none is opened before it is needed";
  EXPECT_EQ(Number(*database, "SELECT 1"), 1);
  EXPECT_TRUE(Shows("storeops_db_connections", 1));
  EXPECT_TRUE(Shows("storeops_db_connections_in_use", 0));
  Holder first(*database), second(*database);
  EXPECT_TRUE(Shows("storeops_db_connections", 2));
  EXPECT_TRUE(Shows("storeops_db_connections_in_use", 2));
  EXPECT_TRUE(Shows("storeops_db_waiting", 0));
}

}  // namespace
}  // namespace storeops::db
