#include "services/inventory/planning/replenishment.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory::planning {
namespace {

using ::testing::ElementsAre;
using Reason = ReplenishmentReason;

// Target 40 + 20 + 12 = 72; position 30 - 5 + 10 = 35; need 37.
ReplenishmentInput UsualItem() {
  ReplenishmentInput input;
  input.forecast_over_lead_time = 40;
  input.forecast_over_review = 20;
  input.safety_stock = 12;
  input.on_hand = 30;
  input.reserved = 5;
  input.incoming = 10;
  input.terms = SupplyTerms{.minimum_quantity = 0, .pack_size = 1, .maximum_quantity = {}, .unit_price_minor = 250};
  return input;
}

Replenishment Suggest(const ReplenishmentInput& input) {
  const auto result = SuggestReplenishment(input);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.value_or(Replenishment());
}

TEST(ReplenishmentTest, BuysWhatIsMissingToTheTarget) {
  const Replenishment result = Suggest(UsualItem());
  EXPECT_EQ(result.target, 72);
  EXPECT_EQ(result.position, 35);
  EXPECT_EQ(result.need, 37);
  EXPECT_EQ(result.quantity, 37);
  EXPECT_EQ(result.amount_minor, 9250);
  EXPECT_THAT(result.reasons, ElementsAre(Reason::kBelowTarget));
  EXPECT_EQ(Explain(result),
            "forecast 40 (lead time) + 20 (review) + safety 12 = target 72; on hand 30 - reserved 5 + incoming 10 = "
            "position 35; need 37; buy 37 in 37 packs (BELOW_TARGET)");
}

TEST(ReplenishmentTest, PacksAndMinimum) {
  ReplenishmentInput input = UsualItem();
  input.terms->pack_size = 12;
  Replenishment result = Suggest(input);  // 37 -> 48
  EXPECT_EQ(result.quantity, 48);
  EXPECT_EQ(result.packs, 4);
  EXPECT_THAT(result.reasons, ElementsAre(Reason::kBelowTarget, Reason::kRoundedToPacks));
  input.terms->minimum_quantity = 50;
  result = Suggest(input);  // 50 is no whole pack: 60
  EXPECT_EQ(result.after_packs, 48);
  EXPECT_EQ(result.quantity, 60);
  EXPECT_THAT(result.reasons, ElementsAre(Reason::kBelowTarget, Reason::kRoundedToPacks, Reason::kRaisedToMinimum));
  input.terms->maximum_quantity = 50;
  result = Suggest(input);  // four packs
  EXPECT_EQ(result.quantity, 48);
  EXPECT_EQ(result.reasons.back(), Reason::kCutToMaximum);
}

TEST(ReplenishmentTest, EconomicQuantity) {
  ReplenishmentInput input = UsualItem();
  input.economic_quantity = 36.2;
  EXPECT_EQ(Suggest(input).quantity, 37);
  input.economic_quantity = 99.2;
  const Replenishment result = Suggest(input);
  EXPECT_EQ(result.after_economic, 100);
  EXPECT_THAT(result.reasons, ElementsAre(Reason::kBelowTarget, Reason::kRaisedToEconomic));
}

TEST(ReplenishmentTest, HowUrgentItIs) {
  ReplenishmentInput input = UsualItem();
  input.reserved = 19;  // 11 free
  EXPECT_THAT(Suggest(input).reasons, ElementsAre(Reason::kBelowSafety, Reason::kBelowTarget));
  input.reserved = 30;
  EXPECT_THAT(Suggest(input).reasons, ElementsAre(Reason::kOutOfStock, Reason::kBelowTarget));
  input.reserved = 50;
  const Replenishment owed = Suggest(input);
  EXPECT_THAT(owed.reasons, ElementsAre(Reason::kBackorders, Reason::kBelowTarget));
  EXPECT_EQ(owed.position, -10);
  EXPECT_EQ(owed.need, 82);
}

TEST(ReplenishmentTest, NothingToBuy) {
  ReplenishmentInput input = UsualItem();
  input.incoming = 47;
  EXPECT_EQ(Suggest(input).quantity, 0);
  EXPECT_THAT(Suggest(input).reasons, ElementsAre(Reason::kEnough));
  input.incoming = 46;
  EXPECT_EQ(Suggest(input).quantity, 1);
  ReplenishmentInput quiet;
  quiet.on_hand = 3;
  EXPECT_THAT(Suggest(quiet).reasons, ElementsAre(Reason::kNoDemand));
}

TEST(ReplenishmentTest, ANeedThatCannotBeBought) {
  ReplenishmentInput input = UsualItem();
  input.discontinued = true;
  EXPECT_EQ(Suggest(input).quantity, 0);
  EXPECT_EQ(Suggest(input).need, 37);
  EXPECT_THAT(Suggest(input).reasons, ElementsAre(Reason::kBelowTarget, Reason::kDiscontinued));
  input.discontinued = false;
  input.terms.reset();
  EXPECT_EQ(Suggest(input).quantity, 0);
  EXPECT_THAT(Suggest(input).reasons, ElementsAre(Reason::kBelowTarget, Reason::kNoSupplier));
}

TEST(ReplenishmentTest, ASumOfDoublesIsNoPieceMore) {
  ReplenishmentInput input = UsualItem();
  input.forecast_over_lead_time = 0.1;
  input.forecast_over_review = 0.2;
  input.safety_stock = 99.7 + 1e-12;
  EXPECT_EQ(Suggest(input).target, 100);
}

TEST(ReplenishmentTest, Refuses) {
  const auto refused = [](auto change) {
    ReplenishmentInput input = UsualItem();
    change(input);
    return !SuggestReplenishment(input).ok();
  };
  EXPECT_TRUE(refused([](auto& input) { input.forecast_over_lead_time = -1; }));
  EXPECT_TRUE(refused([](auto& input) { input.forecast_over_review = std::numeric_limits<double>::quiet_NaN(); }));
  EXPECT_TRUE(refused([](auto& input) { input.on_hand = kMaxPieces + 1; }));
  EXPECT_TRUE(refused([](auto& input) { input.terms->pack_size = 0; }));
  EXPECT_TRUE(refused([](auto& input) { input.terms->unit_price_minor = -1; }));
  EXPECT_TRUE(refused([](auto& input) {
    input.terms->pack_size = 12;
    input.terms->maximum_quantity = 11;
  }));
  EXPECT_TRUE(refused([](auto& input) { input.terms->unit_price_minor = std::numeric_limits<int64_t>::max() / 2; }));
}

}  // namespace
}  // namespace storeops::inventory::planning
