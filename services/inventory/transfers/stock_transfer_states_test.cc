#include "services/inventory/transfers/stock_transfer_states.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using Transfer = v1::StockTransfer;
using enum TransferAction;

constexpr TransferAction kActions[] = {kShip, kReceivePart, kReceiveRest, kCancel};

// One row for each state, one letter for the state after each action in the order above; "-": refused.
TEST(StockTransferStatesTest, EveryActionInEveryState) {
  struct Case {
    Transfer::State state;
    const char* after;
  };
  // Draft, Shipped, Received, Cancelled.
  const std::string letters = "?DSRC";
  const Case cases[] = {
      {Transfer::STATE_UNSPECIFIED, "----"}, {Transfer::DRAFT, "S--C"},     {Transfer::SHIPPED, "-SRC"},
      {Transfer::RECEIVED, "----"},          {Transfer::CANCELLED, "----"},
  };
  for (const Case& one : cases) {
    Transfer transfer;
    transfer.set_state(one.state);
    for (size_t i = 0; i < std::size(kActions); ++i) {
      const auto next = NextState(transfer, kActions[i]);
      EXPECT_EQ(next.ok() ? letters[*next] : '-', one.after[i])
          << Transfer::State_Name(one.state) << " " << TransferActionName(kActions[i]);
    }
  }
}

TEST(StockTransferStatesTest, ARefusalSaysWhatIsAllowed) {
  Transfer transfer;
  transfer.set_state(Transfer::SHIPPED);
  EXPECT_THAT(std::string(NextState(transfer, kShip).status().message()),
              ::testing::HasSubstr("allowed are ReceiveStockTransfer, CancelStockTransfer"));
}

}  // namespace
}  // namespace storeops::inventory
