// A file that takes its name when it is complete.
#ifndef STOREOPS_SERVICES_STOREOPS_TRANSFER_NEW_FILE_H_
#define STOREOPS_SERVICES_STOREOPS_TRANSFER_NEW_FILE_H_

#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace storeops {

class NewFile {
 public:
  // "-": stdout, as it comes.
  static absl::StatusOr<NewFile> Open(const std::string& path);
  absl::Status Write(absl::string_view bytes);
  absl::Status Finish();
  // Nothing stays of it.
  void Discard() const;

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdout) std::fclose(file);
    }
  };
  std::string NextPath() const { return path_ + ".next"; }
  absl::Status Failure() const;

  std::string path_;  // empty: stdout
  std::unique_ptr<std::FILE, Close> stream_;
};

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_TRANSFER_NEW_FILE_H_
