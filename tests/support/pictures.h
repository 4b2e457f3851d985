// Pictures for tests, made on the spot.
#ifndef STOREOPS_TESTS_SUPPORT_PICTURES_H_
#define STOREOPS_TESTS_SUPPORT_PICTURES_H_

#include <cstdint>
#include <string>
#include <utility>

namespace storeops::testing {

// A colourful picture that differs from seed to seed.
std::string MakePng(int width, int height, int seed = 0);
// The same picture in another format: ".jpg", ".gif", ".webp", with options as libvips takes them.
std::string ConvertPicture(const std::string& picture, const std::string& format);
// A PNG of a few dozen bytes that says it is that large.
std::string MakePngBomb(uint32_t width, uint32_t height);
// A JPEG that is to be turned by 90 degrees (EXIF).
std::string MakeTurnedJpeg(int width, int height);
// Width and height of any picture.
std::pair<int, int> SizeOfPicture(const std::string& picture);

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_PICTURES_H_
