#include "services/catalog/categories/category_store.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/db/lists.h"

namespace storeops::catalog {
namespace {

// Parents of one question; few texts of SQL make few prepared statements.
constexpr size_t kParentsAtOnce = 100;

std::string ChildrenSql(size_t parents) {
  return absl::StrCat("SELECT id FROM categories WHERE parent IN (", db::Marks(parents),
                      ") AND delete_time IS NULL ORDER BY id");
}

}  // namespace

absl::Status LockCategoryTree(db::Session& session) {
  return session.Execute("UPDATE category_tree SET revision = revision + 1 WHERE id = 1").status();
}

absl::StatusOr<CategoryPlace> ReadCategoryPlace(db::Session& session, int64_t id) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT parent FROM categories WHERE id = ? AND delete_time IS NULL", {id}));
  if (rows.empty()) return ResourceNotFound("catalog.storeops/Category", absl::StrCat("categories/", id));
  return CategoryPlace{id, rows.Text(0, 0)};
}

absl::StatusOr<std::vector<int64_t>> ReadCategoryChildren(db::Session& session,
                                                          const std::vector<std::string>& parents) {
  std::vector<int64_t> children;
  for (size_t begin = 0; begin < parents.size(); begin += kParentsAtOnce) {
    const size_t count = std::min(kParentsAtOnce, parents.size() - begin);
    // The last name again and again up to a full question, so that there are two texts only: for one and for many.
    const size_t asked = count == 1 ? 1 : kParentsAtOnce;
    std::vector<db::Value> values;
    for (size_t i = 0; i < asked; ++i) values.emplace_back(parents[begin + std::min(i, count - 1)]);
    ASSIGN_OR_RETURN(const db::Rows rows, session.Query(ChildrenSql(asked), absl::MakeConstSpan(values)));
    const std::vector<int64_t> part = db::Ids(rows);
    children.insert(children.end(), part.begin(), part.end());
  }
  return children;
}

absl::StatusOr<int64_t> FindCategoryChild(db::Session& session, const std::string& parent, const std::string& title) {
  ASSIGN_OR_RETURN(const db::Rows rows,
                   session.Query("SELECT id FROM categories WHERE parent = ? AND title = ? AND delete_time IS NULL",
                                 {parent, title}));
  return rows.empty() ? 0 : rows.Int(0, 0);
}

}  // namespace storeops::catalog
