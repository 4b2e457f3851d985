#include "services/catalog/listings/listing_workflow.h"

#include "common/base/time.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using v1::Product;

TEST(ListingWorkflowTest, StatesKeepTheirOwnTimesAndReasons) {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  Product product;
  EnterState(Product::PUBLISHED, now, product);
  EXPECT_EQ(product.state(), Product::PUBLISHED);
  EXPECT_EQ(FromTimestamp(product.publish_time()), now);
  product.add_schedule()->set_action(v1::ScheduledChange::UNPUBLISH);
  auto& listing = *product.add_channel_listings();
  listing.set_channel("channels/1");
  listing.set_status(v1::ChannelListing::PUBLISHED);
  EnterState(Product::ARCHIVED, now, product);
  EXPECT_FALSE(product.has_publish_time());
  EXPECT_EQ(product.schedule_size(), 0);
  EXPECT_EQ(product.channel_listings(0).status(), v1::ChannelListing::HIDDEN);

  product.mutable_rejection()->set_reviewer("users/1");
  EnterState(Product::DRAFT, now, product);
  EXPECT_TRUE(product.has_rejection());
  EnterState(Product::IN_REVIEW, now, product);
  EXPECT_FALSE(product.has_rejection());
}

}  // namespace
}  // namespace storeops::catalog
