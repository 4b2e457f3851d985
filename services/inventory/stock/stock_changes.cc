#include "services/inventory/stock/stock_changes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/inventory/locations/location_store.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

constexpr char kIdKind[] = "stock_change";

std::string LineField(size_t line) { return absl::StrCat("lines[", line, "]"); }

template <class Line>
absl::StatusOr<StockKey> KeyOf(const Line& line, size_t index) {
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(line.location(), LineField(index) + ".location"));
  return StockKey{line.sku(), location};
}

// What all kinds of lines have.
template <class Line>
void CopyDetails(const Line& line, size_t index, Movement& movement) {
  movement.lot = line.lot();
  movement.bin = line.bin();
  movement.note = line.note();
  movement.field = LineField(index);
}

PiecePlace ToPlace(v1::MoveStockStatusRequest::Status status) {
  if (status == v1::MoveStockStatusRequest::DAMAGED) return PiecePlace::kDamaged;
  return status == v1::MoveStockStatusRequest::QUALITY_HOLD ? PiecePlace::kHeld : PiecePlace::kForSale;
}

template <class Line>
absl::Status CopyDate(const Line& line, size_t index, Movement& movement) {
  const std::string field = LineField(index) + ".expire_date";
  ASSIGN_OR_RETURN(movement.expire_date, ParseDay(line.expire_date(), field));
  if (line.expire_date().empty() || !line.lot().empty()) return absl::OkStatus();
  return InvalidField(field, "is a lot's: name the lot");
}

}  // namespace

void StockChanges::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  service.Unary("AdjustStock", this, &StockChanges::Adjust)
      .Unary("ReceiveStock", this, &StockChanges::Receive)
      .Unary("MoveStockStatus", this, &StockChanges::MoveStatus)
      .Unary("SetStockPolicy", this, &StockChanges::SetPolicy);
}

absl::Status StockChanges::CheckLocations(db::Session& session, const std::vector<StockKey>& keys,
                                          const std::function<std::string(size_t)>& field) const {
  std::vector<int64_t> ids;
  for (const StockKey& key : keys) ids.push_back(key.location_id);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  ASSIGN_OR_RETURN(const auto live, FindLiveLocations(session, ids));
  if (live.size() == ids.size()) return absl::OkStatus();
  std::vector<FieldViolation> violations;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (std::binary_search(live.begin(), live.end(), keys[i].location_id)) continue;
    violations.push_back({field(i), absl::StrCat("there is no ", LocationNameOf(keys[i]))});
  }
  return InvalidFields(violations);
}

absl::StatusOr<v1::StockChangeResponse> StockChanges::Post(rpc::Call& call, const std::vector<Movement>& movements,
                                                           const std::string& cause, absl::string_view collection) {
  std::vector<StockKey> keys;
  for (const Movement& movement : movements) keys.push_back(movement.key);
  v1::StockChangeResponse response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
    RETURN_IF_ERROR(CheckLocations(write.session(), keys, [](size_t i) { return LineField(i) + ".location"; }));
    std::string name = cause;
    if (name.empty()) {
      ASSIGN_OR_RETURN(const auto ids, write.TakeIds(kIdKind, 1));
      name = absl::StrCat(collection, "/", ids[0]);
    }
    ASSIGN_OR_RETURN(const auto levels, ledger_.Post(write, movements, MakeCause(write, name)));
    for (const StockLevel& level : levels) *response.add_levels() = ToMessage(level);
    response.set_cause(name);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::StockChangeResponse> StockChanges::Adjust(rpc::Call& call, const v1::AdjustStockRequest& request) {
  std::vector<Movement> movements;
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& line = request.lines(i);
    if (line.quantity() == 0) return InvalidField(LineField(i) + ".quantity", "must not be 0");
    ASSIGN_OR_RETURN(StockKey key, KeyOf(line, i));
    movements.push_back(inventory::Adjust(std::move(key), line.quantity(), line.reason(), ToPlace(line.status())));
    CopyDetails(line, i, movements.back());
    RETURN_IF_ERROR(CopyDate(line, i, movements.back()));
  }
  return Post(call, movements, request.cause(), "stockAdjustments");
}

absl::StatusOr<v1::StockChangeResponse> StockChanges::Receive(rpc::Call& call, const v1::ReceiveStockRequest& request) {
  std::vector<Movement> movements;
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& line = request.lines(i);
    ASSIGN_OR_RETURN(StockKey key, KeyOf(line, i));
    movements.push_back(inventory::Receive(std::move(key), line.quantity()));
    movements.back().to = ToPlace(line.status());
    CopyDetails(line, i, movements.back());
    RETURN_IF_ERROR(CopyDate(line, i, movements.back()));
  }
  return Post(call, movements, request.cause(), "stockReceipts");
}

absl::StatusOr<v1::StockChangeResponse> StockChanges::MoveStatus(rpc::Call& call,
                                                                 const v1::MoveStockStatusRequest& request) {
  std::vector<Movement> movements;
  for (int i = 0; i < request.lines_size(); ++i) {
    const auto& line = request.lines(i);
    if (line.from() == line.to()) return InvalidField(LineField(i) + ".to", "must be another one than `from`");
    ASSIGN_OR_RETURN(StockKey key, KeyOf(line, i));
    movements.push_back(ChangeStatus(std::move(key), line.quantity(), ToPlace(line.from()), ToPlace(line.to())));
    CopyDetails(line, i, movements.back());
    movements.back().reason = line.reason();
  }
  return Post(call, movements, "", "stockStatusMoves");
}

absl::StatusOr<v1::SetStockPolicyResponse> StockChanges::SetPolicy(rpc::Call& call,
                                                                   const v1::SetStockPolicyRequest& request) {
  std::vector<StockKey> keys;
  for (int i = 0; i < request.lines_size(); ++i) {
    ASSIGN_OR_RETURN(StockKey key, KeyOf(request.lines(i), i));
    keys.push_back(std::move(key));
  }
  v1::SetStockPolicyResponse response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
    RETURN_IF_ERROR(CheckLocations(write.session(), keys, [](size_t i) { return LineField(i) + ".location"; }));
    ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(write, {}, keys));
    const Cause cause = MakeCause(write, "");
    for (int i = 0; i < request.lines_size(); ++i) {
      const auto& line = request.lines(i);
      StockPolicy policy = stock.Level(keys[i]).policy;
      if (line.has_safety_stock()) policy.safety_stock = line.safety_stock();
      if (line.has_backorder_limit()) policy.backorder_limit = line.backorder_limit();
      if (line.has_preorder_limit()) policy.preorder_limit = line.preorder_limit();
      RETURN_IF_ERROR(ledger_.SetPolicy(stock, keys[i], policy, LineField(i), cause));
    }
    LockedStock as_written = stock;
    ASSIGN_OR_RETURN(const auto changed, ledger_.Store(write, std::move(stock)));
    for (const StockKey& key : keys) {
      const auto found =
          std::find_if(changed.begin(), changed.end(), [&key](const StockLevel& level) { return level.key == key; });
      *response.add_levels() = ToMessage(found == changed.end() ? as_written.Level(key) : *found);
    }
    return absl::OkStatus();
  }));
  return response;
}

}  // namespace storeops::inventory
