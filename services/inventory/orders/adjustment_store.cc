#include "services/inventory/orders/adjustment_store.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/db/in_parts.h"

namespace storeops::inventory {

absl::StatusOr<absl::flat_hash_map<std::string, StoredAdjustment>> FindAdjustments(
    db::Session& session, const std::vector<std::string>& references) {
  absl::flat_hash_map<std::string, StoredAdjustment> found;
  RETURN_IF_ERROR(db::InParts(references, [&](const std::string& marks, std::vector<db::Value> values) -> absl::Status {
    ASSIGN_OR_RETURN(const db::Rows rows,
                     session.Query(absl::StrCat("SELECT external_reference, time, currency, amount_minor, reason, "
                                                "customer, sku, quantity FROM order_adjustments "
                                                "WHERE external_reference IN (",
                                                marks, ")"),
                                   absl::MakeConstSpan(values)));
    for (size_t i = 0; i < rows.size(); ++i) {
      found[rows.Text(i, 0)] = {rows.Text(i, 0), rows.Time(i, 1), rows.Text(i, 2), rows.Int(i, 3),
                                rows.Text(i, 4), rows.Text(i, 5), rows.Text(i, 6), rows.Int(i, 7)};
    }
    return absl::OkStatus();
  }));
  return found;
}

absl::Status InsertAdjustments(db::Session& session, const std::vector<StoredAdjustment>& adjustments, absl::Time now) {
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
