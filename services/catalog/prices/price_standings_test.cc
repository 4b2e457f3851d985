#include "services/catalog/prices/price_standings.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

PriceListEntry ListBetween(int64_t id, int64_t start, int64_t end, int64_t version = 1) {
  PriceListEntry entry;
  entry.terms.list_id = id;
  entry.terms.currency = "EUR";
  entry.terms.start = start;
  entry.terms.end = end;
  entry.version = version;
  return entry;
}

TEST(PriceStandingsTest, FitUntilAListBeginsOrEnds) {
  const auto book =
      PriceBook().WithLists({ListBetween(1, kEver, 20), ListBetween(2, 10, kForever), ListBetween(3, 30, 40)});
  const PriceStandings standings(*book, {"EUR", "", "", 12});
  EXPECT_TRUE(standings.Holds(0));
  EXPECT_TRUE(standings.Holds(1));
  EXPECT_FALSE(standings.Holds(2));
  EXPECT_EQ(standings.Boundary(0), 20);
  EXPECT_EQ(standings.Boundary(1), kForever);
  EXPECT_EQ(standings.next_start(), 30);
  const struct {
    PriceQuestion question;
    bool fits;
  } cases[] = {{{"EUR", "", "", 12}, true},      {{"EUR", "", "", 10}, true},    {{"EUR", "", "", 9}, false},
               {{"EUR", "", "", 19}, true},      {{"EUR", "", "", 20}, false},   {{"USD", "", "", 12}, false},
               {{"EUR", "shop", "", 12}, false}, {{"EUR", "", "vip", 12}, false}};
  for (const auto& c : cases) EXPECT_EQ(standings.Fits(*book, c.question), c.fits) << c.question.at;
  // Prices do not matter, lists do.
  EXPECT_TRUE(standings.Fits(*book->With({{1, "A", 1, kEver, kForever, 100}}, 1), {"EUR", "", "", 12}));
  EXPECT_FALSE(standings.Fits(*book->WithLists({ListBetween(1, kEver, 25, 2)}), {"EUR", "", "", 12}));
}

// Whatever was asked before and however lists change, they are what each list says for itself.
TEST(PriceStandingsTest, KeptOnesAreAsGoodAsNewOnes) {
  std::mt19937_64 random(7);
  const auto below = [&random](int64_t limit) { return static_cast<int64_t>(random() % limit); };
  std::shared_ptr<const PriceBook> book = std::make_shared<PriceBook>();
  for (int round = 0; round < 3000; ++round) {
    if (below(20) == 0) {
      PriceListEntry list = ListBetween(1 + below(6), below(2) == 0 ? kEver : below(50), 50 + below(50), round + 1);
      if (below(3) == 0) list.terms.channels = {absl::StrCat("channel", below(2))};
      if (below(3) == 0) list.terms.customer_groups = {absl::StrCat("group", below(2))};
      list.terms.active = below(5) > 0;
      list.terms.exclusive = below(3) == 0;
      list.live = below(8) > 0;
      if (auto next = book->WithLists({list})) book = next;
    }
    const std::string channel = absl::StrCat("channel", below(3)), group = absl::StrCat("group", below(3));
    const PriceQuestion question{below(8) == 0 ? "USD" : "EUR", channel, group, below(110)};
    const PriceStandings& kept = StandingsFor(*book, question);
    const PriceStandings fresh(*book, question);
    ASSERT_EQ(kept.lists().size(), book->lists().size());
    ASSERT_EQ(kept.next_start(), fresh.next_start());
    ASSERT_EQ(kept.exclusive(), fresh.exclusive());
    for (uint32_t i = 0; i < book->lists().size(); ++i) {
      const PriceVerdict verdict =
          book->lists()[i].live ? JudgeList(book->lists()[i].terms, question) : PriceVerdict::kListInactive;
      ASSERT_EQ(kept.lists()[i].verdict, verdict);
      ASSERT_EQ(kept.Holds(i), verdict == PriceVerdict::kHolds);
      ASSERT_EQ(kept.Boundary(i), fresh.Boundary(i));
    }
  }
}

}  // namespace
}  // namespace storeops::catalog
