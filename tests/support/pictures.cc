#include "tests/support/pictures.h"

#include <vips/vips.h>
#include <zlib.h>

#include <cstdlib>
#include <vector>

namespace storeops::testing {
namespace {

std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

std::string Chunk(const std::string& kind, const std::string& data) {
  const std::string body = kind + data;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(body.data()), static_cast<uInt>(body.size()));
  return BigEndian(static_cast<uint32_t>(data.size())) + body + BigEndian(static_cast<uint32_t>(crc));
}

std::string Png(uint32_t width, uint32_t height, const std::string& rows) {
  std::vector<Bytef> packed(compressBound(rows.size()));
  uLongf size = packed.size();
  compress(packed.data(), &size, reinterpret_cast<const Bytef*>(rows.data()), rows.size());
  const std::string head = BigEndian(width) + BigEndian(height) + std::string("\x08\x02\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + Chunk("IHDR", head) +
         Chunk("IDAT", std::string(reinterpret_cast<const char*>(packed.data()), size)) + Chunk("IEND", "");
}

void Start() {
  static const int started = vips_init("tests");
  if (started != 0) std::abort();
}

VipsImage* Open(const std::string& picture) {
  Start();
  VipsImage* image = vips_image_new_from_buffer(picture.data(), picture.size(), "", nullptr);
  if (image == nullptr) std::abort();
  return image;
}

std::string Save(VipsImage* image, const std::string& format) {
  void* buffer = nullptr;
  size_t size = 0;
  if (vips_image_write_to_buffer(image, format.c_str(), &buffer, &size, nullptr) != 0) std::abort();
  std::string bytes(static_cast<const char*>(buffer), size);
  g_free(buffer);
  g_object_unref(image);
  return bytes;
}

}  // namespace

std::string MakePng(int width, int height, int seed) {
  std::string rows;
  for (int y = 0; y < height; ++y) {
    rows += '\0';  // no filter
    for (int x = 0; x < width; ++x) {
      for (const int value : {x * 255 / width, y * 255 / height, (x * y + seed * 37) % 256}) {
        rows += static_cast<char>(value);
      }
    }
  }
  return Png(static_cast<uint32_t>(width), static_cast<uint32_t>(height), rows);
}

std::string ConvertPicture(const std::string& picture, const std::string& format) {
  return Save(Open(picture), format);
}

std::string MakePngBomb(uint32_t width, uint32_t height) { return Png(width, height, "all there is"); }

std::string MakeTurnedJpeg(int width, int height) {
  const std::string png = MakePng(width, height);  // read when it is saved
  VipsImage* image = Open(png);
  VipsImage* copy = nullptr;
  if (vips_copy(image, &copy, nullptr) != 0) std::abort();
  vips_image_set_int(copy, VIPS_META_ORIENTATION, 6);
  g_object_unref(image);
  return Save(copy, ".jpg");
}

std::pair<int, int> SizeOfPicture(const std::string& picture) {
  VipsImage* image = Open(picture);
  const std::pair<int, int> size(vips_image_get_width(image), vips_image_get_height(image));
  g_object_unref(image);
  return size;
}

}  // namespace storeops::testing
