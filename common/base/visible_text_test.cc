#include "common/base/visible_text.h"

#include <string>

#include "gtest/gtest.h"
#include "storeops/catalog/v1/product.pb.h"

namespace storeops {
namespace {

TEST(VisibleText, WhatCannotBeSeenIsWrittenAsItsNumber) {
  const struct {
    std::string text, shown;
  } cases[] = {
      {"A-1", "\"A-1\""},
      {"", "\"\""},
      {" A ", "\" A \""},
      {"A\xE2\x80\x8B-1", "\"A\\u{200B}-1\""},
      {"A\xC2\xA0", "\"A\\u{A0}\""},
      {std::string("a\0b\tc", 5), "\"a\\u{0}b\\u{9}c\""},
      {"\xEF\xBB\xBFsku", "\"\\u{FEFF}sku\""},
      {"\xEF\xBF\xBE", "\"\\u{FFFE}\""},
      {"杯子 é 🫖", "\"杯子 é 🫖\""},
      {"caf\xE9,", "\"caf\\x{E9},\""},
      {"\xF3\xA0\x80\xA0", "\"\\u{E0020}\""},
  };
  for (const auto& test : cases) EXPECT_EQ(Visible(test.text), test.shown);
  EXPECT_EQ(Visible("abcdef", 3), "\"abc…\"");
  EXPECT_EQ(Visible("abc", 3), "\"abc\"");
}

TEST(VisibleText, EnumsAreListed) {
  EXPECT_EQ(EnumNames(*catalog::v1::Product::Kind_descriptor()), "KIND_UNSPECIFIED, GOODS, SERVICE");
}

}  // namespace
}  // namespace storeops
