// Small files of the data folder.
#ifndef STOREOPS_SERVICES_STOREOPS_FILES_H_
#define STOREOPS_SERVICES_STOREOPS_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops {

// At most 1 MiB. NOT_FOUND if there is none.
absl::StatusOr<std::string> ReadSmallFile(const std::string& path);
// Readable by the owner only; replaces the file as a whole, so that a crash leaves the old one or the new one.
absl::Status WritePrivateFile(const std::string& path, absl::string_view text);
// Makes the folder and its parents; the folder itself with mode 0700 if it is new.
absl::Status MakeFolder(const std::string& path);

// Held by one process at a time, gone with it. The file has the holder's process id.
class LockFile {
 public:
  // FAILED_PRECONDITION if another process holds it, or looks who does at this very moment.
  static absl::StatusOr<LockFile> Acquire(const std::string& path);
  // The holder's process id, 0 if nobody holds it.
  static int Holder(const std::string& path);

  LockFile(LockFile&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  LockFile& operator=(LockFile&&) = delete;
  ~LockFile();

 private:
  explicit LockFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_FILES_H_
