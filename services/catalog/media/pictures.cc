#include "services/catalog/media/pictures.h"

#include <dlfcn.h>
#include <vips/vips.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "services/catalog/media/media_type.h"

namespace storeops::catalog {
namespace {

constexpr char kLibrary[] = "libvips.so.42";
constexpr int kSizes[] = {160, 480, 960, 1600};
constexpr int kAtOnce = 2;
constexpr char kFormat[] = ".webp[Q=80,strip]";

std::string VariantName(int size) { return absl::StrCat("s", size); }

// The functions of the library that are used here, found at run time.
struct Vips {
  decltype(&vips_init) init;
  decltype(&vips_concurrency_set) concurrency_set;
  decltype(&vips_cache_set_max) cache_set_max;
  decltype(&vips_block_untrusted_set) block_untrusted_set;
  decltype(&vips_image_new_from_buffer) image_new_from_buffer;
  decltype(&vips_thumbnail_image) thumbnail_image;
  decltype(&vips_image_copy_memory) image_copy_memory;
  decltype(&vips_image_write_to_buffer) image_write_to_buffer;
  decltype(&vips_image_get_width) image_get_width;
  decltype(&vips_image_get_height) image_get_height;
  decltype(&vips_image_get_orientation_swap) image_get_orientation_swap;
  decltype(&vips_error_buffer_copy) error_buffer_copy;
  decltype(&vips_thread_shutdown) thread_shutdown;
  decltype(&g_object_unref) object_unref;
  decltype(&g_free) free;
  decltype(&g_log_set_handler) log_set_handler;
};

template <class Function>
bool Find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

absl::StatusOr<Vips> Load() {
  void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return absl::InternalError(absl::StrCat("libvips cannot be loaded (Debian package libvips42): ", ::dlerror()));
  }
  Vips vips{};
  const bool found = Find(library, "vips_init", vips.init) &&
                     Find(library, "vips_concurrency_set", vips.concurrency_set) &&
                     Find(library, "vips_cache_set_max", vips.cache_set_max) &&
                     Find(library, "vips_block_untrusted_set", vips.block_untrusted_set) &&
                     Find(library, "vips_image_new_from_buffer", vips.image_new_from_buffer) &&
                     Find(library, "vips_thumbnail_image", vips.thumbnail_image) &&
                     Find(library, "vips_image_copy_memory", vips.image_copy_memory) &&
                     Find(library, "vips_image_write_to_buffer", vips.image_write_to_buffer) &&
                     Find(library, "vips_image_get_width", vips.image_get_width) &&
                     Find(library, "vips_image_get_height", vips.image_get_height) &&
                     Find(library, "vips_image_get_orientation_swap", vips.image_get_orientation_swap) &&
                     Find(library, "vips_error_buffer_copy", vips.error_buffer_copy) &&
                     Find(library, "vips_thread_shutdown", vips.thread_shutdown) &&
                     Find(library, "g_object_unref", vips.object_unref) && Find(library, "g_free", vips.free) &&
                     Find(library, "g_log_set_handler", vips.log_set_handler);
  if (!found) return absl::InternalError(absl::StrCat("libvips is of another version: ", ::dlerror()));
  if (vips.init("storeops") != 0) return absl::InternalError("libvips cannot be initialised");
  // What it has to say of a picture is in the answer to the upload.
  vips.log_set_handler(
      "VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO),
      [](const gchar*, GLogLevelFlags, const gchar*, gpointer) {}, nullptr);
  vips.concurrency_set(1);
  vips.cache_set_max(0);
  vips.block_untrusted_set(TRUE);
  return vips;
}

const absl::StatusOr<Vips>& Library() {
  static const absl::StatusOr<Vips>* const vips = new absl::StatusOr<Vips>(Load());
  return *vips;
}

// Unpacking takes memory for the whole picture in the worst case.
class Turn {
 public:
  Turn() {
    const auto free = [] { return taken_ < kAtOnce; };
    absl::MutexLock lock(&mutex_, absl::Condition(&free));
    ++taken_;
  }
  ~Turn() {
    absl::MutexLock lock(&mutex_);
    --taken_;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  static absl::Mutex mutex_;
  static int taken_;
};

absl::Mutex Turn::mutex_(absl::kConstInit);
int Turn::taken_ = 0;

// The work on one picture.
class Reader {
 public:
  Reader(const Vips& vips, absl::string_view content) : vips_(vips), content_(content) {}
  ~Reader() { vips_.thread_shutdown(); }

  absl::StatusOr<Picture> Read() {
    const Image image =
        Hold(vips_.image_new_from_buffer(content_.data(), content_.size(), "", "access", VIPS_ACCESS_SEQUENTIAL,
                                         "fail_on", VIPS_FAIL_ON_ERROR, nullptr));
    if (image == nullptr) return Broken();
    ASSIGN_OR_RETURN(Picture picture, CheckSize(image.get()));
    // All of it is unpacked once, which finds what is broken; the smaller ones come from the largest.
    ASSIGN_OR_RETURN(const Image lazy, Shrink(image.get(), kSizes[std::size(kSizes) - 1]));
    const Image base = Hold(vips_.image_copy_memory(lazy.get()));
    if (base == nullptr) return Broken();
    for (const int size : kSizes) {
      if (size >= std::max(picture.width, picture.height)) break;
      ASSIGN_OR_RETURN(Thumbnail thumbnail, MakeThumbnail(base.get(), size));
      picture.thumbnails.push_back(std::move(thumbnail));
    }
    return picture;
  }

 private:
  using Image = std::unique_ptr<VipsImage, decltype(&g_object_unref)>;
  Image Hold(VipsImage* image) const { return Image(image, vips_.object_unref); }

  absl::StatusOr<Picture> CheckSize(VipsImage* image) const {
    Picture picture;
    picture.width = vips_.image_get_width(image);
    picture.height = vips_.image_get_height(image);
    if (vips_.image_get_orientation_swap(image)) std::swap(picture.width, picture.height);
    if (picture.width <= kMaxSide && picture.height <= kMaxSide &&
        int64_t{picture.width} * picture.height <= kMaxPixels) {
      return picture;
    }
    return WithReason(
        InvalidField("chunk", absl::StrCat("the picture has ", picture.width, " x ", picture.height,
                                           " pixels; at most ", kMaxPixels, " and ", kMaxSide, " on a side are taken")),
        "PICTURE_TOO_LARGE");
  }

  // Turned as its EXIF data say; never larger than it was.
  absl::StatusOr<Image> Shrink(VipsImage* image, int size) const {
    VipsImage* small = nullptr;
    if (vips_.thumbnail_image(image, &small, size, "height", size, "size", VIPS_SIZE_DOWN, nullptr) != 0)
      return Broken();
    return Hold(small);
  }

  absl::StatusOr<Thumbnail> MakeThumbnail(VipsImage* base, int size) const {
    ASSIGN_OR_RETURN(const Image small, Shrink(base, size));
    void* buffer = nullptr;
    size_t bytes = 0;
    if (vips_.image_write_to_buffer(small.get(), kFormat, &buffer, &bytes, nullptr) != 0) return Broken();
    Thumbnail thumbnail{VariantName(size), vips_.image_get_width(small.get()), vips_.image_get_height(small.get()),
                        std::string(static_cast<const char*>(buffer), bytes)};
    vips_.free(buffer);
    return thumbnail;
  }

  // With the library's own words, of which the first line says most.
  absl::Status Broken() const {
    char* const text = vips_.error_buffer_copy();
    const std::string first(
        absl::StripAsciiWhitespace(absl::string_view(text).substr(0, absl::string_view(text).find('\n'))));
    vips_.free(text);
    return BrokenMedia(absl::StrCat("the picture is broken", first.empty() ? "" : ": ", first));
  }

  const Vips& vips_;
  const absl::string_view content_;
};

}  // namespace

std::vector<std::string> ThumbnailVariants() {
  std::vector<std::string> variants;
  for (const int size : kSizes) variants.push_back(VariantName(size));
  return variants;
}

absl::StatusOr<Picture> ReadPicture(absl::string_view content) {
  const Turn turn;
  RETURN_IF_ERROR(Library().status());
  return Reader(*Library(), content).Read();
}

}  // namespace storeops::catalog
