#include "services/catalog/media/media_store.h"

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"

namespace storeops::catalog {
namespace {

// One text of SQL for any number.
const std::string& LockSql() {
  static const std::string sql =
      absl::StrCat("SELECT id FROM media WHERE id IN (", db::Marks(kMaxProductMedia), ") ORDER BY id FOR UPDATE");
  return sql;
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> LockMedia(db::Session& session, std::vector<int64_t> ids) {
  if (ids.empty()) return ids;
  ids.resize(kMaxProductMedia, ids.back());
  const std::vector<db::Value> values(ids.begin(), ids.end());
  // In the order of ids, so that two writers never wait for each other.
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query(LockSql(), absl::MakeConstSpan(values)));
  return db::Ids(rows);
}

absl::Status ShowMedia(db::Session& session, int64_t product_id, const std::vector<int64_t>& media) {
  std::vector<db::Value> values;
  for (const int64_t id : media) {
    values.emplace_back(id);
    values.emplace_back(product_id);
    RETURN_IF_ERROR(RemoveIdleMedia(session, id));
  }
  return session.InsertRows("product_media (media_id, product_id)", 2, values);
}

absl::Status HideMedia(db::Session& session, int64_t product_id, const std::vector<int64_t>& media, absl::Time now) {
  for (const int64_t id : media) {
    RETURN_IF_ERROR(
        session.Execute("DELETE FROM product_media WHERE media_id = ? AND product_id = ?", {id, product_id}).status());
    ASSIGN_OR_RETURN(const int64_t other, FindProductShowing(session, id));
    if (other == 0) RETURN_IF_ERROR(AddIdleMedia(session, id, now));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> FindProductShowing(db::Session& session, int64_t media_id) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT product_id FROM product_media WHERE media_id = ? LIMIT 1", {media_id}));
  return rows.empty() ? 0 : rows.Int(0, 0);
}

absl::Status AddIdleMedia(db::Session& session, int64_t media_id, absl::Time now) {
  return session
      .Execute("INSERT INTO idle_media (media_id, since) VALUES (?, ?) ON DUPLICATE KEY UPDATE since = since",
               {media_id, now})
      .status();
}

absl::Status RemoveIdleMedia(db::Session& session, int64_t media_id) {
  return session.Execute("DELETE FROM idle_media WHERE media_id = ?", {media_id}).status();
}

absl::Status TouchIdleMedia(db::Database& database, int64_t media_id, absl::Time now, absl::Time deadline) {
  return database.Execute(deadline, "UPDATE idle_media SET since = ? WHERE media_id = ?", {now, media_id}).status();
}

absl::StatusOr<std::vector<int64_t>> ReadIdleMedia(db::Database& database, absl::Time before, int limit,
                                                   absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline, "SELECT media_id FROM idle_media WHERE since < ? ORDER BY since, media_id LIMIT ?",
                     {before, static_cast<int64_t>(limit)}));
  return db::Ids(rows);
}

absl::Status AddUnownedContent(db::Session& session, const std::string& hash, absl::Time now) {
  return session
      .Execute("INSERT INTO unowned_content (hash, since) VALUES (?, ?) ON DUPLICATE KEY UPDATE since = ?",
               {hash, now, now})
      .status();
}

absl::Status RemoveUnownedContent(db::Session& session, const std::string& hash) {
  return session.Execute("DELETE FROM unowned_content WHERE hash = ?", {hash}).status();
}

absl::StatusOr<std::vector<std::string>> ReadUnownedContent(db::Database& database, absl::Time before, int limit,
                                                            absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline, "SELECT hash FROM unowned_content WHERE since < ? ORDER BY since, hash LIMIT ?",
                     {before, static_cast<int64_t>(limit)}));
  std::vector<std::string> hashes;
  for (size_t row = 0; row < rows.size(); ++row) hashes.push_back(rows.Text(row, 0));
  return hashes;
}

absl::StatusOr<bool> LockUnownedContent(db::Session& session, const std::string& hash, absl::Time before) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      session.Query("SELECT hash FROM unowned_content WHERE hash = ? AND since < ? FOR UPDATE", {hash, before}));
  return !rows.empty();
}

absl::StatusOr<bool> IsOwned(db::Session& session, const std::string& hash) {
  ASSIGN_OR_RETURN(const db::Rows rows, session.Query("SELECT id FROM media WHERE hash = ? LIMIT 1", {hash}));
  return !rows.empty();
}

}  // namespace storeops::catalog
