#include "services/catalog/prices/price_history_store.h"

#include "common/base/status_macros.h"
#include "services/catalog/prices/price_times.h"

namespace storeops::catalog {
namespace {

db::Value ToValue(const std::optional<int64_t>& minor) { return minor.has_value() ? db::Value(*minor) : db::Value(); }

}  // namespace

absl::Status WritePriceHistory(db::Session& session, const std::vector<PriceHistoryRow>& rows) {
  std::vector<db::Value> values;
  values.reserve(rows.size() * 12);
  for (const PriceHistoryRow& row : rows) {
    const PriceHistoryPlace& place = row.place;
    values.insert(values.end(), {row.sku, place.time, static_cast<int>(place.source), place.list_id, place.min_quantity,
                                 StartValue(place.start), place.currency, EndValue(row.end), ToValue(row.old_minor),
                                 ToValue(row.new_minor), row.actor, row.cause});
  }
  return session.InsertRows(
      "price_history (sku, time, source, price_list, min_quantity, start_time, currency, end_time, old_minor, new_minor, "
      "actor, cause)",
      12, values,
      "ON DUPLICATE KEY UPDATE end_time = VALUES(end_time), new_minor = VALUES(new_minor), actor = VALUES(actor), "
      "cause = VALUES(cause)");
}

}  // namespace storeops::catalog
