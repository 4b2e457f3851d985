#include "services/inventory/orders/allocation.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using enum AllocationStrategy;

// "line@location=quantity", with "p" and "b" for those on order and backordered.
std::string Describe(const Allocation& allocation) {
  std::vector<std::string> pieces;
  for (const Allocated& piece : allocation.pieces) {
    std::string text = absl::StrCat(piece.line, "@", piece.location_id, "=", piece.quantity);
    if (piece.preordered > 0) absl::StrAppend(&text, "p", piece.preordered);
    if (piece.backordered > 0) absl::StrAppend(&text, "b", piece.backordered);
    pieces.push_back(text);
  }
  return absl::StrJoin(pieces, " ");
}

TEST(AllocationTest, TakesLocationsAsTheyCome) {
  const std::vector<AllocationLine> lines = {{"A", 5}, {"B", 2}};
  const std::vector<SkuSupply> supplies = {{"A", {{1, 3}, {2, 9}}}, {"B", {{1, 1}, {2, 1}}}};
  EXPECT_EQ(Describe(Allocate(lines, supplies, {1, 2}, kInOrder)), "0@1=3 0@2=2 1@1=1 1@2=1");
}

TEST(AllocationTest, LinesOfOneSkuShareIt) {
  const std::vector<AllocationLine> lines = {{"A", 2}, {"A", 2}};
  const Allocation allocation = Allocate(lines, {{"A", {{1, 3}}}}, {1}, kInOrder);
  EXPECT_EQ(Describe(allocation), "0@1=2 1@1=1");
  EXPECT_FALSE(allocation.complete());
  EXPECT_EQ(allocation.missing, (std::vector<int64_t>{0, 1}));
}

TEST(AllocationTest, WhatIsThereGoesBeforeWhatIsNot) {
  const std::vector<AllocationLine> lines = {{"A", 10}};
  const std::vector<SkuSupply> supplies = {{"A", {{1, 2, 3, 4}, {2, 1, 0, 9}}}};
  EXPECT_EQ(Describe(Allocate(lines, supplies, {1, 2}, kInOrder)), "0@1=9p3b4 0@2=1");
}

TEST(AllocationTest, AnUnknownSkuIsMissing) {
  const std::vector<AllocationLine> lines = {{"X", 1}};
  EXPECT_EQ(Allocate(lines, {}, {1}, kInOrder).missing, (std::vector<int64_t>{1}));
  EXPECT_EQ(Allocate(lines, {}, {1}, kFewestSplits).missing, (std::vector<int64_t>{1}));
}

TEST(AllocationTest, FewestSplitsTakesTheOneThatHasAll) {
  const std::vector<AllocationLine> lines = {{"A", 5}, {"B", 2}};
  const std::vector<SkuSupply> supplies = {{"A", {{1, 3}, {2, 9}, {3, 9}}}, {"B", {{1, 2}, {2, 1}, {3, 5}}}};
  EXPECT_EQ(Describe(Allocate(lines, supplies, {1, 2, 3}, kFewestSplits)), "0@3=5 1@3=2");
}

TEST(AllocationTest, AmongAsManyThoseThatComeFirst) {
  const std::vector<AllocationLine> lines = {{"A", 4}};
  const std::vector<SkuSupply> supplies = {{"A", {{1, 1}, {2, 3}, {3, 3}, {4, 2}}}};
  EXPECT_EQ(Describe(Allocate(lines, supplies, {1, 2, 3, 4}, kFewestSplits)), "0@1=1 0@2=3");
}

TEST(AllocationTest, WhatIsNotThereDoesNotMakeMoreSplits) {
  const std::vector<AllocationLine> lines = {{"A", 4}};
  const std::vector<SkuSupply> supplies = {{"A", {{1, 0, 0, 9}, {2, 3, 0, 9}}}};
  EXPECT_EQ(Describe(Allocate(lines, supplies, {1, 2}, kFewestSplits)), "0@2=4b1");
}

// Whatever the stock: nothing is promised that is not there, and what is missing is missing everywhere.
TEST(AllocationTest, NeverMoreThanThereIsAndNeverLessThanPossible) {
  std::mt19937 random(20'261'126);
  for (int round = 0; round < 2'000; ++round) {
    const int locations = 1 + static_cast<int>(random() % 20);
    std::vector<int64_t> ids;
    for (int i = 0; i < locations; ++i) ids.push_back(i + 1);
    std::vector<SkuSupply> supplies;
    for (int sku = 0; sku < 3; ++sku) {
      SkuSupply supply{absl::StrCat(sku), {}};
      for (const int64_t id : ids) {
        if (random() % 3 == 0) continue;
        supply.locations.push_back({id, static_cast<int64_t>(random() % 5), static_cast<int64_t>(random() % 2),
                                    static_cast<int64_t>(random() % 2)});
      }
      supplies.push_back(supply);
    }
    std::vector<AllocationLine> lines;
    for (int i = 0; i < 4; ++i) lines.push_back({absl::StrCat(random() % 3), 1 + static_cast<int64_t>(random() % 9)});
    const auto strategy = random() % 2 == 0 ? kInOrder : kFewestSplits;
    const Allocation allocation = Allocate(lines, supplies, ids, strategy);
    for (const SkuSupply& supply : supplies) {
      int64_t wanted = 0, missing = 0, promised = 0, possible = 0;
      for (size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].sku != supply.sku) continue;
        wanted += lines[i].quantity;
        missing += allocation.missing[i];
      }
      for (const Promisable& at : supply.locations) {
        int64_t quantity = 0, pre = 0, back = 0;
        for (const Allocated& piece : allocation.pieces) {
          if (lines[piece.line].sku != supply.sku || piece.location_id != at.location_id) continue;
          quantity += piece.quantity;
          pre += piece.preordered;
          back += piece.backordered;
        }
        EXPECT_LE(quantity - pre - back, at.there);
        EXPECT_LE(pre, at.preorder);
        EXPECT_LE(back, at.backorder);
        promised += quantity;
        possible += at.there + at.preorder + at.backorder;
      }
      EXPECT_EQ(promised, std::min(wanted, possible));
      EXPECT_EQ(missing, wanted - promised);
    }
  }
}

}  // namespace
}  // namespace storeops::inventory
