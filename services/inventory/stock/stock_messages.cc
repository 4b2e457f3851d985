#include "services/inventory/stock/stock_messages.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "common/base/time.h"
#include "services/inventory/locations/location_store.h"

namespace storeops::inventory {

std::string LocationNameOf(const StockKey& key) { return kLocationNames.Format(key.location_id); }

v1::StockLevel ToMessage(const StockLevel& level) {
  v1::StockLevel message;
  const StockCounters& counters = level.counters;
  message.set_sku(level.key.sku);
  message.set_location(LocationNameOf(level.key));
  message.set_on_hand(counters.on_hand);
  message.set_reserved(counters.reserved);
  message.set_available(counters.available());
  message.set_incoming(counters.incoming);
  message.set_damaged(counters.damaged);
  message.set_quality_hold(counters.quality_hold);
  message.set_safety_stock(level.policy.safety_stock);
  message.set_backorder_limit(level.policy.backorder_limit);
  message.set_preorder_limit(level.policy.preorder_limit);
  message.set_sellable(std::max<int64_t>(0, level.Headroom()));
  SetMicros(absl::ToUnixMicros(level.update_time), message.mutable_update_time());
  message.set_version(level.version);
  message.set_shortfall(std::max<int64_t>(0, level.policy.safety_stock - counters.available()));
  if (level.expire_time != absl::InfiniteFuture()) {
    message.set_next_expire_date(FormatDay(level.expire_time - absl::Hours(24)));
    message.set_expiring(level.expiring);
  }
  return message;
}

changes::Change ToChange(const StockLevel& level) {
  changes::Change change;
  change.set_type(kStockLevelType);
  change.set_subject(absl::StrCat(LocationNameOf(level.key), "/stock/", level.key.sku));
  change.set_version(level.version);
  change.set_resource(ToMessage(level).SerializeAsString());
  return change;
}

StockLevel FromMessage(const v1::StockLevel& message) {
  StockLevel level;
  level.key.sku = message.sku();
  (void)absl::SimpleAtoi(absl::StripPrefix(message.location(), "locations/"), &level.key.location_id);
  level.version = message.version();
  level.counters = {message.on_hand(), message.reserved(), message.incoming(), message.damaged(),
                    message.quality_hold()};
  level.policy = {message.safety_stock(), message.backorder_limit(), message.preorder_limit()};
  level.update_time = FromTimestamp(message.update_time());
  level.expire_time = ParseDay(message.next_expire_date(), "").value_or(absl::InfiniteFuture()) + absl::Hours(24);
  level.expiring = message.expiring();
  return level;
}

v1::StockMovement ToMessage(const LedgerRow& row) {
  v1::StockMovement message;
  message.set_id(row.id);
  message.set_sku(row.key.sku);
  message.set_location(LocationNameOf(row.key));
  message.set_type(row.type);
  message.set_on_hand(row.change.on_hand);
  message.set_reserved(row.change.reserved);
  message.set_incoming(row.change.incoming);
  message.set_damaged(row.change.damaged);
  message.set_quality_hold(row.change.quality_hold);
  message.set_lot(row.lot);
  message.set_bin(row.bin);
  message.set_cause(row.cause);
  message.set_reason(row.reason);
  message.set_note(row.note);
  message.set_actor(row.actor);
  *message.mutable_time() = ToTimestamp(row.time);
  return message;
}

v1::StockLot ToMessage(const StockLot& lot) {
  v1::StockLot message;
  message.set_sku(lot.key.sku);
  message.set_location(LocationNameOf(lot.key));
  message.set_lot(lot.lot);
  message.set_bin(lot.bin);
  message.set_on_hand(lot.on_hand);
  message.set_damaged(lot.damaged);
  message.set_quality_hold(lot.quality_hold);
  if (lot.expire_date != absl::InfiniteFuture()) message.set_expire_date(FormatDay(lot.expire_date));
  return message;
}

v1::SkuStock ToSkuStock(const std::string& sku, const std::vector<StockLevel>& levels, absl::Time now) {
  v1::SkuStock stock;
  stock.set_sku(sku);
  v1::StockLevel& total = *stock.mutable_total();
  total.set_sku(sku);
  absl::Time latest = absl::InfinitePast();
  for (const StockLevel& level : levels) {
    v1::StockLevel& one = *stock.add_levels();
    one = ToMessage(AsOf(level, now));
    total.set_on_hand(total.on_hand() + one.on_hand());
    total.set_reserved(total.reserved() + one.reserved());
    total.set_available(total.available() + one.available());
    total.set_incoming(total.incoming() + one.incoming());
    total.set_damaged(total.damaged() + one.damaged());
    total.set_quality_hold(total.quality_hold() + one.quality_hold());
    total.set_safety_stock(total.safety_stock() + one.safety_stock());
    total.set_backorder_limit(total.backorder_limit() + one.backorder_limit());
    total.set_preorder_limit(total.preorder_limit() + one.preorder_limit());
    total.set_sellable(total.sellable() + one.sellable());
    total.set_shortfall(total.shortfall() + one.shortfall());
    latest = std::max(latest, level.update_time);
  }
  if (!levels.empty()) *total.mutable_update_time() = ToTimestamp(latest);
  return stock;
}

absl::StatusOr<int64_t> ParseLocation(absl::string_view name, absl::string_view field) {
  if (name.empty()) return 0;
  return kLocationNames.ParseId(name, field);
}

absl::StatusOr<absl::Time> ParseDay(absl::string_view day, absl::string_view field) {
  if (day.empty()) return absl::InfiniteFuture();
  absl::CivilDay civil;
  // Dates such as the 31st of February are read as days of the next month.
  if (absl::ParseCivilTime(day, &civil) && absl::FormatCivilTime(civil) == day) {
    return absl::FromCivil(civil, absl::UTCTimeZone());
  }
  return InvalidField(field,
                      absl::StrCat("must be a day such as 2026-12-31, got \"", absl::Utf8SafeCEscape(day), "\""));
}

std::string FormatDay(absl::Time time) { return absl::FormatCivilTime(absl::ToCivilDay(time, absl::UTCTimeZone())); }

}  // namespace storeops::inventory
