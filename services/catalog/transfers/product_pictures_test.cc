#include "services/catalog/transfers/product_pictures.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

v1::Media Picture(int id, const std::string& type = "image/png", int64_t size = 1000) {
  v1::Media media;
  media.set_name("media/" + std::to_string(id));
  media.set_hash("h" + std::to_string(id));
  media.set_content_type(type);
  media.set_size_bytes(size);
  media.set_alt_text("alt " + std::to_string(id));
  for (const char* variant : {"s160", "s1600"}) media.add_variants()->set_variant(variant);
  return media;
}

v1::ProductMedia& Show(int id, v1::Product* product, int position = 0) {
  v1::ProductMedia& shown = *product->add_media();
  shown.set_media("media/" + std::to_string(id));
  shown.set_position(position);
  return shown;
}

std::vector<std::string> Addresses(const std::vector<ProductPicture>& pictures) {
  std::vector<std::string> addresses;
  for (const ProductPicture& picture : pictures) addresses.push_back(picture.address);
  return addresses;
}

class ProductPicturesTest : public ::testing::Test {
 protected:
  ProductPicturesTest() {
    v1::Media translated = Picture(1);
    translated.add_translations()->set_language("zh");
    translated.mutable_translations(0)->set_alt_text("杯子");
    pictures_.Set({translated, Picture(2), Picture(3, "video/mp4"), Picture(4, "image/jpeg", 20'000'000)});
  }

  ProductPictures pictures_{"https://shop.example/"};
  v1::Product product_;
};

TEST_F(ProductPicturesTest, StandInTheirOrder) {
  Show(2, &product_, 1);
  Show(1, &product_);
  Show(3, &product_);
  Show(77, &product_);
  EXPECT_THAT(Addresses(pictures_.Of(product_)),
              ElementsAre("https://shop.example/media/h1/original", "https://shop.example/media/h2/original"));
}

TEST_F(ProductPicturesTest, OneThatIsTooLargeIsItsLargestThumbnail) {
  Show(4, &product_);
  EXPECT_THAT(Addresses(pictures_.Of(product_)), ElementsAre("https://shop.example/media/h4/s1600"));
}

TEST_F(ProductPicturesTest, AVariantsOwnComeFirstAndThoseOfOthersNot) {
  Show(1, &product_);
  Show(2, &product_).add_variant_skus("A");
  EXPECT_THAT(Addresses(pictures_.Of(product_, "A")),
              ElementsAre("https://shop.example/media/h2/original", "https://shop.example/media/h1/original"));
  EXPECT_THAT(Addresses(pictures_.Of(product_, "B")), ElementsAre("https://shop.example/media/h1/original"));
}

TEST_F(ProductPicturesTest, AltTextsAreThoseOfTheProductOrItsLanguage) {
  product_.set_language("zh");
  Show(1, &product_);
  Show(2, &product_).set_alt_text("own");
  const auto pictures = pictures_.Of(product_);
  EXPECT_EQ(pictures[0].alt_text, "杯子");
  EXPECT_EQ(pictures[1].alt_text, "own");
  product_.set_language("fr");
  EXPECT_EQ(pictures_.Of(product_)[0].alt_text, "alt 1");
}

TEST_F(ProductPicturesTest, WithoutABaseThereAreNone) {
  ProductPictures none("");
  none.Set({Picture(1)});
  Show(1, &product_);
  EXPECT_FALSE(none.addressable());
  EXPECT_THAT(none.Of(product_), IsEmpty());
}

}  // namespace
}  // namespace storeops::catalog
