#include "services/inventory/stock/stock_ledger.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/invariant.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/stock/refusals.h"
#include "services/inventory/stock/stock_draft.h"
#include "services/inventory/stock/stock_memory.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

constexpr char kExpiryCause[] = "stockLots/expired";
constexpr char kExpiryActor[] = "services/inventory";

changes::Change MakeChange(const StockLevel& level, const std::string& actor, bool created) {
  changes::Change change = ToChange(level);
  change.set_kind(created ? changes::Change::CREATED : changes::Change::UPDATED);
  *change.mutable_time() = ToTimestamp(level.update_time);
  change.set_actor(actor);
  return change;
}

LedgerRow ExpiryRow(const StockLot& lot, const Movement& movement, absl::Time now) {
  LedgerRow row;
  row.key = lot.key;
  row.type = movement.type;
  row.change = movement.Change();
  row.lot = lot.lot;
  row.bin = lot.bin;
  row.cause = kExpiryCause;
  row.reason = v1::EXPIRED_GOODS;
  row.actor = kExpiryActor;
  row.time = now;
  return row;
}

}  // namespace

Cause MakeCause(const resource::Write& write, std::string name) {
  return {std::move(name), write.call().principal.name, write.now()};
}

const StockLevel& LockedStock::Level(const StockKey& key) const {
  static const auto* none = new StockLevel();
  const auto found = entries_.find(key);
  return found == entries_.end() ? *none : found->second.level;
}

std::vector<const StockLevel*> LockedStock::LevelsOf(const std::string& sku) const {
  std::vector<const StockLevel*> levels;
  for (auto entry = entries_.lower_bound({sku, 0}); entry != entries_.end() && entry->first.sku == sku; ++entry) {
    levels.push_back(&entry->second.level);
  }
  return levels;
}

std::vector<StockLevel> LockedStock::Changed() const {
  std::vector<StockLevel> levels;
  for (const auto& [key, entry] : entries_) {
    if (entry.changed) levels.push_back(entry.level);
  }
  return levels;
}

std::optional<absl::Time> LockedStock::DateIn(const Entry& entry, const std::string& lot) {
  if (!entry.lots.has_value()) return std::nullopt;
  for (const KeptLot& kept : *entry.lots) {
    if (kept.lot.lot == lot) return kept.lot.expire_date;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<absl::Time>> LockedStock::DateOf(const std::string& sku, const std::string& lot) const {
  for (auto entry = entries_.lower_bound({sku, 0}); entry != entries_.end() && entry->first.sku == sku; ++entry) {
    if (const auto date = DateIn(entry->second, lot); date.has_value()) return date;
  }
  return ReadLotDate(*session_, sku, lot);
}

int64_t LockedStock::Shippable(const StockKey& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return 0;
  const Entry& entry = found->second;
  int64_t units = entry.level.counters.for_sale();
  // Lots that are not loaded have not expired.
  if (!entry.lots.has_value()) return units;
  for (const KeptLot& kept : *entry.lots) {
    if (kept.lot.expire_time() <= now_) units -= kept.lot.for_sale();
  }
  return std::max<int64_t>(0, units);
}

absl::Status LockedStock::HoldAllExpired() {
  for (auto& [key, entry] : entries_) {
    if (entry.level.expire_time > now_) continue;
    RETURN_IF_ERROR(LoadLots(entry));
    HoldExpired(entry);
  }
  return absl::OkStatus();
}

void LockedStock::HoldExpired(Entry& entry) {
  StockLevel& level = entry.level;
  absl::Time expire_time = absl::InfiniteFuture();
  int64_t expiring = 0;
  for (KeptLot& kept : *entry.lots) {
    StockLot& lot = kept.lot;
    const int64_t spare = std::max<int64_t>(0, level.Headroom());
    const int64_t held = lot.expire_time() <= now_ ? std::min(lot.for_sale(), spare) : 0;
    if (held > 0) {
      const Movement movement = ChangeStatus(lot.key, held, PiecePlace::kForSale, PiecePlace::kHeld);
      lot.quality_hold += held;
      kept.changed = true;
      level.counters += movement.Change();
      rows_.push_back(ExpiryRow(lot, movement, now_));
      Touch(entry);
    }
    if (lot.for_sale() == 0 || lot.expire_time() > expire_time) continue;
    expiring = lot.for_sale() + (lot.expire_time() == expire_time ? expiring : 0);
    expire_time = lot.expire_time();
  }
  if (expire_time == absl::InfiniteFuture()) expiring = 0;
  if (level.expire_time == expire_time && level.expiring == expiring) return;
  level.expire_time = expire_time;
  level.expiring = expiring;
  Touch(entry);
}

void LockedStock::Touch(Entry& entry) {
  if (!entry.changed) entry.actor = kExpiryActor;
  entry.changed = true;
}

absl::Status LockedStock::Load(absl::Span<const std::string> skus) {
  ASSIGN_OR_RETURN(auto levels, LockLevels(*session_, skus));
  for (StockLevel& level : levels) {
    StockKey key = level.key;
    entries_[std::move(key)].level = std::move(level);
  }
  return absl::OkStatus();
}

absl::Status LockedStock::LoadLots(Entry& entry) const {
  if (entry.lots.has_value()) return absl::OkStatus();
  std::vector<StockLot> lots;
  if (entry.level.version > 0) {
    ASSIGN_OR_RETURN(lots, ReadLots(*session_, entry.level.key));
  }
  entry.lots.emplace();
  for (StockLot& lot : lots) entry.lots->push_back({std::move(lot), false});
  return absl::OkStatus();
}

absl::StatusOr<LockedStock> StockLedger::Lock(db::Session& session, absl::Time now, absl::Span<const std::string> skus,
                                              absl::Span<const StockKey> wanted) const {
  std::vector<std::string> sorted(skus.begin(), skus.end());
  for (const StockKey& key : wanted) sorted.push_back(key.sku);
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  LockedStock stock(session, now);
  RETURN_IF_ERROR(stock.Load(sorted));
  std::vector<StockKey> missing;
  for (const StockKey& key : wanted) {
    if (!stock.entries_.contains(key)) missing.push_back(key);
  }
  if (!missing.empty()) {
    std::sort(missing.begin(), missing.end());
    missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
    RETURN_IF_ERROR(AddMissingLevels(session, missing, absl::UnixEpoch()));
    // Somebody else may have made them at the same time: they are read as they are now.
    RETURN_IF_ERROR(stock.Load(sorted));
  }
  RETURN_IF_ERROR(stock.HoldAllExpired());
  return stock;
}

absl::Status StockLedger::Apply(LockedStock& stock, absl::Span<const Movement> movements, const Cause& cause) const {
  StockDraft draft(stock, cause);
  for (const Movement& movement : movements) {
    const bool arrives = movement.incoming > 0 || (movement.from == PiecePlace::kElsewhere && movement.pieces > 0);
    if (arrives && !stock.entries_.contains(movement.key)) {
      return STOREOPS_BUG(absl::StrCat("pieces of SKU \"", movement.key.sku, "\" come to a level not locked"));
    }
    RETURN_IF_ERROR(draft.Take(movement));
  }
  RETURN_IF_ERROR(draft.Check());
  draft.Keep();
  return absl::OkStatus();
}

absl::Status StockLedger::SetPolicy(LockedStock& stock, const StockKey& key, const StockPolicy& policy,
                                    const std::string& field, const Cause& cause) const {
  const auto found = stock.entries_.find(key);
  if (found == stock.entries_.end()) {
    return STOREOPS_BUG(absl::StrCat("the policy of SKU \"", key.sku, "\" is set on a level not locked"));
  }
  StockLevel after = found->second.level;
  if (after.policy == policy) return absl::OkStatus();
  after.policy = policy;
  // As the table's own constraint.
  const int64_t promised_ahead = -after.counters.available();
  const int64_t allowed = policy.backorder_limit + policy.preorder_limit;
  const StockPolicy& before = found->second.level.policy;
  const bool narrower = allowed < before.backorder_limit + before.preorder_limit;
  if (narrower && promised_ahead > allowed) {
    return RefuseStock({OutOfStock(key, promised_ahead, allowed, {field})});
  }
  found->second.level = std::move(after);
  found->second.changed = true;
  found->second.actor = cause.actor;
  return absl::OkStatus();
}

absl::Status StockLedger::CheckLotDate(const LockedStock& stock, const StockKey& key, const std::string& lot,
                                       absl::Time stated, const std::string& field) const {
  if (lot.empty() || stated == absl::InfiniteFuture()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto known, stock.DateOf(key.sku, lot));
  if (!known.has_value() || *known == stated) return absl::OkStatus();
  return RefuseStock({LotDateDiffers(key, lot, *known, stated, {field})});
}

absl::StatusOr<int64_t> StockLedger::CountLot(LockedStock& stock, const StockKey& key, const std::string& lot,
                                              const std::string& bin) const {
  const auto found = stock.entries_.find(key);
  if (found == stock.entries_.end()) return 0;
  RETURN_IF_ERROR(stock.LoadLots(found->second));
  for (const auto& kept : *found->second.lots) {
    if (kept.lot.lot == lot && kept.lot.bin == bin) return kept.lot.on_hand;
  }
  return 0;
}

absl::StatusOr<std::vector<StockLevel>> StockLedger::Store(resource::Write& write, LockedStock stock) const {
  std::vector<StockLevel> levels;
  std::vector<StockLot> lots;
  std::vector<changes::Change> news;
  for (auto& [key, entry] : stock.entries_) {
    if (!entry.changed) continue;
    // A limit that was raised makes room for reserved units that have expired.
    if (entry.lots.has_value()) stock.HoldExpired(entry);
    const bool created = entry.level.version == 0;
    ++entry.level.version;
    entry.level.update_time = write.now();
    news.push_back(MakeChange(entry.level, entry.actor, created));
    levels.push_back(entry.level);
    if (!entry.lots.has_value()) continue;
    for (const auto& kept : *entry.lots) {
      if (kept.changed) lots.push_back(kept.lot);
    }
  }
  if (levels.empty()) return levels;
  db::Session& session = *stock.session_;
  RETURN_IF_ERROR(AddMovements(session, stock.rows_));
  RETURN_IF_ERROR(WriteLevels(session, levels));
  RETURN_IF_ERROR(WriteLots(session, lots));
  RETURN_IF_ERROR(changes::WriteOutbox(session, news));
  if (memory_ != nullptr) {
    write.AfterCommit([memory = memory_, levels] { memory->Written(levels); });
  }
  return levels;
}

absl::StatusOr<std::vector<StockLevel>> StockLedger::Post(resource::Write& write, absl::Span<const Movement> movements,
                                                          const Cause& cause) const {
  std::vector<std::string> skus;
  std::vector<StockKey> wanted;
  for (const Movement& movement : movements) {
    skus.push_back(movement.key.sku);
    if (movement.from == PiecePlace::kElsewhere) wanted.push_back(movement.key);
  }
  ASSIGN_OR_RETURN(LockedStock stock, Lock(write, skus, wanted));
  RETURN_IF_ERROR(Apply(stock, movements, cause));
  return Store(write, std::move(stock));
}

}  // namespace storeops::inventory
