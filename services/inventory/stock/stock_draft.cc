#include "services/inventory/stock/stock_draft.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/inventory/locations/location_store.h"

namespace storeops::inventory {
namespace {

using enum PiecePlace;

int64_t PiecesIn(const StockCounters& counters, PiecePlace place) {
  if (place == kDamaged) return counters.damaged;
  return place == kHeld ? counters.quality_hold : counters.for_sale();
}

int64_t PiecesIn(const StockLot& lot, PiecePlace place) {
  if (place == kDamaged) return lot.damaged;
  return place == kHeld ? lot.quality_hold : lot.for_sale();
}

void Add(const StockCounters& change, StockLot& lot) {
  lot.on_hand += change.on_hand;
  lot.damaged += change.damaged;
  lot.quality_hold += change.quality_hold;
}

bool NamesLot(const Movement& movement) { return !movement.lot.empty() || !movement.bin.empty(); }

// Goes to be used by somebody else, who must not get what has expired, or back for sale.
bool MustBeFresh(const Movement& movement) {
  if (movement.to == kForSale) return true;
  return !NamesLot(movement) &&
         (movement.type == v1::StockMovement::SHIPPED || movement.type == v1::StockMovement::TRANSFERRED_OUT);
}

}  // namespace

StockDraft::Touched& StockDraft::Touch(const StockKey& key) {
  const auto found = touched_.find(key);
  if (found != touched_.end()) return found->second;
  Touched touched;
  const auto present = stock_.entries_.find(key);
  if (present != stock_.entries_.end()) {
    touched.entry = present->second;
  } else {
    touched.entry.level.key = key;
  }
  return touched_.emplace(key, std::move(touched)).first->second;
}

absl::Status StockDraft::Take(const Movement& movement) {
  RETURN_IF_ERROR(CheckMovement(movement));
  Touched& touched = Touch(movement.key);
  const StockCounters change = movement.Change();
  if (movement.pieces > 0) {
    RETURN_IF_ERROR(FileByLot(movement, touched.entry));
  } else {
    AddRow(movement, change, movement.lot, movement.bin);
  }
  touched.entry.level.counters += change;
  touched.entry.changed = true;
  touched.entry.actor = cause_.actor;
  touched.available_change += change.available();
  if (change.available() < 0 || change.on_hand < 0) {
    touched.wanted += std::max(-change.available(), -change.on_hand);
    touched.fields.push_back(movement.field);
  } else if (change.reserved < 0 || change.incoming < 0) {
    touched.fields.push_back(movement.field);
  }
  return absl::OkStatus();
}

absl::Status StockDraft::Check() {
  for (const auto& [key, touched] : touched_) CheckLevel(touched);
  return refusals_.empty() ? absl::OkStatus() : RefuseStock(refusals_);
}

void StockDraft::CheckLevel(const Touched& touched) {
  const StockLevel& level = touched.entry.level;
  const bool refused = std::any_of(refusals_.begin(), refusals_.end(),
                                   [&level](const Refusal& refusal) { return refusal.key == level.key; });
  if (refused) return;
  const StockCounters& after = level.counters;
  const auto refuse = [&](std::string reason, std::string what) {
    refusals_.push_back(
        {std::move(reason), level.key, touched.wanted, 0,
         absl::StrCat(what, " of SKU \"", level.key.sku, "\" at ", kLocationNames.Format(level.key.location_id)),
         touched.fields});
  };
  if (after.reserved < 0) return refuse("NOT_RESERVED", "more is given back than is reserved");
  if (after.incoming < 0) return refuse("NOT_EXPECTED", "more is taken off than is on its way");
  if (std::max({after.on_hand, after.reserved, after.incoming}) > kMaxQuantity) {
    return refuse("TOO_MANY_PIECES", absl::StrCat("a counter would pass ", kMaxQuantity));
  }
  const bool oversold = touched.available_change < 0 && level.Headroom() < 0;
  const bool gone = after.on_hand < 0 || after.damaged < 0 || after.quality_hold < 0 || after.for_sale() < 0;
  if (!oversold && !gone) return;
  const LockedStock::Entry* before = nullptr;
  if (const auto found = stock_.entries_.find(level.key); found != stock_.entries_.end()) before = &found->second;
  const int64_t spare = before == nullptr ? 0
                        : gone            ? before->level.counters.for_sale()
                                          : std::max<int64_t>(0, before->level.Headroom());
  refusals_.push_back(OutOfStock(level.key, touched.wanted, spare, touched.fields));
}

void StockDraft::Keep() {
  std::move(rows_.begin(), rows_.end(), std::back_inserter(stock_.rows_));
  for (auto& [key, touched] : touched_) {
    Entry& entry = stock_.entries_.insert_or_assign(key, std::move(touched.entry)).first->second;
    if (entry.lots.has_value()) stock_.HoldExpired(entry);
  }
}

void StockDraft::Refuse(const Movement& movement, std::string reason, std::string description) {
  refusals_.push_back({std::move(reason), movement.key, movement.pieces, 0, std::move(description), {movement.field}});
}

void StockDraft::RefuseExpired(const Movement& movement, int64_t spare, int64_t expired) {
  Refusal refusal = OutOfStock(movement.key, movement.pieces, spare, {movement.field});
  if (movement.to == kForSale) refusal.reason = "LOT_EXPIRED";
  absl::StrAppend(&refusal.description, "; ", expired, " have expired");
  refusals_.push_back(std::move(refusal));
}

void StockDraft::AddRow(const Movement& movement, const StockCounters& change, const std::string& lot,
                        const std::string& bin) {
  LedgerRow row;
  row.key = movement.key;
  row.type = movement.type;
  row.change = change;
  row.lot = lot;
  row.bin = bin;
  row.cause = cause_.name;
  row.reason = movement.reason;
  row.note = movement.note;
  row.actor = cause_.actor;
  row.time = cause_.time;
  rows_.push_back(std::move(row));
}

absl::Status StockDraft::FileByLot(const Movement& movement, Entry& entry) {
  RETURN_IF_ERROR(stock_.LoadLots(entry));
  if (movement.from != kElsewhere) {
    if (movement.expire_date != absl::InfiniteFuture()) RETURN_IF_ERROR(DateFor(movement).status());
    FileDeparture(movement, entry.level.counters, *entry.lots);
  } else if (NamesLot(movement)) {
    return FileArrival(movement, *entry.lots);
  } else {
    AddRow(movement, movement.Change(), "", "");
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> StockDraft::DateFor(const Movement& movement) {
  const absl::Time stated = movement.expire_date;
  if (movement.lot.empty()) return stated;
  std::optional<absl::Time> known;
  const std::string& sku = movement.key.sku;
  for (auto touched = touched_.lower_bound({sku, 0}); touched != touched_.end() && touched->first.sku == sku;
       ++touched) {
    if (!known.has_value()) known = LockedStock::DateIn(touched->second.entry, movement.lot);
  }
  if (!known.has_value()) {
    ASSIGN_OR_RETURN(known, stock_.DateOf(sku, movement.lot));
  }
  if (!known.has_value()) return stated;
  if (stated != absl::InfiniteFuture() && stated != *known) {
    refusals_.push_back(LotDateDiffers(movement.key, movement.lot, *known, stated, {movement.field}));
  }
  return *known;
}

absl::Status StockDraft::FileArrival(const Movement& movement, std::vector<KeptLot>& lots) {
  ASSIGN_OR_RETURN(const absl::Time date, DateFor(movement));
  const auto present = std::find_if(lots.begin(), lots.end(), [&movement](const KeptLot& kept) {
    return kept.lot.lot == movement.lot && kept.lot.bin == movement.bin;
  });
  KeptLot* place = present == lots.end() ? nullptr : &*present;
  if (place == nullptr) {
    StockLot lot;
    lot.key = movement.key;
    lot.lot = movement.lot;
    lot.bin = movement.bin;
    lot.expire_date = date;
    lots.push_back({std::move(lot), true});
    place = &lots.back();
  }
  place->changed = true;
  Add(movement.Change(), place->lot);
  AddRow(movement, movement.Change(), movement.lot, movement.bin);
  return absl::OkStatus();
}

void StockDraft::FileDeparture(const Movement& movement, const StockCounters& before, std::vector<KeptLot>& lots) {
  int64_t unfiled = PiecesIn(before, movement.from), expired = 0;
  std::vector<KeptLot*> choice;
  for (KeptLot& kept : lots) {
    unfiled -= PiecesIn(kept.lot, movement.from);
    if (movement.unfiled) continue;
    if (!movement.lot.empty() && kept.lot.lot != movement.lot) continue;
    if (!movement.bin.empty() && kept.lot.bin != movement.bin) continue;
    if (MustBeFresh(movement) && kept.lot.expire_time() <= cause_.time) {
      expired += PiecesIn(kept.lot, movement.from);
      continue;
    }
    choice.push_back(&kept);
  }
  std::sort(choice.begin(), choice.end(), [](const KeptLot* a, const KeptLot* b) {
    return std::tie(a->lot.expire_date, a->lot.lot, a->lot.bin) < std::tie(b->lot.expire_date, b->lot.lot, b->lot.bin);
  });

  Movement part = movement;
  int64_t left = movement.pieces, promised = movement.reserved;
  // The promises that end with the pieces go along with them, what is left over with the last ones.
  const auto next = [&](int64_t pieces) {
    part.pieces = pieces;
    left -= pieces;
    part.reserved = left == 0 ? promised : std::max(promised, -pieces);
    promised -= part.reserved;
    return part.Change();
  };
  for (KeptLot* kept : choice) {
    const int64_t pieces = std::min(left, PiecesIn(kept->lot, movement.from));
    if (pieces <= 0) continue;
    const StockCounters change = next(pieces);
    kept->changed = true;
    Add(change, kept->lot);
    AddRow(movement, change, kept->lot.lot, kept->lot.bin);
  }
  if (left == 0) return;
  const int64_t in_no_lot = NamesLot(movement) ? 0 : std::max<int64_t>(0, unfiled);
  if (expired > 0 && left > in_no_lot) return RefuseExpired(movement, movement.pieces - left + in_no_lot, expired);
  if (NamesLot(movement)) {
    return Refuse(movement, "OUT_OF_STOCK",
                  absl::StrCat("there are ", movement.pieces - left, " of SKU \"", movement.key.sku, "\" in lot \"",
                               movement.lot, "\", bin \"", movement.bin, "\", ", movement.pieces, " are wanted"));
  }
  // A level that has too few altogether is refused by Check.
  if (movement.unfiled && left > unfiled && PiecesIn(before, movement.from) >= movement.pieces) {
    return Refuse(movement, "OUT_OF_STOCK",
                  absl::StrCat("there are ", unfiled, " of SKU \"", movement.key.sku, "\" without lot and bin, ",
                               movement.pieces, " are wanted"));
  }
  AddRow(movement, next(left), "", "");
}

}  // namespace storeops::inventory
