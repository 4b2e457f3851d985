#include "common/base/file_error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "absl/strings/match.h"
#include "common/base/errors.h"

namespace storeops {
namespace {

TEST(FileErrorTest, AFullDiskIsUnavailableWithItsReason) {
  for (const int error : {ENOSPC, EDQUOT}) {
    const absl::Status status = FileError("writing an uploaded file", error);
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_EQ(ReasonOf(status), "DISK_FULL");
    EXPECT_TRUE(absl::StrContains(status.message(), "the server's disk is full")) << status;
  }
}

TEST(FileErrorTest, OtherErrorsSayWhatFailed) {
  EXPECT_EQ(FileError("reading a file", ENOENT).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FileError("reading a file", EIO).code(), absl::StatusCode::kInternal);
  EXPECT_EQ(FileError("reading a file", EIO).message(), "reading a file: Input/output error");
}

TEST(FileErrorTest, ThePathOfAFolderIsNotShown) {
  const absl::Status status = MakeFolders("making a folder", "/proc/self/nothing/here");
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(absl::StrContains(status.message(), "/")) << status;
}

}  // namespace
}  // namespace storeops
