#include "common/resource/filter_sql.h"

#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/annotations.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"
#include "common/base/time.h"
#include "common/resource/field_json.h"

namespace storeops::resource {
namespace {

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

class Compiler {
 public:
  Compiler(const TableMapping& mapping, const UniqueKeys& unique_keys) : mapping_(mapping), unique_keys_(unique_keys) {}

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

  Condition Take() { return std::move(out_); }

 private:
  absl::Status CompileJoined(const FilterNode& node) {
    out_.sql.append("(");
    for (size_t i = 0; i < node.children.size(); ++i) {
      if (i > 0) out_.sql.append(node.kind == FilterNode::Kind::kAnd ? " AND " : " OR ");
      RETURN_IF_ERROR(Compile(node.children[i]));
    }
    out_.sql.append(")");
    return absl::OkStatus();
  }

  absl::Status CompileRestriction(const FilterNode& node) {
    if (node.field == "name") return CompileName(node);
    const Column* column = mapping_.Find(node.field);
    if (column != nullptr && !column->rules->secret()) return CompileColumn(node, *column);
    const UniqueKey* key = unique_keys_.FindByPath(node.field);
    if (key != nullptr) return CompileKey(node, *key);
    return FilterError(node.column, absl::StrCat("\"", TruncateCodePoints(node.field, 60),
                                                 "\" cannot be filtered by; fields are ", KnownFields()));
  }

  absl::Status CompileColumn(const FilterNode& node, const Column& column) {
    if (IsPresenceTest(node)) return CompilePresence(node, column);
    switch (column.kind) {
      case ColumnKind::kText:
        return CompileText(node, column);
      case ColumnKind::kTime: {
        const auto time = ParseRfc3339(RawText(node.value));
        if (!time.ok()) return ValueError(node, "a time like \"2026-01-31T12:00:00Z\"");
        return Compare(node, column, *time);
      }
      case ColumnKind::kReal: {
        double real = 0;
        if (!absl::SimpleAtod(RawText(node.value), &real) || !std::isfinite(real)) return ValueError(node, "a number");
        return Compare(node, column, real);
      }
      case ColumnKind::kMoney:
        return CompileMoney(node, column);
      case ColumnKind::kInteger:
        return CompileInteger(node, column);
      case ColumnKind::kJson:
        return CompileList(node, column);
      case ColumnKind::kBytes:
        break;
    }
    return FilterError(node.column, absl::StrCat(node.field, " cannot be filtered by"));
  }

  absl::Status CompilePresence(const FilterNode& node, const Column& column) {
    const std::string& name = column.name;
    if (column.nullable()) {
      absl::StrAppend(&out_.sql, name, " IS NOT NULL");
    } else if (column.kind == ColumnKind::kText || column.kind == ColumnKind::kBytes) {
      absl::StrAppend(&out_.sql, name, " <> ''");
    } else if (column.kind == ColumnKind::kJson && column.field->is_repeated()) {
      absl::StrAppend(&out_.sql, "JSON_LENGTH(", name, ") > 0");
    } else if (column.kind == ColumnKind::kTime) {
      absl::StrAppend(&out_.sql, name, " IS NOT NULL");
    } else if (column.kind == ColumnKind::kInteger || column.kind == ColumnKind::kReal) {
      absl::StrAppend(&out_.sql, name, " <> 0");
    } else {
      return FilterError(node.column, absl::StrCat(node.field, " cannot be filtered by"));
    }
    return absl::OkStatus();
  }

  absl::Status CompileText(const FilterNode& node, const Column& column) {
    const bool wildcard = node.value.wildcard_before || node.value.wildcard_after;
    if (!wildcard) return Compare(node, column, node.value.text);
    if (IsOrdering(node.comparator)) {
      return FilterError(node.value.column, absl::StrCat("* goes with = != and : only, not with ",
                                                         ComparatorText(node.comparator), "; write \\* for a star"));
    }
    const bool negated = node.comparator == Comparator::kNotEqual;
    AppendNullSafe(column, negated, absl::StrCat(column.name, negated ? " NOT LIKE" : " LIKE", " ? ESCAPE '!'"));
    out_.values.push_back(LikePattern(node.value));
    return absl::OkStatus();
  }

  absl::Status CompileInteger(const FilterNode& node, const Column& column) {
    const std::string text = RawText(node.value);
    if (column.field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      if (text != "true" && text != "false") return ValueError(node, "true or false");
      RETURN_IF_ERROR(RefuseOrdering(node));
      return Compare(node, column, text == "true");
    }
    if (const auto* type = column.field->enum_type()) {
      const auto* value = type->FindValueByName(text);
      if (value == nullptr) {
        std::vector<std::string> names;
        for (int i = 0; i < type->value_count() && i < 20; ++i) names.push_back(type->value(i)->name());
        return ValueError(node, absl::StrCat("one of ", absl::StrJoin(names, ", ")));
      }
      RETURN_IF_ERROR(RefuseOrdering(node));
      return Compare(node, column, value->number());
    }
    int64_t number = 0;
    if (!absl::SimpleAtoi(text, &number)) return ValueError(node, "a whole number");
    return Compare(node, column, number);
  }

  absl::Status CompileMoney(const FilterNode& node, const Column& column) {
    const std::vector<std::string> parts = absl::StrSplit(RawText(node.value), ' ');
    bool rounded = false;
    const auto minor = parts.size() == 2 ? ParseDecimalMinor(parts[0], parts[1], &rounded)
                                         : absl::StatusOr<int64_t>(absl::InvalidArgumentError(""));
    if (!minor.ok() || rounded) return ValueError(node, "an amount like \"12.50 EUR\"");
    // Spelt out so that it is never NULL: NOT of it must be true for an amount that is not set.
    const bool negated = node.comparator == Comparator::kNotEqual;
    absl::StrAppend(&out_.sql, negated ? "NOT " : "", "(", column.currency_name, " IS NOT NULL AND ",
                    column.currency_name, " = ? AND ", column.name, " ", negated ? "=" : SqlOperator(node.comparator),
                    " ?)");
    out_.values.push_back(parts[1]);
    out_.values.push_back(*minor);
    return absl::OkStatus();
  }

  absl::Status CompileList(const FilterNode& node, const Column& column) {
    const bool texts = column.field->is_repeated() && column.field->type() == FieldDescriptor::TYPE_STRING;
    if (!texts) {
      return FilterError(node.column,
                         absl::StrCat(node.field, " can only be filtered by whether it is set: ", node.field, ":*"));
    }
    if (node.comparator != Comparator::kHas) {
      return FilterError(node.column, absl::StrCat(node.field, " is a list: write ", node.field, ":\"value\""));
    }
    // Encoded as the column is, because not every server compares escapes by their meaning.
    auto* factory = google::protobuf::MessageFactory::generated_factory();
    const std::unique_ptr<Message> item(factory->GetPrototype(&mapping_.type())->New());
    item->GetReflection()->AddString(item.get(), column.field, RawText(node.value));
    absl::StrAppend(&out_.sql, "JSON_CONTAINS(", column.name, ", ?)");
    out_.values.push_back(FieldJson(*item).Get(column.field->name()));
    return absl::OkStatus();
  }

  absl::Status CompileName(const FilterNode& node) {
    RETURN_IF_ERROR(RefuseOrdering(node));
    const auto ids = mapping_.names().Match(RawText(node.value));
    if (!ids.has_value()) return ValueError(node, absl::StrCat("a name of the form ", mapping_.names().text()));
    const bool negated = node.comparator == Comparator::kNotEqual;
    absl::StrAppend(&out_.sql, negated ? "NOT (id = ?" : "(id = ?");
    out_.values.push_back(ids->id);
    if (mapping_.has_parent()) {
      absl::StrAppend(&out_.sql, " AND ", mapping_.parent_column(), " = ?");
      out_.values.push_back(ids->parent);
    }
    out_.sql.append(")");
    return absl::OkStatus();
  }

  absl::Status CompileKey(const FilterNode& node, const UniqueKey& key) {
    if (node.comparator != Comparator::kEqual && node.comparator != Comparator::kHas) {
      return FilterError(node.column,
                         absl::StrCat(node.field, " is compared by = or :, not by ", ComparatorText(node.comparator)));
    }
    if (node.value.wildcard_before || node.value.wildcard_after) {
      return FilterError(node.value.column, absl::StrCat(node.field, " takes no *"));
    }
    out_.sql.append("id IN (SELECT resource_id FROM resource_keys WHERE kind = ? AND value = ?)");
    out_.values.push_back(key.kind);
    out_.values.push_back(node.value.text);
    return absl::OkStatus();
  }

  absl::Status Compare(const FilterNode& node, const Column& column, db::Value value) {
    AppendNullSafe(column, node.comparator == Comparator::kNotEqual,
                   absl::StrCat(column.name, " ", SqlOperator(node.comparator), " ?"));
    out_.values.push_back(std::move(value));
    return absl::OkStatus();
  }

  // A comparison with NULL is neither true nor false to SQL; to a filter, what is not set differs from every value.
  void AppendNullSafe(const Column& column, bool true_for_null, const std::string& sql) {
    if (!column.nullable()) {
      out_.sql.append(sql);
    } else if (true_for_null) {
      absl::StrAppend(&out_.sql, "(", column.name, " IS NULL OR ", sql, ")");
    } else {
      absl::StrAppend(&out_.sql, "(", column.name, " IS NOT NULL AND ", sql, ")");
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

  std::string KnownFields() const {
    std::vector<std::string> names = {"name"};
    for (const Column& column : mapping_.columns()) {
      if (!column.rules->secret() && column.kind != ColumnKind::kBytes) names.push_back(column.field->name());
    }
    for (const UniqueKey& key : unique_keys_.keys()) {
      if (key.steps.size() > 1) names.push_back(key.path);
    }
    return absl::StrJoin(names, ", ");
  }

  const TableMapping& mapping_;
  const UniqueKeys& unique_keys_;
  Condition out_;
};

}  // namespace

absl::StatusOr<Condition> CompileFilter(const FilterNode& filter, const TableMapping& mapping,
                                        const UniqueKeys& unique_keys) {
  Compiler compiler(mapping, unique_keys);
  RETURN_IF_ERROR(compiler.Compile(filter));
  return compiler.Take();
}

}  // namespace storeops::resource
