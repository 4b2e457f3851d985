// StockTransferService: pieces from one location to another.
#ifndef STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/stock/stock_ledger.h"
#include "services/inventory/transfers/stock_transfer_states.h"
#include "storeops/inventory/v1/stock_transfer_service.pb.h"

namespace storeops::inventory {

class StockTransferService {
 public:
  StockTransferService(const LocationService& locations, const StockLedger& ledger)
      : locations_(locations), ledger_(ledger) {}

  absl::Status Bind(Environment& environment);

 private:
  using Transfer = v1::StockTransfer;

  absl::Status CheckLocations(db::Session& session, const Transfer& transfer) const;
  absl::Status CheckWrite(resource::Write& write, const Transfer* before, Transfer& after) const;
  // Has `effect` do what the action does; it may say which action it is. Answers with the transfer.
  absl::StatusOr<Transfer> Act(
      rpc::Call& call, const google::protobuf::Message& request, TransferAction action,
      const std::function<absl::StatusOr<TransferAction>(resource::Write&, Transfer& transfer)>& effect);

  absl::StatusOr<Transfer> Ship(rpc::Call& call, const v1::ShipStockTransferRequest& request);
  absl::StatusOr<Transfer> Receive(rpc::Call& call, const v1::ReceiveStockTransferRequest& request);
  absl::StatusOr<Transfer> Cancel(rpc::Call& call, const v1::CancelStockTransferRequest& request);
  absl::Status PostShipment(resource::Write& write, Transfer& transfer) const;
  absl::Status PostReturn(resource::Write& write, Transfer& transfer) const;

  const LocationService& locations_;
  const StockLedger& ledger_;
  std::unique_ptr<resource::Resource> transfers_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_TRANSFERS_STOCK_TRANSFER_SERVICE_H_
