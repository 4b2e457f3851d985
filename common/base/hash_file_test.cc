#include "common/base/hash_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <random>
#include <unordered_set>

namespace storeops {
namespace {

std::string Folder() { return std::filesystem::temp_directory_path().string(); }

TEST(HashFile, IsASet) {
  const auto file = HashFile::Create(Folder());
  ASSERT_TRUE(file.ok()) << file.status();
  std::mt19937_64 random(7);
  std::unordered_set<uint64_t> expected;
  for (int i = 0; i < 400'000; ++i) {
    // Some come twice; some lie at the very end of the table, beyond which it goes on at its beginning.
    const uint64_t hash = i % 3 == 0 ? ~uint64_t{0} - random() % 500 : random() % 7 == 0 ? random() % 1000 : random();
    const auto inserted = (*file)->Insert(hash);
    ASSERT_TRUE(inserted.ok()) << inserted.status();
    ASSERT_EQ(*inserted, expected.insert(hash == 0 ? ~uint64_t{0} : hash).second) << hash;
  }
  EXPECT_EQ((*file)->size(), expected.size());
  for (const uint64_t hash : expected) ASSERT_FALSE(*(*file)->Insert(hash)) << hash;
}

TEST(HashFile, LeavesNothingBehind) {
  const std::string folder = Folder() + "/hash_file_test-" + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  {
    const auto file = HashFile::Create(folder);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE(std::filesystem::is_empty(folder));
  }
  std::filesystem::remove(folder);
  EXPECT_TRUE(HashFile::Create(folder).ok()) << "a folder that is gone is made again";
  std::filesystem::remove(folder);
  EXPECT_EQ(HashFile::Create("/proc/self/nothing").status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace storeops
