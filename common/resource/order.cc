#include "common/resource/order.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/errors.h"
#include "common/base/text.h"

namespace storeops::resource {
namespace {

std::string SortableFields(const TableMapping& mapping) {
  std::vector<std::string> names;
  for (const Column& column : mapping.columns()) {
    if (column.rules->sortable()) names.push_back(column.field->name());
  }
  return absl::StrJoin(names, ", ");
}

}  // namespace

absl::StatusOr<Order> Order::Parse(absl::string_view order_by, const TableMapping& mapping, bool all_parents) {
  Order order;
  bool descending = false;
  if (!absl::StripAsciiWhitespace(order_by).empty()) {
    for (const absl::string_view part : absl::StrSplit(order_by, ',')) {
      const std::vector<absl::string_view> words = absl::StrSplit(part, absl::ByAnyChar(" \t\n\r"), absl::SkipEmpty());
      const bool fits = words.size() == 1 || (words.size() == 2 && (words[1] == "desc" || words[1] == "asc"));
      if (!fits)
        return InvalidField("order_by", "must be fields with commas between, like \"title desc, create_time\"");
      size_t cell = mapping.first_cell();
      const Column* column = nullptr;
      for (const Column& candidate : mapping.columns()) {
        if (candidate.field->name() == words[0] && candidate.rules->sortable()) {
          column = &candidate;
          break;
        }
        cell += candidate.kind == ColumnKind::kMoney ? 2 : 1;
      }
      if (column == nullptr) {
        return InvalidField("order_by", absl::StrCat("cannot sort by \"", TruncateCodePoints(words[0], 60),
                                                     "\"; fields are ", SortableFields(mapping)));
      }
      if (all_parents && mapping.OrderIndex(/*of_parent=*/false, column->name).empty()) {
        return InvalidField("order_by", absl::StrCat("cannot sort by ", words[0], " across parents: name one"));
      }
      const bool repeated = std::any_of(order.terms_.begin(), order.terms_.end(),
                                        [&](const Term& term) { return term.column == column->name; });
      if (repeated) return InvalidField("order_by", absl::StrCat("names ", words[0], " twice"));
      if (order.terms_.size() == kMaxOrderFields) {
        return InvalidField("order_by", absl::StrCat("must have at most ", kMaxOrderFields, " fields"));
      }
      descending = words.size() == 2 && words[1] == "desc";
      order.terms_.push_back({column->name, cell, descending});
    }
  }
  order.terms_.push_back({"id", 0, descending});
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
