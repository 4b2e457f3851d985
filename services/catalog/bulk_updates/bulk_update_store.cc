#include "services/catalog/bulk_updates/bulk_update_store.h"

#include <string>
#include <utility>

#include "common/base/status_macros.h"

namespace storeops::catalog {

using v1::BulkUpdateResult;

absl::Status InsertResults(db::Session& session, int64_t operation, int64_t position,
                           const std::vector<BulkUpdateResult>& results, absl::Time now) {
  std::vector<db::Value> values;
  for (const BulkUpdateResult& result : results) {
    values.emplace_back(operation);
    values.emplace_back(position++);
    values.emplace_back(static_cast<int>(result.outcome()));
    values.emplace_back(result.SerializeAsString());
    values.emplace_back(now);
  }
  return session.InsertRows("bulk_update_results (operation_id, position, outcome, result, create_time)", 5, values);
}

absl::StatusOr<resource::FilterFields> OpenResultFilter(db::Database& database) {
  return resource::FilterFields::Open(database, *BulkUpdateResult::descriptor(), "bulk_update_results", {});
}

absl::StatusOr<std::vector<ResultRow>> ReadResults(db::Database& database, int64_t operation,
                                                   const resource::Condition& condition, int64_t after, int limit,
                                                   absl::Time deadline) {
  std::string sql = "SELECT position, result FROM bulk_update_results WHERE operation_id = ? AND position > ? ";
  std::vector<db::Value> values = {operation, after};
  condition.AndTo(sql, values);
  values.emplace_back(limit);
  const auto rows = database.Query(deadline, sql + "ORDER BY position LIMIT ?", absl::MakeConstSpan(values));
  RETURN_IF_ERROR(rows.status());
  std::vector<ResultRow> results(rows->size());
  for (size_t row = 0; row < rows->size(); ++row) {
    results[row].position = rows->Int(row, 0);
    if (!results[row].result.ParseFromString(rows->Text(row, 1))) {
      return absl::DataLossError("a result of a bulk update cannot be read");
    }
  }
  return results;
}

absl::StatusOr<int64_t> PruneResults(db::Database& database, absl::Time before, int limit, absl::Time deadline) {
  return database.Execute(deadline, "DELETE FROM bulk_update_results WHERE create_time < ? LIMIT ?", {before, limit});
}

}  // namespace storeops::catalog
