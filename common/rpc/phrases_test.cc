#include "common/rpc/phrases.h"

#include <random>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace storeops::rpc {
namespace {

std::string Restored(const Phrases& phrases, const std::string& shortened, size_t size) {
  std::string bytes(size, '\0');
  phrases.Restore(shortened.data(), size, bytes.data());
  return bytes;
}

std::string Sentence(int number) {
  return absl::StrCat("products/", number, ": a vintage desk lamp made of walnut, for every day and for a present");
}

TEST(Phrases, TellWhatIsKnownInFewBytes) {
  Phrases phrases;
  phrases.Shorten(Sentence(1));
  const std::string shortened = phrases.Shorten(Sentence(23456));
  EXPECT_LT(shortened.size(), 20);
  EXPECT_EQ(Restored(phrases, shortened, Sentence(23456).size()), Sentence(23456));
}

TEST(Phrases, GiveBackAnythingWhateverCameLater) {
  std::mt19937 random(5);
  Phrases phrases;
  std::vector<std::pair<std::string, std::string>> messages;
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (int part = random() % 4; part > 0; --part) {
      switch (random() % 4) {
        case 0:
          bytes += Sentence(round);
          break;
        case 1:
          for (int i = random() % 300; i > 0; --i) bytes += static_cast<char>(random());
          break;
        case 2:
          bytes += std::string(random() % 3000, static_cast<char>(random() % 2));
          break;
        default:
          bytes += Sentence(0).substr(random() % 40, random() % 12);
      }
    }
    messages.emplace_back(bytes, phrases.Shorten(bytes));
    EXPECT_LE(messages.back().second.size(), bytes.size() + 4);
  }
  for (const auto& [bytes, shortened] : messages) ASSERT_EQ(Restored(phrases, shortened, bytes.size()), bytes);
}

TEST(Phrases, AreReadWhileTheyGrow) {
  Phrases phrases;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&phrases, t] {
      std::mt19937 random(t);
      for (int round = 0; round < 500; ++round) {
        std::string bytes = Sentence(round);
        for (int i = 0; i < 200; ++i) bytes += static_cast<char>(random());
        ASSERT_EQ(Restored(phrases, phrases.Shorten(bytes), bytes.size()), bytes);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace storeops::rpc
