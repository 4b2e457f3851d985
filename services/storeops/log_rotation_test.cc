#include "services/storeops/log_rotation.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace storeops {
namespace {

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(LogRotationTest, AFewFilesAreKeptAndOutputGoesToTheNewest) {
  std::string folder = (std::filesystem::temp_directory_path() / "log-rotation-XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/storeops.log";
  const int kept_out = dup(STDOUT_FILENO);
  const int kept_error = dup(STDERR_FILENO);
  LogRotation rotation(path, 100);
  std::ofstream(path) << "short";
  auto rotated = rotation.RotateIfLarge();
  EXPECT_TRUE(rotated.ok() && !*rotated);
  for (int i = 0; i < 6; ++i) {
    std::ofstream(path, std::ios::app) << i << std::string(100, '.');
    rotated = rotation.RotateIfLarge();
    ASSERT_TRUE(rotated.ok() && *rotated);
  }
  ASSERT_EQ(write(STDERR_FILENO, "now", 3), 3);
  dup2(kept_out, STDOUT_FILENO);
  dup2(kept_error, STDERR_FILENO);
  close(kept_out);
  close(kept_error);
  EXPECT_EQ(Read(path), "now");
  for (int i = 1; i < LogRotation::kKept; ++i) EXPECT_EQ(Read(absl::StrCat(path, ".", i))[0], '0' + 6 - i);
  EXPECT_FALSE(std::filesystem::exists(absl::StrCat(path, ".", LogRotation::kKept)));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace storeops
