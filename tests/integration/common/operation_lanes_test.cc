#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/jobs/operation_store.h"
#include "common/jobs/operations.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/operations_fixture.h"

namespace storeops::jobs {
namespace {

using ::storeops::testing::Eventually;
using ::storeops::testing::Number;
using ::storeops::testing::Soon;

class OperationLanesTest : public testing::OperationsFixture {
 protected:
  // Due for a year, `1 << doublings` of them.
  void InsertDue(const std::string& method, int doublings) {
    db::Database& database = test_database_.database();
    const int64_t first = Number(database, "SELECT GREATEST(COALESCE(MAX(id), 0), 1000000) + 1 FROM operations");
    ASSERT_TRUE(
        database
            .Execute(Soon(),
                     "INSERT INTO operations (id, method, creator, state, request, checkpoint, progress_done, "
                     "progress_total, cancel_requested, attempts, holder, lease_expire_time, result, "
                     "create_time) VALUES (?, ?, '', 1, '', '', 0, 0, 0, 0, '', '2020-01-01', '', '2020-01-01')",
                     {first, method})
            .ok());
    for (int i = 0; i < doublings; ++i) {
      ASSERT_TRUE(database
                      .Execute(Soon(),
                               "INSERT INTO operations SELECT id + ?, method, creator, state, request, checkpoint, "
                               "progress_done, progress_total, cancel_requested, attempts, holder, lease_expire_time, "
                               "result, create_time, start_time, end_time, 0 FROM operations WHERE id >= ?",
                               {int64_t{1} << i, first})
                      .ok());
    }
  }
};

TEST_F(OperationLanesTest, OneLaneDoesNotWaitForAnother) {
  absl::Notification end;
  std::atomic<int> hanging{0};
  operations().Register(kMethod, OperationLane::kTransfer, [&](OperationContext&) -> Result {
    ++hanging;
    end.WaitForNotification();
    return nullptr;
  });
  operations().Register(kOtherMethod, OperationLane::kMaintenance, [](OperationContext&) -> Result { return nullptr; });
  operations().Start();
  const std::string first = Create();
  const std::string second = Create();
  EXPECT_TRUE(Eventually([&] { return hanging == 1; }));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Metadata(Await(Create("products/1", kOtherMethod))).state(), OperationMetadata::SUCCEEDED);
  }
  // The lane has one thread.
  EXPECT_EQ(Metadata(Get(second)).state(), OperationMetadata::QUEUED);
  EXPECT_EQ(hanging, 1);
  end.Notify();
  EXPECT_EQ(Metadata(Await(first)).state(), OperationMetadata::SUCCEEDED);
  EXPECT_EQ(Metadata(Await(second)).state(), OperationMetadata::SUCCEEDED);
}

TEST_F(OperationLanesTest, StopEndsTheWorkOfAllLanes) {
  std::atomic<int> running{0};
  const auto work = [&](OperationContext& context) -> Result {
    ++running;
    EXPECT_TRUE(Eventually([&] { return context.Cancelled(); }));
    return context.Progress(1, 2);
  };
  auto worker = NewProcess("stopping");
  worker->operations.Register(kMethod, OperationLane::kTransfer, work);
  worker->operations.Register(kOtherMethod, OperationLane::kMaintenance, work);
  worker->operations.Start();
  const std::vector<std::string> names = {Create(), Create("products/1", kOtherMethod)};
  EXPECT_TRUE(Eventually([&] { return running == 2; }));
  worker->operations.Stop();
  for (const std::string& name : names) {
    EXPECT_EQ(Metadata(Get(name)).state(), OperationMetadata::QUEUED);
    EXPECT_EQ(Metadata(Get(name)).attempts(), 0);
  }
}

TEST_F(OperationLanesTest, OperationsOfUnknownMethodsHoldUpNoOther) {
  InsertDue("storeops.catalog.v1.ProductService/OfANewerProgram", 8);
  operations().Register(kMethod, OperationLane::kEdit, [](OperationContext&) -> Result { return nullptr; });
  operations().Start();
  EXPECT_EQ(Metadata(Await(Create())).state(), OperationMetadata::SUCCEEDED);
  EXPECT_EQ(Number(test_database_.database(), "SELECT COUNT(*) FROM operations WHERE state = 1"), 256);
}

TEST_F(OperationLanesTest, LookingForDueOperationsReadsFewRows) {
  InsertDue("storeops.catalog.v1.ProductService/OfANewerProgram", 14);
  InsertDue(kMethod, 10);
  const std::string name = Create("products/1", kOtherMethod);
  ASSERT_EQ(Number(test_database_.database(), "SELECT COUNT(*) FROM operations"), (1 << 14) + (1 << 10) + 1);
  db::Options options = options_;
  options.max_connections = 1;  // the server counts for each connection
  db::Database database(options);
  OperationStore store(database, "reader", absl::Seconds(30));
  const auto read = [&] {
    return Number(database,
                  "SELECT CAST(variable_value AS SIGNED) FROM information_schema.session_status "
                  "WHERE variable_name = 'ROWS_READ'");
  };
  const int64_t before = read();
  const auto other = store.Due({kOtherMethod}, 64, Soon());
  ASSERT_TRUE(other.ok()) << other.status();
  ASSERT_EQ(other->size(), 1u);
  EXPECT_EQ(absl::StrCat("operations/catalog.", other->front().id), name);
  EXPECT_LE(read() - before, 5);

  const int64_t middle = read();
  const auto both = store.Due({kOtherMethod, kMethod}, 64, Soon());
  ASSERT_TRUE(both.ok()) << both.status();
  ASSERT_EQ(both->size(), 64u);
  EXPECT_EQ(both->front().method, kMethod);
  EXPECT_LE(read() - middle, 100);
}

}  // namespace
}  // namespace storeops::jobs
