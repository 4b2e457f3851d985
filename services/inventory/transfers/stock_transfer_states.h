// The life of a stock transfer as a table: which action leads from which state to which.
#ifndef STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STATES_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storeops/inventory/v1/stock_transfer.pb.h"

namespace storeops::inventory {

// An arrival is one of two actions: more is still under way afterwards, or nothing is.
enum class TransferAction { kShip, kReceivePart, kReceiveRest, kCancel };

struct TransferTransition {
  v1::StockTransfer::State from;
  TransferAction action;
  v1::StockTransfer::State to;
};

absl::Span<const TransferTransition> TransferTransitions();

// The RPC of an action: "ShipStockTransfer".
absl::string_view TransferActionName(TransferAction action);

// FAILED_PRECONDITION (ACTION_NOT_ALLOWED) naming the actions that the transfer's state allows.
absl::StatusOr<v1::StockTransfer::State> NextState(const v1::StockTransfer& transfer, TransferAction action);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STATES_H_
