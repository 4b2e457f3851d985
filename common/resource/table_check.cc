// TableMapping::Check: does the real table hold what the message says?
#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/base/annotations.h"
#include "common/base/status_macros.h"
#include "common/resource/table_mapping.h"

namespace storeops::resource {
namespace {

using google::protobuf::FieldDescriptor;

constexpr int64_t kDefaultMaxLength = 1024;  // as in validation
constexpr int64_t kDefaultMaxItems = 1000;
constexpr int64_t kMaxUtf8Bytes = 4;
constexpr int64_t kMaxJsonBytes = 6;  // of one code point: \u003c

// A column as the server describes it.
struct RealColumn {
  std::string type;  // "varchar", "bigint"...
  bool nullable = false;
  int64_t characters = 0;  // of text: code points for char and varchar, bytes for the text types
  int64_t time_digits = 0;
  bool filled = false;  // by a default or by the server itself
  std::string collation;
};

bool IsOneOf(const std::string& type, std::initializer_list<absl::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

int64_t MaxLength(const Column& column) {
  const int64_t limit = column.rules->max_length() == 0 ? kDefaultMaxLength : column.rules->max_length();
  return column.rules->unique().empty() ? limit : std::min<int64_t>(limit, 190);
}

// What is wrong with the type, or nothing.
std::string TextProblem(const Column& column, const RealColumn& real) {
  // What the service itself writes is as long as the service makes it.
  const bool unlimited = IsOutputOnly(*column.field) && column.rules->max_length() == 0;
  if (unlimited && IsOneOf(real.type, {"char", "varchar"})) return "";
  if (IsOneOf(real.type, {"char", "varchar"})) {
    return real.characters >= MaxLength(column) ? "" : absl::StrCat("must hold ", MaxLength(column), " characters");
  }
  if (!IsOneOf(real.type, {"tinytext", "text", "mediumtext", "longtext"})) return "must be a text column";
  const int64_t bytes = MaxLength(column) * kMaxUtf8Bytes;
  return real.characters >= bytes ? "" : absl::StrCat("must hold ", bytes, " bytes");
}

std::string IntegerProblem(const Column& column, const RealColumn& real) {
  switch (column.field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return IsOneOf(real.type, {"tinyint", "smallint", "int", "bigint"}) ? "" : "must be TINYINT";
    case FieldDescriptor::CPPTYPE_ENUM:
      return IsOneOf(real.type, {"smallint", "mediumint", "int", "bigint"}) ? "" : "must be SMALLINT";
    case FieldDescriptor::CPPTYPE_INT32:
      return IsOneOf(real.type, {"int", "bigint"}) ? "" : "must be INT";
    default:
      return real.type == "bigint" ? "" : "must be BIGINT";
  }
}

std::string JsonProblem(const Column& column, const RealColumn& real) {
  if (IsOneOf(real.type, {"mediumtext", "longtext", "json"})) return "";
  const bool texts = column.field->is_repeated() && column.field->type() == FieldDescriptor::TYPE_STRING;
  if (!texts) return "must be MEDIUMTEXT";
  const int64_t items = column.rules->max_items() == 0 ? kDefaultMaxItems : column.rules->max_items();
  const int64_t bytes = items * (MaxLength(column) * kMaxJsonBytes + 3) + 2;
  if (IsOneOf(real.type, {"varchar", "text"}) && real.characters >= bytes) return "";
  return absl::StrCat("must hold ", bytes, " bytes of JSON");
}

std::string TypeProblem(const Column& column, const RealColumn& real) {
  switch (column.kind) {
    case ColumnKind::kInteger:
      return IntegerProblem(column, real);
    case ColumnKind::kReal:
      return real.type == "double" ? "" : "must be DOUBLE";
    case ColumnKind::kText:
      return TextProblem(column, real);
    case ColumnKind::kBytes:
      return IsOneOf(real.type, {"binary", "varbinary", "blob", "mediumblob", "longblob"}) ? "" : "must be binary";
    case ColumnKind::kTime:
      return real.type == "datetime" && real.time_digits == 6 ? "" : "must be DATETIME(6)";
    case ColumnKind::kMoney:
      return real.type == "bigint" ? "" : "must be BIGINT";
    default:
      return JsonProblem(column, real);
  }
}

class Comparison {
 public:
  explicit Comparison(std::map<std::string, RealColumn> real) : real_(std::move(real)) {}

  void Expect(const std::string& name, absl::string_view type) {
    const RealColumn* real = Take(name);
    if (real == nullptr) return;
    if (real->type != type) Add(name, absl::StrCat("must be ", absl::AsciiStrToUpper(type)));
  }

  void Expect(const Column& column) {
    const RealColumn* real = Take(column.name);
    if (!column.currency_name.empty()) {
      const RealColumn* currency = Take(column.currency_name);
      if (currency != nullptr && (currency->characters < 3 || !currency->nullable)) {
        Add(column.currency_name, "must be CHAR(3) NULL");
      }
    }
    if (real == nullptr) return;
    const std::string problem = TypeProblem(column, *real);
    if (!problem.empty()) Add(column.name, problem);
    if (column.kind != ColumnKind::kJson && real->nullable != column.nullable()) {
      Add(column.name, column.nullable() ? "must be NULL when not set" : "must be NOT NULL");
    }
    // Equality and order are the same on every server, and case counts.
    if (column.kind == ColumnKind::kText && !absl::EndsWith(real->collation, "_bin")) {
      Add(column.name, absl::StrCat("must have a binary collation, has ", real->collation));
    }
  }

  // Columns that no field fills must fill themselves.
  std::vector<std::string> Finish() {
    for (const auto& [name, real] : real_) {
      if (taken_.count(name) == 0 && !real.nullable && !real.filled) {
        Add(name, "belongs to no field, so it must have a default");
      }
    }
    return std::move(problems_);
  }

 private:
  void Add(const std::string& name, absl::string_view problem) {
    problems_.push_back(absl::StrCat(name, " ", problem));
  }

  const RealColumn* Take(const std::string& name) {
    const auto found = real_.find(name);
    if (found == real_.end()) {
      Add(name, "is missing");
      return nullptr;
    }
    taken_.insert(name);
    return &found->second;
  }

  const std::map<std::string, RealColumn> real_;
  std::set<std::string> taken_;
  std::vector<std::string> problems_;
};

absl::StatusOr<std::map<std::string, RealColumn>> ReadColumns(db::Database& database, const std::string& table,
                                                              absl::Time deadline) {
  ASSIGN_OR_RETURN(
      const db::Rows rows,
      database.Query(deadline,
                     "SELECT column_name, data_type, is_nullable = 'YES', COALESCE(character_maximum_length, 0), "
                     "COALESCE(datetime_precision, 0), column_default IS NOT NULL OR extra <> '', "
                     "COALESCE(collation_name, '') FROM information_schema.columns "
                     "WHERE table_schema = DATABASE() AND table_name = ?",
                     {table}));
  std::map<std::string, RealColumn> columns;
  for (size_t i = 0; i < rows.size(); ++i) {
    columns[rows.Text(i, 0)] = {absl::AsciiStrToLower(rows.Text(i, 1)),
                                rows.Int(i, 2) != 0,
                                rows.Int(i, 3),
                                rows.Int(i, 4),
                                rows.Int(i, 5) != 0,
                                rows.Text(i, 6)};
  }
  return columns;
}

}  // namespace

absl::StatusOr<TableIndexes> TableIndexes::Read(db::Database& database, const std::string& table, absl::Time deadline) {
  // Indexes of expressions have no column_name.
  ASSIGN_OR_RETURN(const db::Rows rows,
                   database.Query(deadline,
                                  "SELECT index_name, GROUP_CONCAT(column_name ORDER BY seq_in_index), "
                                  "COUNT(sub_part) FROM information_schema.statistics "
                                  "WHERE table_schema = DATABASE() AND table_name = ? "
                                  "GROUP BY index_name HAVING COUNT(column_name) = COUNT(*) ORDER BY index_name",
                                  {table}));
  TableIndexes indexes;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string columns = absl::AsciiStrToLower(rows.Text(i, 1));
    indexes.first_.insert(columns.substr(0, columns.find(',')));
    // InnoDB ends every index with the primary key. Parts of columns are in no order.
    if (rows.Int(i, 2) == 0) indexes.names_.emplace(absl::StripSuffix(columns, ",id"), rows.Text(i, 0));
  }
  return indexes;
}

std::string TableIndexes::InOrderOf(const std::vector<std::string>& columns) const {
  const auto found = names_.find(absl::StrJoin(columns, ","));
  return found == names_.end() ? "" : found->second;
}

absl::Status TableMapping::Check(db::Database& database, absl::Time deadline) {
  ASSIGN_OR_RETURN(auto real, ReadColumns(database, table_, deadline));
  if (real.empty()) {
    return absl::InternalError(absl::StrCat(type_->full_name(), ": there is no table ", table_));
  }
  ASSIGN_OR_RETURN(indexes_, TableIndexes::Read(database, table_, deadline));
  Comparison comparison(std::move(real));
  comparison.Expect("id", "bigint");
  comparison.Expect("version", "bigint");
  if (has_parent()) comparison.Expect(parent_column_, "bigint");
  for (const Column& column : columns_) comparison.Expect(column);
  const std::vector<std::string> problems = comparison.Finish();
  if (problems.empty()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat(type_->full_name(), " does not fit the table ", table_, ": ", absl::StrJoin(problems, "; ")));
}

}  // namespace storeops::resource
