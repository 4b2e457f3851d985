#include "common/rpc/dictionary_compressor.h"

#include <gtest/gtest.h>

#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace storeops::rpc {
namespace {

std::string Restored(const DictionaryCompressor& compressor, const std::string& compressed, size_t size) {
  std::string bytes(size, '\0');
  compressor.Decompress(compressed, bytes.data(), size);
  return bytes;
}

std::string Sentence(int number) {
  return absl::StrCat("products/", number, ": a vintage desk lamp made of walnut, for every day and for a present");
}

void Teach(DictionaryCompressor& compressor) {
  for (size_t gathered = 0, i = 0; gathered < DictionaryCompressor::kDictionaryBytes; ++i) {
    EXPECT_EQ(compressor.Compress(Sentence(static_cast<int>(i))), "");
    gathered += Sentence(static_cast<int>(i)).size();
  }
}

TEST(DictionaryCompressor, TellsWhatIsKnownInFewBytes) {
  DictionaryCompressor compressor;
  Teach(compressor);
  const std::string compressed = compressor.Compress(Sentence(234567));
  ASSERT_NE(compressed, "");
  EXPECT_LT(compressed.size(), 25);
  EXPECT_EQ(Restored(compressor, compressed, Sentence(234567).size()), Sentence(234567));
}

TEST(DictionaryCompressor, LeavesAloneWhatWouldNotBeSmaller) {
  DictionaryCompressor compressor;
  Teach(compressor);
  std::mt19937 random(5);
  std::string noise;
  for (int i = 0; i < 500; ++i) noise += static_cast<char>(random());
  for (const std::string& bytes : {std::string(), std::string("x"), noise}) EXPECT_EQ(compressor.Compress(bytes), "");
}

TEST(DictionaryCompressor, GivesBackAnything) {
  std::mt19937 random(5);
  DictionaryCompressor compressor;
  Teach(compressor);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (int part = random() % 4; part > 0; --part) {
      switch (random() % 3) {
        case 0:
          bytes += Sentence(round);
          break;
        case 1:
          for (int i = random() % 300; i > 0; --i) bytes += static_cast<char>(random());
          break;
        default:
          bytes += std::string(random() % 100'000, static_cast<char>(random() % 2));
      }
    }
    const std::string compressed = compressor.Compress(bytes);
    if (compressed.empty()) continue;
    ASSERT_LT(compressed.size(), bytes.size());
    ASSERT_EQ(Restored(compressor, compressed, bytes.size()), bytes);
  }
}

TEST(DictionaryCompressor, LearnsFromManyThreads) {
  DictionaryCompressor compressor;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&compressor] {
      for (int round = 0; round < 1000; ++round) {
        const std::string bytes = Sentence(round);
        const std::string compressed = compressor.Compress(bytes);
        if (!compressed.empty()) ASSERT_EQ(Restored(compressor, compressed, bytes.size()), bytes);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_NE(compressor.Compress(Sentence(7)), "");
}

}  // namespace
}  // namespace storeops::rpc
