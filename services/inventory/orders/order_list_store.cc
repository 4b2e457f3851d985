#include "services/inventory/orders/order_list_store.h"

#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/resource/order.h"
#include "services/inventory/orders/order_names.h"

namespace storeops::inventory {
namespace {

using resource::FilterField;
using resource::FilterFields;
using resource::FilterForm;
using resource::FilterNode;

// Each serves lists of one value of its field by place_time.
constexpr std::pair<absl::string_view, absl::string_view> kIndexes[] = {
    {"status", "by_status"},
    {"payment_status", "by_payment_status"},
    {"fulfillment_status", "by_fulfillment_status"},
    {"customer", "by_customer"},
    {"channel", "by_channel"},
    {"on_hold", "by_hold"},
};

absl::StatusOr<FilterFields> MakeFields(absl::string_view place_time) {
  std::vector<FilterField> listed = {
      {.path = "name", .column = "o.id", .form = FilterForm::kName, .names = kOrderNames},
      {.path = "place_time", .column = std::string(place_time)},
      {.path = "balance_due", .column = "o.balance_due_minor", .nullable = true, .currency = "o.currency"},
      {.path = "external_reference", .column = "o.external_reference", .nullable = true},
      {.path = "ship_by_time", .column = "o.ship_by_time", .nullable = true},
      {.path = "lines.sku",
       .column = "sku",
       .table = "order_lines",
       .within = "o.id IN (SELECT order_id FROM order_lines WHERE quantity > 0 AND "},
  };
  return FilterFields::Make(*v1::Order::descriptor(), "orders", std::move(listed), "o.");
}

// Fields that the filter compares otherwise than by demanding a value of them, the time of placing apart.
bool HasOtherConditions(const FilterNode& node, bool demanded) {
  if (node.kind == FilterNode::Kind::kAnd && demanded) {
    for (const FilterNode& child : node.children) {
      if (HasOtherConditions(child, child.kind == FilterNode::Kind::kRestriction)) return true;
    }
    return false;
  }
  if (node.kind != FilterNode::Kind::kRestriction) return true;
  if (node.field == "place_time") return false;
  for (const auto& [field, index] : kIndexes) {
    if (node.field == field) {
      return node.comparator != resource::Comparator::kEqual || node.value.wildcard_before || node.value.wildcard_after;
    }
  }
  return true;
}

// Left to itself, MariaDB looks up the filtered value only and walks its index from the end, past all earlier pages.
// Where several filters compete, its statistics know better than we do.
std::string IndexFor(const std::optional<FilterNode>& filter) {
  if (filter.has_value() && HasOtherConditions(*filter, /*demanded=*/true)) return "";
  std::string index;
  for (const auto& [field, name] : kIndexes) {
    if (resource::FindDemand(filter, field) == nullptr) continue;
    if (!index.empty()) return "";
    index = std::string(name);
  }
  return index.empty() ? "by_place_time" : index;
}

}  // namespace

absl::StatusOr<OrderLists> OrderLists::Open(db::Database& database) {
  OrderLists lists;
  ASSIGN_OR_RETURN(lists.of_orders_, MakeFields("o.place_time"));
  ASSIGN_OR_RETURN(lists.of_lines_, MakeFields("l.place_time"));
  RETURN_IF_ERROR(lists.of_orders_.Check(database));
  return lists;
}

absl::StatusOr<OrderSelection> OrderLists::Select(absl::string_view filter, absl::string_view order_by) const {
  OrderSelection selection;
  ASSIGN_OR_RETURN(const auto terms, resource::ParseOrderBy(order_by, {"place_time"}));
  selection.oldest_first = !terms.empty() && !terms[0].descending;
  ASSIGN_OR_RETURN(std::optional<FilterNode> node, resource::ParseOptionalFilter(filter));
  if (const auto sku = resource::TakeDemand(node, "lines.sku")) selection.sku = sku->value.text;
  const FilterFields& fields = selection.sku.has_value() ? of_lines_ : of_orders_;
  if (node.has_value()) {
    ASSIGN_OR_RETURN(selection.condition, fields.Compile(*node));
  }
  selection.index = IndexFor(node);
  return selection;
}

absl::StatusOr<std::vector<StoredOrder>> ListOrders(db::Database& database, const OrderSelection& selection,
                                                    const std::optional<OrderPlace>& after, int limit,
                                                    absl::Time deadline) {
  const bool by_sku = selection.sku.has_value();
  const absl::string_view time = by_sku ? "l.place_time" : "o.place_time", id = by_sku ? "l.order_id" : "o.id";
  std::string sql = "SELECT o.id, o.version, o.content FROM ";
  std::vector<db::Value> values;
  if (by_sku) {
    absl::StrAppend(&sql,
                    "order_lines l FORCE INDEX (by_sku) STRAIGHT_JOIN orders o ON o.id = l.order_id "
                    "WHERE l.sku = ? AND l.quantity > 0 ");
    values.emplace_back(*selection.sku);
  } else {
    absl::StrAppend(&sql, "orders o ");
    if (!selection.index.empty()) absl::StrAppend(&sql, "FORCE INDEX (", selection.index, ") ");
    absl::StrAppend(&sql, "WHERE 1 = 1 ");
  }
  selection.condition.AndTo(sql, values);
  if (after.has_value()) {
    // Not as a comparison of pairs, for which no index is walked.
    const absl::string_view behind = selection.oldest_first ? " >" : " <";
    absl::StrAppend(&sql, "AND ", time, behind, "= ? AND (", time, behind, " ? OR ", id, behind, " ?) ");
    values.insert(values.end(), {after->place_time, after->place_time, after->id});
  }
  // An order may have several lines of a SKU.
  if (by_sku) absl::StrAppend(&sql, "GROUP BY l.place_time, l.order_id ");
  const absl::string_view direction = selection.oldest_first ? "" : " DESC";
  absl::StrAppend(&sql, "ORDER BY ", time, direction, ", ", id, direction, " LIMIT ?");
  values.emplace_back(limit);
  ASSIGN_OR_RETURN(const db::Rows rows, database.Query(deadline, sql, absl::MakeConstSpan(values)));
  std::vector<StoredOrder> orders;
  RETURN_IF_ERROR(ToOrders(rows, orders));
  return orders;
}

}  // namespace storeops::inventory
