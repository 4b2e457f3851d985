#include "common/resource/filter_sql.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "common/base/annotations.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/base/visible_text.h"
#include "common/resource/field_json.h"
#include "common/rpc/personal_data.h"

namespace storeops::resource {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::string_view SqlOperator(Comparator comparator) {
  if (comparator == Comparator::kHas) return "=";
  return comparator == Comparator::kNotEqual ? "<>" : ComparatorText(comparator);
}

// LIKE with ! as escape, which means the same to every server and SQL mode.
std::string LikePattern(const FilterValue& value) {
  std::string pattern = value.wildcard_before ? "%" : "";
  for (const char c : value.text) {
    if (c == '%' || c == '_' || c == '!') pattern.push_back('!');
    pattern.push_back(c);
  }
  if (value.wildcard_after) pattern.push_back('%');
  return pattern;
}

constexpr absl::Duration kIndexCheckTimeout = absl::Seconds(30);
// Larger tables are not read from end to end for a request.
constexpr int64_t kMaxSmallRows = 1'000'000;

// The descriptor at the end of "lines.sku"; null if there is none.
const FieldDescriptor* Resolve(const Descriptor& type, absl::string_view path) {
  const Descriptor* at = &type;
  const FieldDescriptor* field = nullptr;
  for (const absl::string_view step : absl::StrSplit(path, '.')) {
    field = at == nullptr ? nullptr : at->FindFieldByName(std::string(step));
    if (field == nullptr) return nullptr;
    at = field->message_type();
  }
  return field;
}

bool CanBeCompared(const FieldDescriptor& field) { return RulesOf(field).filterable() || RulesOf(field).narrows(); }

bool DemandsValue(const FilterNode& node) {
  return node.kind == FilterNode::Kind::kRestriction && node.comparator == Comparator::kEqual &&
         !node.value.wildcard_before && !node.value.text.empty();
}

}  // namespace

class FilterCompiler {
 public:
  explicit FilterCompiler(const FilterFields& fields) : fields_(fields) {}

  absl::Status Compile(const FilterNode& node) {
    switch (node.kind) {
      case FilterNode::Kind::kRestriction:
        return CompileRestriction(node);
      case FilterNode::Kind::kNot:
        out_.sql.append("NOT (");
        RETURN_IF_ERROR(Compile(node.children[0]));
        out_.sql.append(")");
        return absl::OkStatus();
      default:
        return CompileJoined(node);
    }
  }

  // INVALID_ARGUMENT if a field that only narrows stands without one that an index serves.
  absl::Status CheckNarrowing(const FilterNode& root) const {
    const FilterNode* narrowing = FindNarrowing(root);
    if (narrowing == nullptr) return absl::OkStatus();
    const auto demands = [&](const FilterNode& node) {
      const FilterField* field = DemandsValue(node) ? fields_.Find(node.field) : nullptr;
      return field != nullptr && !Narrows(*field);
    };
    if (root.kind == FilterNode::Kind::kAnd && std::any_of(root.children.begin(), root.children.end(), demands)) {
      return absl::OkStatus();
    }
    std::vector<std::string> names;
    for (const FilterField& field : fields_.fields_) {
      if (!Narrows(field)) names.push_back(field.path);
    }
    return FilterError(narrowing->column, absl::StrCat(narrowing->field, " is compared only beside a value of ",
                                                       absl::StrJoin(names, " or "), ", joined by AND"));
  }

  Condition Take() { return std::move(out_); }

 private:
  static bool Narrows(const FilterField& field) { return field.field != nullptr && RulesOf(*field.field).narrows(); }

  const FilterNode* FindNarrowing(const FilterNode& node) const {
    if (node.kind == FilterNode::Kind::kRestriction) {
      const FilterField* field = fields_.Find(node.field);
      return field != nullptr && Narrows(*field) ? &node : nullptr;
    }
    for (const FilterNode& child : node.children) {
      if (const FilterNode* found = FindNarrowing(child)) return found;
    }
    return nullptr;
  }

  absl::Status CompileJoined(const FilterNode& node) {
    const bool all = node.kind == FilterNode::Kind::kAnd;
    out_.sql.append("(");
    std::set<size_t> done;
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (done.count(i) != 0) continue;
      if (i > 0) out_.sql.append(all ? " AND " : " OR ");
      const FilterField* field = all ? FindItem(node.children[i]) : nullptr;
      if (field == nullptr) {
        RETURN_IF_ERROR(Compile(node.children[i]));
        continue;
      }
      std::vector<const FilterNode*> of_item = {&node.children[i]};
      for (size_t j = i + 1; j < node.children.size(); ++j) {
        const FilterNode& other = node.children[j];
        const FilterField* its = FindItem(other);
        const auto same = [&](const FilterNode* one) { return one->field == other.field; };
        if (its == nullptr || its->within != field->within || done.count(j) != 0 ||
            std::any_of(of_item.begin(), of_item.end(), same)) {
          continue;
        }
        of_item.push_back(&other);
        done.insert(j);
      }
      RETURN_IF_ERROR(CompileItem(of_item, *field));
    }
    out_.sql.append(")");
    return absl::OkStatus();
  }

  // The field of a list's items that `node` compares; null if it does not.
  const FilterField* FindItem(const FilterNode& node) const {
    if (node.kind != FilterNode::Kind::kRestriction) return nullptr;
    const FilterField* field = fields_.Find(node.field);
    return field != nullptr && !field->within.empty() ? field : nullptr;
  }

  absl::Status CompileRestriction(const FilterNode& node) {
    const FilterField* field = fields_.Find(node.field);
    if (field == nullptr) {
      return FilterError(node.column, absl::StrCat("\"", TruncateCodePoints(node.field, 60),
                                                   "\" cannot be filtered by; fields are ", fields_.Names()));
    }
    return field->within.empty() ? CompileField(node, *field) : CompileItem({&node}, *field);
  }

  // All of `nodes`, of one item.
  absl::Status CompileItem(const std::vector<const FilterNode*>& nodes, const FilterField& first) {
    out_.sql.append(first.within);
    out_.values.insert(out_.values.end(), first.within_values.begin(), first.within_values.end());
    for (size_t i = 0; i < nodes.size(); ++i) {
      const FilterNode& node = *nodes[i];
      if (node.comparator != Comparator::kEqual && node.comparator != Comparator::kHas) {
        return FilterError(
            node.column, absl::StrCat(node.field, " is compared by = or :, not by ", ComparatorText(node.comparator)));
      }
      if (node.value.wildcard_before || node.value.wildcard_after) {
        return FilterError(node.value.column, absl::StrCat(node.field, " takes no *"));
      }
      if (i > 0) out_.sql.append(" AND ");
      RETURN_IF_ERROR(CompileField(node, *fields_.Find(node.field)));
    }
    out_.sql.append(")");
    return absl::OkStatus();
  }

  absl::Status CompileField(const FilterNode& node, const FilterField& field) {
    if (field.form == FilterForm::kBits) return CompileBits(node, field);
    if (IsPresenceTest(node) && field.field != nullptr) return CompilePresence(node, field);
    if (field.form == FilterForm::kName) return CompileName(node, field);
    if (field.form == FilterForm::kDay) return CompileDay(node, field);
    switch (field.kind) {
      case ColumnKind::kText:
        return CompileText(node, field);
      case ColumnKind::kTime: {
        const auto time = ParseRfc3339(RawText(node.value));
        if (!time.ok()) return ValueError(node, "a time like \"2026-01-31T12:00:00Z\"");
        return Compare(node, field, *time);
      }
      case ColumnKind::kReal: {
        double real = 0;
        if (!absl::SimpleAtod(RawText(node.value), &real) || !std::isfinite(real)) return ValueError(node, "a number");
        return Compare(node, field, real);
      }
      case ColumnKind::kMoney:
        return CompileMoney(node, field);
      case ColumnKind::kInteger:
        return CompileInteger(node, field);
      case ColumnKind::kJson:
        return CompileList(node, field);
      case ColumnKind::kBytes:
        break;
    }
    return FilterError(node.column, absl::StrCat(node.field, " cannot be filtered by"));
  }

  absl::Status CompilePresence(const FilterNode& node, const FilterField& field) {
    const std::string& name = field.column;
    if (field.nullable || (field.kind == ColumnKind::kTime && field.form == FilterForm::kPlain)) {
      absl::StrAppend(&out_.sql, name, " IS NOT NULL");
    } else if (field.form == FilterForm::kName) {
      absl::StrAppend(&out_.sql, name, " <> 0");
    } else if (field.kind == ColumnKind::kText || field.kind == ColumnKind::kBytes) {
      absl::StrAppend(&out_.sql, name, " <> ''");
    } else if (field.kind == ColumnKind::kJson && field.field->is_repeated()) {
      absl::StrAppend(&out_.sql, "JSON_LENGTH(", name, ") > 0");
    } else if (field.kind == ColumnKind::kInteger || field.kind == ColumnKind::kReal) {
      absl::StrAppend(&out_.sql, name, " <> 0");
    } else {
      return FilterError(node.column, absl::StrCat(node.field, " cannot be filtered by"));
    }
    return absl::OkStatus();
  }

  absl::Status CompileText(const FilterNode& node, const FilterField& field) {
    const bool wildcard = node.value.wildcard_before || node.value.wildcard_after;
    if (!wildcard) return Compare(node, field, node.value.text);
    if (IsOrdering(node.comparator)) {
      return FilterError(node.value.column, absl::StrCat("* goes with = != and : only, not with ",
                                                         ComparatorText(node.comparator), "; write \\* for a star"));
    }
    const bool negated = node.comparator == Comparator::kNotEqual;
    AppendNullSafe(field, negated, absl::StrCat(field.column, negated ? " NOT LIKE" : " LIKE", " ? ESCAPE '!'"));
    out_.values.push_back(LikePattern(node.value));
    return absl::OkStatus();
  }

  // The number of an enum's value. INVALID_ARGUMENT listing the values.
  absl::StatusOr<int> ParseEnum(const FilterNode& node, const google::protobuf::EnumDescriptor& type) const {
    const auto* value = type.FindValueByName(RawText(node.value));
    if (value != nullptr) return value->number();
    return ValueError(node, absl::StrCat("one of ", EnumNames(type)));
  }

  absl::Status CompileInteger(const FilterNode& node, const FilterField& field) {
    const std::string text = RawText(node.value);
    if (field.field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      if (text != "true" && text != "false") return ValueError(node, "true or false");
      RETURN_IF_ERROR(RefuseOrdering(node));
      return Compare(node, field, text == "true");
    }
    if (const auto* type = field.field->enum_type()) {
      ASSIGN_OR_RETURN(const int number, ParseEnum(node, *type));
      RETURN_IF_ERROR(RefuseOrdering(node));
      return Compare(node, field, number);
    }
    int64_t number = 0;
    if (!absl::SimpleAtoi(text, &number)) return ValueError(node, "a whole number");
    return Compare(node, field, number);
  }

  absl::Status CompileBits(const FilterNode& node, const FilterField& field) {
    if (node.comparator != Comparator::kHas) {
      return FilterError(node.column, absl::StrCat(node.field, " is a list: write ", node.field, ":VALUE"));
    }
    if (IsPresenceTest(node)) {
      absl::StrAppend(&out_.sql, field.column, " <> 0");
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const int number, ParseEnum(node, *field.field->enum_type()));
    absl::StrAppend(&out_.sql, field.column, " & ? <> 0");
    out_.values.push_back(int64_t{1} << number);
    return absl::OkStatus();
  }

  absl::Status CompileDay(const FilterNode& node, const FilterField& field) {
    const std::string text = RawText(node.value);
    absl::CivilDay day;
    // Days such as the 31st of February are read as days of the next month.
    if (!absl::ParseCivilTime(text, &day) || absl::FormatCivilTime(day) != text) {
      return ValueError(node, "a day like \"2026-12-31\"");
    }
    return Compare(node, field, absl::FromCivil(day, absl::UTCTimeZone()));
  }

  absl::Status CompileMoney(const FilterNode& node, const FilterField& field) {
    const std::vector<std::string> parts = absl::StrSplit(RawText(node.value), ' ');
    bool rounded = false;
    const auto minor = parts.size() == 2 ? ParseDecimalMinor(parts[0], parts[1], &rounded)
                                         : absl::StatusOr<int64_t>(absl::InvalidArgumentError(""));
    if (!minor.ok() || rounded) return ValueError(node, "an amount like \"12.50 EUR\"");
    // Spelt out so that it is never NULL: NOT of it must be true for an amount that is not set.
    const bool negated = node.comparator == Comparator::kNotEqual;
    absl::StrAppend(&out_.sql, negated ? "NOT " : "", "(", field.currency, " IS NOT NULL AND ", field.currency,
                    " = ? AND ", field.column, " ", negated ? "=" : SqlOperator(node.comparator), " ?)");
    out_.values.push_back(parts[1]);
    out_.values.push_back(*minor);
    return absl::OkStatus();
  }

  absl::Status CompileList(const FilterNode& node, const FilterField& field) {
    const bool texts = field.field->is_repeated() && field.field->type() == FieldDescriptor::TYPE_STRING;
    if (!texts) {
      return FilterError(node.column,
                         absl::StrCat(node.field, " can only be filtered by whether it is set: ", node.field, ":*"));
    }
    if (node.comparator != Comparator::kHas) {
      return FilterError(node.column, absl::StrCat(node.field, " is a list: write ", node.field, ":\"value\""));
    }
    // Encoded as the column is, because not every server compares escapes by their meaning.
    auto* factory = google::protobuf::MessageFactory::generated_factory();
    const std::unique_ptr<Message> item(factory->GetPrototype(fields_.type_)->New());
    item->GetReflection()->AddString(item.get(), field.field, RawText(node.value));
    absl::StrAppend(&out_.sql, "JSON_CONTAINS(", field.column, ", ?)");
    out_.values.push_back(FieldJson(*item).Get(field.field->name()));
    return absl::OkStatus();
  }

  absl::Status CompileName(const FilterNode& node, const FilterField& field) {
    RETURN_IF_ERROR(RefuseOrdering(node));
    const auto ids = field.names.Match(RawText(node.value));
    if (!ids.has_value()) return ValueError(node, absl::StrCat("a name of the form ", field.names.text()));
    if (!field.names.has_parent()) return Compare(node, field, ids->id);
    const bool negated = node.comparator == Comparator::kNotEqual;
    absl::StrAppend(&out_.sql, negated ? "NOT (" : "(", field.column, " = ? AND ", field.parent_column, " = ?)");
    out_.values.push_back(ids->id);
    out_.values.push_back(ids->parent);
    return absl::OkStatus();
  }

  absl::Status Compare(const FilterNode& node, const FilterField& field, db::Value value) {
    AppendNullSafe(field, node.comparator == Comparator::kNotEqual,
                   absl::StrCat(field.column, " ", SqlOperator(node.comparator), " ?"));
    out_.values.push_back(std::move(value));
    return absl::OkStatus();
  }

  // A comparison with NULL is neither true nor false to SQL; to a filter, what is not set differs from every value.
  void AppendNullSafe(const FilterField& field, bool true_for_null, const std::string& sql) {
    if (!field.nullable) {
      out_.sql.append(sql);
    } else if (true_for_null) {
      absl::StrAppend(&out_.sql, "(", field.column, " IS NULL OR ", sql, ")");
    } else {
      absl::StrAppend(&out_.sql, "(", field.column, " IS NOT NULL AND ", sql, ")");
    }
  }

  absl::Status RefuseOrdering(const FilterNode& node) const {
    if (!IsOrdering(node.comparator)) return absl::OkStatus();
    return FilterError(node.column,
                       absl::StrCat(node.field, " is compared by = != or :, not by ", ComparatorText(node.comparator)));
  }

  absl::Status ValueError(const FilterNode& node, absl::string_view expected) const {
    return FilterError(node.value.column, absl::StrCat(node.field, " is compared with ", expected, ", not with \"",
                                                       TruncateCodePoints(RawText(node.value), 60), "\""));
  }

  const FilterFields& fields_;
  Condition out_;
};

void Condition::AndTo(std::string& statement, std::vector<db::Value>& bound) const {
  if (sql.empty()) return;
  absl::StrAppend(&statement, "AND ", sql, " ");
  bound.insert(bound.end(), values.begin(), values.end());
}

absl::StatusOr<FilterFields> FilterFields::Make(const Descriptor& type, absl::string_view table,
                                                std::vector<FilterField> listed, absl::string_view alias) {
  FilterFields fields;
  fields.type_ = &type;
  fields.table_ = std::string(table);
  const auto fail = [&](absl::string_view what) {
    return absl::InternalError(absl::StrCat(type.full_name(), ": ", what));
  };
  for (FilterField& field : listed) {
    field.field = field.path == "name" ? nullptr : Resolve(type, field.path);
    if (field.field == nullptr && field.path != "name") return fail(absl::StrCat("there is no field ", field.path));
    if (field.field != nullptr && !CanBeCompared(*field.field)) {
      return fail(absl::StrCat(field.path, " is not annotated filterable"));
    }
    if (field.field != nullptr) field.kind = KindOf(*field.field);
    if (field.table.empty()) field.table = fields.table_;
    fields.fields_.push_back(std::move(field));
  }
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& descriptor = *type.field(i);
    if (!CanBeCompared(descriptor) || fields.Find(descriptor.name()) != nullptr) continue;
    FilterField field{.path = descriptor.name(), .column = absl::StrCat(alias, descriptor.name())};
    field.table = fields.table_;
    field.field = &descriptor;
    field.kind = KindOf(descriptor);
    fields.fields_.push_back(std::move(field));
  }
  if (MaxRowsOf(type) > kMaxSmallRows) return fail(absl::StrCat("max_rows must be at most ", kMaxSmallRows));
  return fields;
}

absl::StatusOr<FilterFields> FilterFields::Make(const TableMapping& mapping, const UniqueKeys& unique_keys,
                                                std::vector<FilterField> listed) {
  std::vector<FilterField> fields = {{.path = "name",
                                      .column = "id",
                                      .form = FilterForm::kName,
                                      .names = mapping.names(),
                                      .parent_column = mapping.parent_column()}};
  std::move(listed.begin(), listed.end(), std::back_inserter(fields));
  const auto is_listed = [&](const std::string& path) {
    return std::any_of(fields.begin(), fields.end(), [&](const FilterField& field) { return field.path == path; });
  };
  for (const Column& column : mapping.columns()) {
    if (!CanBeCompared(*column.field) || is_listed(column.field->name())) continue;
    if (column.rules->secret() || column.kind == ColumnKind::kBytes) {
      return absl::InternalError(absl::StrCat(mapping.type().full_name(), ": ", column.field->name(),
                                              " is secret or bytes and cannot be filterable"));
    }
    fields.push_back({.path = column.field->name(),
                      .column = column.name,
                      .nullable = column.nullable(),
                      .currency = column.currency_name});
  }
  for (const UniqueKey& key : unique_keys.keys()) {
    if (key.steps.size() == 1 || !CanBeCompared(*key.steps.back()) || is_listed(key.path)) continue;
    fields.push_back({.path = key.path,
                      .column = "value",
                      .table = "resource_keys",
                      .within = "id IN (SELECT resource_id FROM resource_keys WHERE kind = ? AND ",
                      .within_values = {key.kind}});
  }
  ASSIGN_OR_RETURN(FilterFields made, Make(mapping.type(), mapping.table(), std::move(fields)));
  made.of_resource_ = true;
  made.parent_column_ = mapping.parent_column();
  return made;
}

absl::StatusOr<FilterFields> FilterFields::Open(db::Database& database, const Descriptor& type, absl::string_view table,
                                                std::vector<FilterField> listed, absl::string_view alias) {
  ASSIGN_OR_RETURN(FilterFields fields, Make(type, table, std::move(listed), alias));
  RETURN_IF_ERROR(fields.Check(database));
  return fields;
}

absl::Status FilterFields::Check(db::Database& database) {
  const absl::Time deadline = SteadyNow() + kIndexCheckTimeout;
  std::map<std::string, TableIndexes> indexes;
  std::set<std::string> tables = {table_};
  for (const FilterField& field : fields_) tables.insert(field.table);
  for (const std::string& table : tables) {
    ASSIGN_OR_RETURN(indexes[table], TableIndexes::Read(database, table, deadline));
  }
  const bool small = MaxRowsOf(*type_) > 0;
  std::vector<std::string> problems;
  const auto need = [&](bool found, absl::string_view what, const std::string& table, absl::string_view columns) {
    if (found || (small && table == table_)) return;
    problems.push_back(absl::StrCat(what, ", but no index of table ", table, columns));
  };
  for (FilterField& field : fields_) {
    const std::string column = field.ColumnName();
    // The keys of resource_keys stand behind their kind.
    field.indexed = field.table == "resource_keys" || indexes[field.table].HaveFirst(column);
    if (field.field != nullptr && !RulesOf(*field.field).filterable()) continue;
    need(field.indexed, absl::StrCat("field ", field.path, " is filterable"), field.table,
         absl::StrCat(" begins with ", column));
  }
  const TableIndexes& own = indexes[table_];
  const auto need_order = [&](absl::string_view what, const std::vector<std::string>& columns) {
    const bool found = !own.InOrderOf(columns).empty();
    need(found, what, table_, absl::StrCat(" is on (", absl::StrJoin(columns, ", "), ", id)"));
    return found;
  };
  if (!parent_column_.empty()) need_order(absl::StrCat(parent_column_, " is the parent's"), {parent_column_});
  for (int i = 0; i < type_->field_count(); ++i) {
    const FieldDescriptor& field = *type_->field(i);
    if (!RulesOf(field).sortable()) continue;
    const std::string what = absl::StrCat("field ", field.name(), " is sortable");
    if (!own.InOrderOf({field.name()}).empty()) in_order_.insert({false, field.name()});
    if (!parent_column_.empty()) {
      if (need_order(what, {parent_column_, field.name()})) in_order_.insert({true, field.name()});
    } else if (of_resource_) {
      need_order(what, {field.name()});
    } else {
      need(own.HaveFirst(field.name()), what, table_, absl::StrCat(" begins with ", field.name()));
      if (own.HaveFirst(field.name())) in_order_.insert({false, field.name()});
    }
  }
  size_ = std::make_shared<TableSize>(database, table_);
  if (problems.empty()) return absl::OkStatus();
  return absl::InternalError(absl::StrCat(type_->full_name(), ": ", absl::StrJoin(problems, "; "),
                                          "; add an index, or state (storeops.options.v1.table).max_rows"));
}

absl::Status FilterFields::CheckComparable(const FilterNode& filter, const rpc::Principal* principal) const {
  for (const FilterNode& child : filter.children) RETURN_IF_ERROR(CheckComparable(child, principal));
  const FilterField* field = filter.kind == FilterNode::Kind::kRestriction ? Find(filter.field) : nullptr;
  if (field == nullptr || field->field == nullptr) return absl::OkStatus();
  return rpc::CheckComparable(principal, *field->field, "filter");
}

absl::StatusOr<Condition> FilterFields::Compile(const FilterNode& filter, const rpc::Principal* principal) const {
  RETURN_IF_ERROR(CheckComparable(filter, principal));
  FilterCompiler compiler(*this);
  RETURN_IF_ERROR(compiler.Compile(filter));
  RETURN_IF_ERROR(compiler.CheckNarrowing(filter));
  return compiler.Take();
}

absl::StatusOr<Condition> FilterFields::Compile(absl::string_view filter, const rpc::Principal* principal) const {
  if (absl::StripAsciiWhitespace(filter).empty()) return Condition();
  ASSIGN_OR_RETURN(const FilterNode node, ParseFilter(filter));
  return Compile(node, principal);
}

const FilterField* FilterFields::Find(absl::string_view path) const {
  const auto found =
      std::find_if(fields_.begin(), fields_.end(), [&](const FilterField& field) { return field.path == path; });
  return found == fields_.end() ? nullptr : &*found;
}

std::string FilterFields::IndexedNames() const {
  std::vector<std::string> names;
  for (const FilterField& field : fields_) {
    if (field.indexed) names.push_back(field.path);
  }
  return absl::StrJoin(names, ", ");
}

std::string FilterFields::Names() const {
  return absl::StrJoin(fields_, ", ", [](std::string* out, const FilterField& field) { out->append(field.path); });
}

}  // namespace storeops::resource
