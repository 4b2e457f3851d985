// Pictures by libvips, which is loaded when the first one comes: a process that sees none pays nothing for it.
#ifndef STOREOPS_SERVICES_CATALOG_MEDIA_PICTURES_H_
#define STOREOPS_SERVICES_CATALOG_MEDIA_PICTURES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops::catalog {

inline constexpr int64_t kMaxPixels = 40'000'000;
inline constexpr int kMaxSide = 20'000;

struct Thumbnail {
  std::string variant;  // "s160"
  int width = 0;
  int height = 0;
  std::string content;  // WebP
};

struct Picture {
  // As it is to be seen: turned as its EXIF data say.
  int width = 0;
  int height = 0;
  // Smallest first; only those that are smaller than the picture. Of animations the first frame.
  std::vector<Thumbnail> thumbnails;
};

// Reads a whole PNG, JPEG, GIF or WebP. INVALID_ARGUMENT if it is broken, cut off, or has more pixels than allowed:
// that is known from its head, before anything is unpacked. Few at a time, each in the calling thread.
absl::StatusOr<Picture> ReadPicture(absl::string_view content);

// The names of all thumbnails that a picture may have.
std::vector<std::string> ThumbnailVariants();

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_MEDIA_PICTURES_H_
