#include "services/inventory/transfers/stock_transfer_service.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/stock/stock_messages.h"
#include "services/inventory/transfers/stock_transfer_rules.h"
#include "services/inventory/transfers/stock_transfer_store.h"

namespace storeops::inventory {
namespace {

using google::protobuf::Message;
using v1::StockTransfer;

constexpr char kService[] = "storeops.inventory.v1.StockTransferService";

struct Places {
  int64_t source = 0;
  int64_t destination = 0;
};
absl::StatusOr<Places> PlacesOf(const StockTransfer& transfer) {
  ASSIGN_OR_RETURN(const int64_t source, ParseLocation(transfer.source(), "source"));
  ASSIGN_OR_RETURN(const int64_t destination, ParseLocation(transfer.destination(), "destination"));
  return Places{source, destination};
}

// Actions change one of these, edits none.
bool IsAction(const StockTransfer& before, const StockTransfer& after) {
  return before.state() != after.state() || before.arrival_count() != after.arrival_count();
}

// The lots' dates are known since they were shipped, and are not stated again.
std::vector<Movement> MakeArrivals(const std::vector<Settlement>& settlements, int64_t destination) {
  std::vector<Movement> movements;
  for (const Settlement& one : settlements) {
    const StockKey key{one.sku, destination};
    const auto arrive = [&](int64_t pieces, PiecePlace place) {
      if (pieces == 0) return;
      Movement movement = TransferIn(key, pieces, pieces);
      movement.to = place;
      movement.lot = one.lot;
      movement.bin = one.bin;
      movement.note = one.note;
      movement.field = one.field;
      movements.push_back(std::move(movement));
    };
    arrive(one.sound, PiecePlace::kForSale);
    arrive(one.damaged, PiecePlace::kDamaged);
    if (one.lost == 0) continue;
    Movement lost = Expect(key, -one.lost);
    lost.lot = one.lot;
    lost.reason = v1::LOST;
    lost.note = one.note;
    lost.field = one.field;
    movements.push_back(std::move(lost));
  }
  return movements;
}

}  // namespace

absl::Status StockTransferService::Bind(Environment& environment) {
  resource::Hooks hooks;
  hooks.create_uses_session = [](const Message&) { return true; };
  hooks.before_write = [this](resource::Write& write, const Message* before, Message* after) {
    return CheckWrite(write, static_cast<const Transfer*>(before), static_cast<Transfer&>(*after));
  };
  ASSIGN_OR_RETURN(transfers_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                        Transfer::default_instance(), std::move(hooks)));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  transfers_->Bind(service);
  service.Unary("ShipStockTransfer", this, &StockTransferService::Ship)
      .Unary("ReceiveStockTransfer", this, &StockTransferService::Receive)
      .Unary("CancelStockTransfer", this, &StockTransferService::Cancel)
      .Replay(&environment.replays);
  return absl::OkStatus();
}

absl::Status StockTransferService::CheckLocations(db::Session& session, const Transfer& transfer) const {
  RETURN_IF_ERROR(locations_.Read(session, transfer.source(), "source", /*lock=*/false).status());
  return locations_.Read(session, transfer.destination(), "destination", /*lock=*/false).status();
}

absl::Status StockTransferService::CheckWrite(resource::Write& write, const Transfer* before, Transfer& after) const {
  if (before == nullptr) {
    after.set_state(Transfer::DRAFT);
  } else if (IsAction(*before, after)) {
    return absl::OkStatus();
  } else {
    RETURN_IF_ERROR(kTransferStates.Check(*before, TransferAction::kUpdate));
  }
  RETURN_IF_ERROR(CheckTransfer(after));
  return CheckLocations(write.session(), after);
}

absl::StatusOr<StockTransfer> StockTransferService::Act(
    rpc::Call& call, const Message& request, TransferAction action,
    const std::function<absl::StatusOr<TransferAction>(resource::Write&, Transfer& transfer)>& effect) {
  Transfer response;
  const auto edit = [&](resource::Write& write, Message* message) -> absl::Status {
    auto& transfer = static_cast<Transfer&>(*message);
    // Whether it may be at all is said before what is wrong with it.
    RETURN_IF_ERROR(kTransferStates.Check(transfer, action));
    ASSIGN_OR_RETURN(const TransferAction done, effect(write, transfer));
    return kTransferStates.Move(done, transfer);
  };
  RETURN_IF_ERROR(transfers_->Edit(call, request, &response, edit));
  return response;
}

absl::Status StockTransferService::PostShipment(resource::Write& write, Transfer& transfer) const {
  RETURN_IF_ERROR(CheckLocations(write.session(), transfer));
  ASSIGN_OR_RETURN(const Places places, PlacesOf(transfer));
  std::vector<Movement> movements;
  for (int i = 0; i < transfer.items_size(); ++i) {
    const auto& item = transfer.items(i);
    Movement out = TransferOut({item.sku(), places.source}, item.quantity());
    out.lot = item.lot();
    out.bin = item.bin();
    out.note = item.note();
    out.field = absl::StrCat("items[", i, "]");
    movements.push_back(std::move(out));
    movements.push_back(Expect({item.sku(), places.destination}, item.quantity()));
    movements.back().field = absl::StrCat("items[", i, "]");
  }
  RETURN_IF_ERROR(ledger_.Post(write, movements, MakeCause(write, transfer.name())).status());
  ASSIGN_OR_RETURN(const auto parcels, ReadShipped(write.session(), transfer.name()));
  transfer.mutable_parcels()->Assign(parcels.begin(), parcels.end());
  *transfer.mutable_ship_time() = ToTimestamp(write.now());
  return absl::OkStatus();
}

absl::StatusOr<StockTransfer> StockTransferService::Ship(rpc::Call& call, const v1::ShipStockTransferRequest& request) {
  return Act(call, request, TransferAction::kShip,
             [&](resource::Write& write, Transfer& transfer) -> absl::StatusOr<TransferAction> {
               RETURN_IF_ERROR(PostShipment(write, transfer));
               return TransferAction::kShip;
             });
}

absl::StatusOr<StockTransfer> StockTransferService::Receive(rpc::Call& call,
                                                            const v1::ReceiveStockTransferRequest& request) {
  return Act(call, request, TransferAction::kReceivePart,
             [&](resource::Write& write, Transfer& transfer) -> absl::StatusOr<TransferAction> {
               ASSIGN_OR_RETURN(const Places places, PlacesOf(transfer));
               ASSIGN_OR_RETURN(const auto settlements, Settle(request, transfer));
               const std::vector<Movement> movements = MakeArrivals(settlements, places.destination);
               RETURN_IF_ERROR(ledger_.Post(write, movements, MakeCause(write, transfer.name())).status());
               *transfer.mutable_receive_time() = ToTimestamp(write.now());
               transfer.set_arrival_count(transfer.arrival_count() + 1);
               return AllToldOf(transfer) ? TransferAction::kReceiveRest : TransferAction::kReceivePart;
             });
}

absl::Status StockTransferService::PostReturn(resource::Write& write, Transfer& transfer) const {
  ASSIGN_OR_RETURN(const Places places, PlacesOf(transfer));
  std::vector<Movement> movements;
  for (StockTransfer::Parcel& parcel : *transfer.mutable_parcels()) {
    const int64_t pieces = UnderWay(parcel);
    if (pieces == 0) continue;
    movements.push_back(Expect({parcel.sku(), places.destination}, -pieces));
    Movement back = TransferIn({parcel.sku(), places.source}, pieces, 0);
    back.lot = parcel.lot();
    movements.push_back(std::move(back));
    parcel.set_returned(pieces);
  }
  if (movements.empty()) return absl::OkStatus();
  return ledger_.Post(write, movements, MakeCause(write, transfer.name())).status();
}

absl::StatusOr<StockTransfer> StockTransferService::Cancel(rpc::Call& call,
                                                           const v1::CancelStockTransferRequest& request) {
  return Act(call, request, TransferAction::kCancel,
             [&](resource::Write& write, Transfer& transfer) -> absl::StatusOr<TransferAction> {
               RETURN_IF_ERROR(PostReturn(write, transfer));
               *transfer.mutable_cancel_time() = ToTimestamp(write.now());
               transfer.set_cancel_reason(request.reason());
               return TransferAction::kCancel;
             });
}

}  // namespace storeops::inventory
