#include "services/catalog/prices/price_book.h"

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

PriceListEntry ListVersion(int64_t id, int64_t version = 1, int64_t priority = 0) {
  PriceListEntry list;
  list.terms.list_id = id;
  list.terms.currency = "EUR";
  list.terms.priority = priority;
  list.version = version;
  return list;
}

std::vector<CandidatePrice> PricesOf(const PriceBook& book, const std::string& sku) {
  std::vector<CandidatePrice> prices;
  book.Find(sku).ForEach([&](const CandidatePrice& price) {
    if (book.lists()[price.list].live) prices.push_back(price);
  });
  return prices;
}

std::vector<int64_t> Minors(const PriceBook& book, const std::string& sku) {
  const std::vector<CandidatePrice> prices = PricesOf(book, sku);
  std::vector<int64_t> minors;
  for (const auto& price : prices) minors.push_back(price.minor);
  return minors;
}

TEST(PriceBookTest, PricesOfListsThatAreNotHereAreNotSeen) {
  auto book = PriceBook().With({{7, "A", 1, kEver, kForever, 100, false}}, 1);
  EXPECT_THAT(Minors(*book, "A"), IsEmpty());
  book = book->WithLists({ListVersion(7)});
  EXPECT_THAT(Minors(*book, "A"), ElementsAre(100));
  PriceListEntry deleted = ListVersion(7, 2);
  deleted.live = false;
  EXPECT_THAT(Minors(*book->WithLists({deleted}), "A"), IsEmpty());
  EXPECT_THAT(Minors(*book, "A"), ElementsAre(100));  // who has the old book reads from that
  EXPECT_THAT(Minors(*book, "B"), IsEmpty());
}

TEST(PriceBookTest, OldNewsOfListsChangesNothing) {
  const auto book = PriceBook().WithLists({ListVersion(7, 3, 5)});
  EXPECT_EQ(book->WithLists({ListVersion(7, 2, 6)}), nullptr);
  EXPECT_EQ(book->WithLists({ListVersion(7, 3, 6)}), nullptr);
  EXPECT_EQ(book->WithLists({ListVersion(7, 4, 6)})->lists()[0].terms.priority, 6);
}

TEST(PriceBookTest, RanksListsByPriorityThenAge) {
  const auto book = PriceBook().WithLists({ListVersion(9, 1, 0), ListVersion(3, 1, 0), ListVersion(5, 1, 8)});
  std::map<int64_t, uint32_t> ranks;
  for (const auto& list : book->lists()) ranks[list.terms.list_id] = list.rank;
  EXPECT_EQ(ranks, (std::map<int64_t, uint32_t>{{5, 0}, {3, 1}, {9, 2}}));
}

TEST(PriceMemoryTest, TakesEachRevisionOnce) {
  PriceMemory memory;
  memory.ApplyLists({ListVersion(1)});
  memory.Apply({{1, "A", 1, kEver, kForever, 100, false}}, 5);
  memory.Apply({{1, "A", 1, kEver, kForever, 90, false}}, 5);
  EXPECT_THAT(Minors(*memory.Get(), "A"), ElementsAre(100));
  memory.Apply({{1, "A", 1, kEver, kForever, 80, false}}, 6);
  EXPECT_THAT(Minors(*memory.Get(), "A"), ElementsAre(80));
}

TEST(PriceBookTest, KeepsWhatAMapKeepsThroughRandomChanges) {
  std::mt19937 random(1);
  const auto upto = [&](int n) { return std::uniform_int_distribution<int>(0, n)(random); };
  using Place = std::tuple<std::string, int64_t, int64_t, int64_t>;
  std::map<Place, std::pair<int64_t, int64_t>> expected;  // end and amount
  std::shared_ptr<const PriceBook> book = PriceBook().WithLists({ListVersion(1), ListVersion(2), ListVersion(3)});
  for (int round = 1; round <= 200; ++round) {
    std::vector<PriceEntry> changes;
    for (int i = upto(30); i >= 0; --i) {
      const bool timed = upto(2) == 0;
      PriceEntry entry{1 + upto(2),           absl::StrCat("S", upto(300)),
                       1 + upto(2),           timed ? upto(3) + 1 : kEver,
                       timed ? 50 : kForever, upto(1000),
                       upto(3) == 0};
      const Place place{entry.sku, entry.list_id, entry.min_quantity, entry.start};
      if (entry.deleted) {
        expected.erase(place);
      } else {
        expected[place] = {entry.end, entry.minor};
      }
      changes.push_back(std::move(entry));
    }
    book = book->With(changes, round);
  }
  EXPECT_EQ(book->price_count(), expected.size());
  std::map<Place, std::pair<int64_t, int64_t>> found;
  for (int i = 0; i <= 300; ++i) {
    const std::string sku = absl::StrCat("S", i);
    for (const auto& price : PricesOf(*book, sku)) {
      found[{sku, book->lists()[price.list].terms.list_id, price.min_quantity, price.start}] = {price.end, price.minor};
    }
  }
  EXPECT_EQ(found, expected);
}

TEST(PriceBookTest, IsCompact) {
  std::vector<PriceEntry> prices;
  std::vector<PriceListEntry> lists;
  for (int64_t list = 1; list <= 5; ++list) {
    lists.push_back(ListVersion(list));
    for (int sku = 0; sku < 20'000; ++sku) {
      prices.push_back({list, absl::StrCat("SKU-", 100'000 + sku), 1, kEver, kForever, sku, false});
    }
  }
  const auto book = PriceBook().With(prices, 1)->WithLists(lists);
  EXPECT_EQ(book->price_count(), 100'000u);
  EXPECT_LT(static_cast<double>(book->bytes()) / 100'000, 22.5);
  EXPECT_LT(PriceBook().bytes(), 20'000u);
}

}  // namespace
}  // namespace storeops::catalog
