#include "common/resource/filter.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/text.h"

namespace storeops::resource {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsNameChar(char c) {
  return absl::ascii_isalnum(c) || c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

// grammar, with AIP-160's precedence (OR binds tighter than AND):
//   expression = sequence {"AND" sequence}
//   sequence   = factor {factor}            factors side by side are joined by AND
//   factor     = term {"OR" term}
//   term       = ["NOT" | "-"] ("(" expression ")" | restriction)
//   restriction = field comparator value
class Parser {
 public:
  Parser(absl::string_view text, absl::string_view field) : text_(text), field_(field) {}

  absl::StatusOr<FilterNode> Parse() {
    ASSIGN_OR_RETURN(FilterNode node, ParseExpression());
    SkipBlanks();
    if (!AtEnd()) return Error(text_[at_] == ')' ? "there is no ( for this )" : "AND, OR or the end is expected");
    return node;
  }

 private:
  absl::StatusOr<FilterNode> ParseExpression() {
    std::vector<FilterNode> children;
    do {
      // A sequence: one factor at least, then as many as follow.
      do {
        ASSIGN_OR_RETURN(FilterNode factor, ParseFactor());
        children.push_back(std::move(factor));
      } while (BeginsTerm());
    } while (TakeKeyword("AND"));
    return Join(FilterNode::Kind::kAnd, std::move(children));
  }

  absl::StatusOr<FilterNode> ParseFactor() {
    std::vector<FilterNode> children;
    do {
      ASSIGN_OR_RETURN(FilterNode term, ParseTerm());
      children.push_back(std::move(term));
    } while (TakeKeyword("OR"));
    return Join(FilterNode::Kind::kOr, std::move(children));
  }

  absl::StatusOr<FilterNode> ParseTerm() {
    SkipBlanks();
    if (AtEnd()) return Error("a condition is expected, the filter ends");
    const bool negated = TakeKeyword("NOT") || TakeChar('-');
    if (++depth_ > kMaxFilterDepth) {
      return Error(absl::StrCat("nested deeper than ", kMaxFilterDepth, " levels"));
    }
    SkipBlanks();
    ASSIGN_OR_RETURN(FilterNode node, TakeChar('(') ? ParseParenthesis() : ParseRestriction());
    --depth_;
    if (!negated) return node;
    FilterNode inverse;
    inverse.kind = FilterNode::Kind::kNot;
    inverse.children.push_back(std::move(node));
    return inverse;
  }

  absl::StatusOr<FilterNode> ParseParenthesis() {
    const int column = Column(at_ - 1);
    ASSIGN_OR_RETURN(FilterNode node, ParseExpression());
    SkipBlanks();
    if (!TakeChar(')')) return ErrorAt(column, "there is no ) for this (");
    return node;
  }

  absl::StatusOr<FilterNode> ParseRestriction() {
    if (++terms_ > kMaxFilterTerms) return Error(absl::StrCat("more than ", kMaxFilterTerms, " conditions"));
    FilterNode node;
    node.column = Column(at_);
    if (!AtEnd() && (text_[at_] == '"' || text_[at_] == '\'')) {
      return Error("a field is expected: write field = \"value\"");
    }
    const size_t start = at_;
    while (!AtEnd() && IsNameChar(text_[at_])) ++at_;
    node.field = std::string(text_.substr(start, at_ - start));
    if (node.field.empty()) return Error("a field is expected");
    if (node.field == "AND" || node.field == "OR" || node.field == "NOT") {
      return ErrorAt(node.column, absl::StrCat("a field is expected, not ", node.field));
    }
    SkipBlanks();
    if (!AtEnd() && text_[at_] == '(') return ErrorAt(node.column, "functions are not supported");
    const std::optional<Comparator> comparator = TakeComparator();
    if (!comparator.has_value()) {
      return Error(absl::StrCat("= != < <= > >= or : is expected after ", node.field,
                                "; words without a field are not supported"));
    }
    node.comparator = *comparator;
    SkipBlanks();
    ASSIGN_OR_RETURN(node.value, ParseValue());
    return node;
  }

  absl::StatusOr<FilterValue> ParseValue() {
    FilterValue value;
    value.column = Column(at_);
    if (AtEnd()) return Error("a value is expected, the filter ends");
    if (text_[at_] == '"' || text_[at_] == '\'') {
      value.quoted = true;
      RETURN_IF_ERROR(ParseQuoted(&value));
      return value;
    }
    const size_t start = at_;
    while (!AtEnd() && !IsBlank(text_[at_]) && text_[at_] != '(' && text_[at_] != ')') {
      const char c = text_[at_];
      if (c == '"' || c == '\'' || c == '=' || c == '<' || c == '>' || c == '!' || c == ',') {
        return Error("a value with this character must be in quotes");
      }
      ++at_;
    }
    if (at_ == start) return Error("a value is expected");
    const absl::string_view word = text_.substr(start, at_ - start);
    if (word == "AND" || word == "OR" || word == "NOT") {
      return ErrorAt(value.column, absl::StrCat("a value is expected; write \"", word, "\" in quotes"));
    }
    value.text = std::string(word);
    TakeWildcards(&value, !word.empty() && word.back() == '*');
    return value;
  }

  absl::Status ParseQuoted(FilterValue* value) {
    const size_t opening = at_;
    const char quote = text_[at_++];
    bool last_is_wildcard = false;
    bool first_is_escaped = !AtEnd() && text_[at_] == '\\';
    while (true) {
      if (AtEnd()) return ErrorAt(Column(opening), "the quotes are not closed");
      const char c = text_[at_++];
      if (c == quote) break;
      last_is_wildcard = c == '*';
      if (c != '\\') {
        value->text.push_back(c);
        continue;
      }
      if (AtEnd()) return ErrorAt(Column(opening), "the quotes are not closed");
      const char escaped = text_[at_++];
      switch (escaped) {
        case 'n':
          value->text.push_back('\n');
          break;
        case 't':
          value->text.push_back('\t');
          break;
        case '\\':
        case '"':
        case '\'':
        case '*':
          value->text.push_back(escaped);
          break;
        default:
          return ErrorAt(Column(at_ - 2), "escapes are \\\\ \\\" \\' \\* \\n and \\t");
      }
    }
    TakeWildcards(value, last_is_wildcard, first_is_escaped);
    return absl::OkStatus();
  }

  static void TakeWildcards(FilterValue* value, bool last_is_wildcard, bool first_is_escaped = false) {
    if (last_is_wildcard) {
      value->wildcard_after = true;
      value->text.pop_back();
    }
    if (!first_is_escaped && !value->text.empty() && value->text.front() == '*') {
      value->wildcard_before = true;
      value->text.erase(0, 1);
    }
  }

  std::optional<Comparator> TakeComparator() {
    if (TakeText("!=")) return Comparator::kNotEqual;
    if (TakeText("<=")) return Comparator::kLessOrEqual;
    if (TakeText(">=")) return Comparator::kGreaterOrEqual;
    if (TakeText("<")) return Comparator::kLess;
    if (TakeText(">")) return Comparator::kGreater;
    if (TakeText("=")) return Comparator::kEqual;
    if (TakeText(":")) return Comparator::kHas;
    return std::nullopt;
  }

  static FilterNode Join(FilterNode::Kind kind, std::vector<FilterNode> children) {
    if (children.size() == 1) return std::move(children.front());
    FilterNode node;
    node.kind = kind;
    node.children = std::move(children);
    return node;
  }

  // True if another term follows without a word between.
  bool BeginsTerm() {
    SkipBlanks();
    if (AtEnd() || text_[at_] == ')') return false;
    return !IsKeyword("AND") && !IsKeyword("OR");
  }

  bool IsKeyword(absl::string_view word) const {
    if (text_.substr(at_, word.size()) != word) return false;
    const size_t end = at_ + word.size();
    return end == text_.size() || !IsNameChar(text_[end]);
  }

  bool TakeKeyword(absl::string_view word) {
    SkipBlanks();
    if (!IsKeyword(word)) return false;
    at_ += word.size();
    return true;
  }

  bool TakeChar(char c) {
    if (AtEnd() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  bool TakeText(absl::string_view text) {
    if (text_.substr(at_, text.size()) != text) return false;
    at_ += text.size();
    return true;
  }

  bool AtEnd() const { return at_ >= text_.size(); }
  void SkipBlanks() {
    while (!AtEnd() && IsBlank(text_[at_])) ++at_;
  }

  int Column(size_t at) const { return static_cast<int>(CountCodePoints(text_.substr(0, at)).value_or(at)) + 1; }
  absl::Status Error(absl::string_view what) const { return ErrorAt(Column(at_), what); }
  absl::Status ErrorAt(int column, absl::string_view what) const { return FilterError(column, what, field_); }

  const absl::string_view text_;
  const absl::string_view field_;  // of the request, for errors
  size_t at_ = 0;
  int depth_ = 0;
  int terms_ = 0;
};

}  // namespace

absl::string_view ComparatorText(Comparator comparator) {
  switch (comparator) {
    case Comparator::kEqual:
      return "=";
    case Comparator::kNotEqual:
      return "!=";
    case Comparator::kLess:
      return "<";
    case Comparator::kLessOrEqual:
      return "<=";
    case Comparator::kGreater:
      return ">";
    case Comparator::kGreaterOrEqual:
      return ">=";
    case Comparator::kHas:
      break;
  }
  return ":";
}

absl::Status FilterError(int column, absl::string_view what, absl::string_view field) {
  return InvalidField(field, absl::StrCat("column ", column, ": ", what));
}

bool IsPresenceTest(const FilterNode& node) {
  return node.comparator == Comparator::kHas && node.value.text.empty() && node.value.wildcard_after;
}

std::string RawText(const FilterValue& value) {
  return absl::StrCat(value.wildcard_before ? "*" : "", value.text, value.wildcard_after ? "*" : "");
}

bool IsOrdering(Comparator comparator) {
  return comparator != Comparator::kEqual && comparator != Comparator::kNotEqual && comparator != Comparator::kHas;
}

absl::StatusOr<std::optional<FilterNode>> ParseOptionalFilter(absl::string_view text) {
  if (absl::StripAsciiWhitespace(text).empty()) return std::nullopt;
  ASSIGN_OR_RETURN(FilterNode node, ParseFilter(text));
  return std::optional<FilterNode>(std::move(node));
}

const FilterNode* FindDemand(const std::optional<FilterNode>& filter, absl::string_view field) {
  if (!filter.has_value()) return nullptr;
  const auto demands = [&](const FilterNode& node) {
    return node.kind == FilterNode::Kind::kRestriction && node.field == field &&
           node.comparator == Comparator::kEqual && !node.value.wildcard_before && !node.value.wildcard_after;
  };
  if (demands(*filter)) return &*filter;
  if (filter->kind != FilterNode::Kind::kAnd) return nullptr;
  const auto found = std::find_if(filter->children.begin(), filter->children.end(), demands);
  return found == filter->children.end() ? nullptr : &*found;
}

std::optional<FilterNode> TakeDemand(std::optional<FilterNode>& filter, absl::string_view field) {
  const FilterNode* found = FindDemand(filter, field);
  if (found == nullptr) return std::nullopt;
  FilterNode taken = *found;
  if (found == &*filter) {
    filter.reset();
    return taken;
  }
  std::vector<FilterNode>& children = filter->children;
  children.erase(children.begin() + (found - children.data()));
  if (children.size() == 1) filter = FilterNode(std::move(children[0]));
  return taken;
}

bool Mentions(const std::optional<FilterNode>& filter, absl::string_view field) {
  if (!filter.has_value()) return false;
  if (filter->kind == FilterNode::Kind::kRestriction) return filter->field == field;
  return std::any_of(filter->children.begin(), filter->children.end(),
                     [&](const FilterNode& child) { return Mentions(child, field); });
}

absl::StatusOr<FilterNode> ParseFilter(absl::string_view text, absl::string_view field) {
  if (text.size() > kMaxFilterBytes) {
    return InvalidField(field, absl::StrCat("must be at most ", kMaxFilterBytes, " bytes, has ", text.size()));
  }
  if (!IsValidUtf8(text)) return InvalidField(field, "must be valid UTF-8");
  return Parser(text, field).Parse();
}

}  // namespace storeops::resource
