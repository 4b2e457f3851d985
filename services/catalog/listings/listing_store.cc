#include "services/catalog/listings/listing_store.h"

#include "common/base/status_macros.h"

namespace storeops::catalog {

absl::Status SaveDueTime(db::Session& session, int64_t product_id, absl::Time due) {
  if (due == absl::InfiniteFuture()) {
    return session.Execute("DELETE FROM product_schedules WHERE product_id = ?", {product_id}).status();
  }
  return session
      .Execute(
          "INSERT INTO product_schedules (product_id, due_time) VALUES (?, ?) "
          "ON DUPLICATE KEY UPDATE due_time = VALUES(due_time)",
          {product_id, due})
      .status();
}

absl::StatusOr<std::vector<int64_t>> ClaimDueProducts(db::Session& session, absl::Time now, absl::Time until,
                                                      int limit) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT product_id FROM product_schedules WHERE due_time <= ? "
                                                      "ORDER BY due_time, product_id LIMIT ? FOR UPDATE",
                                                      {now, limit}));
  std::vector<int64_t> products;
  std::vector<db::Value> claims;
  for (size_t row = 0; row < rows.size(); ++row) {
    products.push_back(rows.Int(row, 0));
    claims.emplace_back(products.back());
    claims.emplace_back(until);
  }
  RETURN_IF_ERROR(session.InsertRows("product_schedules (product_id, due_time)", 2, claims,
                                     "ON DUPLICATE KEY UPDATE due_time = VALUES(due_time)"));
  return products;
}

absl::Status AddToChannels(db::Session& session, int64_t product_id, const std::vector<int64_t>& channels) {
  std::vector<db::Value> values;
  for (const int64_t channel : channels) {
    values.emplace_back(channel);
    values.emplace_back(product_id);
  }
  return session.InsertRows("channel_products (channel_id, product_id)", 2, values);
}

absl::Status RemoveFromChannels(db::Session& session, int64_t product_id, const std::vector<int64_t>& channels) {
  for (const int64_t channel : channels) {
    RETURN_IF_ERROR(
        session.Execute("DELETE FROM channel_products WHERE channel_id = ? AND product_id = ?", {channel, product_id})
            .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> LockChannel(db::Session& session, int64_t channel_id) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT id FROM channels WHERE id = ? AND delete_time IS NULL FOR UPDATE", {channel_id}));
  return !rows.empty();
}

absl::StatusOr<int64_t> FindProductOnChannel(db::Session& session, int64_t channel_id) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT product_id FROM channel_products WHERE channel_id = ? LIMIT 1", {channel_id}));
  return rows.empty() ? 0 : rows.Int(0, 0);
}

}  // namespace storeops::catalog
