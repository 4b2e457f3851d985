#include "services/catalog/transfers/transfer_store.h"

#include <string>

#include "common/base/status_macros.h"
#include "common/base/text.h"

namespace storeops::catalog {
namespace {

constexpr size_t kMaxField = 200;
constexpr size_t kMaxMessage = 1000;
constexpr size_t kMaxSkuText = 64;

}  // namespace

absl::Status InsertImportErrors(db::Session& session, int64_t operation_id, int64_t first_number,
                                absl::Span<const v1::ImportError> errors, absl::Time now) {
  std::vector<db::Value> rows;
  for (size_t i = 0; i < errors.size(); ++i) {
    const v1::ImportError& error = errors[i];
    rows.insert(
        rows.end(),
        {db::Value(operation_id), db::Value(first_number + static_cast<int64_t>(i)), db::Value(error.line()),
         db::Value(error.column()), db::Value(TruncateCodePoints(error.field(), kMaxField)),
         db::Value(TruncateCodePoints(error.message(), kMaxMessage)), db::Value(now),
         db::Value(TruncateCodePoints(error.sku(), kMaxSkuText)), db::Value(static_cast<int64_t>(error.severity()))});
  }
  return session.InsertRows(
      "import_errors (operation_id, number, line, column_number, field, message, create_time, sku, severity)", 9, rows);
}

absl::StatusOr<std::vector<StoredImportError>> ReadImportErrors(db::Database& database, int64_t operation_id,
                                                                v1::ImportError::Severity severity, int64_t after,
                                                                int limit, absl::Time deadline) {
  const auto only = static_cast<int64_t>(severity);
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT number, line, column_number, field, message, sku, severity "
                                  "FROM import_errors WHERE operation_id = ? AND number > ? "
                                  "AND (? = 0 OR severity = ?) ORDER BY number LIMIT ?",
                                  {operation_id, after, only, only, limit}));
  std::vector<StoredImportError> errors;
  for (size_t row = 0; row < rows.size(); ++row) {
    StoredImportError& stored = errors.emplace_back();
    stored.number = rows.Int(row, 0);
    stored.error.set_line(rows.Int(row, 1));
    stored.error.set_column(rows.Int(row, 2));
    stored.error.set_field(rows.Text(row, 3));
    stored.error.set_message(rows.Text(row, 4));
    stored.error.set_sku(rows.Text(row, 5));
    stored.error.set_severity(static_cast<v1::ImportError::Severity>(rows.Int(row, 6)));
  }
  return errors;
}

absl::StatusOr<int64_t> PruneImportErrors(db::Database& database, absl::Time before, int limit, absl::Time deadline) {
  return database.Execute(deadline, "DELETE FROM import_errors WHERE create_time < ? LIMIT ?", {before, limit});
}

absl::Status InsertImportFile(db::Database& database, const std::string& blob, absl::Time now, absl::Time deadline) {
  return database
      .Execute(deadline, "INSERT INTO import_files (blob_name, operation_id, create_time) VALUES (?, 0, ?)",
               {blob, now})
      .status();
}

absl::Status SetImportOperation(db::Session& session, const std::string& blob, int64_t operation_id) {
  return session.Execute("UPDATE import_files SET operation_id = ? WHERE blob_name = ?", {operation_id, blob}).status();
}

absl::StatusOr<std::vector<ImportFile>> ReadImportFiles(db::Database& database, const std::string& after, int limit,
                                                        absl::Time deadline) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT blob_name, operation_id, create_time FROM import_files WHERE blob_name > ? "
                                  "ORDER BY blob_name LIMIT ?",
                                  {after, limit}));
  std::vector<ImportFile> files;
  for (size_t row = 0; row < rows.size(); ++row)
    files.push_back({rows.Text(row, 0), rows.Int(row, 1), rows.Time(row, 2)});
  return files;
}

absl::Status DeleteImportFile(db::Database& database, const std::string& blob, absl::Time deadline) {
  return database.Execute(deadline, "DELETE FROM import_files WHERE blob_name = ?", {blob}).status();
}

}  // namespace storeops::catalog
