#include "services/inventory/stock/movement.h"

#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using enum PiecePlace;
using Type = v1::StockMovement;

const StockKey kKey{"A", 1};

TEST(MovementTest, ChangesCountersAsItsTypeSays) {
  struct Case {
    Movement movement;
    v1::StockMovement::Type type;
    StockCounters change;  // on hand, reserved, incoming, damaged, held
  };
  for (const Case& c : std::initializer_list<Case>{
           {Receive(kKey, 5, 3), Type::RECEIVED, {5, 0, -3, 0, 0}},
           {Allocate(kKey, 2), Type::ALLOCATED, {0, 2, 0, 0, 0}},
           {Release(kKey, 2), Type::RELEASED, {0, -2, 0, 0, 0}},
           {Ship(kKey, 3, 2), Type::SHIPPED, {-3, -2, 0, 0, 0}},
           {Adjust(kKey, 4, v1::FOUND), Type::ADJUSTED, {4, 0, 0, 0, 0}},
           {Adjust(kKey, -4, v1::DISCARDED, kDamaged), Type::ADJUSTED, {-4, 0, 0, -4, 0}},
           {Count(kKey, -1), Type::COUNTED, {-1, 0, 0, 0, 0}},
           {TransferOut(kKey, 2), Type::TRANSFERRED_OUT, {-2, 0, 0, 0, 0}},
           {TransferIn(kKey, 2, 2), Type::TRANSFERRED_IN, {2, 0, -2, 0, 0}},
           {Return(kKey, 1, kHeld), Type::RETURNED, {1, 0, 0, 0, 1}},
           {ChangeStatus(kKey, 2, kForSale, kDamaged), Type::STATUS_CHANGED, {0, 0, 0, 2, 0}},
           {ChangeStatus(kKey, 2, kHeld, kDamaged), Type::STATUS_CHANGED, {0, 0, 0, 2, -2}},
           {Expect(kKey, 7), Type::EXPECTED, {0, 0, 7, 0, 0}},
       }) {
    SCOPED_TRACE(Type::Type_Name(c.type));
    EXPECT_EQ(c.movement.type, c.type);
    EXPECT_EQ(c.movement.Change(), c.change);
    EXPECT_TRUE(CheckMovement(c.movement).ok());
  }
}

TEST(MovementTest, NoTypeDoesWhatIsAnothersToDo) {
  Movement promise_by_receipt = Receive(kKey, 5);
  promise_by_receipt.reserved = 1;
  Movement shipment_that_arrives = Ship(kKey, 1, 0);
  shipment_that_arrives.to = kForSale;
  shipment_that_arrives.from = kElsewhere;
  Movement of_nothing = Adjust(kKey, 1, v1::FOUND);
  of_nothing.pieces = 0;
  Movement of_nowhere = Allocate({"A", 0}, 1);
  Movement untyped = Allocate(kKey, 1);
  untyped.type = Type::TYPE_UNSPECIFIED;
  for (const Movement& movement :
       {promise_by_receipt, shipment_that_arrives, of_nothing, of_nowhere, untyped, Allocate(kKey, -1)}) {
    EXPECT_EQ(CheckMovement(movement).code(), absl::StatusCode::kInternal);
  }
}

}  // namespace
}  // namespace storeops::inventory
