// Transactions on a real server: conflicts, lost connections, unknown commits, deadlines.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/barrier.h"
#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "common/db/database.h"
#include "tests/support/database_helpers.h"
#include "tests/support/test_database.h"

namespace storeops::db {
namespace {

using ::storeops::testing::ConnectionId;
using ::storeops::testing::KillConnection;
using ::storeops::testing::Number;
using ::storeops::testing::Reason;
using ::storeops::testing::Soon;

class TransactionsTest : public ::testing::Test {
 protected:
  TransactionsTest() {
    Run("CREATE TABLE accounts (id INT PRIMARY KEY, amount BIGINT NOT NULL)");
    Run("INSERT INTO accounts VALUES (1, 100), (2, 100), (3, 100), (4, 100)");
  }
  void Run(absl::string_view sql) {
    const auto done = database().Execute(Soon(), sql);
    EXPECT_TRUE(done.ok()) << done.status();
  }
  static absl::Status Add(Session& session, int id, int amount) {
    return session.Execute("UPDATE accounts SET amount = amount + ? WHERE id = ?", {amount, id}).status();
  }
  int64_t Amount(int id) { return Number(database(), absl::StrCat("SELECT amount FROM accounts WHERE id = ", id)); }
  Database& database() { return test_.database(); }

  testing::TestDatabase test_;
};

TEST_F(TransactionsTest, CommitsAllOrNothing) {
  EXPECT_TRUE(database()
                  .Transact(Soon(),
                            [](Session& session) -> absl::Status {
                              RETURN_IF_ERROR(Add(session, 1, -5));
                              return Add(session, 2, 5);
                            })
                  .ok());
  const absl::Status refused = database().Transact(Soon(), [](Session& session) -> absl::Status {
    RETURN_IF_ERROR(Add(session, 1, -50));
    return absl::FailedPreconditionError("no");
  });
  EXPECT_EQ(refused, absl::FailedPreconditionError("no"));
  const absl::Status duplicate = database().Transact(Soon(), [](Session& session) -> absl::Status {
    RETURN_IF_ERROR(Add(session, 1, -50));
    return session.Execute("INSERT INTO accounts VALUES (2, 0)").status();
  });
  EXPECT_EQ(DuplicateKey(duplicate), "PRIMARY");
  EXPECT_EQ(Amount(1), 95);
  EXPECT_EQ(Amount(2), 105);
}

TEST_F(TransactionsTest, AnAttemptThatFailsIsUndoneAlone) {
  const absl::Status status = database().Transact(Soon(), [](Session& session) -> absl::Status {
    RETURN_IF_ERROR(Add(session, 1, 1));
    for (int id = 2; id <= 4; ++id) {
      const absl::Status attempt = Attempt(session, [&]() -> absl::Status {
        RETURN_IF_ERROR(Add(session, id, 10));
        if (id == 3) return absl::NotFoundError("no");
        // Refused by the server.
        return id == 4 ? session.Execute("INSERT INTO accounts VALUES (1, 0)").status() : absl::OkStatus();
      });
      EXPECT_EQ(attempt.ok(), id == 2) << attempt;
    }
    return Add(session, 1, 1);
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(Amount(1), 102);
  EXPECT_EQ(Amount(2), 110);
  EXPECT_EQ(Amount(3), 100);
  EXPECT_EQ(Amount(4), 100);
}

TEST_F(TransactionsTest, ReadsWhatOthersCommitted) {
  const absl::Status status = database().Transact(Soon(), [&](Session& session) -> absl::Status {
    ASSIGN_OR_RETURN(const Rows before, session.Query("SELECT amount FROM accounts WHERE id = 1"));
    Run("UPDATE accounts SET amount = 7 WHERE id = 1");
    ASSIGN_OR_RETURN(const Rows after, session.Query("SELECT amount FROM accounts WHERE id = 1"));
    EXPECT_EQ(before.Int(0, 0), 100);
    EXPECT_EQ(after.Int(0, 0), 7) << "REPEATABLE READ would show 100";
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
}

TEST_F(TransactionsTest, ADeadlockIsRunAgain) {
  absl::Barrier* barrier = new absl::Barrier(2);  // deletes itself by the rule of Block()
  std::atomic<int> runs{0};
  auto move = [&](int from, int to) {
    bool first_run = true;
    return database().Transact(Soon(), [&](Session& session) -> absl::Status {
      ++runs;
      RETURN_IF_ERROR(Add(session, from, -1));
      if (std::exchange(first_run, false) && barrier->Block()) delete barrier;  // each holds what the other wants
      return Add(session, to, 1);
    });
  };
  std::thread other([&] { EXPECT_TRUE(move(2, 1).ok()); });
  EXPECT_TRUE(move(1, 2).ok());
  other.join();
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(Amount(1), 100);
  EXPECT_EQ(Amount(2), 100);
}

// Transfers in random directions deadlock all the time; what was promised is there, what was not is not.
TEST_F(TransactionsTest, ConcurrentWritersLoseAndInventNothing) {
  constexpr int kThreads = 8, kTransfers = 40;
  std::atomic<int64_t> moved_in[5] = {};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(thread);
      for (int i = 0; i < kTransfers; ++i) {
        const int from = 1 + static_cast<int>(random() % 4), to = 1 + (from + static_cast<int>(random() % 3)) % 4;
        const absl::Status status = database().Transact(Soon(), [&](Session& session) -> absl::Status {
          RETURN_IF_ERROR(Add(session, from, -1));
          return Add(session, to, 1);
        });
        if (status.ok()) {
          --moved_in[from];
          ++moved_in[to];
        } else {
          EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int id = 1; id <= 4; ++id) EXPECT_EQ(Amount(id), 100 + moved_in[id]) << id;
}

void SleepUntil(absl::Time time) {
  while (absl::Now() < time) absl::SleepFor(time - absl::Now());  // real time: a deadline passes
}

// Holds the lock on an account while it lives.
class LockHolder {
 public:
  LockHolder(Database& database, int id) {
    thread_ = std::thread([this, &database, id] {
      EXPECT_TRUE(database
                      .Transact(Soon(),
                                [&](Session& session) -> absl::Status {
                                  RETURN_IF_ERROR(Add(session, id));
                                  held_.Notify();
                                  release_.WaitForNotification();
                                  return absl::OkStatus();
                                })
                      .ok());
    });
    held_.WaitForNotification();
  }
  ~LockHolder() {
    release_.Notify();
    thread_.join();
  }

 private:
  static absl::Status Add(Session& session, int id) {
    return session.Execute("UPDATE accounts SET amount = amount + 1 WHERE id = ?", {id}).status();
  }
  absl::Notification held_, release_;
  std::thread thread_;
};

TEST_F(TransactionsTest, ALockTimeoutIsRunThreeTimesThenAborted) {
  LockHolder holder(database(), 1);
  int runs = 0;
  const absl::Status status = database().Transact(Soon(), [&](Session& session) -> absl::Status {
    ++runs;
    RETURN_IF_ERROR(session.Execute("SET SESSION innodb_lock_wait_timeout=1").status());
    RETURN_IF_ERROR(Add(session, 2, 5));
    return Add(session, 1, 5);
  });
  EXPECT_EQ(runs, 3);
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(ErrorCode(status), 1205);
  EXPECT_EQ(Amount(2), 100) << "the server rolls back only the statement; the rest was ours to roll back";
}

TEST_F(TransactionsTest, ABodyThatOverlooksALostConflictCommitsNothing) {
  LockHolder holder(database(), 1);
  const absl::Status status = database().Transact(Soon(), [&](Session& session) -> absl::Status {
    RETURN_IF_ERROR(session.Execute("SET SESSION innodb_lock_wait_timeout=1").status());
    RETURN_IF_ERROR(Add(session, 2, 5));
    (void)Add(session, 1, 5);
    EXPECT_EQ(ErrorCode(Add(session, 3, 5)), 1205) << "would run outside of the transaction after a deadlock";
    return absl::OkStatus();
  });
  EXPECT_EQ(ErrorCode(status), 1205);
  EXPECT_EQ(Amount(2), 100);
  EXPECT_EQ(Amount(3), 100);
}

TEST_F(TransactionsTest, NothingIsRunAgainAfterTheDeadline) {
  LockHolder holder(database(), 1);
  int runs = 0;
  const absl::Time deadline = absl::Now() + absl::Seconds(6);
  const absl::Status status = database().Transact(deadline, [&](Session& session) {
    ++runs;
    (void)session.Execute("SET SESSION innodb_lock_wait_timeout=1");
    const absl::Status added = Add(session, 1, 5);
    SleepUntil(deadline);
    return added;
  });
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(ErrorCode(status), 1205);
}

TEST_F(TransactionsTest, AConnectionLostInsideNeverCommits) {
  int runs = 0;
  const absl::Status status = database().Transact(Soon(), [&](Session& session) -> absl::Status {
    ++runs;
    EXPECT_TRUE(Add(session, 1, 5).ok());
    KillConnection(test_.options().address, ConnectionId(session));
    EXPECT_EQ(Add(session, 2, 5).code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(Add(session, 3, 5).code(), absl::StatusCode::kUnavailable);
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_NE(Reason(status), "COMMIT_UNKNOWN") << "it is known that nothing was committed";
  EXPECT_EQ(runs, 1);
  for (int id : {1, 2, 3}) EXPECT_EQ(Amount(id), 100);
}

// The driver's own commit() would report success here.
TEST_F(TransactionsTest, AConnectionLostBeforeCommitIsNotTakenForSuccess) {
  int runs = 0;
  const absl::Status status = database().Transact(Soon(), [&](Session& session) -> absl::Status {
    ++runs;
    RETURN_IF_ERROR(Add(session, 1, 5));
    KillConnection(test_.options().address, ConnectionId(session));
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_EQ(Reason(status), "COMMIT_UNKNOWN");
  EXPECT_EQ(runs, 1) << "it might have been committed";
  EXPECT_EQ(Amount(1), 100);
}

TEST_F(TransactionsTest, BeginsAnewOnADeadIdleConnection) {
  for (int i = 0; i < 3; ++i) {
    KillConnection(test_.options().address, Number(database(), "SELECT CONNECTION_ID()"));
    int runs = 0;
    const absl::Status status = database().Transact(Soon(), [&](Session& session) {
      ++runs;
      return Add(session, 1, 1);
    });
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(runs, 1);
  }
  EXPECT_EQ(Amount(1), 103);
}

TEST_F(TransactionsTest, NoStatementStartsAfterTheDeadline) {
  bool ran = false;
  absl::Status status = database().Transact(absl::Now() - absl::Seconds(1), [&](Session&) {
    ran = true;
    return absl::OkStatus();
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_FALSE(ran);
  EXPECT_EQ(database().Query(absl::InfinitePast(), "SELECT 1").status().code(), absl::StatusCode::kDeadlineExceeded);

  const absl::Time deadline = absl::Now() + absl::Milliseconds(200);
  status = database().Transact(deadline, [&](Session& session) -> absl::Status {
    RETURN_IF_ERROR(Add(session, 1, 5));
    SleepUntil(deadline);
    EXPECT_EQ(Add(session, 2, 5).code(), absl::StatusCode::kDeadlineExceeded);
    return absl::OkStatus();  // too late for the commit as well
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(Amount(1), 100);
}

}  // namespace
}  // namespace storeops::db
