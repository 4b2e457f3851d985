#include "services/storeops/import/retail_categories.h"

#include "gtest/gtest.h"

namespace storeops {
namespace {

TEST(RetailCategoryTest, IsTheFirstKindWithAWordOfTheTitle) {
  const struct {
    const char* title;
    const char* category;
  } cases[] = {
      {"JUMBO BAG RED RETROSPOT", "Bags & purses"},
      {"lunch bag spaceboy design", "Bags & purses"},
      {"WHITE HANGING HEART T-LIGHT HOLDER", "Candles & lights"},
      {"SET OF 6 T-LIGHTS SANTA", "Christmas & Easter"},
      {"RETRO COFFEE MUGS ASSORTED", "Mugs, cups & tea"},
      {"PACK OF 72 RETROSPOT CAKE CASES", "Kitchen & dining"},
      {"ALARM CLOCK BAKELIKE RED", "Clocks & mirrors"},
      {"SET OF 3 CAKE TINS PANTRY DESIGN", "Kitchen & dining"},
      {"RECYCLING BOXES", "Storage & boxes"},
      {"PARTY BUNTING", "Party"},
      {"BAGUETTE", "Other goods"},
      {"", "Other goods"},
      {"4 X 4", "Other goods"},
  };
  for (const auto& test : cases) EXPECT_EQ(RetailCategory(test.title), test.category) << test.title;
}

}  // namespace
}  // namespace storeops
