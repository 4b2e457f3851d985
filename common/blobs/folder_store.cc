#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/file_error.h"
#include "common/base/status_macros.h"
#include "common/blobs/blob_store.h"

namespace storeops::blobs {
namespace {

absl::Status Failed(absl::string_view key) {
  const int error = errno;
  return FileError(absl::StrCat("blob ", key), error);
}

class FolderStore final : public BlobStore {
 public:
  explicit FolderStore(std::string folder) : folder_(std::move(folder)) {}

  absl::Status Open() {
    RETURN_IF_ERROR(MakeFolders("making the folder of arriving files", SpoolFolder()));
    RemoveDeadSpools(SpoolFolder());
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<Spool>> NewSpool(int64_t max_bytes) override {
    return Spool::Create(SpoolFolder(), max_bytes);
  }

  absl::Status Put(absl::string_view key, Spool& spool, absl::Time deadline) override {
    const auto size = Size(key, deadline);
    if (size.ok() && *size == spool.size()) return absl::OkStatus();
    if (!size.ok() && !absl::IsNotFound(size.status())) return size.status();
    RETURN_IF_ERROR(MakeFolders("making the folder of a stored file", ShelfOf(key)));
    return spool.MoveTo(PathOf(key));
  }

  absl::StatusOr<int64_t> Size(absl::string_view key, absl::Time) override {
    RETURN_IF_ERROR(CheckKey(key));
    struct stat status{};
    if (::stat(PathOf(key).c_str(), &status) != 0) return Failed(key);
    return static_cast<int64_t>(status.st_size);
  }

  absl::StatusOr<std::string> Read(absl::string_view key, int64_t offset, int64_t bytes, absl::Time) override {
    RETURN_IF_ERROR(CheckKey(key));
    const int descriptor = ::open(PathOf(key).c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return Failed(key);
    std::string content(static_cast<size_t>(bytes), '\0');
    size_t filled = 0;
    ssize_t got = 1;
    while (filled < content.size() && (got > 0 || errno == EINTR)) {
      got = ::pread(descriptor, content.data() + filled, content.size() - filled, offset + static_cast<off_t>(filled));
      if (got == 0) break;
      if (got > 0) filled += static_cast<size_t>(got);
    }
    const absl::Status status = got < 0 ? Failed(key) : absl::OkStatus();
    ::close(descriptor);
    RETURN_IF_ERROR(status);
    content.resize(filled);
    return content;
  }

  absl::Status Delete(absl::string_view key, absl::Time) override {
    RETURN_IF_ERROR(CheckKey(key));
    if (::unlink(PathOf(key).c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
    return Failed(key);
  }

 private:
  std::string SpoolFolder() const { return folder_ + "/.incoming"; }
  // So that no folder has very many files.
  std::string ShelfOf(absl::string_view key) const { return absl::StrCat(folder_, "/", key.substr(0, 2)); }
  std::string PathOf(absl::string_view key) const { return absl::StrCat(ShelfOf(key), "/", key); }

  const std::string folder_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<BlobStore>> OpenFolderStore(const std::string& folder) {
  auto store = std::make_unique<FolderStore>(folder);
  RETURN_IF_ERROR(store->Open());
  return store;
}

}  // namespace storeops::blobs
