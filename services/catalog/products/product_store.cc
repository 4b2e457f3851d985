#include "services/catalog/products/product_store.h"

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"

namespace storeops::catalog {
namespace {

absl::StatusOr<int64_t> FirstId(absl::StatusOr<db::Rows> rows) {
  RETURN_IF_ERROR(rows.status());
  return rows->empty() ? 0 : rows->Int(0, 0);
}

}  // namespace

absl::StatusOr<std::vector<int64_t>> LockCategories(db::Session& session, std::vector<int64_t> ids) {
  if (ids.empty()) return ids;
  ids.resize(kMaxProductCategories, ids.back());  // one text of SQL for any number
  const std::vector<db::Value> values(ids.begin(), ids.end());
  // In the order of ids, so that two writers never wait for each other.
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query(absl::StrCat("SELECT id FROM categories WHERE id IN (", db::Marks(ids.size()),
                                              ") AND delete_time IS NULL ORDER BY id FOR UPDATE"),
                                 absl::MakeConstSpan(values)));
  return db::Ids(rows);
}

absl::Status FileProduct(db::Session& session, int64_t product_id, const std::vector<int64_t>& categories) {
  std::vector<db::Value> values;
  for (const int64_t category : categories) {
    values.emplace_back(category);
    values.emplace_back(product_id);
  }
  return session.InsertRows("product_categories (category_id, product_id)", 2, values);
}

absl::Status UnfileProduct(db::Session& session, int64_t product_id, const std::vector<int64_t>& categories) {
  for (const int64_t category : categories) {
    RETURN_IF_ERROR(
        session
            .Execute("DELETE FROM product_categories WHERE category_id = ? AND product_id = ?", {category, product_id})
            .status());
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> FindProductInCategory(db::Session& session, int64_t category_id) {
  return FirstId(
      session.Query("SELECT product_id FROM product_categories WHERE category_id = ? LIMIT 1", {category_id}));
}

absl::StatusOr<int64_t> FindProductOfType(db::Session& session, const std::string& product_type) {
  return FirstId(
      session.Query("SELECT id FROM products WHERE product_type = ? AND delete_time IS NULL LIMIT 1", {product_type}));
}

}  // namespace storeops::catalog
