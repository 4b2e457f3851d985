// The life of a stock transfer.
#ifndef STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STATES_H_
#define STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STATES_H_

#include "absl/strings/string_view.h"
#include "common/workflow/workflow.h"
#include "storeops/inventory/v1/stock_transfer.pb.h"

namespace storeops::inventory {
namespace stock_transfer_states {

// ReceiveStockTransfer is one of two actions: units are still on their way afterwards, or none are.
enum class Action { kUpdate, kShip, kReceivePart, kReceiveRest, kCancel };
using enum Action;
using Transfer = v1::StockTransfer;

inline constexpr workflow::ActionName<Action> kNames[] = {
    {kUpdate, "UpdateStockTransfer"},       {kShip, "ShipStockTransfer"},     {kReceivePart, "ReceiveStockTransfer"},
    {kReceiveRest, "ReceiveStockTransfer"}, {kCancel, "CancelStockTransfer"},
};

inline constexpr absl::string_view kWrite = "inventory.transfers.write";

inline constexpr workflow::Transition<Transfer::State, Action> kTransitions[] = {
    {Transfer::DRAFT, kUpdate, Transfer::DRAFT, kWrite},
    {Transfer::DRAFT, kShip, Transfer::SHIPPED, kWrite},
    {Transfer::DRAFT, kCancel, Transfer::CANCELLED, kWrite},
    {Transfer::SHIPPED, kReceivePart, Transfer::SHIPPED, kWrite, {"", "units are still on their way"}},
    {Transfer::SHIPPED, kReceiveRest, Transfer::RECEIVED, kWrite, {"", "every unit has arrived or is lost"}},
    {Transfer::SHIPPED, kCancel, Transfer::CANCELLED, kWrite},
};

}  // namespace stock_transfer_states

using TransferAction = stock_transfer_states::Action;

inline constexpr workflow::Machine<v1::StockTransfer::State, TransferAction> kTransferStates = {
    .resource = "inventory.storeops/StockTransfer",
    .service = "storeops.inventory.v1.StockTransferService",
    .state_name = v1::StockTransfer::State_Name,
    .actions = stock_transfer_states::kNames,
    .rows = stock_transfer_states::kTransitions,
    .initial = {v1::StockTransfer::DRAFT},
    .terminal = {v1::StockTransfer::RECEIVED, v1::StockTransfer::CANCELLED},
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_STATES_H_
