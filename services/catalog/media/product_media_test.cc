#include "services/catalog/media/product_media.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

TEST(CheckProductMedia, NamesWhatMakesNoSense) {
  const struct {
    const char* product;
    const char* wrong;  // fields
  } cases[] = {{"variants {sku: 'A'}", ""},
               {"variants {sku: 'A'} media {media: 'media/1'} media {media: 'media/2' variant_skus: 'A'}", ""},
               {"variants {sku: 'A'} media {media: 'media/1'} media {media: 'media/1'}", "media[1].media"},
               {"variants {sku: 'A'} media {media: 'media/1' variant_skus: ['A', 'B', 'A']}",
                "media[0].variant_skus[1] media[0].variant_skus[2]"}};
  for (const auto& c : cases) {
    v1::Product product;
    ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(c.product, &product)) << c.product;
    std::string wrong;
    for (const auto& violation : CheckProductMedia(product)) wrong += (wrong.empty() ? "" : " ") + violation.field;
    EXPECT_EQ(wrong, c.wrong) << c.product;
  }
}

}  // namespace
}  // namespace storeops::catalog
