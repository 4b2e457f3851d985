#include "common/base/address_shares.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace storeops {
namespace {

TEST(AddressGroupTest, AnIpv6NetworkIsOneAddress) {
  EXPECT_EQ(AddressGroup("2001:db8::1"), AddressGroup("2001:db8:0:0:ffff::9"));
  EXPECT_NE(AddressGroup("2001:db8::1"), AddressGroup("2001:db8:0:1::1"));
  EXPECT_NE(AddressGroup("10.0.0.7"), AddressGroup("10.0.0.8"));
  EXPECT_EQ(AddressGroup("::ffff:10.0.0.7"), AddressGroup("10.0.0.7"));
  EXPECT_NE(AddressGroup("::ffff:10.0.0.7"), AddressGroup("::ffff:10.0.0.8"));
  EXPECT_EQ(AddressGroup("in-process"), "ip:in-process");
}

TEST(AddressSharesTest, OneAddressLeavesRoomForOthers) {
  AddressShares shares(5, 3);
  std::vector<AddressShares::Share> held;
  for (int i = 0; i < 3; ++i) held.push_back(*shares.Take("a"));
  EXPECT_FALSE(shares.Take("a").has_value());
  held.push_back(*shares.Take("b"));
  held.push_back(*shares.Take("b"));
  EXPECT_FALSE(shares.Take("c").has_value()) << "all five are taken";
  EXPECT_EQ(shares.taken(), 5);
  held.erase(held.begin());
  EXPECT_TRUE(shares.Take("a").has_value());
  EXPECT_EQ(shares.taken(), 4) << "given back at once, as nobody kept it";
}

TEST(AddressSharesTest, AShareGrowsAsFarAsThereIsRoom) {
  AddressShares bytes(100, 60);
  auto first = bytes.Take("a", 50);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->Resize(60));
  EXPECT_FALSE(first->Resize(61)) << "more than one address may have";
  auto second = bytes.Take("b", 40);
  ASSERT_TRUE(second.has_value());
  EXPECT_FALSE(second->Resize(41)) << "more than there is";
  EXPECT_TRUE(first->Resize(0));
  EXPECT_TRUE(second->Resize(60));
  EXPECT_EQ(bytes.taken(), 60);
}

TEST(AddressSharesTest, AShareIsGivenBackOnceAndMayOutliveTheDoor) {
  std::optional<AddressShares::Share> kept;
  {
    AddressShares shares(1, 1);
    kept = shares.Take("a");
    AddressShares::Share moved = *std::move(kept);
    EXPECT_FALSE(shares.Take("a").has_value());
    kept = std::move(moved);
    EXPECT_FALSE(shares.Take("a").has_value());
    kept.reset();
    kept = shares.Take("a");
    EXPECT_TRUE(kept.has_value());
  }
}

}  // namespace
}  // namespace storeops
