// Errors of files on the server's own disk, as callers of the API may see them: without its paths.
#ifndef STOREOPS_COMMON_BASE_FILE_ERROR_H_
#define STOREOPS_COMMON_BASE_FILE_ERROR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace storeops {

// Of the disk, or of the user's share of it. `error` is an errno.
bool IsDiskFull(int error);
// UNAVAILABLE with RetryInfo and reason DISK_FULL: nothing is wrong with the request, and room may be made.
absl::Status DiskFull(absl::string_view what);

// `what` could not be done: "writing an uploaded file". NOT_FOUND if there is no such file, DiskFull, else INTERNAL.
absl::Status FileError(absl::string_view what, int error);

// Makes the folder and its parents where they are missing. UNAVAILABLE, INTERNAL as above.
absl::Status MakeFolders(absl::string_view what, const std::string& folder);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_FILE_ERROR_H_
