#include "services/inventory/orders/adjustment_store.h"

#include <iterator>
#include <utility>

#include "common/base/status_macros.h"

namespace storeops::inventory {

absl::StatusOr<absl::flat_hash_map<std::string, StoredAdjustment>> FindAdjustments(
    db::Session& session, const std::vector<std::string>& references) {
  absl::flat_hash_map<std::string, StoredAdjustment> found;
  for (const std::string& reference : references) {
    ASSIGN_OR_RETURN(const db::Rows rows,
                     session.Query("SELECT external_reference, time, currency, amount_minor, reason, customer, sku, "
                                   "quantity FROM order_adjustments WHERE external_reference = ?",
                                   {reference}));
    if (rows.empty()) continue;
    found[reference] = {rows.Text(0, 0), rows.Time(0, 1), rows.Text(0, 2), rows.Int(0, 3),
                        rows.Text(0, 4), rows.Text(0, 5), rows.Text(0, 6), rows.Int(0, 7)};
  }
  return found;
}

absl::Status InsertAdjustments(db::Session& session, const std::vector<StoredAdjustment>& adjustments,
                               absl::Time now) {
  std::vector<db::Value> rows;
  for (const StoredAdjustment& adjustment : adjustments) {
    std::vector<db::Value> row = {adjustment.external_reference,
                                  adjustment.time,
                                  adjustment.currency,
                                  adjustment.amount_minor,
                                  adjustment.reason,
                                  adjustment.customer,
                                  adjustment.sku,
                                  adjustment.quantity,
                                  now};
    std::move(row.begin(), row.end(), std::back_inserter(rows));
  }
  return session.InsertRows(
      "order_adjustments (external_reference, time, currency, amount_minor, reason, customer, sku, quantity, "
      "create_time)",
      9, rows);
}

}  // namespace storeops::inventory
