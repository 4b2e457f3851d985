#include "services/inventory/transfers/stock_transfer_states.h"

#include <vector>

#include "services/inventory/purchasing/action_refusal.h"

namespace storeops::inventory {
namespace {

using enum TransferAction;
using Transfer = v1::StockTransfer;

constexpr TransferTransition kTransitions[] = {
    {Transfer::DRAFT, kShip, Transfer::SHIPPED},          {Transfer::DRAFT, kCancel, Transfer::CANCELLED},
    {Transfer::SHIPPED, kReceivePart, Transfer::SHIPPED}, {Transfer::SHIPPED, kReceiveRest, Transfer::RECEIVED},
    {Transfer::SHIPPED, kCancel, Transfer::CANCELLED},
};

}  // namespace

absl::Span<const TransferTransition> TransferTransitions() { return kTransitions; }

absl::string_view TransferActionName(TransferAction action) {
  switch (action) {
    case kShip:
      return "ShipStockTransfer";
    case kReceivePart:
    case kReceiveRest:
      return "ReceiveStockTransfer";
    case kCancel:
      return "CancelStockTransfer";
  }
  return "";
}

absl::StatusOr<Transfer::State> NextState(const Transfer& transfer, TransferAction action) {
  std::vector<absl::string_view> allowed;
  for (const TransferTransition& transition : kTransitions) {
    if (transition.from != transfer.state()) continue;
    if (transition.action == action) return transition.to;
    allowed.push_back(TransferActionName(transition.action));
  }
  return ActionNotAllowed(transfer.name(), Transfer::State_Name(transfer.state()), TransferActionName(action), allowed);
}

}  // namespace storeops::inventory
