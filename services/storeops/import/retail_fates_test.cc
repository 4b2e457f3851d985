#include "services/storeops/import/retail_fates.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// By "invoice,code,quantity,time,price,customer".
class RetailFatesTest : public ::testing::Test {
 protected:
  void Add(absl::string_view row) {
    const std::vector<std::string> f = absl::StrSplit(row, ',');
    ASSERT_TRUE(lines_.Add({f[0], f[1], "TITLE", f[2], f[3], f[4], f[5], "France"})) << row;
  }
  // {line of an order, cancellation, pieces}, lines by their places in the order of Add.
  std::vector<std::tuple<int, int, int>> Matches() {
    fates_ = DecideFates(lines_);
    std::vector<std::tuple<int, int, int>> matches;
    for (const RetailMatch& match : fates_.matches) {
      matches.emplace_back(match.order_line, match.cancellation, static_cast<int>(match.quantity));
    }
    return matches;
  }

  RetailLines lines_{"GBP"};
  RetailFates fates_;
};

TEST_F(RetailFatesTest, EveryLineHasTheFirstFateThatFits) {
  const struct {
    const char* row;
    RetailFate expected;
  } cases[] = {
      {"1,A,2,2011-01-01 10:00:00,2.50,7", RetailFate::kOrderLine},
      {"1,GIFT,1,2011-01-01 10:00:00,0,7", RetailFate::kGift},
      {"1,POST,1,2011-01-01 10:00:00,18.00,7", RetailFate::kOrderLine},
      {"1,A,-1,2011-01-01 10:00:00,2.50,7", RetailFate::kTakenBack},
      {"1,A,1,2011-01-01 10:00:00,-2.50,7", RetailFate::kTakenBack},
      {"2,A,3,2011-01-01 10:00:00,0.0,", RetailFate::kCorrection},    // "found"
      {"3,A,-3,2011-01-01 10:00:00,0.0,7", RetailFate::kCorrection},  // "damaged"
      {"4,A,3,2011-01-01 10:00:00,0.0,", RetailFate::kGift},          // with something that was paid
      {"4,B1,3,2011-01-01 10:00:00,1.0,", RetailFate::kOrderLine},
      {"5,A,3,2011-01-01 10:00:00,0.0,7", RetailFate::kGift},  // to a customer
      {"6,BANK CHARGES,1,2011-01-01 10:00:00,15.00,7", RetailFate::kFee},
      {"7,B,1,2011-01-01 10:00:00,15.00,7", RetailFate::kBadDebt},
      {"A8,A,1,2011-01-01 10:00:00,-15.00,7", RetailFate::kBadDebt},
      {"C9,A,-1,2011-01-02 10:00:00,2.50,7", RetailFate::kCancellation},
      {"C9,A,-1,2011-01-02 10:00:00,2.49,7", RetailFate::kLooseCancellation},
      {"C9,A,1,2011-01-02 10:00:00,2.50,7", RetailFate::kLooseCancellation},
      {"C9,D,-1,2011-01-02 10:00:00,2.50,7", RetailFate::kDiscount},
      {"C9,AMAZONFEE,-1,2011-01-02 10:00:00,2.50,", RetailFate::kFee},
      {"C9,CRUK,-1,2011-01-02 10:00:00,2.50,7", RetailFate::kFee},
      {"C9,POST,-1,2011-01-02 10:00:00,18.00,7", RetailFate::kCancellation},
  };
  for (const auto& test : cases) Add(test.row);
  const RetailFates fates = DecideFates(lines_);
  for (size_t i = 0; i < std::size(cases); ++i) EXPECT_EQ(fates.of_line[i], cases[i].expected) << cases[i].row;
}

TEST_F(RetailFatesTest, TheYoungestOrderThatHasEnoughLeftIsCancelled) {
  Add("1,A,10,2011-01-01 10:00:00,2.50,7");
  Add("2,A,4,2011-01-05 10:00:00,2.50,7");
  Add("3,A,9,2011-01-09 10:00:00,2.50,7");    // younger than the cancellations
  Add("C4,A,-4,2011-01-06 10:00:00,2.50,7");  // all of 2
  Add("C5,A,-1,2011-01-07 10:00:00,2.50,7");  // nothing is left of 2
  Add("C6,A,-6,2011-01-08 10:00:00,2.50,7");
  EXPECT_THAT(Matches(), ElementsAre(std::make_tuple(0, 4, 1), std::make_tuple(0, 5, 6), std::make_tuple(1, 3, 4)));
}

TEST_F(RetailFatesTest, SeveralOrdersShareWhatOneAloneDoesNotHave) {
  Add("1,A,10,2011-01-01 10:00:00,2.50,7");
  Add("2,A,4,2011-01-05 10:00:00,2.50,7");
  Add("C3,A,-12,2011-01-06 10:00:00,2.50,7");
  Add("C4,A,-3,2011-01-07 10:00:00,2.50,7");  // two are left
  EXPECT_THAT(Matches(), ElementsAre(std::make_tuple(0, 2, 8), std::make_tuple(1, 2, 4)));
  EXPECT_EQ(fates_.of_line[2], RetailFate::kCancellation);
  EXPECT_EQ(fates_.of_line[3], RetailFate::kLooseCancellation);
}

TEST_F(RetailFatesTest, NothingElseIsTheSame) {
  Add("1,A,10,2011-01-01 10:00:00,2.50,7");
  Add("2,A,10,2011-01-01 10:00:00,2.50,");
  Add("C3,A,-1,2011-01-06 10:00:00,2.50,8");
  Add("C3,A,-1,2011-01-06 10:00:00,2.50,");
  Add("C3,a,-1,2011-01-06 10:00:00,2.50,7");  // codes differ when their case does
  Add("C3,A,-1,2011-01-06 10:00:00,2.501,7");
  Add("C4,A,-1,2011-01-01 09:59:00,2.50,7");  // before it was ordered
  EXPECT_THAT(Matches(), IsEmpty());
}

TEST_F(RetailFatesTest, TheSameMinuteIsNotTooEarlyAndTheFilesOrderDoesNotMatter) {
  Add("C2,A,-10,2011-01-01 10:00:00,2.50,7");
  Add("1,A,10,2011-01-01 10:00:00,2.50,7");
  EXPECT_THAT(Matches(), ElementsAre(std::make_tuple(1, 0, 10)));
}

TEST_F(RetailFatesTest, ALineTakesAHundredCancellations) {
  Add("1,A,1000,2011-01-01 10:00:00,2.50,7");
  for (int i = 0; i < 101; ++i) Add(absl::StrCat("C", i, ",A,-1,2011-01-02 10:00:00,2.50,7"));
  EXPECT_EQ(Matches().size(), 100u);
  EXPECT_EQ(fates_.of_line[101], RetailFate::kLooseCancellation);
}

TEST_F(RetailFatesTest, AnOrderHasAtMostTwoThousandLines) {
  for (int i = 0; i < 2001; ++i) Add("1,A,1,2011-01-01 10:00:00,2.50,7");
  for (int i = 0; i < 2000; ++i) Add("2,A,1,2011-01-01 10:00:00,2.50,7");
  const RetailFates fates = DecideFates(lines_);
  EXPECT_EQ(std::count(fates.of_line.begin(), fates.of_line.end(), RetailFate::kOversized), 2001);
}

}  // namespace
}  // namespace storeops
