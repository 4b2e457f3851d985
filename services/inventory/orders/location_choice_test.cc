#include "services/inventory/orders/location_choice.h"

#include <vector>

#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

const Place kBerlin{52.5200, 13.4050};
const Place kParis{48.8566, 2.3522};
const Place kShanghai{31.2304, 121.4737};

TEST(LocationChoiceTest, Distances) {
  EXPECT_NEAR(DistanceKm(kBerlin, kParis), 878, 2);
  EXPECT_NEAR(DistanceKm(kBerlin, kBerlin), 0, 1e-9);
  // Half around the earth, and across the date line.
  EXPECT_NEAR(DistanceKm({0, 0}, {0, 180}), 20'015, 1);
  EXPECT_NEAR(DistanceKm({0, 179.5}, {0, -179.5}), 111.2, 0.1);
}

TEST(LocationChoiceTest, NearestFirstUnknownLast) {
  const std::vector<ShippingLocation> locations = {
      {1, "CN", kShanghai}, {2, "DE", std::nullopt}, {3, "FR", kParis}, {4, "DE", kBerlin}};
  EXPECT_EQ(NearestFirst(locations, Place{50.1, 8.7}, "DE"), (std::vector<int64_t>{4, 3, 1, 2}));
}

TEST(LocationChoiceTest, WithoutAPlaceThoseOfTheCountryFirst) {
  const std::vector<ShippingLocation> locations = {
      {1, "CN", kShanghai}, {2, "DE", std::nullopt}, {3, "FR", kParis}, {4, "DE", kBerlin}};
  EXPECT_EQ(NearestFirst(locations, std::nullopt, "DE"), (std::vector<int64_t>{2, 4, 1, 3}));
  EXPECT_EQ(NearestFirst(locations, std::nullopt, "US"), (std::vector<int64_t>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace storeops::inventory
