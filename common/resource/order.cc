#include "common/resource/order.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/annotations.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/rpc/personal_data.h"

namespace storeops::resource {
namespace {

std::vector<std::string> SortableFields(const TableMapping& mapping) {
  std::vector<std::string> names;
  for (const Column& column : mapping.columns()) {
    if (column.rules->sortable()) names.push_back(column.field->name());
  }
  return names;
}

}  // namespace

absl::StatusOr<std::vector<OrderTerm>> ParseOrderBy(absl::string_view order_by,
                                                    const std::vector<std::string>& sortable) {
  std::vector<OrderTerm> terms;
  if (absl::StripAsciiWhitespace(order_by).empty()) return terms;
  for (const absl::string_view part : absl::StrSplit(order_by, ',')) {
    const std::vector<std::string> words = absl::StrSplit(part, absl::ByAnyChar(" \t\n\r"), absl::SkipEmpty());
    const bool fits = words.size() == 1 || (words.size() == 2 && (words[1] == "desc" || words[1] == "asc"));
    if (!fits) return InvalidField("order_by", "must be fields with commas between, like \"title desc, create_time\"");
    const std::string& field = words[0];
    if (std::find(sortable.begin(), sortable.end(), field) == sortable.end()) {
      return InvalidField("order_by", absl::StrCat("cannot sort by \"", TruncateCodePoints(field, 60),
                                                   "\"; fields are ", absl::StrJoin(sortable, ", ")));
    }
    const bool repeated =
        std::any_of(terms.begin(), terms.end(), [&](const OrderTerm& term) { return term.field == field; });
    if (repeated) return InvalidField("order_by", absl::StrCat("names ", field, " twice"));
    if (terms.size() == kMaxOrderFields) {
      return InvalidField("order_by", absl::StrCat("must have at most ", kMaxOrderFields, " fields"));
    }
    terms.push_back({field, words.size() == 2 && words[1] == "desc"});
  }
  return terms;
}

absl::StatusOr<Order> Order::Parse(absl::string_view order_by, const TableMapping& mapping, bool all_parents,
                                   const rpc::Principal& principal) {
  ASSIGN_OR_RETURN(const std::vector<OrderTerm> terms, ParseOrderBy(order_by, SortableFields(mapping)));
  const bool needs_index = all_parents && MaxRowsOf(mapping.type()) == 0;
  Order order;
  for (const OrderTerm& term : terms) {
    size_t cell = mapping.first_cell();
    for (const Column& column : mapping.columns()) {
      if (column.field->name() == term.field) {
        RETURN_IF_ERROR(rpc::CheckComparable(&principal, *column.field, "order_by"));
        if (needs_index && mapping.OrderIndex(/*of_parent=*/false, column.name).empty()) {
          return InvalidField("order_by", absl::StrCat("cannot sort by ", term.field, " across parents: name one"));
        }
        order.terms_.push_back({column.name, cell, term.descending});
        break;
      }
      cell += column.kind == ColumnKind::kMoney ? 2 : 1;
    }
  }
  order.terms_.push_back({"id", 0, !terms.empty() && terms.back().descending});
  return order;
}

std::string Order::OrderBy() const {
  return absl::StrJoin(terms_, ", ", [](std::string* out, const Term& term) {
    absl::StrAppend(out, term.column, term.descending ? " DESC" : "");
  });
}

absl::StatusOr<Condition> Order::After(const std::vector<db::Value>& keys) const {
  if (keys.size() != terms_.size()) {
    return InvalidField("page_token", "belongs to another order: begin again without a token");
  }
  // k1 > ? OR (k1 = ? AND k2 > ?) OR (k1 = ? AND k2 = ? AND id > ?): ranges that an index reads from the right place
  // on.
  Condition condition;
  condition.sql = "(";
  for (size_t last = 0; last < terms_.size(); ++last) {
    if (last > 0) condition.sql.append(" OR (");
    for (size_t i = 0; i < last; ++i) {
      absl::StrAppend(&condition.sql, terms_[i].column, " = ? AND ");
      condition.values.push_back(keys[i]);
    }
    absl::StrAppend(&condition.sql, terms_[last].column, terms_[last].descending ? " < ?" : " > ?",
                    last > 0 ? ")" : "");
    condition.values.push_back(keys[last]);
  }
  condition.sql.append(")");
  return condition;
}

std::vector<db::Value> Order::Keys(const db::Rows& rows, size_t row) const {
  std::vector<db::Value> keys;
  for (const Term& term : terms_) keys.push_back(rows.Cell(row, term.cell));
  return keys;
}

}  // namespace storeops::resource
