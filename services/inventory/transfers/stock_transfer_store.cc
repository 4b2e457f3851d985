#include "services/inventory/transfers/stock_transfer_store.h"

#include "common/base/status_macros.h"
#include "services/inventory/stock/stock_messages.h"
#include "storeops/inventory/v1/stock.pb.h"

namespace storeops::inventory {

absl::StatusOr<std::vector<v1::StockTransfer::Parcel>> ReadShipped(db::Session& session, const std::string& cause) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT m.sku, m.lot, -SUM(m.on_hand), MAX(l.expire_date) FROM stock_movements m "
                    "LEFT JOIN stock_lots l ON l.sku = m.sku AND l.location_id = m.location_id AND l.lot = m.lot "
                    "AND l.bin = m.bin WHERE m.cause = ? AND m.type = ? GROUP BY m.sku, m.lot ORDER BY m.sku, m.lot",
                    {cause, v1::StockMovement::TRANSFERRED_OUT}));
  std::vector<v1::StockTransfer::Parcel> parcels(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    parcels[i].set_sku(rows.Text(i, 0));
    parcels[i].set_lot(rows.Text(i, 1));
    parcels[i].set_shipped(rows.Int(i, 2));
    if (!rows.Null(i, 3)) parcels[i].set_expire_date(FormatDay(rows.Time(i, 3)));
  }
  return parcels;
}

}  // namespace storeops::inventory
