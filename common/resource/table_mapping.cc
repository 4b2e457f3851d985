#include "common/resource/table_mapping.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/annotations.h"
#include "common/base/invariant.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/field_json.h"
#include "google/api/resource.pb.h"

namespace storeops::resource {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

int64_t GetInteger(const Message& message, const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<int64_t>(reflection.GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, field);
    default:
      return reflection.GetEnumValue(message, field);
  }
}

void SetInteger(int64_t value, const FieldDescriptor* field, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(message, field, static_cast<int32_t>(value));
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(message, field, value);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(message, field, static_cast<uint32_t>(value));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(message, field, static_cast<uint64_t>(value));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(message, field, value != 0);
    default:
      return reflection.SetEnumValue(message, field, static_cast<int>(value));
  }
}

void SetTime(absl::Time time, const FieldDescriptor* field, Message* message) {
  const google::protobuf::Timestamp timestamp = ToTimestamp(time);
  message->GetReflection()->MutableMessage(message, field)->CopyFrom(timestamp);
}

// Value of a single field that NULL stands for when not set.
absl::StatusOr<db::Value> ToValue(const Message& message, const Column& column) {
  const Reflection& reflection = *message.GetReflection();
  if (column.nullable() && !reflection.HasField(message, column.field)) return db::Value();
  switch (column.kind) {
    case ColumnKind::kInteger:
      return db::Value(GetInteger(message, column.field));
    case ColumnKind::kReal:
      return db::Value(column.field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT
                           ? static_cast<double>(reflection.GetFloat(message, column.field))
                           : reflection.GetDouble(message, column.field));
    case ColumnKind::kTime:
      return db::Value(
          FromTimestamp(static_cast<const google::protobuf::Timestamp&>(reflection.GetMessage(message, column.field))));
    default:
      return db::Value(reflection.GetString(message, column.field));
  }
}

absl::string_view EmptyJson(const FieldDescriptor& field) {
  if (field.is_map()) return "{}";
  return field.is_repeated() ? "[]" : "null";
}

std::vector<std::string> ColumnNames(const std::string& parent_column, const std::vector<Column>& columns) {
  std::vector<std::string> names = {"id", "version"};
  if (!parent_column.empty()) names.push_back(parent_column);
  for (const Column& column : columns) {
    names.push_back(column.name);
    if (!column.currency_name.empty()) names.push_back(column.currency_name);
  }
  return names;
}

// "SupplierItem" -> "supplier_item"
std::string SnakeCase(absl::string_view name) {
  std::string snake;
  for (const char c : name) {
    if (absl::ascii_isupper(c) && !snake.empty()) snake += '_';
    snake += absl::ascii_tolower(c);
  }
  return snake;
}

// "supplier_item", "supplierItem" -> "SupplierItem"
std::string CamelCase(absl::string_view name) {
  std::string camel;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') camel += upper ? absl::ascii_toupper(c) : c;
    upper = c == '_';
  }
  return camel;
}

// "SupplierItem" of suppliers/{supplier}/items/{item} -> "SupplierItems"
std::string PluralOf(absl::string_view type, const NamePattern& names) {
  if (!absl::ConsumeSuffix(&type, CamelCase(names.variable()))) type = "";
  return absl::StrCat(type, CamelCase(names.collection()));
}

}  // namespace

ColumnKind KindOf(const FieldDescriptor& field) {
  if (field.is_repeated()) return ColumnKind::kJson;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (IsTimestamp(field)) return ColumnKind::kTime;
      return IsMoney(field) ? ColumnKind::kMoney : ColumnKind::kJson;
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? ColumnKind::kBytes : ColumnKind::kText;
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return ColumnKind::kReal;
    default:
      return ColumnKind::kInteger;
  }
}

bool Column::nullable() const {
  if (kind == ColumnKind::kMoney) return true;
  if (kind == ColumnKind::kTime) return field->name() != "create_time" && field->name() != "update_time";
  return kind != ColumnKind::kJson && field->has_presence();
}

absl::StatusOr<TableMapping> TableMapping::Make(const Descriptor& type) {
  TableMapping mapping;
  std::vector<std::string> mistakes;
  mapping.type_ = &type;
  mapping.table_ = TableOf(type);
  if (mapping.table_.empty()) mistakes.push_back("it has no (storeops.options.v1.table)");
  const auto& resource = type.options().GetExtension(google::api::resource);
  mapping.resource_type_ = resource.type();
  mapping.names_ = NamePattern::Of(type);
  mapping.singular_ = SnakeCase(type.name());
  if (mapping.names_.ok()) {
    mapping.collection_ = std::string(mapping.names_.collection());
    mapping.plural_ = PluralOf(type.name(), mapping.names_);
  } else {
    mistakes.push_back("it has no pattern like \"products/{product}\" or \"orders/{order}/payments/{payment}\"");
  }
  if (mapping.names_.ok() && mapping.has_parent()) {
    mapping.parent_column_ = absl::StrCat(mapping.names_.parent_variable(), "_id");
  }
  const auto find = [&](const char* name, bool text, bool required) -> const FieldDescriptor* {
    const FieldDescriptor* field = type.FindFieldByName(name);
    const bool fits = field != nullptr && !field->is_repeated() &&
                      (text ? field->type() == FieldDescriptor::TYPE_STRING : IsTimestamp(*field));
    if (field == nullptr ? required : !fits) {
      mistakes.push_back(absl::StrCat("it has no ", text ? "text" : "Timestamp", " field ", name));
    }
    return fits ? field : nullptr;
  };
  mapping.name_ = find("name", true, true);
  mapping.etag_ = find("etag", true, true);
  mapping.create_time_ = find("create_time", false, true);
  mapping.update_time_ = find("update_time", false, true);
  mapping.delete_time_ = find("delete_time", false, false);
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field == mapping.name_ || field == mapping.etag_) continue;
    Column column{field, &RulesOf(*field), KindOf(*field), field->name(), ""};
    if (column.kind == ColumnKind::kMoney) {
      column.name = absl::StrCat(field->name(), "_minor");
      column.currency_name = absl::StrCat(field->name(), "_currency");
    }
    if (column.name == mapping.parent_column_) {
      mistakes.push_back(absl::StrCat(field->name(), " is the name of the parent's column"));
    }
    const bool can_sort = !column.nullable() && column.kind != ColumnKind::kJson && column.kind != ColumnKind::kBytes;
    if (column.rules->sortable() && !can_sort) mistakes.push_back(absl::StrCat(field->name(), " cannot be sortable"));
    mapping.columns_.push_back(std::move(column));
  }
  if (!mistakes.empty()) {
    return absl::InternalError(absl::StrCat(type.full_name(), ": ", absl::StrJoin(mistakes, "; ")));
  }
  mapping.WriteSql();
  return mapping;
}

void TableMapping::WriteSql() {
  const std::vector<std::string> names = ColumnNames(parent_column_, columns_);
  width_ = names.size();
  select_ = absl::StrCat("SELECT ", absl::StrJoin(names, ", "), " FROM ", table_);
  insert_into_ = absl::StrCat(table_, " (", absl::StrJoin(names, ", "), ")");
  const auto assign = [](std::string* out, const std::string& name) { absl::StrAppend(out, name, " = ?"); };
  update_ = absl::StrCat("UPDATE ", table_, " SET ", absl::StrJoin(names.begin() + 1, names.end(), ", ", assign),
                         " WHERE id = ? AND version = ?");
  const auto take = [](std::string* out, const std::string& name) {
    absl::StrAppend(out, name, " = VALUES(", name, ")");
  };
  or_overwrite_ = absl::StrCat("ON DUPLICATE KEY UPDATE ", absl::StrJoin(names.begin() + 1, names.end(), ", ", take));
}

const Column* TableMapping::Find(absl::string_view field) const {
  for (const Column& column : columns_) {
    if (column.field->name() == field) return &column;
  }
  return nullptr;
}

std::string TableMapping::OrderIndex(bool of_parent, const std::string& column) const {
  std::vector<std::string> columns;
  if (of_parent) columns.push_back(parent_column_);
  if (!column.empty()) columns.push_back(column);
  return columns.empty() ? "" : indexes_.InOrderOf(columns);
}

absl::StatusOr<int64_t> TableMapping::ParseName(absl::string_view name, absl::string_view field) const {
  return names_.ParseId(name, field);
}

std::string TableMapping::NameOf(const Message& message) const {
  return message.GetReflection()->GetString(message, name_);
}

NameIds TableMapping::ReadIds(const db::Rows& rows, size_t row) const {
  return {rows.Int(row, 0), has_parent() ? rows.Int(row, 2) : 0};
}

absl::Status TableMapping::AppendRow(const Message& message, const FieldJson& json, NameIds ids, int64_t version,
                                     std::vector<db::Value>* values) const {
  values->push_back(ids.id);
  values->push_back(version);
  if (has_parent()) values->push_back(ids.parent);
  const Reflection& reflection = *message.GetReflection();
  if (!json.ok()) return STOREOPS_BUG(absl::StrCat(FormatName(ids), " cannot be written as JSON"));
  for (const Column& column : columns_) {
    if (column.kind == ColumnKind::kJson) {
      const absl::string_view text = json.Get(column.field->name());
      values->push_back(text.empty() ? EmptyJson(*column.field) : text);
    } else if (column.kind != ColumnKind::kMoney) {
      ASSIGN_OR_RETURN(db::Value value, ToValue(message, column));
      values->push_back(std::move(value));
    } else if (!reflection.HasField(message, column.field)) {
      values->insert(values->end(), 2, db::Value());
    } else {
      const auto& money = static_cast<const google::type::Money&>(reflection.GetMessage(message, column.field));
      ASSIGN_OR_RETURN(const int64_t minor, MoneyToMinor(money));
      values->push_back(minor);
      values->push_back(money.currency_code());
    }
  }
  return absl::OkStatus();
}

absl::Status TableMapping::ReadRow(const db::Rows& rows, size_t row, Message* message) const {
  std::string json;
  size_t at = first_cell();
  for (const Column& column : columns_) {
    const std::string* text = column.kind == ColumnKind::kJson && !rows.Null(row, at) ? &rows.Text(row, at) : nullptr;
    if (text != nullptr && !text->empty() && *text != EmptyJson(*column.field)) {
      absl::StrAppend(&json, json.empty() ? "{\"" : ",\"", column.field->name(), "\":", *text);
    }
    at += column.kind == ColumnKind::kMoney ? 2 : 1;
  }
  message->Clear();
  if (!json.empty()) RETURN_IF_ERROR(MessageFromJson(absl::StrCat(json, "}"), message));
  const Reflection& reflection = *message->GetReflection();
  at = first_cell();
  for (const Column& column : columns_) {
    const size_t cell = at;
    at += column.kind == ColumnKind::kMoney ? 2 : 1;
    if (column.kind == ColumnKind::kJson || rows.Null(row, cell)) continue;
    switch (column.kind) {
      case ColumnKind::kInteger:
        SetInteger(rows.Int(row, cell), column.field, message);
        break;
      case ColumnKind::kReal:
        if (column.field->cpp_type() == FieldDescriptor::CPPTYPE_FLOAT) {
          reflection.SetFloat(message, column.field, static_cast<float>(rows.Double(row, cell)));
        } else {
          reflection.SetDouble(message, column.field, rows.Double(row, cell));
        }
        break;
      case ColumnKind::kTime:
        SetTime(rows.Time(row, cell), column.field, message);
        break;
      case ColumnKind::kMoney:
        reflection.MutableMessage(message, column.field)
            ->CopyFrom(MoneyFromMinor(rows.Int(row, cell), rows.Text(row, cell + 1)));
        break;
      default:
        reflection.SetString(message, column.field, rows.Text(row, cell));
    }
  }
  SetNameAndEtag(ReadIds(rows, row), rows.Int(row, 1), message);
  return absl::OkStatus();
}

void TableMapping::SetNameAndEtag(NameIds ids, int64_t version, Message* message) const {
  message->GetReflection()->SetString(message, name_, FormatName(ids));
  message->GetReflection()->SetString(message, etag_, absl::StrCat(version));
}

void TableMapping::SetCreateTime(absl::Time time, Message* message) const { SetTime(time, create_time_, message); }

void TableMapping::SetUpdateTime(absl::Time time, Message* message) const { SetTime(time, update_time_, message); }

void TableMapping::SetDeleteTime(absl::Time time, Message* message) const {
  if (delete_time_ == nullptr) return;
  if (time == absl::InfinitePast()) {
    message->GetReflection()->ClearField(message, delete_time_);
  } else {
    SetTime(time, delete_time_, message);
  }
}

bool TableMapping::IsDeleted(const Message& message) const {
  return delete_time_ != nullptr && message.GetReflection()->HasField(message, delete_time_);
}

std::string TableMapping::Etag(const Message& message) const {
  return message.GetReflection()->GetString(message, etag_);
}

}  // namespace storeops::resource
