// Filters as SQL on the columns of a table, every value bound.
#ifndef STOREOPS_COMMON_RESOURCE_FILTER_SQL_H_
#define STOREOPS_COMMON_RESOURCE_FILTER_SQL_H_

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/db/database.h"
#include "common/resource/filter.h"
#include "common/resource/resource_name.h"
#include "common/resource/table_mapping.h"
#include "common/resource/table_size.h"
#include "common/resource/unique_keys.h"
#include "google/protobuf/descriptor.h"

namespace storeops::rpc {
struct Principal;
}

namespace storeops::resource {

// A condition for WHERE. Its text depends on the filter's structure only, never on a value.
struct Condition {
  std::string sql;
  std::vector<db::Value> values;

  // Appends "AND ... " and the values; nothing if it is empty.
  void AndTo(std::string& statement, std::vector<db::Value>& bound) const;
};

// How the values of a field are written in filters, and stored.
enum class FilterForm {
  kPlain,  // as the field's type says
  kName,   // "locations/12", stored as 12
  kDay,    // "2026-12-31", stored as the time at which that day begins in UTC
  kBits,   // a list of enum values, stored as the sum of 1 << number
};

// Where a filterable field is stored. Fields that are not listed have a column of their own name that is not null.
struct FilterField {
  std::string path;    // in filters: "location", "lines.sku"
  std::string column;  // "location_id", or an expression of columns, which no index serves
  FilterForm form = FilterForm::kPlain;
  NamePattern names{""};           // of kName
  std::string parent_column = {};  // of names with a parent: where its id is stored
  bool nullable = false;           // NULL stands for "not set"
  std::string currency = {};       // of an amount of money: its currency's column
  // For the items of a list that have a table of their own: its name, and what stands before the comparison of
  // `column`, e.g. "id IN (SELECT order_id FROM order_lines WHERE quantity > 0 AND ". A ) ends it. Comparisons of
  // different fields of a list that AND joins are about the same item.
  std::string table = {};
  std::string within = {};
  std::vector<db::Value> within_values = {};  // bound in `within`

  // Set by FilterFields.
  const google::protobuf::FieldDescriptor* field = nullptr;  // null for `name`
  ColumnKind kind = ColumnKind::kInteger;
  bool indexed = false;  // set by Check: an index begins with the column, or it is a unique key

  std::string ColumnName() const { return column.substr(column.find('.') + 1); }  // without its table's alias
};

// The fields by which a list can be filtered: those annotated `filterable` or `narrows`, with their columns.
class FilterFields {
 public:
  FilterFields() = default;  // none

  // INTERNAL if `listed` and the annotations do not fit each other. `alias`: of the table in the statement, "o.".
  static absl::StatusOr<FilterFields> Make(const google::protobuf::Descriptor& type, absl::string_view table,
                                           std::vector<FilterField> listed, absl::string_view alias = "");
  // The same, checked.
  static absl::StatusOr<FilterFields> Open(db::Database& database, const google::protobuf::Descriptor& type,
                                           absl::string_view table, std::vector<FilterField> listed,
                                           absl::string_view alias = "");
  // Of a resource, with `listed` for what is not in its own table.
  static absl::StatusOr<FilterFields> Make(const TableMapping& mapping, const UniqueKeys& unique_keys,
                                           std::vector<FilterField> listed = {});

  // INTERNAL naming each field that is filterable or sortable without an index for it, in a table that does not state
  // to stay small (storeops.options.v1.Table.max_rows). The index begins with the column. To sort a resource's lists it
  // has the parent's id, if there is one, before the column, and the id behind it. After it the cost of lists is
  // known (list_cost.h); `database` must outlive this.
  absl::Status Check(db::Database& database);

  // What can be compared:
  //   text           = != < <= > >= :   with * at the value's ends for = != and :
  //   number, Timestamp (RFC 3339)      = != < <= > >= :
  //   Money          "12.50 EUR"        = != < <= > >= :   amounts of another currency do not match
  //   bool, enum by name                = != :
  //   list of text or of enum values    :                  one of its items is the value
  //   name           "products/123"     = != :
  //   fields of a list's items          = :                variants.sku = "A-1"
  //   field:*        it is set
  // INVALID_ARGUMENT naming "filter", with the column, for anything else. PERMISSION_DENIED for personal data that
  // `principal` may not read; without one, for all personal data.
  absl::StatusOr<Condition> Compile(const FilterNode& filter, const rpc::Principal* principal = nullptr) const;
  // Text; a blank one selects everything, and its condition is empty.
  absl::StatusOr<Condition> Compile(absl::string_view filter, const rpc::Principal* principal = nullptr) const;

  // Null if nothing can be filtered by it.
  const FilterField* Find(absl::string_view path) const;
  const google::protobuf::Descriptor& type() const { return *type_; }
  const std::string& table() const { return table_; }
  // Null before Check.
  TableSize* size() const { return size_.get(); }
  // Whether an index gives the rows, of one parent or of all, in the order of a sortable field.
  bool InOrderOf(bool of_parent, const std::string& field) const { return in_order_.count({of_parent, field}) != 0; }
  // Those by whose value an index selects.
  std::string IndexedNames() const;

 private:
  friend class FilterCompiler;
  std::string Names() const;
  absl::Status CheckComparable(const FilterNode& filter, const rpc::Principal* principal) const;

  const google::protobuf::Descriptor* type_ = nullptr;
  std::string table_;
  std::vector<FilterField> fields_;
  bool of_resource_ = false;   // lists are sorted by the id, too
  std::string parent_column_;  // of a resource with a parent
  std::shared_ptr<TableSize> size_;
  std::set<std::pair<bool, std::string>> in_order_;  // of a parent; field
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_FILTER_SQL_H_
