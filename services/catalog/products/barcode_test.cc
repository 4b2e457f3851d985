#include "services/catalog/products/barcode.h"

#include <string>

#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

// Examples of GS1's and the ISBN agency's manuals.
TEST(Barcode, GtinsHaveTheirCheckDigit) {
  for (const char* gtin :
       {"6291041500213", "4006381333931", "9781861978769", "96385074", "036000291452", "10614141000415"}) {
    EXPECT_TRUE(IsGtin(gtin)) << gtin;
  }
  for (const char* other : {"", "6291041500214", "9781987654321", "1234567890", "123456789", "00000000",
                            "629104150021X", "978-1-86197-876-9"}) {
    EXPECT_FALSE(IsGtin(other)) << other;
  }
}

TEST(Barcode, NumbersForUseWithinAShopAreNotGlobal) {
  EXPECT_TRUE(IsGlobalGtin("4006381333931"));
  EXPECT_TRUE(IsGlobalGtin("036000291452"));
  for (const char* local : {"2012345678903", "0212345678909", "20123451", "9912345678909", "4006381333932"}) {
    EXPECT_FALSE(IsGlobalGtin(local)) << local;
  }
}

TEST(Barcode, WhatFilesWriteBetweenDigitsIsLeftOut) {
  const struct {
    std::string text, barcode;
  } cases[] = {
      {"978-1-98765-432-1", "9781987654321"},
      {" 978 1 86197 876 9 ", "9781861978769"},
      {"'036000291452", "036000291452"},
      {"0-8044-2957-x", "080442957X"},
      {"1234567890", "1234567890"},
      {"ABC-12 3", "ABC-12 3"},
      {"4.00638E+12", "4.00638E+12"},
      {"4.006381333931E+12", "4006381333931"},
      {"4,006381333931e+12", "4006381333931"},
      {"1E5", "1E5"},
      {"-", "-"},
      {"", ""},
  };
  for (const auto& test : cases) EXPECT_EQ(NormalizeBarcode(test.text), test.barcode) << test.text;
}

TEST(Barcode, ARoundedNumberIsNone) {
  for (const char* rounded : {"9.78E+12", "4.00638E+12", "9,78e+12", "4E+12", " 1.2E+13 "}) {
    EXPECT_TRUE(IsRoundedNumber(rounded)) << rounded;
  }
  for (const char* other : {"4.006381333931E+12", "4006381333931", "E+12", "A4E+12", "1E5", "", "0E+5"}) {
    EXPECT_FALSE(IsRoundedNumber(other)) << other;
  }
}

}  // namespace
}  // namespace storeops::catalog
