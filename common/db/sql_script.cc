#include "common/db/sql_script.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace storeops::db {
namespace {

bool StartsLineComment(absl::string_view text) {
  return text[0] == '#' || text == "--" ||
         (absl::StartsWith(text, "--") && absl::ascii_isspace(static_cast<unsigned char>(text[2])));
}

size_t LineLength(absl::string_view text) {
  const size_t end = text.find('\n');
  return end == absl::string_view::npos ? text.size() : end;
}

// Length of the quoted text that `text` begins with, or npos. A quote inside is doubled or, but for `names`, escaped.
size_t QuotedLength(absl::string_view text) {
  const char quote = text[0];
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote != '`') {
      ++i;
    } else if (text[i] == quote) {
      if (i + 1 == text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return absl::string_view::npos;
}

// Whether only blanks and a comment follow in the line.
bool EndsLine(absl::string_view rest) {
  rest = absl::StripLeadingAsciiWhitespace(rest.substr(0, LineLength(rest)));
  return rest.empty() || StartsLineComment(rest);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitStatements(absl::string_view script) {
  std::vector<std::string> statements;
  std::string statement;
  auto finish = [&] {
    absl::StripAsciiWhitespace(&statement);
    if (!statement.empty()) statements.push_back(std::move(statement));
    statement.clear();
  };
  while (!script.empty()) {
    size_t length = 1;
    if (StartsLineComment(script)) {
      script.remove_prefix(LineLength(script));
      continue;
    }
    if (script[0] == '\'' || script[0] == '"' || script[0] == '`') {
      length = QuotedLength(script);
    } else if (absl::StartsWith(script, "/*")) {
      const size_t end = script.find("*/", 2);
      length = end == absl::string_view::npos ? end : end + 2;
    } else if (script[0] == ';' && EndsLine(script.substr(1))) {
      finish();
      script.remove_prefix(1);
      continue;
    }
    if (length == absl::string_view::npos) {
      return absl::InvalidArgumentError(absl::StrCat("not closed: ", script.substr(0, 40)));
    }
    absl::StrAppend(&statement, script.substr(0, length));
    script.remove_prefix(length);
  }
  finish();
  return statements;
}

}  // namespace storeops::db
