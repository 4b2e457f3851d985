#include "services/inventory/reservations/reservation_service.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/job_write.h"
#include "common/resource/list_cost.h"
#include "services/inventory/locations/location_store.h"
#include "services/inventory/reservations/allocation.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using v1::Reservation;
using v1::ReserveStockRequest;

constexpr char kIdKind[] = "reservation";
constexpr char kType[] = "inventory.storeops/Reservation";
constexpr char kActor[] = "services/inventory";
constexpr absl::Duration kDefaultHold = absl::Minutes(15);
constexpr absl::Duration kMinHold = absl::Seconds(1);
constexpr absl::Duration kMaxHold = absl::Hours(24 * 90);
constexpr absl::Duration kExpiryInterval = absl::Seconds(5);
constexpr int kExpiredAtOnce = 100;
// Movements that are looked through for one page of a SKU's reservations.
constexpr int kSkuReach = 1000;

absl::StatusOr<absl::Duration> HoldOf(const ReserveStockRequest& request) {
  if (!request.has_hold()) return kDefaultHold;
  const absl::Duration hold = FromDurationProto(request.hold());
  if (hold >= kMinHold && hold <= kMaxHold) return hold;
  return InvalidField("hold", "must be from 1 second to 90 days");
}

absl::StatusOr<std::vector<WantedPieces>> WantedBy(const ReserveStockRequest& request) {
  std::vector<WantedPieces> wanted;
  for (int i = 0; i < request.lines_size(); ++i) {
    const ReserveStockRequest::Line& line = request.lines(i);
    WantedPieces pieces{line.sku(), line.quantity(), 0, absl::StrCat("lines[", i, "]")};
    ASSIGN_OR_RETURN(pieces.location_id, ParseLocation(line.location(), pieces.field + ".location"));
    wanted.push_back(std::move(pieces));
  }
  return wanted;
}

// What is to be locked for some requests.
struct Demand {
  std::vector<std::string> skus;
  bool anywhere = false;  // a line names no location

  void Add(const ReserveStockRequest& request) {
    for (const ReserveStockRequest::Line& line : request.lines()) {
      skus.push_back(line.sku());
      anywhere = anywhere || line.location().empty();
    }
  }
  // Locations that may be taken from; asked for only if they matter.
  absl::StatusOr<std::vector<int64_t>> Shipping(db::Session& session) const {
    if (!anywhere) return std::vector<int64_t>();
    return ListShippingLocations(session);
  }
};

const ReserveStockRequest& RequestOf(const resource::CommitGroup::Member& member) {
  return static_cast<const ReserveStockRequest&>(member.request);
}

}  // namespace

absl::Status ReservationService::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(filter_fields_, OpenReservationFilter(environment.store.database));
  const auto write = [this](absl::Span<Member* const> members, absl::Time deadline) {
    resource::CommitMembers(environment_->store, kIdKind, members, deadline,
                            [&](db::Session& session) { return WriteMembers(session, members); });
  };
  group_ = std::make_unique<resource::CommitGroup>(
      resource::CommitGroup::Options{.write = write, .alone = nullptr, .replays = &environment.replays});
  group_->Bind(service, "ReserveStock");
  service.Unary("BatchReserveStock", this, &ReservationService::ReserveBatch)
      .Unary("ReleaseReservation", this, &ReservationService::Release)
      .Unary("CommitReservation", this, &ReservationService::Commit)
      .Unary("GetReservation", this, &ReservationService::Get)
      .Unary("ListReservations", this, &ReservationService::List)
      .CostRaw("ListReservations", resource::ListCost(filter_fields_));
  environment.periodic.Add("expire-reservations", kExpiryInterval, jobs::JobPace::kQuick,
                           [this](absl::Time deadline) { return ExpireDue(deadline); });
  return absl::OkStatus();
}

absl::Status ReservationService::WriteMembers(db::Session& session, absl::Span<Member* const> members) const {
  Demand demand;
  for (const Member* member : members) demand.Add(RequestOf(*member));
  ASSIGN_OR_RETURN(const std::vector<int64_t> shipping, demand.Shipping(session));
  ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(session, members.front()->write->now(), demand.skus));
  std::vector<StoredReservation> settled;
  resource::Write* first = nullptr;
  for (Member* member : members) {
    auto reservation = Settle(*member->write, RequestOf(*member), member->id, shipping, stock);
    member->status = reservation.status();
    if (!reservation.ok()) continue;
    *static_cast<Reservation*>(member->response) = reservation->message;
    settled.push_back(*std::move(reservation));
    if (first == nullptr) first = member->write.get();
  }
  if (first == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(AddReservations(session, settled));
  return ledger_.Store(*first, std::move(stock)).status();
}

absl::StatusOr<v1::BatchReserveStockResponse> ReservationService::ReserveBatch(
    rpc::Call& call, const v1::BatchReserveStockRequest& request) {
  for (int i = 0; i < request.requests_size(); ++i) {
    if (!request.requests(i).request_id().empty()) {
      return InvalidField(absl::StrCat("requests[", i, "].request_id"), "must be empty: set that of the batch");
    }
  }
  v1::BatchReserveStockResponse response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response,
                                     [&](resource::Write& write) { return WriteBatch(write, request, response); }));
  return response;
}

absl::Status ReservationService::WriteBatch(resource::Write& write, const v1::BatchReserveStockRequest& request,
                                            v1::BatchReserveStockResponse& response) const {
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, write.TakeIds(kIdKind, request.requests_size()));
  Demand demand;
  for (const ReserveStockRequest& single : request.requests()) demand.Add(single);
  ASSIGN_OR_RETURN(const std::vector<int64_t> shipping, demand.Shipping(write.session()));
  ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(write, demand.skus));
  std::vector<StoredReservation> settled;
  for (int i = 0; i < request.requests_size(); ++i) {
    auto reservation = Settle(write, request.requests(i), ids[i], shipping, stock);
    v1::BatchReserveStockResponse::Result& result = *response.add_results();
    if (reservation.ok()) {
      *result.mutable_reservation() = reservation->message;
      settled.push_back(*std::move(reservation));
    } else if (absl::IsFailedPrecondition(reservation.status()) || absl::IsInvalidArgument(reservation.status())) {
      *result.mutable_error() = ToRpcStatus(reservation.status());
    } else {
      return reservation.status();
    }
  }
  if (settled.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(AddReservations(write.session(), settled));
  return ledger_.Store(write, std::move(stock)).status();
}

absl::StatusOr<StoredReservation> ReservationService::Settle(resource::Write& write, const ReserveStockRequest& request,
                                                             int64_t id, absl::Span<const int64_t> shipping,
                                                             LockedStock& stock) const {
  ASSIGN_OR_RETURN(const absl::Duration hold, HoldOf(request));
  ASSIGN_OR_RETURN(const auto wanted, WantedBy(request));
  ASSIGN_OR_RETURN(const auto promised, PlanAllocation(stock, wanted, shipping));
  StoredReservation stored;
  stored.id = id;
  Reservation& message = stored.message;
  message.set_name(kReservationNames.Format(id));
  message.set_state(Reservation::ACTIVE);
  std::vector<Movement> movements;
  for (const PromisedPieces& pieces : promised) {
    Reservation::Line& line = *message.add_lines();
    line.set_sku(pieces.key.sku);
    line.set_location(LocationNameOf(pieces.key));
    line.set_quantity(pieces.quantity);
    movements.push_back(Allocate(pieces.key, pieces.quantity));
  }
  *message.mutable_create_time() = ToTimestamp(write.now());
  *message.mutable_expire_time() = ToTimestamp(write.now() + hold);
  message.set_reference(request.reference());
  message.set_creator(write.call().principal.name);
  RETURN_IF_ERROR(ledger_.Apply(stock, movements, MakeCause(write, message.name())));
  return stored;
}

absl::StatusOr<Reservation> ReservationService::Release(rpc::Call& call, const v1::ReleaseReservationRequest& request) {
  return End(call, request.name(), ReservationAction::kRelease);
}

absl::StatusOr<Reservation> ReservationService::Commit(rpc::Call& call, const v1::CommitReservationRequest& request) {
  return End(call, request.name(), ReservationAction::kCommit);
}

absl::StatusOr<Reservation> ReservationService::End(const rpc::Call& call, const std::string& name,
                                                    ReservationAction action) {
  ASSIGN_OR_RETURN(const int64_t id, kReservationNames.ParseId(name, "name"));
  Reservation response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(auto found, LockReservations(write.session(), {id}));
    if (found.empty()) return ResourceNotFound(kType, name);
    RETURN_IF_ERROR(EndLocked(write, action, found));
    response = std::move(found[0].message);
    return absl::OkStatus();
  }));
  return response;
}

absl::Status ReservationService::EndLocked(resource::Write& write, ReservationAction action,
                                           std::vector<StoredReservation>& reservations) const {
  std::vector<StoredReservation*> ending;
  std::vector<int64_t> ids;
  std::vector<std::string> skus;
  Reservation::State state = Reservation::STATE_UNSPECIFIED;
  for (StoredReservation& stored : reservations) {
    const Reservation::State from = stored.message.state();
    const auto* transition = kReservationStates.Find(from, action);
    if (transition == nullptr) return kReservationStates.Refusal(stored.message.name(), from, action);
    if (transition->to == from) continue;
    // Its time is over, though nobody has given its pieces back yet.
    if (action == ReservationAction::kCommit && FromTimestamp(stored.message.expire_time()) <= write.now()) {
      return kReservationStates.Refusal(stored.message.name(), Reservation::EXPIRED, action);
    }
    state = transition->to;
    ending.push_back(&stored);
    ids.push_back(stored.id);
    for (const auto& line : stored.message.lines()) skus.push_back(line.sku());
  }
  if (ending.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(write, skus));
  for (StoredReservation* stored : ending) {
    std::vector<Movement> movements;
    for (const Reservation::Line& line : stored->message.lines()) {
      ASSIGN_OR_RETURN(const int64_t location, ParseLocation(line.location(), "location"));
      const StockKey key{line.sku(), location};
      movements.push_back(action == ReservationAction::kCommit ? Ship(key, line.quantity(), line.quantity())
                                                               : inventory::Release(key, line.quantity()));
    }
    RETURN_IF_ERROR(ledger_.Apply(stock, movements, MakeCause(write, stored->message.name())));
    stored->message.set_state(state);
    *stored->message.mutable_end_time() = ToTimestamp(write.now());
  }
  RETURN_IF_ERROR(EndReservations(write.session(), ids, state, write.now()));
  return ledger_.Store(write, std::move(stock)).status();
}

absl::Status ReservationService::ExpireDue(absl::Time deadline) {
  absl::Status failure;
  int failed = 0;
  while (SteadyNow() < deadline && !environment_->periodic.Stopping()) {
    ASSIGN_OR_RETURN(const auto ids, FindDueReservations(environment_->store.database, environment_->store.clock.Now(),
                                                         failed, kExpiredAtOnce, deadline));
    const absl::Status together = Expire(ids, deadline);
    if (!together.ok() && !absl::IsFailedPrecondition(together)) return together;
    // One that cannot be given back, because the counters are not what they should be, holds up no other.
    for (size_t i = 0; !together.ok() && i < ids.size(); ++i) {
      const absl::Status status = Expire({ids[i]}, deadline);
      failed += status.ok() ? 0 : 1;
      failure.Update(status);
    }
    if (ids.size() < kExpiredAtOnce) break;
  }
  return failure;
}

absl::Status ReservationService::Expire(const std::vector<int64_t>& ids, absl::Time deadline) {
  if (ids.empty()) return absl::OkStatus();
  // One that was committed or released meanwhile stays so.
  return resource::RunJobWrite(environment_->store, kActor, deadline, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(auto found, LockReservations(write.session(), ids));
    return EndLocked(write, ReservationAction::kExpire, found);
  });
}

absl::StatusOr<Reservation> ReservationService::Get(rpc::Call& call, const v1::GetReservationRequest& request) {
  ASSIGN_OR_RETURN(const int64_t id, kReservationNames.ParseId(request.name(), "name"));
  ASSIGN_OR_RETURN(auto found, ReadReservations(environment_->store.database, {id}, {}, call.deadline));
  if (found.empty()) return ResourceNotFound(kType, request.name());
  return std::move(found[0].message);
}

absl::StatusOr<v1::ListReservationsResponse> ReservationService::List(rpc::Call& call,
                                                                      const v1::ListReservationsRequest& request) {
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "n"));
  ASSIGN_OR_RETURN(auto filter, resource::ParseOptionalFilter(request.filter()));
  const auto sku = resource::TakeDemand(filter, "lines.sku");
  resource::Condition condition;
  if (filter.has_value()) {
    ASSIGN_OR_RETURN(condition, filter_fields_.Compile(*filter));
  }
  if (sku.has_value()) return ListOfSku(call, sku->value.text, condition, page);
  ASSIGN_OR_RETURN(auto rows, ListReservationRows(environment_->store.database, condition, page.Number(0), page.limit(),
                                                  call.deadline));
  v1::ListReservationsResponse response;
  page.Close(rows, [](const StoredReservation& last) -> resource::PageKeys { return {last.id}; }, &response);
  for (StoredReservation& row : rows) *response.add_reservations() = std::move(row.message);
  return response;
}

// Through the ledger, which has an index by SKU: a movement tells by its cause which reservation took the pieces.
absl::StatusOr<v1::ListReservationsResponse> ReservationService::ListOfSku(rpc::Call& call, const std::string& sku,
                                                                           const resource::Condition& condition,
                                                                           const resource::ListPage& page) {
  const resource::Condition of_sku{"sku = ? AND type = ?", {sku, static_cast<int>(v1::StockMovement::ALLOCATED)}};
  ASSIGN_OR_RETURN(const auto movements,
                   ListMovements(environment_->store.database, of_sku, page.Number(0), kSkuReach, call.deadline));
  std::vector<int64_t> ids;
  int64_t last = 0;
  for (const LedgerRow& movement : movements) {
    if (ids.size() >= static_cast<size_t>(page.size())) break;
    last = movement.id;
    const int64_t id = kReservationNames.IdIn(movement.cause);
    // Pieces of several locations are movements next to each other.
    if (id != 0 && (ids.empty() || ids.back() != id)) ids.push_back(id);
  }
  ASSIGN_OR_RETURN(auto rows, ReadReservations(environment_->store.database, ids, condition, call.deadline));
  v1::ListReservationsResponse response;
  for (StoredReservation& row : rows) *response.add_reservations() = std::move(row.message);
  const bool more = !movements.empty() && (movements.back().id != last || movements.size() == kSkuReach);
  if (more) page.SetNext({last}, &response);
  return response;
}

}  // namespace storeops::inventory
