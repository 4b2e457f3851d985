#include "services/inventory/stock/movement.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"

namespace storeops::inventory {
namespace {

using Type = v1::StockMovement;
using enum PiecePlace;

enum class Sign { kNone, kMore, kFewer, kBoth };

// What each type may do to each counter: the rules of the ledger as data.
struct TypeRule {
  v1::StockMovement::Type type;
  Sign on_hand;
  Sign reserved;
  Sign incoming;
};

constexpr TypeRule kRules[] = {
    {Type::RECEIVED, Sign::kMore, Sign::kNone, Sign::kFewer},
    {Type::ALLOCATED, Sign::kNone, Sign::kMore, Sign::kNone},
    {Type::RELEASED, Sign::kNone, Sign::kFewer, Sign::kNone},
    {Type::SHIPPED, Sign::kFewer, Sign::kFewer, Sign::kNone},
    {Type::ADJUSTED, Sign::kBoth, Sign::kNone, Sign::kNone},
    {Type::TRANSFERRED_OUT, Sign::kFewer, Sign::kNone, Sign::kNone},
    {Type::TRANSFERRED_IN, Sign::kMore, Sign::kNone, Sign::kFewer},
    {Type::RETURNED, Sign::kMore, Sign::kNone, Sign::kNone},
    {Type::COUNTED, Sign::kBoth, Sign::kNone, Sign::kNone},
    {Type::STATUS_CHANGED, Sign::kNone, Sign::kNone, Sign::kNone},
    {Type::EXPECTED, Sign::kNone, Sign::kNone, Sign::kBoth},
};

bool Fits(Sign sign, int64_t change) {
  if (change == 0 || sign == Sign::kBoth) return true;
  return sign == (change > 0 ? Sign::kMore : Sign::kFewer);
}

Movement Make(StockKey key, v1::StockMovement::Type type, int64_t pieces, PiecePlace from, PiecePlace to) {
  Movement movement;
  movement.key = std::move(key);
  movement.type = type;
  movement.pieces = pieces;
  movement.from = from;
  movement.to = to;
  return movement;
}

Movement MakeChange(StockKey key, v1::StockMovement::Type type, int64_t change, PiecePlace place) {
  return change > 0 ? Make(std::move(key), type, change, kElsewhere, place)
                    : Make(std::move(key), type, -change, place, kElsewhere);
}

}  // namespace

StockCounters Movement::Change() const {
  StockCounters change;
  const auto add = [&change](PiecePlace place, int64_t count) {
    if (place == kElsewhere) return;
    change.on_hand += count;
    if (place == kDamaged) change.damaged += count;
    if (place == kHeld) change.quality_hold += count;
  };
  add(from, -pieces);
  add(to, pieces);
  change.reserved = reserved;
  change.incoming = incoming;
  return change;
}

Movement Receive(StockKey key, int64_t pieces, int64_t expected) {
  Movement movement = Make(std::move(key), Type::RECEIVED, pieces, kElsewhere, kForSale);
  movement.incoming = -expected;
  return movement;
}

Movement Allocate(StockKey key, int64_t pieces) {
  Movement movement = Make(std::move(key), Type::ALLOCATED, 0, kElsewhere, kElsewhere);
  movement.reserved = pieces;
  return movement;
}

Movement Release(StockKey key, int64_t pieces) {
  Movement movement = Make(std::move(key), Type::RELEASED, 0, kElsewhere, kElsewhere);
  movement.reserved = -pieces;
  return movement;
}

Movement Ship(StockKey key, int64_t pieces, int64_t promised) {
  Movement movement = Make(std::move(key), Type::SHIPPED, pieces, kForSale, kElsewhere);
  movement.reserved = -promised;
  return movement;
}

Movement Adjust(StockKey key, int64_t change, v1::StockReason reason, PiecePlace place) {
  Movement movement = MakeChange(std::move(key), Type::ADJUSTED, change, place);
  movement.reason = reason;
  return movement;
}

Movement Count(StockKey key, int64_t change) {
  Movement movement = MakeChange(std::move(key), Type::COUNTED, change, kForSale);
  movement.reason = v1::COUNT;
  return movement;
}

Movement TransferOut(StockKey key, int64_t pieces) {
  return Make(std::move(key), Type::TRANSFERRED_OUT, pieces, kForSale, kElsewhere);
}

Movement TransferIn(StockKey key, int64_t pieces, int64_t expected) {
  Movement movement = Make(std::move(key), Type::TRANSFERRED_IN, pieces, kElsewhere, kForSale);
  movement.incoming = -expected;
  return movement;
}

Movement Return(StockKey key, int64_t pieces, PiecePlace to) {
  return Make(std::move(key), Type::RETURNED, pieces, kElsewhere, to);
}

Movement ChangeStatus(StockKey key, int64_t pieces, PiecePlace from, PiecePlace to) {
  return Make(std::move(key), Type::STATUS_CHANGED, pieces, from, to);
}

Movement Expect(StockKey key, int64_t change) {
  Movement movement = Make(std::move(key), Type::EXPECTED, 0, kElsewhere, kElsewhere);
  movement.incoming = change;
  return movement;
}

absl::Status CheckMovement(const Movement& movement) {
  const StockCounters change = movement.Change();
  for (const TypeRule& rule : kRules) {
    if (rule.type != movement.type) continue;
    const bool fits = movement.pieces >= 0 && !movement.key.sku.empty() && movement.key.location_id > 0 &&
                      Fits(rule.on_hand, change.on_hand) && Fits(rule.reserved, change.reserved) &&
                      Fits(rule.incoming, change.incoming) && change != StockCounters();
    if (fits) return absl::OkStatus();
  }
  return STOREOPS_BUG(absl::StrCat("a movement ", v1::StockMovement::Type_Name(movement.type), " of SKU \"",
                                   movement.key.sku, "\" does what its type does not allow"));
}

}  // namespace storeops::inventory
