#include "services/inventory/returns/return_reception.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "services/inventory/locations/location_store.h"
#include "services/inventory/orders/order_book.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/returns/return_rules.h"
#include "services/inventory/stock/refusals.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using Arrival = v1::ReceiveReturnRequest::Item;
using Finding = v1::InspectReturnRequest::Item;

std::string ItemField(int index) { return absl::StrCat("items[", index, "]"); }

v1::Return::Item* FindItem(int32_t order_line, const std::string& sku, v1::Return& ret) {
  for (v1::Return::Item& item : *ret.mutable_items()) {
    if (item.order_line() == order_line && item.sku() == sku) return &item;
  }
  return nullptr;
}

v1::Return::Item& ItemFor(int32_t order_line, const std::string& sku, const std::string& title, v1::Return& ret) {
  if (v1::Return::Item* found = FindItem(order_line, sku, ret)) return *found;
  v1::Return::Item& item = *ret.add_items();
  item.set_number(ret.items_size());
  item.set_order_line(order_line);
  item.set_sku(sku);
  item.set_title(title);
  item.set_reason(v1::Return::OTHER_REASON);
  return item;
}

// The lot that pieces of an order's line are of; null with a violation.
const ShippedLot* FindLot(const std::string& sku, const Arrival& arrival, const std::string& field,
                          const std::vector<ShippedLot>& shipped, std::vector<FieldViolation>& wrong) {
  std::vector<const ShippedLot*> lots;
  for (const ShippedLot& lot : shipped) {
    if (lot.sku != sku) continue;
    if (lot.lot == arrival.lot()) return &lot;
    lots.push_back(&lot);
  }
  if (arrival.lot().empty() && lots.size() == 1) return lots[0];
  const std::string named = absl::StrJoin(lots, ", ", [](std::string* out, const ShippedLot* lot) {
    absl::StrAppend(out, lot->lot.empty() ? "none" : lot->lot);
  });
  wrong.push_back({field + ".lot", absl::StrCat(arrival.lot().empty() ? "is required: " : "was not shipped: ",
                                                "the order's pieces were of the lots ", named)});
  return nullptr;
}

void AddToParcel(const std::string& location, const std::string& lot, const std::string& date, const Arrival& arrival,
                 v1::Return::Item& item) {
  for (v1::Return::Parcel& parcel : *item.mutable_parcels()) {
    if (parcel.location() != location || parcel.lot() != lot || parcel.bin() != arrival.bin()) continue;
    parcel.set_received(parcel.received() + arrival.quantity());
    return;
  }
  v1::Return::Parcel& parcel = *item.add_parcels();
  parcel.set_location(location);
  parcel.set_lot(lot);
  parcel.set_bin(arrival.bin());
  parcel.set_expire_date(date);
  parcel.set_received(arrival.quantity());
}

// Pieces of the order's line: they are announced no more and came back.
absl::Status NoteArrival(int64_t pieces, ReturnEdit edit, v1::Return::Item& item) {
  const int64_t announced = std::min(pieces, item.open_quantity());
  RETURN_IF_ERROR(Announce(edit.order, item.order_line(), -announced));
  item.set_open_quantity(item.open_quantity() - announced);
  ASSIGN_OR_RETURN(const LineFacts facts, FactsOf(edit.order.order(), item.order_line()));
  SetMinor(Minor(item.value()) + RefundFor(facts, pieces), edit.ret.currency(), item.mutable_value());
  return NoteReturned(edit.order, item.order_line(), pieces);
}

Movement MakeMovement(Movement movement, const v1::Return::Parcel& parcel, const std::string& note,
                      const std::string& field) {
  movement.lot = parcel.lot();
  movement.bin = parcel.bin();
  movement.unfiled = movement.from != PiecePlace::kElsewhere && parcel.lot().empty() && parcel.bin().empty();
  if (movement.reason == v1::STOCK_REASON_UNSPECIFIED) movement.reason = v1::INSPECTION;
  movement.note = note;
  movement.field = field;
  return movement;
}

int64_t Waiting(const v1::Return::Parcel& parcel) { return parcel.received() - parcel.inspected(); }

// The parcels of the item's lot that have pieces to be looked at.
std::vector<v1::Return::Parcel*> WaitingParcels(const Finding& finding, v1::Return::Item& item) {
  std::vector<v1::Return::Parcel*> parcels;
  for (v1::Return::Parcel& parcel : *item.mutable_parcels()) {
    if (Waiting(parcel) > 0 && (finding.lot().empty() || parcel.lot() == finding.lot())) parcels.push_back(&parcel);
  }
  return parcels;
}

absl::Status Sort(const Finding& finding, const std::string& field, std::vector<v1::Return::Parcel*> parcels,
                  v1::Return::Item& item, std::vector<Movement>& movements) {
  int64_t restock = finding.restock(), damaged = finding.damaged(), discard = finding.discard();
  for (v1::Return::Parcel* parcel : parcels) {
    ASSIGN_OR_RETURN(const int64_t location, ParseLocation(parcel->location(), field));
    const StockKey key{item.sku(), location};
    const auto take = [&](int64_t& wanted) {
      const int64_t pieces = std::min(wanted, Waiting(*parcel));
      wanted -= pieces;
      parcel->set_inspected(parcel->inspected() + pieces);
      return pieces;
    };
    const auto add = [&](Movement movement) {
      movements.push_back(MakeMovement(std::move(movement), *parcel, finding.note(), field));
    };
    if (const int64_t pieces = take(restock); pieces > 0) {
      add(ChangeStatus(key, pieces, PiecePlace::kHeld, PiecePlace::kForSale));
    }
    if (const int64_t pieces = take(damaged); pieces > 0) {
      add(ChangeStatus(key, pieces, PiecePlace::kHeld, PiecePlace::kDamaged));
    }
    if (const int64_t pieces = take(discard); pieces > 0) add(Adjust(key, -pieces, v1::DISCARDED, PiecePlace::kHeld));
  }
  item.set_restocked_quantity(item.restocked_quantity() + finding.restock());
  item.set_damaged_quantity(item.damaged_quantity() + finding.damaged());
  item.set_discarded_quantity(item.discarded_quantity() + finding.discard());
  if (!finding.note().empty()) item.set_inspection_note(finding.note());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Movement>> ReceiveGoods(const v1::ReceiveReturnRequest& request, int64_t location_id,
                                                   const std::vector<ShippedLot>& shipped, ReturnEdit edit) {
  std::vector<FieldViolation> wrong, more;
  std::vector<Movement> movements;
  for (int i = 0; i < request.items_size(); ++i) {
    const Arrival& arrival = request.items(i);
    const std::string field = ItemField(i);
    if ((arrival.order_line() > 0) != arrival.sku().empty()) {
      wrong.push_back({field, "needs an order_line or, for pieces that are not of the order's, a sku"});
      continue;
    }
    const v1::OrderLine* line = FindLine(edit.order.order(), arrival.order_line());
    if (line == nullptr && arrival.order_line() > 0) {
      wrong.push_back({field + ".order_line", "is no line of the order"});
      continue;
    }
    if (edit.ret.items_size() >= kMaxReturnItems) {
      return PreconditionFailed("TOO_MANY_ITEMS", edit.ret.name(),
                                absl::StrCat("a return has at most ", kMaxReturnItems, " items"));
    }
    ShippedLot lot{arrival.sku(), arrival.lot(), absl::InfiniteFuture()};
    if (line != nullptr) {
      const v1::Return::Item* present = FindItem(line->number(), line->sku(), edit.ret);
      const int64_t out = Returnable(*line) + (present == nullptr ? 0 : present->open_quantity());
      if (arrival.quantity() > out) {
        more.push_back(
            {field + ".quantity", absl::StrCat("only ", out, " pieces are out; state those beyond by their sku")});
        continue;
      }
      const ShippedLot* found = FindLot(line->sku(), arrival, field, shipped, wrong);
      if (found == nullptr) continue;
      lot = *found;
    }
    v1::Return::Item& item = ItemFor(arrival.order_line(), lot.sku, line == nullptr ? "" : line->title(), edit.ret);
    if (line != nullptr) RETURN_IF_ERROR(NoteArrival(arrival.quantity(), edit, item));
    item.set_received_quantity(item.received_quantity() + arrival.quantity());
    const std::string date = lot.expire_date == absl::InfiniteFuture() ? "" : FormatDay(lot.expire_date);
    AddToParcel(kLocationNames.Format(location_id), lot.lot, date, arrival, item);
    v1::Return::Parcel place;
    place.set_lot(lot.lot);
    place.set_bin(arrival.bin());
    movements.push_back(MakeMovement(inventory::Return({lot.sku, location_id}, arrival.quantity(), PiecePlace::kHeld),
                                     place, arrival.note(), field));
  }
  if (!wrong.empty()) return InvalidFields(wrong);
  if (!more.empty()) return FailedFields("MORE_THAN_SHIPPED", edit.ret.name(), more);
  return movements;
}

absl::StatusOr<std::vector<Movement>> InspectGoods(const v1::InspectReturnRequest& request, v1::Return& ret) {
  std::vector<FieldViolation> wrong, more;
  std::vector<Movement> movements;
  for (int i = 0; i < request.items_size(); ++i) {
    const Finding& finding = request.items(i);
    const int64_t pieces = finding.restock() + finding.damaged() + finding.discard();
    if (pieces == 0) {
      wrong.push_back({ItemField(i), "needs restock, damaged or discard"});
      continue;
    }
    if (finding.item() > ret.items_size()) {
      wrong.push_back({ItemField(i) + ".item", "is no item of the return"});
      continue;
    }
    v1::Return::Item& item = *ret.mutable_items(finding.item() - 1);
    const std::vector<v1::Return::Parcel*> parcels = WaitingParcels(finding, item);
    std::set<std::string> lots;
    int64_t waiting = 0;
    for (const v1::Return::Parcel* parcel : parcels) {
      lots.insert(parcel->lot());
      waiting += Waiting(*parcel);
    }
    if (lots.size() > 1) {
      wrong.push_back({ItemField(i) + ".lot", "is required: the pieces came in several lots"});
    } else if (pieces > waiting) {
      more.push_back({ItemField(i), absl::StrCat(waiting, " pieces wait to be inspected, these are ", pieces)});
    } else {
      RETURN_IF_ERROR(Sort(finding, ItemField(i), parcels, item, movements));
    }
  }
  if (!wrong.empty()) return InvalidFields(wrong);
  if (!more.empty()) return FailedFields("MORE_THAN_RECEIVED", ret.name(), more);
  return movements;
}

int64_t Uninspected(const v1::Return& ret) {
  int64_t pieces = 0;
  for (const v1::Return::Item& item : ret.items()) {
    for (const v1::Return::Parcel& parcel : item.parcels()) pieces += Waiting(parcel);
  }
  return pieces;
}

}  // namespace storeops::inventory
