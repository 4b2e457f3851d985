#include "services/inventory/transfers/stock_transfer_rules.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "services/inventory/stock/refusals.h"

namespace storeops::inventory {
namespace {

using v1::StockTransfer;
using Item = v1::ReceiveStockTransferRequest::Item;

std::string ItemField(int index) { return absl::StrCat("items[", index, "]"); }

// The parcel of the item's lot; without a lot, all of the SKU if none of them is without one.
std::vector<StockTransfer::Parcel*> FindParcels(const Item& item, StockTransfer& transfer) {
  std::vector<StockTransfer::Parcel*> parcels;
  for (StockTransfer::Parcel& parcel : *transfer.mutable_parcels()) {
    if (parcel.sku() != item.sku()) continue;
    if (parcel.lot() == item.lot()) return {&parcel};
    if (item.lot().empty()) parcels.push_back(&parcel);
  }
  return parcels;
}

Settlement Take(StockTransfer::Parcel& parcel, int64_t sound, int64_t damaged, int64_t lost, std::string field) {
  parcel.set_received(parcel.received() + sound);
  parcel.set_damaged(parcel.damaged() + damaged);
  parcel.set_lost(parcel.lost() + lost);
  Settlement settlement;
  settlement.sku = parcel.sku();
  settlement.lot = parcel.lot();
  settlement.sound = sound;
  settlement.damaged = damaged;
  settlement.lost = lost;
  settlement.field = std::move(field);
  return settlement;
}

}  // namespace

absl::Status CheckTransfer(const StockTransfer& transfer) {
  std::vector<FieldViolation> violations;
  if (transfer.source() == transfer.destination()) {
    violations.push_back({"destination", "must be another location than the source"});
  }
  absl::btree_set<std::tuple<std::string, std::string, std::string>> seen;
  for (int i = 0; i < transfer.items_size(); ++i) {
    const auto& item = transfer.items(i);
    if (seen.emplace(item.sku(), item.lot(), item.bin()).second) continue;
    violations.push_back({ItemField(i), "the transfer has this SKU, lot and bin already"});
  }
  return violations.empty() ? absl::OkStatus() : InvalidFields(violations);
}

int64_t UnderWay(const StockTransfer::Parcel& parcel) {
  return parcel.shipped() - parcel.received() - parcel.damaged() - parcel.lost() - parcel.returned();
}

bool AllToldOf(const StockTransfer& transfer) {
  return std::all_of(transfer.parcels().begin(), transfer.parcels().end(),
                     [](const StockTransfer::Parcel& parcel) { return UnderWay(parcel) == 0; });
}

absl::StatusOr<std::vector<Settlement>> Settle(const v1::ReceiveStockTransferRequest& request,
                                               StockTransfer& transfer) {
  std::vector<Settlement> settlements;
  std::vector<FieldViolation> wrong, unknown, more;
  for (int i = 0; i < request.items_size(); ++i) {
    const Item& item = request.items(i);
    const int64_t pieces = item.quantity() + item.damaged() + item.lost();
    const auto parcels = FindParcels(item, transfer);
    if (pieces == 0) {
      wrong.push_back({ItemField(i), "needs quantity, damaged or lost"});
    } else if (parcels.empty()) {
      unknown.push_back(
          {ItemField(i), absl::StrCat("nothing of SKU \"", item.sku(), "\", lot \"", item.lot(), "\" was shipped")});
    } else if (parcels.size() > 1) {
      wrong.push_back({ItemField(i) + ".lot", "is required: several lots of this SKU are under way"});
    } else {
      const int64_t left = UnderWay(*parcels[0]);
      if (pieces > left) {
        more.push_back({ItemField(i), absl::StrCat(left, " are under way, these are ", pieces)});
      }
      settlements.push_back(Take(*parcels[0], item.quantity(), item.damaged(), item.lost(), ItemField(i)));
      settlements.back().bin = item.bin();
      settlements.back().note = item.note();
    }
  }
  if (!wrong.empty()) return InvalidFields(wrong);
  if (!unknown.empty()) return FailedFields("NOT_SHIPPED", transfer.name(), unknown);
  if (!more.empty()) return FailedFields("MORE_THAN_SHIPPED", transfer.name(), more);
  if (request.rest_is_lost()) {
    for (StockTransfer::Parcel& parcel : *transfer.mutable_parcels()) {
      const int64_t left = UnderWay(parcel);
      if (left > 0) settlements.push_back(Take(parcel, 0, 0, left, "rest_is_lost"));
    }
  }
  if (settlements.empty()) return InvalidField("items", "must tell of at least one piece");
  return settlements;
}

}  // namespace storeops::inventory
