#include "common/search/columns.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/search/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::search {
namespace {

constexpr uint32_t kLastId = 1000;
constexpr int kSlots = 3;

Document RandomDocument(uint32_t id, std::mt19937& random) {
  Document document;
  document.id = id;
  for (uint32_t i = random() % 4; i > 0; --i) {
    const std::string value = absl::StrCat("value ", random() % 150);
    document.terms.push_back(ExactTerm('B', value));
    document.facets.push_back({static_cast<int>(random() % 2) * 255, value});
  }
  if (random() % 4 > 0) document.keys.push_back({1, NumberKey(random() % 20 - 10.0)});
  if (random() % 4 > 0) document.keys.push_back({2, TextKey(absl::StrCat("Text ", random() % 20))});
  return document;
}

using Counts = std::map<std::pair<int, std::string>, int64_t>;

Counts CountsOf(const Columns& columns) {
  Counts counts;
  for (const Columns::Value& value : columns.values()) {
    if (value.documents > 0) counts[{value.facet, value.text}] = value.documents;
  }
  return counts;
}

// What a document has, by name: numbers of values are nobody's business.
std::multiset<std::pair<int, std::string>> ValuesOf(const Columns& columns, Row row) {
  std::multiset<std::pair<int, std::string>> values;
  for (const PackedNumbers& numbers : {row.facets(), row.terms()}) {
    for (const ValueId id : numbers) values.emplace(columns.values()[id].facet, columns.values()[id].text);
  }
  return values;
}

std::vector<uint32_t> InOrder(const Columns& columns, int slot) {
  const Columns::Order* order = columns.FindOrder(slot);
  return order == nullptr ? std::vector<uint32_t>() : std::vector<uint32_t>(order->begin(), order->end());
}

void ExpectEqual(const Columns& a, const Columns& b) {
  ASSERT_EQ(a.document_count(), b.document_count());
  EXPECT_EQ(CountsOf(a), CountsOf(b));
  for (uint32_t id = 1; id <= kLastId; ++id) {
    const Row left = a.rows().Find(id);
    const Row right = b.rows().Find(id);
    ASSERT_EQ(left.present(), right.present()) << id;
    if (!left.present()) continue;
    for (int slot = 1; slot <= kSlots; ++slot) EXPECT_EQ(left.Key(slot), right.Key(slot)) << id;
    EXPECT_EQ(ValuesOf(a, left), ValuesOf(b, right)) << id;
  }
  for (int slot = 1; slot <= kSlots; ++slot) EXPECT_EQ(InOrder(a, slot), InOrder(b, slot)) << slot;
}

class ColumnsTest : public ::testing::Test {
 protected:
  void Put(const Document& document) {
    database_.replace_document(document.id, MakeDocument(document));
    columns_.Put(document);
  }
  void Remove(uint32_t id) {
    if (columns_.rows().Find(id).present()) database_.delete_document(id);
    columns_.Remove(id);
  }

  std::mt19937 random_{11};
  Xapian::WritableDatabase database_ = Xapian::InMemory::open();
  Columns columns_;
};

TEST_F(ColumnsTest, AreTheSameChangedAsLoaded) {
  for (int round = 0; round < 4000; ++round) {
    const uint32_t id = random_() % kLastId + 1;
    if (random_() % 4 == 0) {
      Remove(id);
    } else {
      Put(RandomDocument(id, random_));
    }
  }
  ExpectEqual(columns_, Columns::Load(database_));
}

TEST_F(ColumnsTest, OrdersAreByKeyAndThenById) {
  for (uint32_t id = 1; id <= kLastId; ++id) Put(RandomDocument(id, random_));
  for (int slot = 1; slot < kSlots; ++slot) {
    std::vector<std::pair<std::string, uint32_t>> expected;
    for (uint32_t id = 1; id <= kLastId; ++id) expected.emplace_back(columns_.rows().Find(id).Key(slot), id);
    std::sort(expected.begin(), expected.end());
    std::vector<uint32_t> ids;
    for (const auto& [key, id] : expected) ids.push_back(id);
    EXPECT_EQ(InOrder(columns_, slot), ids);
  }
  EXPECT_EQ(columns_.FindOrder(kSlots), nullptr);
}

TEST_F(ColumnsTest, StayTheSameWhenMoved) {
  for (uint32_t id = 1; id <= kLastId; ++id) Put(RandomDocument(id, random_));
  Columns moved = std::move(columns_);
  columns_ = Columns();
  moved.Put(RandomDocument(1, random_));
  moved.Remove(2);
  EXPECT_EQ(InOrder(moved, 1).size(), kLastId - 1);
  EXPECT_EQ(columns_.document_count(), 0);
}

TEST_F(ColumnsTest, ForgetValuesThatNobodyHas) {
  const std::string term = ExactTerm('B', "a");
  Put({.id = 1, .terms = {term, term}, .facets = {{0, "a"}, {0, "a"}}});
  ASSERT_NE(columns_.FindTerm(term), nullptr);
  EXPECT_EQ(columns_.values()[*columns_.FindTerm(term)].documents, 1) << "said twice";
  Remove(1);
  EXPECT_EQ(columns_.FindTerm(term), nullptr);
  EXPECT_EQ(CountsOf(columns_), Counts());
  const size_t known = columns_.values().size();
  Put({.id = 2, .terms = {ExactTerm('B', "b")}, .facets = {{0, "b"}}});
  EXPECT_EQ(columns_.values().size(), known) << "their numbers are used again";
}

}  // namespace
}  // namespace storeops::search
