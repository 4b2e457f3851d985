#include "services/inventory/stock/stock_import.h"

#include <optional>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/message_text.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/stock/stock_messages.h"
#include "services/inventory/stock/stock_store.h"

namespace storeops::inventory {
namespace {

using v1::ImportStockRequest;
using v1::ImportStockResponse;

// What a dry run ends its transaction with.
constexpr absl::string_view kDryRun = "a dry run is rolled back";

void Refuse(absl::string_view field, absl::string_view problem, ImportStockResponse::Result& result) {
  result.set_outcome(ImportStockResponse::REFUSED);
  result.set_field(std::string(field));
  result.set_problem(std::string(problem));
}

// True if that was a refusal, which the result then says.
bool TakeRefusal(const absl::Status& status, absl::string_view field, ImportStockResponse::Result& result) {
  if (!absl::IsFailedPrecondition(status) && !absl::IsInvalidArgument(status)) return false;
  Refuse(field, absl::StripPrefix(status.message(), absl::StrCat(field, ": ")), result);
  return true;
}

// What a row is about: SKU, location, lot and bin; and which row was the first.
using Places = absl::flat_hash_map<std::tuple<std::string, int64_t, std::string, std::string>, int>;

// False if the row is refused for what it says, whatever there is in stock. `location`: 0 if there is none.
bool Judge(const ImportStockRequest::Row& row, int index, int64_t location, Places& places,
           ImportStockResponse::Result& result) {
  const std::vector<FieldViolation> violations = FindItemViolations(row);
  if (!violations.empty()) {
    Refuse(violations[0].field, violations[0].description, result);
    return false;
  }
  if (location == 0) {
    Refuse("location_code", absl::StrCat("there is no location with code ", row.location_code()), result);
    return false;
  }
  const auto [first, is_new] = places.try_emplace(Places::key_type(row.sku(), location, row.lot(), row.bin()), index);
  if (is_new) return true;
  Refuse("sku", absl::StrCat("repeats rows[", first->second, "]: the same SKU, location, lot and bin"), result);
  return false;
}

}  // namespace

void StockImport::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  service.Unary("ImportStock", this, &StockImport::Import);
}

absl::StatusOr<ImportStockResponse> StockImport::Import(rpc::Call& call, const ImportStockRequest& request) {
  std::vector<std::string> codes;
  absl::flat_hash_map<std::string, size_t> places;
  for (const Row& row : request.rows()) {
    if (places.try_emplace(row.location_code(), codes.size()).second) codes.push_back(row.location_code());
  }
  ASSIGN_OR_RETURN(const auto ids, locations_.FindByCode(codes, call.deadline));
  std::vector<int64_t> locations;
  for (const Row& row : request.rows()) locations.push_back(ids[places[row.location_code()]]);
  ImportStockResponse response;
  ImportStockResponse dry;
  const absl::Status status =
      resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
        RETURN_IF_ERROR(ImportRows(write, request, locations, response));
        if (!request.dry_run()) return absl::OkStatus();
        dry = response;
        return absl::CancelledError(kDryRun);
      });
  if (absl::IsCancelled(status) && status.message() == kDryRun) return dry;
  RETURN_IF_ERROR(status);
  return response;
}

absl::Status StockImport::ImportRows(resource::Write& write, const ImportStockRequest& request,
                                     const std::vector<int64_t>& locations, ImportStockResponse& response) const {
  std::string name = request.cause();
  if (name.empty()) {
    ASSIGN_OR_RETURN(const auto ids, write.TakeIds("stock_change", 1));
    name = absl::StrCat("stockImports/", ids[0]);
  }
  std::vector<StockKey> keys;
  std::vector<int> sound;  // of the rows
  Places places;
  for (int i = 0; i < request.rows_size(); ++i) {
    if (!Judge(request.rows(i), i, locations[i], places, *response.add_results())) continue;
    keys.push_back({request.rows(i).sku(), locations[i]});
    sound.push_back(i);
  }
  ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(write, {}, keys));
  const Cause cause = MakeCause(write, name);
  for (size_t k = 0; k < sound.size(); ++k) {
    Result& result = *response.mutable_results(sound[k]);
    RETURN_IF_ERROR(ImportRow(write, request.rows(sound[k]), keys[k], cause, stock, result));
  }
  return ledger_.Store(write, std::move(stock)).status();
}

absl::Status StockImport::ImportRow(resource::Write& write, const Row& row, const StockKey& key, const Cause& cause,
                                    LockedStock& stock, Result& result) const {
  if (row.has_count_time() && FromTimestamp(row.count_time()) > write.now()) {
    Refuse("count_time", "is in the future", result);
    return absl::OkStatus();
  }
  const bool of_lot = !row.lot().empty() || !row.bin().empty();
  const auto date = ParseDay(row.expire_date(), "expire_date");
  if (TakeRefusal(date.status(), "expire_date", result)) return absl::OkStatus();
  if (!row.expire_date().empty() && row.lot().empty()) {
    Refuse("expire_date", "is a lot's: name the lot", result);
    return absl::OkStatus();
  }
  absl::Status status = ledger_.CheckLotDate(stock, key, row.lot(), *date, "");
  if (TakeRefusal(status, "expire_date", result)) return absl::OkStatus();
  RETURN_IF_ERROR(status);
  const StockPolicy before = stock.Level(key).policy;
  StockPolicy policy = before;
  if (row.has_safety_stock()) policy.safety_stock = row.safety_stock();
  if (row.has_backorder_limit()) policy.backorder_limit = row.backorder_limit();
  if (row.has_preorder_limit()) policy.preorder_limit = row.preorder_limit();
  const bool other_policy = policy != before;
  status = ledger_.SetPolicy(stock, key, policy, "", cause);
  if (TakeRefusal(status, "backorder_limit", result)) return absl::OkStatus();
  RETURN_IF_ERROR(status);
  if (row.has_on_hand()) {
    int64_t present = stock.Level(key).counters.on_hand;
    if (of_lot) {
      ASSIGN_OR_RETURN(present, ledger_.CountLot(stock, key, row.lot(), row.bin()));
    }
    MovedSince since;
    if (row.has_count_time()) {
      const auto place = of_lot ? std::optional<LotPlace>({row.lot(), row.bin()}) : std::nullopt;
      ASSIGN_OR_RETURN(since, ReadMovedSince(write.session(), key, place, FromTimestamp(row.count_time())));
      result.set_moved(since.moved);
    }
    result.set_quantity(row.on_hand() + since.moved - present);
    if (result.quantity() != 0 && since.corrected != 0) {
      result.set_quantity(0);
      Refuse("count_time",
             absl::StrCat("the stock was corrected by ", since.cause, " after it was counted: have it counted again"),
             result);
      return ledger_.SetPolicy(stock, key, before, "", cause);
    }
    if (result.quantity() != 0) {
      Movement movement = Count(key, result.quantity());
      movement.lot = row.lot();
      movement.bin = row.bin();
      movement.expire_date = *date;
      status = ledger_.Apply(stock, {movement}, cause);
      if (TakeRefusal(status, "on_hand", result)) {
        result.set_quantity(0);
        return ledger_.SetPolicy(stock, key, before, "", cause);  // all of the row or nothing
      }
      RETURN_IF_ERROR(status);
    }
  }
  result.set_outcome(other_policy || result.quantity() != 0 ? ImportStockResponse::CHANGED
                                                            : ImportStockResponse::UNCHANGED);
  return absl::OkStatus();
}

}  // namespace storeops::inventory
