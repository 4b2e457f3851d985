// The reservations' part of StockService. Reservations that come at the same time are settled together: one transaction
// locks their levels and decides them one after the other, each with its own answer.
#ifndef STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_SERVICE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "common/module/module.h"
#include "common/resource/commit_group.h"
#include "services/inventory/reservations/reservation_states.h"
#include "services/inventory/reservations/reservation_store.h"
#include "services/inventory/stock/stock_ledger.h"
#include "storeops/inventory/v1/stock_service.pb.h"

namespace storeops::inventory {

class ReservationService {
 public:
  explicit ReservationService(const StockLedger& ledger) : ledger_(ledger) {}

  absl::Status Bind(Environment& environment, rpc::ServiceBuilder& service);

 private:
  using Member = resource::CommitGroup::Member;

  absl::Status WriteMembers(db::Session& session, absl::Span<Member* const> members) const;
  absl::StatusOr<v1::BatchReserveStockResponse> ReserveBatch(rpc::Call& call,
                                                             const v1::BatchReserveStockRequest& request);
  absl::Status WriteBatch(resource::Write& write, const v1::BatchReserveStockRequest& request,
                          v1::BatchReserveStockResponse& response) const;
  // Decides one on what the ones before it left.
  absl::StatusOr<StoredReservation> Settle(resource::Write& write, const v1::ReserveStockRequest& request, int64_t id,
                                           absl::Span<const int64_t> shipping, LockedStock& stock) const;

  absl::StatusOr<v1::Reservation> Release(rpc::Call& call, const v1::ReleaseReservationRequest& request);
  absl::StatusOr<v1::Reservation> Commit(rpc::Call& call, const v1::CommitReservationRequest& request);
  absl::StatusOr<v1::Reservation> End(const rpc::Call& call, const std::string& name, ReservationAction action);
  // Ends those of the reservations that the action changes, and gives back or ships what they hold.
  absl::Status EndLocked(resource::Write& write, ReservationAction action,
                         std::vector<StoredReservation>& reservations) const;
  // Gives back what is due.
  absl::Status ExpireDue(absl::Time deadline);
  absl::Status Expire(const std::vector<int64_t>& ids, absl::Time deadline);

  absl::StatusOr<v1::Reservation> Get(rpc::Call& call, const v1::GetReservationRequest& request);
  absl::StatusOr<v1::ListReservationsResponse> List(rpc::Call& call, const v1::ListReservationsRequest& request);
  absl::StatusOr<v1::ListReservationsResponse> ListOfSku(rpc::Call& call, const std::string& sku,
                                                         const resource::Condition& condition,
                                                         const resource::ListPage& page);

  const StockLedger& ledger_;
  Environment* environment_ = nullptr;
  resource::FilterFields filter_fields_;
  std::unique_ptr<resource::CommitGroup> group_;  // of ReserveStock
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RESERVATIONS_RESERVATION_SERVICE_H_
