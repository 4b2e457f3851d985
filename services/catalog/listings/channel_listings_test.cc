#include "services/catalog/listings/channel_listings.h"

#include "common/base/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using v1::ChannelListing;
using v1::Product;

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(1'800'000'000 + seconds); }

Product Published() {
  Product product;
  product.set_state(Product::PUBLISHED);
  return product;
}

TEST(ChannelListingsTest, SinceWhenItIsShownOrHidden) {
  Product product = Published();
  ASSERT_TRUE(ShowOnChannel("channels/1", "T-1", "https://t.example/1", At(0), product).ok());
  ASSERT_TRUE(ShowOnChannel("channels/2", "", "", At(1), product).ok());
  EXPECT_THAT(ShownChannels(product), ElementsAre("channels/1", "channels/2"));
  // Shown already: only what the channel calls it changes.
  ASSERT_TRUE(ShowOnChannel("channels/1", "T-2", "", At(2), product).ok());
  EXPECT_EQ(product.channel_listings_size(), 2);
  EXPECT_EQ(product.channel_listings(0).external_id(), "T-2");
  EXPECT_EQ(product.channel_listings(0).external_url(), "https://t.example/1");
  EXPECT_EQ(FromTimestamp(product.channel_listings(0).since()), At(0));
  ASSERT_TRUE(HideOnChannel("channels/1", At(3), product).ok());
  EXPECT_EQ(FromTimestamp(product.channel_listings(0).since()), At(3));
  EXPECT_THAT(ShownChannels(product), ElementsAre("channels/2"));
  HideEverywhere(At(4), product);
  EXPECT_THAT(ShownChannels(product), IsEmpty());
  EXPECT_EQ(FromTimestamp(product.channel_listings(0).since()), At(3)) << "was hidden before";
}

TEST(ChannelListingsTest, RefusesWhatCannotBe) {
  Product product = Published();
  EXPECT_EQ(HideOnChannel("channels/1", At(0), product).code(), absl::StatusCode::kFailedPrecondition);
  for (int i = 1; i <= kMaxChannelListings; ++i) {
    ASSERT_TRUE(ShowOnChannel("channels/" + std::to_string(i), "", "", At(0), product).ok());
  }
  EXPECT_EQ(ShowOnChannel("channels/101", "", "", At(0), product).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(ShowOnChannel("channels/100", "", "", At(0), product).ok());
  product.set_state(Product::APPROVED);
  EXPECT_EQ(ShowOnChannel("channels/100", "", "", At(0), product).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ChannelListingsTest, ADeletedProductIsShownNowhere) {
  Product product = Published();
  ASSERT_TRUE(ShowOnChannel("channels/1", "", "", At(0), product).ok());
  *product.mutable_delete_time() = ToTimestamp(At(1));
  EXPECT_THAT(ShownChannels(product), IsEmpty());
}

TEST(ChannelListingsTest, IdsOfNames) {
  EXPECT_EQ(ChannelId("channels/17"), 17);
  for (const char* other : {"", "channels/", "channels/x", "categories/17", "17"})
    EXPECT_EQ(ChannelId(other), 0) << other;
}

}  // namespace
}  // namespace storeops::catalog
