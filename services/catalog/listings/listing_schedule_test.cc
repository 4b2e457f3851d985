#include "services/catalog/listings/listing_schedule.h"

#include "common/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using v1::Product;
using v1::ScheduledChange;

absl::Time ScheduledAt(int64_t seconds) { return absl::FromUnixSeconds(1'800'000'000 + seconds); }

ScheduledChange Change(ScheduledChange::Action action, int64_t seconds, const std::string& channel = "") {
  ScheduledChange change;
  change.set_action(action);
  *change.mutable_time() = ToTimestamp(ScheduledAt(seconds));
  change.set_channel(channel);
  return change;
}

Product Scheduled(const std::vector<ScheduledChange>& changes) {
  Product product;
  SetSchedule({changes.begin(), changes.end()}, product);
  return product;
}

TEST(ListingScheduleTest, TakesWhatIsDueInOrderAndNoMore) {
  Product product =
      Scheduled({Change(ScheduledChange::UNPUBLISH, 30), Change(ScheduledChange::PUBLISH, 10, "channels/2"),
                 Change(ScheduledChange::PUBLISH, 10), Change(ScheduledChange::PUBLISH, 20, "channels/1")});
  EXPECT_EQ(NextChange(product), ScheduledAt(10));
  EXPECT_TRUE(TakeDue(ScheduledAt(9), product).empty());
  const auto due = TakeDue(ScheduledAt(20), product);
  ASSERT_EQ(due.size(), 3);
  EXPECT_EQ(due[0].channel(), "");
  EXPECT_EQ(due[1].channel(), "channels/2");
  EXPECT_EQ(due[2].channel(), "channels/1");
  EXPECT_EQ(NextChange(product), ScheduledAt(30));
  EXPECT_EQ(TakeDue(ScheduledAt(30), product).size(), 1);
  EXPECT_EQ(NextChange(product), absl::InfiniteFuture());
}

TEST(ListingScheduleTest, NothingIsDueForADeletedProduct) {
  Product product = Scheduled({Change(ScheduledChange::PUBLISH, 10)});
  *product.mutable_delete_time() = ToTimestamp(ScheduledAt(0));
  EXPECT_EQ(NextChange(product), absl::InfiniteFuture());
}

TEST(ListingScheduleTest, OneChangeForATimeAndChannel) {
  const std::vector<ScheduledChange> changes = {Change(ScheduledChange::PUBLISH, 10),
                                                Change(ScheduledChange::PUBLISH, 10, "channels/1"),
                                                Change(ScheduledChange::UNPUBLISH, 10)};
  const auto violations = CheckSchedule({changes.begin(), changes.end()});
  ASSERT_EQ(violations.size(), 1);
  EXPECT_EQ(violations[0].field, "changes[2]");
}

TEST(ListingScheduleTest, KeepsTheLastFailureUntilSomethingSucceeds) {
  Product product;
  const ScheduledChange change = Change(ScheduledChange::PUBLISH, 10);
  NoteOutcome(change, PreconditionFailed("ACTION_NOT_ALLOWED", "products/1", "products/1 is DRAFT"), product);
  EXPECT_EQ(product.schedule_failure().reason(), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(product.schedule_failure().description(), "products/1 is DRAFT");
  NoteOutcome(change, absl::OkStatus(), product);
  EXPECT_FALSE(product.has_schedule_failure());
}

}  // namespace
}  // namespace storeops::catalog
