#include "common/http/compression.h"

#include "gtest/gtest.h"

namespace storeops::http {
namespace {

TEST(Compression, RoundTrips) {
  for (const size_t size : {0, 1, 100, 4095, 4096, 4097, 1 << 20}) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(i * i >> 3));
    const auto back = GzipDecompress(GzipCompress(text), size);
    ASSERT_TRUE(back.ok()) << size << ": " << back.status();
    EXPECT_EQ(*back, text) << size;
  }
}

TEST(Compression, MakesTextSmaller) { EXPECT_LT(GzipCompress(std::string(10'000, 'a')).size(), 200u); }

TEST(Compression, StopsABombAtTheLimit) {
  const std::string bomb = GzipCompress(std::string(32 << 20, '\0'));
  ASSERT_LT(bomb.size(), 1u << 20);
  EXPECT_EQ(GzipDecompress(bomb, 1 << 20).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GzipDecompress(GzipCompress("abcd"), 3).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(Compression, RefusesWhatIsNotGzip) {
  const std::string whole = GzipCompress("a text that is long enough to be cut");
  EXPECT_EQ(GzipDecompress("", 100).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GzipDecompress("plain text", 100).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GzipDecompress(whole.substr(0, whole.size() - 1), 100).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GzipDecompress(whole + "x", 100).status().code(), absl::StatusCode::kInvalidArgument);
  std::string damaged = whole;
  damaged[damaged.size() - 6] ^= 1;  // in the checksum
  EXPECT_EQ(GzipDecompress(damaged, 100).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace storeops::http
