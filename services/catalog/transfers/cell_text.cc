#include "services/catalog/transfers/cell_text.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/visible_text.h"

namespace storeops::catalog {
namespace {

constexpr char kEscape = '\\';
constexpr size_t kShownValue = 40;  // characters of a wrong value

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// The values between separators that are not escaped, still with their escapes, without blanks around them.
std::vector<absl::string_view> SplitRaw(absl::string_view cell, char separator) {
  std::vector<absl::string_view> values;
  size_t begin = 0;
  size_t kept = 0;  // up to here the last escape reaches
  for (size_t at = 0; at <= cell.size(); ++at) {
    if (at + 1 < cell.size() && cell[at] == kEscape) {
      kept = ++at + 1;
      continue;
    }
    if (at < cell.size() && cell[at] != separator) continue;
    size_t end = at;
    while (begin < end && IsBlank(cell[begin])) ++begin;
    while (end > std::max(begin, kept) && IsBlank(cell[end - 1])) --end;
    if (begin < end) values.push_back(cell.substr(begin, end - begin));
    begin = at + 1;
  }
  return values;
}

std::string Unescape(absl::string_view text) {
  std::string plain;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] == kEscape && at + 1 < text.size()) ++at;
    plain += text[at];
  }
  return plain;
}

std::string Escape(absl::string_view text, absl::string_view special) {
  std::string escaped;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool edge = i == 0 || i + 1 == text.size();  // where blanks would not count
    if (text[i] == kEscape || absl::StrContains(special, text[i]) || (edge && IsBlank(text[i]))) escaped += kEscape;
    escaped += text[i];
  }
  return escaped;
}

absl::StatusOr<double> ParseNumber(absl::string_view text) {
  double number = 0;
  if (absl::SimpleAtod(text, &number)) return number;
  return absl::InvalidArgumentError(absl::StrCat(Visible(text, kShownValue), " is not a number"));
}

}  // namespace

std::vector<std::string> SplitCell(absl::string_view cell, char separator) {
  std::vector<std::string> values;
  for (const absl::string_view value : SplitRaw(cell, separator)) values.push_back(Unescape(value));
  return values;
}

std::string JoinCell(const google::protobuf::RepeatedPtrField<std::string>& values, char separator) {
  std::string cell;
  for (const std::string& value : values) {
    if (!cell.empty()) cell += separator;
    cell += Escape(value, absl::string_view(&separator, 1));
  }
  return cell;
}

std::string FormatPath(const CategoryPath& path) {
  return absl::StrJoin(path, " > ", [](std::string* out, const std::string& title) { *out += Escape(title, "|>"); });
}

std::vector<CategoryPath> ParsePaths(absl::string_view cell) {
  std::vector<CategoryPath> paths;
  for (const absl::string_view path : SplitRaw(cell, kListSeparator)) {
    paths.push_back(SplitCell(path, kPathSeparator));
    if (paths.back().empty()) paths.pop_back();
  }
  return paths;
}

std::string FormatAmount(const google::type::Money& money) {
  if (!ReadMoney(money).ok()) return "";
  std::string text = FormatMoney(money);
  return text.substr(0, text.find(' '));
}

absl::StatusOr<google::type::Money> ParseAmount(absl::string_view text, absl::string_view currency) {
  bool rounded = false;
  ASSIGN_OR_RETURN(const int64_t minor, ParseDecimalMinor(text, currency, &rounded));
  if (rounded) {
    return absl::InvalidArgumentError(absl::StrCat(Visible(text, kShownValue), ": ", currency, " has ",
                                                   *CurrencyDigits(currency), " decimal places"));
  }
  if (minor < 0) return absl::InvalidArgumentError(absl::StrCat(Visible(text, kShownValue), " is below zero"));
  return MoneyFromMinor(minor, currency);
}

absl::StatusOr<bool> ParseBool(absl::string_view text) {
  if (absl::EqualsIgnoreCase(text, "true")) return true;
  if (absl::EqualsIgnoreCase(text, "false")) return false;
  return absl::InvalidArgumentError(absl::StrCat(Visible(text, kShownValue), " is neither true nor false"));
}

std::string FormatAttribute(const v1::AttributeValue& value) {
  switch (value.value_case()) {
    case v1::AttributeValue::kText:
      return value.text();
    case v1::AttributeValue::kNumber: {
      char digits[32];
      return {digits, std::to_chars(digits, digits + sizeof(digits), value.number()).ptr};
    }
    case v1::AttributeValue::kBoolean:
      return value.boolean() ? "true" : "false";
    case v1::AttributeValue::kChoice:
      return value.choice();
    case v1::AttributeValue::kChoices:
      return JoinCell(value.choices().values(), kListSeparator);
    case v1::AttributeValue::kDate:
      return value.date();
    case v1::AttributeValue::VALUE_NOT_SET:
      break;
  }
  return "";
}

absl::StatusOr<v1::AttributeValue> ParseAttribute(const v1::AttributeDefinition& definition, absl::string_view text) {
  using Definition = v1::AttributeDefinition;
  v1::AttributeValue value;
  switch (definition.type()) {
    case Definition::NUMBER: {
      ASSIGN_OR_RETURN(const double number, ParseNumber(text));
      value.set_number(number);
      break;
    }
    case Definition::BOOLEAN: {
      ASSIGN_OR_RETURN(const bool boolean, ParseBool(text));
      value.set_boolean(boolean);
      break;
    }
    case Definition::CHOICE:
      value.set_choice(std::string(text));
      break;
    case Definition::CHOICES:
      for (std::string& choice : SplitCell(text, kListSeparator)) {
        value.mutable_choices()->add_values(std::move(choice));
      }
      break;
    case Definition::DATE:
      value.set_date(std::string(text));
      break;
    default:
      value.set_text(std::string(text));
  }
  return value;
}

}  // namespace storeops::catalog
