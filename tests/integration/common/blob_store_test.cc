// Blobs in a folder and in S3-compatible storage: who keeps them cannot be told.
#include "common/blobs/blob_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/database_helpers.h"
#include "tests/support/machine.h"
#include "tests/support/s3_server.h"

namespace storeops::testing {
namespace {

using blobs::BlobStore;
using blobs::Spool;

enum class Where { kFolder, kS3 };

std::vector<std::string> FilesBelow(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path().filename().string());
  }
  return files;
}

class BlobStoreTest : public ::testing::TestWithParam<Where> {
 protected:
  BlobStoreTest() {
    if (GetParam() == Where::kS3) server_ = std::make_unique<S3Server>();
    Open();
  }
  void Open() {
    auto store = server_ == nullptr ? blobs::OpenFolderStore(folder_.path())
                                    : blobs::OpenS3Store(server_->options(), folder_.path());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  std::unique_ptr<Spool> Fill(absl::string_view content, int64_t max_bytes = 1 << 20) {
    auto spool = store_->NewSpool(max_bytes);
    EXPECT_TRUE(spool.ok()) << spool.status();
    for (; !content.empty(); content.remove_prefix(std::min<size_t>(content.size(), 1000))) {
      EXPECT_TRUE((*spool)->Write(content.substr(0, 1000)).ok());
    }
    EXPECT_TRUE((*spool)->Finish().ok());
    return *std::move(spool);
  }
  std::string Read(const std::string& key, int64_t offset, int64_t bytes) {
    const auto content = store_->Read(key, offset, bytes, Soon());
    return content.ok() ? *content : content.status().ToString();
  }

  const TempFolder folder_;
  std::unique_ptr<S3Server> server_;
  std::unique_ptr<BlobStore> store_;
};

TEST_P(BlobStoreTest, GivesBackWhatWasPut) {
  std::string content;
  for (int i = 0; i < 30'000; ++i) absl::StrAppend(&content, i, ",");
  const auto spool = Fill(content);
  EXPECT_EQ(spool->hash(), HexEncode(Sha256(content)));
  const std::string key = spool->hash();
  const int64_t size = static_cast<int64_t>(content.size());
  ASSERT_TRUE(store_->Put(key, *spool, Soon()).ok());
  EXPECT_EQ(store_->Size(key, Soon()).value_or(-1), size);
  EXPECT_EQ(Read(key, 0, size), content);
  EXPECT_EQ(Read(key, 0, size + 100), content);
  EXPECT_EQ(Read(key, 10, 1), content.substr(10, 1));
  EXPECT_EQ(Read(key, size - 3, 50), content.substr(size - 3));
  EXPECT_EQ(Read(key, size, 50), "");
  EXPECT_EQ(Read(key, size + 1000, 50), "");
  EXPECT_EQ(Read(key, 0, 0), "");
  Open();  // as after a restart
  EXPECT_EQ(Read(key, 0, size), content);
  EXPECT_TRUE(store_->Delete(key, Soon()).ok());
  EXPECT_TRUE(store_->Delete(key, Soon()).ok());
  EXPECT_EQ(store_->Size(key, Soon()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->Read(key, 0, 10, Soon()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(store_->Read(key, 0, 0, Soon()).status().code(), absl::StatusCode::kNotFound);
}

TEST_P(BlobStoreTest, KeepsTheSameContentOnce) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store_->PutBytes("abc.w160", "small", Soon()).ok());
  ASSERT_TRUE(store_->PutBytes("abd", "", Soon()).ok());
  EXPECT_EQ(Read("abc.w160", 0, 100), "small");
  EXPECT_EQ(store_->Size("abd", Soon()).value_or(-1), 0);
  if (server_ == nullptr) {
    EXPECT_THAT(FilesBelow(folder_.path()), ::testing::UnorderedElementsAre("abc.w160", "abd"));
  } else {
    EXPECT_THAT(server_->Keys(), ::testing::UnorderedElementsAre("suite/abc.w160", "suite/abd"));
    EXPECT_THAT(FilesBelow(folder_.path()), ::testing::IsEmpty());
  }
}

TEST_P(BlobStoreTest, RefusesWhatIsTooLargeAndWhatIsNoKey) {
  auto spool = store_->NewSpool(10);
  ASSERT_TRUE(spool.ok());
  EXPECT_TRUE((*spool)->Write("12345").ok());
  EXPECT_TRUE((*spool)->Write("67890").ok());
  EXPECT_EQ((*spool)->Write("1").code(), absl::StatusCode::kResourceExhausted);
  for (const char* key : {"", "ab", "../etc", "a/b/c", ".incoming", "ABC", "a b", "abc\n"}) {
    EXPECT_EQ(store_->PutBytes(key, "x", Soon()).code(), absl::StatusCode::kInvalidArgument) << key;
    EXPECT_EQ(store_->Read(key, 0, 1, Soon()).status().code(), absl::StatusCode::kInvalidArgument) << key;
    EXPECT_EQ(store_->Delete(key, Soon()).code(), absl::StatusCode::kInvalidArgument) << key;
  }
}

TEST_P(BlobStoreTest, AFolderOfArrivingFilesThatIsGoneIsMadeAgain) {
  const std::string incoming = folder_.path() + (server_ == nullptr ? "/.incoming" : "");
  ASSERT_GT(std::filesystem::remove_all(incoming), 0u);
  EXPECT_TRUE(store_->PutBytes("abc", "small", Soon()).ok());
  EXPECT_EQ(Read("abc", 0, 100), "small");
}

TEST_P(BlobStoreTest, WhatIsNotPutLeavesNothing) {
  {
    const auto dropped = Fill("never put");
  }
  EXPECT_THAT(FilesBelow(folder_.path()), ::testing::IsEmpty());
}

// A process is killed while it writes; what others write is left alone.
TEST_P(BlobStoreTest, WhatAKilledProcessLeftIsRemoved) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto spool = store_->NewSpool(1000);
    const bool written = spool.ok() && (*spool)->Write("half of it").ok();
    if (::write(ready[1], written ? "1" : "0", 1) != 1) ::_exit(1);
    while (true) ::pause();
  }
  char answer = '0';
  ASSERT_EQ(::read(ready[0], &answer, 1), 1);
  EXPECT_EQ(answer, '1');
  Open();
  EXPECT_EQ(FilesBelow(folder_.path()).size(), 1u) << "it still lives";
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ::waitpid(child, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  const auto mine = Fill("alive");
  Open();
  EXPECT_EQ(FilesBelow(folder_.path()).size(), 1u) << "only the living one's";
  EXPECT_TRUE(store_->Put(mine->hash(), *mine, Soon()).ok());
}

TEST_P(BlobStoreTest, ManyWritersOfTheSameContentAgree) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this] {
      for (int i = 0; i < 10; ++i) {
        const std::string key = absl::StrCat("key", i);
        EXPECT_TRUE(store_->PutBytes(key, std::string(10'000, static_cast<char>('a' + i)), Soon()).ok());
        EXPECT_EQ(Read(key, 9'999, 5), std::string(1, static_cast<char>('a' + i)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

INSTANTIATE_TEST_SUITE_P(Both, BlobStoreTest, ::testing::Values(Where::kFolder, Where::kS3),
                         [](const auto& info) { return info.param == Where::kFolder ? "Folder" : "S3"; });

TEST(S3Store, RepeatsWhatTheStorageCouldNotDoAtTheMoment) {
  const TempFolder folder;
  S3Server server;
  const auto store = blobs::OpenS3Store(server.options(), folder.path());
  ASSERT_TRUE(store.ok());
  server.Fail(2);
  EXPECT_TRUE((*store)->PutBytes("abc", "content", Soon()).ok());
  server.Fail(2);
  EXPECT_EQ((*store)->Read("abc", 0, 100, Soon()).value_or(""), "content");
  server.Fail(100);
  const int before = server.requests();
  EXPECT_EQ((*store)->Size("abc", Soon()).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(server.requests() - before, 3);
}

TEST(S3Store, TellsWrongCredentialsAndSettings) {
  const TempFolder folder;
  S3Server server;
  for (int i = 0; i < 4; ++i) {
    blobs::S3Options options = server.options();
    if (i == 0) options.secret_key += "x";
    if (i == 1) options.access_key = "SOMEBODY";
    if (i == 2) options.region = "us-east-1";
    if (i == 3) options.bucket = "other";
    const auto store = blobs::OpenS3Store(options, folder.path());
    ASSERT_TRUE(store.ok());
    const absl::Status status = (*store)->Read("abc", 0, 10, Soon()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << i << status;
    EXPECT_THAT(std::string(status.message()), ::testing::HasSubstr(i == 0   ? "SignatureDoesNotMatch"
                                                                    : i == 3 ? "NoSuchBucket"
                                                                             : "InvalidAccessKeyId"));
  }
  for (int i = 0; i < 4; ++i) {
    blobs::S3Options options = server.options();
    if (i == 0) options.endpoint = "s3.example.com";
    if (i == 1) options.endpoint = "https://s3.example.com/folder";
    if (i == 2) options.bucket = "";
    if (i == 3) options.secret_key = "";
    EXPECT_EQ(blobs::OpenS3Store(options, folder.path()).status().code(), absl::StatusCode::kInvalidArgument) << i;
  }
}

TEST(S3Store, KeepsToTheDeadline) {
  const TempFolder folder;
  S3Server server;
  const auto store = blobs::OpenS3Store(server.options(), folder.path());
  ASSERT_TRUE(store.ok());
  EXPECT_EQ((*store)->Size("abc", absl::Now() - absl::Seconds(1)).status().code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace storeops::testing
