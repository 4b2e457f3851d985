#include "services/catalog/prices/price_resolution.h"

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::catalog {
namespace {

using ::testing::ElementsAre;
using V = PriceVerdict;

PriceTerms Terms(int64_t id, int64_t priority = 0, bool exclusive = false) {
  PriceTerms terms;
  terms.list_id = id;
  terms.currency = "EUR";
  terms.priority = priority;
  terms.exclusive = exclusive;
  return terms;
}

TEST(JudgeListTest, NamesTheFirstReason) {
  const PriceQuestion question{"EUR", "channels/web", "wholesale", 100};
  PriceTerms terms = Terms(1);
  EXPECT_EQ(JudgeList(terms, question), V::kHolds);
  terms.channels = {"channels/shop", "channels/web"};
  terms.customer_groups = {"wholesale"};
  terms.start = 100;
  terms.end = 101;
  EXPECT_EQ(JudgeList(terms, question), V::kHolds);

  struct Case {
    const char* what;
    void (*spoil)(PriceTerms&);
    V verdict;
  };
  const Case cases[] = {
      {"group", [](PriceTerms& t) { t.customer_groups = {"staff"}; }, V::kOtherCustomerGroup},
      {"channel", [](PriceTerms& t) { t.channels = {"channels/shop"}; }, V::kOtherChannel},
      {"the end is not in it", [](PriceTerms& t) { t.end = 100; }, V::kListExpired},
      {"start", [](PriceTerms& t) { t.start = 101; }, V::kListNotYetValid},
      {"inactive", [](PriceTerms& t) { t.active = false; }, V::kListInactive},
      {"currency", [](PriceTerms& t) { t.currency = "USD"; }, V::kOtherCurrency},
  };
  // Each spoils the terms more, and comes before what was spoilt before.
  for (const Case& one : cases) {
    one.spoil(terms);
    EXPECT_EQ(JudgeList(terms, question), one.verdict) << one.what;
  }
}

TEST(JudgeListTest, WhoNamesNoChannelOrGroupIsOfNone) {
  PriceTerms terms = Terms(1);
  terms.channels = {"channels/web"};
  EXPECT_EQ(JudgeList(terms, {"EUR", "", "", 0}), V::kOtherChannel);
  terms.channels.clear();
  terms.customer_groups = {"staff"};
  EXPECT_EQ(JudgeList(terms, {"EUR", "", "", 0}), V::kOtherCustomerGroup);
}

TEST(ComesBeforeTest, HigherPriorityThenOlder) {
  EXPECT_TRUE(ComesBefore(Terms(2, 1), Terms(1, 0)));
  EXPECT_FALSE(ComesBefore(Terms(1, 0), Terms(2, 1)));
  EXPECT_TRUE(ComesBefore(Terms(1), Terms(2)));
  EXPECT_FALSE(ComesBefore(Terms(1), Terms(1)));
}

// Lists in their order: rank = index.
std::vector<V> Verdicts(const std::vector<bool>& exclusive, std::vector<CandidatePrice> prices, int64_t quantity = 1,
                        int64_t at = 0) {
  std::vector<ListStanding> lists;
  for (const bool one : exclusive) lists.push_back({V::kHolds, one, static_cast<uint32_t>(lists.size())});
  const int won = ResolvePrice(lists, quantity, at, absl::MakeSpan(prices));
  std::vector<V> verdicts;
  for (const CandidatePrice& price : prices) verdicts.push_back(price.verdict);
  EXPECT_EQ(won, std::find(verdicts.begin(), verdicts.end(), V::kWon) == verdicts.end()
                     ? -1
                     : std::find(verdicts.begin(), verdicts.end(), V::kWon) - verdicts.begin());
  return verdicts;
}

CandidatePrice At(uint32_t list, int64_t minor, int64_t min_quantity = 1, int64_t start = kEver,
                  int64_t end = kForever) {
  return {list, min_quantity, start, end, minor, V::kHolds};
}

TEST(ResolvePriceTest, NothingWinsOfNothing) {
  EXPECT_THAT(Verdicts({}, {}), ElementsAre());
  EXPECT_THAT(Verdicts({false}, {At(0, 100, 2)}), ElementsAre(V::kQuantityBelowBreak));
}

TEST(ResolvePriceTest, TheLowestWinsAmongListsThatCompete) {
  EXPECT_THAT(Verdicts({false, false}, {At(0, 100), At(1, 90)}), ElementsAre(V::kHigherPrice, V::kWon));
}

TEST(ResolvePriceTest, AnExclusiveListEndsTheSearch) {
  EXPECT_THAT(Verdicts({true, false}, {At(0, 100), At(1, 90)}), ElementsAre(V::kWon, V::kLowerPriority));
  EXPECT_THAT(Verdicts({false, true, false}, {At(0, 100), At(1, 95), At(2, 1)}),
              ElementsAre(V::kHigherPrice, V::kWon, V::kLowerPriority));
  EXPECT_THAT(Verdicts({false, true}, {At(0, 90), At(1, 95)}), ElementsAre(V::kWon, V::kHigherPrice));
  // Not when none of its prices holds.
  EXPECT_THAT(Verdicts({true, false}, {At(0, 100, 2), At(1, 90)}), ElementsAre(V::kQuantityBelowBreak, V::kWon));
}

TEST(ResolvePriceTest, OfAnExclusiveListTheMostSpecificCounts) {
  EXPECT_THAT(Verdicts({true}, {At(0, 80), At(0, 100, 10), At(0, 50, 100)}, 10),
              ElementsAre(V::kLessSpecific, V::kWon, V::kQuantityBelowBreak));
  EXPECT_THAT(Verdicts({true}, {At(0, 80, 1, 5), At(0, 70, 1, 3), At(0, 60)}, 1, 9),
              ElementsAre(V::kWon, V::kLessSpecific, V::kLessSpecific));
}

TEST(ResolvePriceTest, OfOneThatCompetesTheLowest) {
  EXPECT_THAT(Verdicts({false}, {At(0, 80), At(0, 100, 10)}, 10), ElementsAre(V::kWon, V::kHigherPrice));
}

TEST(ResolvePriceTest, TimesHaveTheirStartAndNotTheirEnd) {
  const std::vector<CandidatePrice> prices = {At(0, 100, 1, 10, 20), At(0, 90, 1, 20, 30)};
  EXPECT_THAT(Verdicts({false}, prices, 1, 9), ElementsAre(V::kNotYetValid, V::kNotYetValid));
  EXPECT_THAT(Verdicts({false}, prices, 1, 10), ElementsAre(V::kWon, V::kNotYetValid));
  EXPECT_THAT(Verdicts({false}, prices, 1, 20), ElementsAre(V::kExpired, V::kWon));
  EXPECT_THAT(Verdicts({false}, prices, 1, 30), ElementsAre(V::kExpired, V::kExpired));
}

TEST(ResolvePriceTest, TiesGoToTheFirstListThenTheMoreSpecific) {
  EXPECT_THAT(Verdicts({false, false}, {At(1, 90), At(0, 90)}), ElementsAre(V::kEqualPrice, V::kWon));
  EXPECT_THAT(Verdicts({false}, {At(0, 90), At(0, 90, 5)}, 5), ElementsAre(V::kEqualPrice, V::kWon));
  EXPECT_THAT(Verdicts({false}, {At(0, 90, 1, 2), At(0, 90, 1, 1)}, 1, 5), ElementsAre(V::kWon, V::kEqualPrice));
}

TEST(NextBoundaryTest, IsTheNextMomentAtWhichTimeAloneChangesAnything) {
  EXPECT_EQ(NextBoundary(10, kEver, kForever, kForever), kForever);
  EXPECT_EQ(NextBoundary(10, 20, 30, kForever), 20);
  EXPECT_EQ(NextBoundary(20, 20, 30, kForever), 30);
  EXPECT_EQ(NextBoundary(30, 20, 30, kForever), kForever);
  EXPECT_EQ(NextBoundary(10, 20, 30, 15), 15);
}

// The rule once more, in the words of its description: list after list, with no eye to speed.
struct Reference {
  struct Entry {
    int64_t list_id, min_quantity, start, end, minor;
  };
  std::vector<PriceTerms> lists;
  std::vector<Entry> entries;

  static bool Fits(const PriceTerms& list, const PriceQuestion& q) {
    const auto has = [](const std::vector<std::string>& all, absl::string_view one) {
      return all.empty() || std::count(all.begin(), all.end(), std::string(one)) > 0;
    };
    return list.active && list.currency == q.currency && list.start <= q.at && q.at < list.end &&
           has(list.channels, q.channel) && has(list.customer_groups, q.customer_group);
  }

  // The entry that wins; null if none.
  const Entry* Resolve(const PriceQuestion& q, int64_t quantity) const {
    std::multimap<std::pair<int64_t, int64_t>, const PriceTerms*> order;
    for (const PriceTerms& list : lists) order.insert({{-list.priority, list.list_id}, &list});
    const Entry* best = nullptr;
    for (const auto& [key, list] : order) {
      if (!Fits(*list, q)) continue;
      std::vector<const Entry*> mine;
      for (const Entry& entry : entries) {
        if (entry.list_id == list->list_id && entry.min_quantity <= quantity && entry.start <= q.at &&
            q.at < entry.end) {
          mine.push_back(&entry);
        }
      }
      std::sort(mine.begin(), mine.end(), [](const Entry* a, const Entry* b) {
        return std::pair(a->min_quantity, a->start) > std::pair(b->min_quantity, b->start);
      });
      if (list->exclusive && !mine.empty()) mine.resize(1);
      for (const Entry* entry : mine) {
        if (best == nullptr || entry->minor < best->minor) best = entry;
      }
      if (list->exclusive && !mine.empty()) break;
    }
    return best;
  }
};

class RandomLists {
 public:
  explicit RandomLists(uint32_t seed) : random_(seed) {}

  int64_t Upto(int64_t n) { return std::uniform_int_distribution<int64_t>(0, n)(random_); }
  std::pair<int64_t, int64_t> Interval() {
    if (Upto(2) == 0) return {kEver, kForever};
    const int64_t start = Upto(20);
    return {Upto(3) == 0 ? kEver : start, Upto(3) == 0 ? kForever : start + 1 + Upto(10)};
  }
  std::vector<std::string> Some(const std::vector<std::string>& of) {
    std::vector<std::string> some;
    for (const auto& one : of) {
      if (Upto(2) == 0) some.push_back(one);
    }
    return some;
  }
  PriceTerms List(int64_t id) {
    PriceTerms terms = Terms(id, Upto(3), Upto(2) == 0);
    terms.currency = Upto(5) == 0 ? "USD" : "EUR";
    terms.channels = Some({"channels/a", "channels/b"});
    terms.customer_groups = Some({"g", "h"});
    terms.active = Upto(7) != 0;
    std::tie(terms.start, terms.end) = Interval();
    return terms;
  }

 private:
  std::mt19937 random_;
};

// Lists that overlap in every dimension, all questions of a small world.
TEST(ResolvePriceTest, AgreesWithTheReferenceOnRandomLists) {
  int wins = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    RandomLists random(seed);
    Reference reference;
    std::vector<CandidatePrice> candidates;
    const int64_t list_count = 1 + random.Upto(7);
    for (int64_t id = 1; id <= list_count; ++id) {
      reference.lists.push_back(random.List(id));
      std::map<std::pair<int64_t, int64_t>, Reference::Entry> own;
      for (int64_t i = random.Upto(5); i > 0; --i) {
        const auto [start, end] = random.Interval();
        const int64_t quantity = 1 + random.Upto(3);
        own[{quantity, start}] = {id, quantity, start, end, 90 + random.Upto(6)};
      }
      for (const auto& [key, entry] : own) reference.entries.push_back(entry);
    }
    for (const auto& e : reference.entries) {
      candidates.push_back({static_cast<uint32_t>(e.list_id - 1), e.min_quantity, e.start, e.end, e.minor, V::kHolds});
    }
    for (const char* channel : {"", "channels/a", "channels/b"}) {
      for (const char* group : {"", "g", "h"}) {
        for (const int64_t at : {-1, 0, 3, 7, 10, 15, 20, 31}) {
          for (const int64_t quantity : {1, 2, 4}) {
            const PriceQuestion question{"EUR", channel, group, at};
            std::vector<ListStanding> standings;
            for (const PriceTerms& list : reference.lists) {
              uint32_t rank = 0;
              for (const PriceTerms& other : reference.lists) rank += ComesBefore(other, list);
              standings.push_back({JudgeList(list, question), list.exclusive, rank});
            }
            const int won = ResolvePrice(standings, quantity, at, absl::MakeSpan(candidates));
            const Reference::Entry* expected = reference.Resolve(question, quantity);
            ASSERT_EQ(won >= 0, expected != nullptr) << "seed " << seed;
            if (expected == nullptr) continue;
            ++wins;
            ASSERT_EQ(won, expected - reference.entries.data())
                << "seed " << seed << " at " << at << " quantity " << quantity << " " << channel << " " << group;
            ASSERT_EQ(
                std::count_if(candidates.begin(), candidates.end(), [](const auto& c) { return c.verdict == V::kWon; }),
                1);
            ASSERT_TRUE(std::none_of(candidates.begin(), candidates.end(),
                                     [](const auto& c) { return c.verdict == V::kHolds; }));
          }
        }
      }
    }
  }
  EXPECT_GT(wins, 20'000);
}

}  // namespace
}  // namespace storeops::catalog
