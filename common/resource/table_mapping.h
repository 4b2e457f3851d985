// A message type against its table: which column keeps which field, rows to messages and back.
#ifndef STOREOPS_COMMON_RESOURCE_TABLE_MAPPING_H_
#define STOREOPS_COMMON_RESOURCE_TABLE_MAPPING_H_

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/resource/field_json.h"
#include "common/resource/resource_name.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "storeops/options/v1/options.pb.h"

namespace storeops::resource {

enum class ColumnKind { kInteger, kReal, kText, kBytes, kTime, kMoney, kJson };
ColumnKind KindOf(const google::protobuf::FieldDescriptor& field);

// A stored field. Money takes two columns: {field}_minor and {field}_currency.
struct Column {
  const google::protobuf::FieldDescriptor* field;
  const storeops::options::v1::FieldRules* rules;
  ColumnKind kind;
  std::string name;           // of the only or first column
  std::string currency_name;  // of Money's second column; else empty

  // NULL stands for "not set".
  bool nullable() const;
};

// The indexes of a table.
class TableIndexes {
 public:
  static absl::StatusOr<TableIndexes> Read(db::Database& database, const std::string& table, absl::Time deadline);

  // One begins with the column.
  bool HaveFirst(const std::string& column) const { return first_.contains(column); }
  // The name of one that gives the rows in the order of `columns`, then of the id; empty if there is none.
  std::string InOrderOf(const std::vector<std::string>& columns) const;

 private:
  std::set<std::string> first_;
  std::map<std::string, std::string> names_;  // by their columns, without the id: "order_id,create_time"
};

class TableMapping {
 public:
  // INTERNAL naming each thing that is wrong with the message's annotations.
  static absl::StatusOr<TableMapping> Make(const google::protobuf::Descriptor& type);

  // Compares the columns with the real table's: INTERNAL naming each mismatch. FilterFields checks the indexes.
  absl::Status Check(db::Database& database, absl::Time deadline);

  const google::protobuf::Descriptor& type() const { return *type_; }
  const std::string& table() const { return table_; }
  const std::string& resource_type() const { return resource_type_; }  // "catalog.storeops/Product"
  const NamePattern& names() const { return names_; }                  // "products/{product}"
  const std::string& collection() const { return collection_; }        // "products"
  // The message's name as a field of requests, and the kind of its ids and unique keys: "supplier_item".
  const std::string& singular() const { return singular_; }
  // In the names of methods: "SupplierItems", of suppliers/{supplier}/items/{item}.
  const std::string& plural() const { return plural_; }
  bool has_parent() const { return names_.has_parent(); }
  const std::string& parent_column() const { return parent_column_; }  // "order_id"; empty without a parent
  bool has_delete_time() const { return delete_time_ != nullptr; }
  const std::vector<Column>& columns() const { return columns_; }
  // Null if there is no such stored field.
  const Column* Find(absl::string_view field) const;

  // "products/123" -> 123; INVALID_ARGUMENT naming `field` for anything else.
  absl::StatusOr<int64_t> ParseName(absl::string_view name, absl::string_view field) const;
  std::string FormatName(NameIds ids) const { return names_.Format(ids); }
  std::string NameOf(const google::protobuf::Message& message) const;

  // The index that gives the rows of all parents, or of one, in the order of a column and then of the id; found by
  // Check, empty if there is none. Without a column: that of the rows of one parent.
  std::string OrderIndex(bool of_parent, const std::string& column) const;

  // "SELECT id, version, ... FROM table", with the parent's column, if it has one, before those of the fields.
  const std::string& select() const { return select_; }
  // "table (id, version, ...)", with `width()` values for each row.
  const std::string& insert_into() const { return insert_into_; }
  // "UPDATE table SET version = ?, ... WHERE id = ? AND version = ?": width() - 1 values from version on, then id and
  // the version before.
  const std::string& update() const { return update_; }
  // Behind an insert of rows that are all there already, locked: writes them over.
  const std::string& or_overwrite() const { return or_overwrite_; }
  size_t width() const { return width_; }
  // The first of columns() in a row.
  size_t first_cell() const { return has_parent() ? 3 : 2; }
  NameIds ReadIds(const db::Rows& rows, size_t row) const;

  // Appends the row of a message, in the order of select(). `json` is the message's. INTERNAL for what no column can
  // hold.
  absl::Status AppendRow(const google::protobuf::Message& message, const FieldJson& json, NameIds ids, int64_t version,
                         std::vector<db::Value>* values) const;
  // A message from a row of select(), as clients see it: with name and etag.
  absl::Status ReadRow(const db::Rows& rows, size_t row, google::protobuf::Message* message) const;

  // Sets what the engine keeps.
  void SetNameAndEtag(NameIds ids, int64_t version, google::protobuf::Message* message) const;
  void SetCreateTime(absl::Time time, google::protobuf::Message* message) const;
  void SetUpdateTime(absl::Time time, google::protobuf::Message* message) const;
  void SetDeleteTime(absl::Time time, google::protobuf::Message* message) const;  // InfinitePast: cleared
  bool IsDeleted(const google::protobuf::Message& message) const;
  std::string Etag(const google::protobuf::Message& message) const;

 private:
  TableMapping() = default;
  void WriteSql();

  const google::protobuf::Descriptor* type_ = nullptr;
  NamePattern names_{""};
  const google::protobuf::FieldDescriptor* name_ = nullptr;
  const google::protobuf::FieldDescriptor* etag_ = nullptr;
  const google::protobuf::FieldDescriptor* create_time_ = nullptr;
  const google::protobuf::FieldDescriptor* update_time_ = nullptr;
  const google::protobuf::FieldDescriptor* delete_time_ = nullptr;  // may be null
  std::string table_, resource_type_, collection_, singular_, plural_, parent_column_;
  std::vector<Column> columns_;
  TableIndexes indexes_;
  std::string select_, insert_into_, update_, or_overwrite_;
  size_t width_ = 0;
};

}  // namespace storeops::resource

#endif  // STOREOPS_COMMON_RESOURCE_TABLE_MAPPING_H_
