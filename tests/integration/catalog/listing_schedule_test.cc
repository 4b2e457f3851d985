// Scheduled publication through the pipeline, on a real database, with two processes that look for what is due.
#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "tests/support/database_helpers.h"
#include "tests/support/eventually.h"
#include "tests/support/listing_calls.h"

namespace storeops::testing {
namespace {

using catalog::v1::ChannelListing;
using catalog::v1::Product;
using catalog::v1::ScheduledChange;

class ListingScheduleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    process_.Start();
    other_.Start();
  }
  Product Scheduled(const std::string& sku, const std::vector<ScheduledChange>& changes) {
    const Product product = CreateIn(process_, Product::APPROVED, sku);
    const auto scheduled = Schedule(process_, product.name(), changes);
    EXPECT_TRUE(scheduled.ok()) << scheduled.status();
    return scheduled.value_or(Product());
  }
  bool Reaches(const std::string& name, const std::function<bool(const Product&)>& condition) {
    return Eventually([&] { return condition(Get(process_, name)); });
  }
  bool Reaches(const std::string& name, Product::State state) {
    return Reaches(name, [state](const Product& product) { return product.state() == state; });
  }

  // Schedules are made for then, and nothing is due before the test lets the hour pass.
  absl::Time InAnHour() const { return clock_.Now() + kHour; }
  void LetTheHourPass() { clock_.Advance(kHour); }

  static constexpr absl::Duration kHour = absl::Hours(1);
  ShiftedClock clock_;
  Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}, {.data = "one", .clock = &clock_}};
  ServiceProcess other_{site_, {catalog::CatalogModule()}, {.data = "two", .clock = &clock_}};
};

TEST_F(ListingScheduleTest, ManyAtOneMomentArePublishedOnceEach) {
  constexpr int kThreads = 6, kEach = 60;
  const absl::Time time = InAnHour();
  std::vector<std::vector<std::string>> names(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        names[t].push_back(Scheduled(absl::StrCat("S-", t, "-", i), {ChangeAt(time, ScheduledChange::PUBLISH)}).name());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  LetTheHourPass();
  db::Database& database = process_.runtime().database();
  EXPECT_TRUE(Eventually(
      [&] { return Number(database, "SELECT COUNT(*) FROM products WHERE state = 4") == kThreads * kEach; }));
  for (const auto& some : names) {
    for (const std::string& name : some) {
      ASSERT_EQ(TimesEntered(process_, name, "PUBLISHED"), 1) << name;
      EXPECT_EQ(History(process_, name).front().actor(), "services/catalog");
    }
  }
  EXPECT_EQ(Number(database, "SELECT COUNT(*) FROM product_schedules"), 0);
  // The other process may have published it: this one hears of it a little later.
  EXPECT_TRUE(Reaches(names[0][0], Product::PUBLISHED));
  const Product first = Get(process_, names[0][0]);
  EXPECT_EQ(first.schedule_size(), 0);
  EXPECT_GE(FromTimestamp(first.publish_time()), time) << "not before its time";
}

TEST_F(ListingScheduleTest, PublishesOnChannelsAndUnpublishesAgain) {
  const std::string shop = CreateChannel(process_, "Shop");
  const Product product = CreateIn(process_, Product::APPROVED, "C-1");
  const absl::Time time = clock_.Now();
  ASSERT_TRUE(Schedule(process_, product.name(),
                       {ChangeAt(time + kHour, ScheduledChange::UNPUBLISH),
                        ChangeAt(time, ScheduledChange::PUBLISH, shop), ChangeAt(time, ScheduledChange::PUBLISH)})
                  .ok());
  EXPECT_TRUE(Reaches(product.name(), Product::PUBLISHED));
  const Product published = Get(process_, product.name());
  ASSERT_EQ(published.channel_listings_size(), 1);
  EXPECT_EQ(published.channel_listings(0).status(), ChannelListing::PUBLISHED);
  EXPECT_FALSE(published.has_schedule_failure()) << published.schedule_failure().DebugString();
  LetTheHourPass();
  EXPECT_TRUE(Reaches(product.name(), Product::APPROVED));
}

TEST_F(ListingScheduleTest, CancelledAndReplacedSchedulesDoNotFire) {
  const Product cancelled = CreateIn(process_, Product::APPROVED, "X-1");
  const Product replaced = CreateIn(process_, Product::APPROVED, "X-2");
  const Product archived = CreateIn(process_, Product::APPROVED, "X-3");
  const Product deleted = CreateIn(process_, Product::APPROVED, "X-4");
  const Product witness = CreateIn(process_, Product::APPROVED, "X-5");
  const absl::Time time = InAnHour();
  for (const Product& product : {cancelled, replaced, archived, deleted}) {
    ASSERT_TRUE(Schedule(process_, product.name(), {ChangeAt(time, ScheduledChange::PUBLISH)}).ok());
  }
  ASSERT_TRUE(Schedule(process_, witness.name(), {ChangeAt(time, ScheduledChange::PUBLISH)}).ok());
  ASSERT_TRUE(Schedule(process_, cancelled.name(), {}).ok());
  ASSERT_TRUE(Schedule(process_, replaced.name(), {ChangeAt(time + kHour, ScheduledChange::PUBLISH)}).ok());
  DoAll(process_, archived.name(), {"ArchiveProduct"});
  ASSERT_TRUE(Delete(process_, deleted.name()).ok());
  LetTheHourPass();
  ASSERT_TRUE(Reaches(witness.name(), Product::PUBLISHED));
  EXPECT_EQ(Get(process_, cancelled.name()).state(), Product::APPROVED);
  EXPECT_EQ(Get(process_, replaced.name()).state(), Product::APPROVED);
  EXPECT_EQ(Get(process_, replaced.name()).schedule_size(), 1);
  EXPECT_EQ(Get(process_, archived.name()).state(), Product::ARCHIVED);
  EXPECT_EQ(Get(process_, deleted.name()).state(), Product::APPROVED);
  // What came due meanwhile is made up for.
  catalog::v1::UndeleteProductRequest undelete;
  undelete.set_name(deleted.name());
  ASSERT_TRUE(process_.Call<Product>("UndeleteProduct", undelete).ok());
  EXPECT_TRUE(Reaches(deleted.name(), Product::PUBLISHED));
}

TEST_F(ListingScheduleTest, WhatCannotBeDoneIsTold) {
  const Product draft = CreateIn(process_, Product::DRAFT, "F-1");
  ASSERT_TRUE(Schedule(process_, draft.name(), {ChangeAt(absl::Now(), ScheduledChange::PUBLISH)}).ok());
  EXPECT_TRUE(Reaches(draft.name(), [](const Product& product) { return product.has_schedule_failure(); }));
  const Product failed = Get(process_, draft.name());
  EXPECT_EQ(failed.state(), Product::DRAFT);
  EXPECT_EQ(failed.schedule_failure().reason(), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(failed.schedule_size(), 0) << "not tried again";
  DoAll(process_, draft.name(), {"SubmitProduct", "ApproveProduct"});
  ASSERT_TRUE(Schedule(process_, draft.name(), {ChangeAt(absl::Now(), ScheduledChange::PUBLISH)}).ok());
  EXPECT_TRUE(Reaches(draft.name(), Product::PUBLISHED));
  EXPECT_FALSE(Get(process_, draft.name()).has_schedule_failure());
}

// At the very moment, edits and cancellations meet the two processes: each product is published once or was cancelled
// in time, and no edit is lost.
TEST_F(ListingScheduleTest, CancellationsAndEditsAtTheMomentAreNotLost) {
  constexpr int kProducts = 60;
  const absl::Time time = InAnHour();
  std::vector<std::string> names;
  for (int i = 0; i < kProducts; ++i) {
    names.push_back(Scheduled(absl::StrCat("M-", i), {ChangeAt(time, ScheduledChange::PUBLISH)}).name());
  }
  std::atomic<bool> cancelled_all{false};
  std::thread editor([&] {
    for (int edit = 1; !cancelled_all; ++edit) {
      for (int i = 0; i < kProducts; i += 7) {
        EXPECT_TRUE(Retitle(other_, names[i], absl::StrCat("Edit ", edit)).ok());
      }
    }
    for (int i = 0; i < kProducts; i += 7) EXPECT_TRUE(Retitle(other_, names[i], "Last edit").ok());
  });
  db::Database& database = process_.runtime().database();
  LetTheHourPass();
  for (int i = kProducts - 1; i >= 0; i -= 2) {
    const auto cancelled = Schedule(process_, names[i], {});
    EXPECT_TRUE(cancelled.ok()) << cancelled.status();
  }
  cancelled_all = true;
  editor.join();
  EXPECT_TRUE(Eventually([&] { return Number(database, "SELECT COUNT(*) FROM product_schedules") == 0; }));
  for (int i = 0; i < kProducts; ++i) {
    const int published = TimesEntered(process_, names[i], "PUBLISHED");
    EXPECT_LE(published, 1);
    EXPECT_TRUE(published == 1 || i % 2 == 1) << names[i] << " was not cancelled";
    // This process hears of the other one's writes a moment later.
    EXPECT_TRUE(Reaches(names[i], [&](const Product& product) {
      return (product.state() == Product::PUBLISHED) == (published == 1) && product.schedule_size() == 0 &&
             !product.has_schedule_failure() && product.title() == (i % 7 == 0 ? "Last edit" : "Mug");
    }));
  }
}

// Two due products, one of which today's rules refuse: the other is published all the same.
TEST_F(ListingScheduleTest, AProductThatCannotBeWrittenDoesNotHoldUpOthers) {
  const Product broken = CreateIn(process_, Product::APPROVED, "B-1");
  const Product sound = CreateIn(process_, Product::APPROVED, "B-2");
  const absl::Time time = InAnHour();
  for (const Product& product : {broken, sound}) {
    ASSERT_TRUE(Schedule(process_, product.name(), {ChangeAt(time, ScheduledChange::PUBLISH)}).ok());
  }
  db::Database& database = process_.runtime().database();
  ASSERT_TRUE(
      database.Execute(Soon(), "UPDATE products SET title = '' WHERE CONCAT('products/', id) = ?", {broken.name()})
          .ok());
  LetTheHourPass();
  EXPECT_TRUE(Reaches(sound.name(), Product::PUBLISHED));
  EXPECT_EQ(Number(database, "SELECT COUNT(*) FROM products WHERE state = 4"), 1);
  EXPECT_TRUE(Eventually([&] {
    return Number(database,
                  "SELECT COUNT(*) FROM product_schedules "
                  "WHERE due_time > TIMESTAMPADD(MINUTE, 65, UTC_TIMESTAMP(6))") == 1;
  })) << "put off";
}

TEST_F(ListingScheduleTest, ABatchIsScheduledWholeOrNotAtAll) {
  catalog::v1::BatchScheduleProductsRequest batch;
  for (int i = 0; i < 20; ++i) {
    auto& request = *batch.add_requests();
    request.set_name(CreateIn(process_, Product::APPROVED, absl::StrCat("T-", i)).name());
    *request.add_changes() = ChangeAt(absl::Now(), ScheduledChange::PUBLISH);
  }
  const auto run = [&] {
    return process_.Call<catalog::v1::BatchScheduleProductsResponse>("BatchScheduleProducts", batch);
  };
  const auto field = [&] {
    google::rpc::BadRequest bad;
    const absl::Status status = run().status();
    return GetDetail(status, &bad) ? bad.field_violations(0).field() : status.ToString();
  };
  const std::string last = batch.requests(19).name();
  batch.mutable_requests(19)->set_name(batch.requests(3).name());
  EXPECT_EQ(field(), "requests[19].name");
  batch.mutable_requests(19)->set_name("products/999999");
  EXPECT_EQ(run().status().code(), absl::StatusCode::kNotFound);
  batch.mutable_requests(19)->set_name(last);
  batch.mutable_requests(19)->set_etag("999");
  EXPECT_EQ(run().status().code(), absl::StatusCode::kAborted);
  batch.mutable_requests(19)->clear_etag();
  *batch.mutable_requests(19)->add_changes() = batch.requests(19).changes(0);
  EXPECT_EQ(field(), "requests[19].changes[1]");
  batch.mutable_requests(19)->mutable_changes()->RemoveLast();
  db::Database& database = process_.runtime().database();
  EXPECT_EQ(Number(database, "SELECT COUNT(*) FROM product_schedules"), 0) << "none of them was scheduled";
  const auto scheduled = run();
  ASSERT_TRUE(scheduled.ok()) << scheduled.status();
  ASSERT_EQ(scheduled->products_size(), 20);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(scheduled->products(i).name(), batch.requests(i).name());
  EXPECT_TRUE(Eventually([&] { return Number(database, "SELECT COUNT(*) FROM products WHERE state = 4") == 20; }));
}

TEST_F(ListingScheduleTest, WrongSchedulesAreRefused) {
  const Product product = CreateIn(process_, Product::APPROVED, "W-1");
  const absl::Time time = InAnHour();
  const auto field = [&](const std::vector<ScheduledChange>& changes) {
    google::rpc::BadRequest bad;
    const absl::Status status = Schedule(process_, product.name(), changes).status();
    return GetDetail(status, &bad) ? bad.field_violations(0).field() : status.ToString();
  };
  EXPECT_EQ(field({ChangeAt(time, ScheduledChange::PUBLISH), ChangeAt(time, ScheduledChange::UNPUBLISH)}),
            "changes[1]");
  EXPECT_EQ(field({ChangeAt(time, ScheduledChange::PUBLISH, "channels/999")}), "changes[0].channel");
  EXPECT_EQ(field({ChangeAt(time, ScheduledChange::ACTION_UNSPECIFIED)}), "changes[0].action");
  DoAll(process_, product.name(), {"ArchiveProduct"});
  EXPECT_EQ(Reason(Schedule(process_, product.name(), {ChangeAt(time, ScheduledChange::PUBLISH)}).status()),
            "PRODUCT_ARCHIVED");
}

}  // namespace
}  // namespace storeops::testing
