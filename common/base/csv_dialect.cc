#include "common/base/csv_dialect.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"

namespace storeops {
namespace {

constexpr size_t kEncodingBytes = 1 << 20;
constexpr size_t kHeaderBytes = 64 << 10;
constexpr absl::string_view kUtf8Mark = "\xEF\xBB\xBF";

CsvReader::Source Rejoin(std::string head, CsvReader::Source source) {
  return [head = std::move(head), at = size_t{0}, source = std::move(source)](
             char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
    if (at == head.size()) return source(buffer, size);
    const size_t count = std::min(size, head.size() - at);
    std::memcpy(buffer, head.data() + at, count);
    at += count;
    return count;
  };
}

CsvReader::Source WithLineFeeds(CsvReader::Source source) {
  return [source = std::move(source)](char* buffer, size_t size) -> absl::StatusOr<size_t> {
    ASSIGN_OR_RETURN(const size_t read, source(buffer, size));
    std::replace(buffer, buffer + read, '\r', '\n');
    return read;
  };
}

// Takes a line "sep=;" off the text; its character, 0 if there is none.
char TakeSeparatorLine(std::string* text) {
  absl::string_view rest = *text;
  absl::ConsumePrefix(&rest, kUtf8Mark);
  if (rest.size() < 5 || !absl::EqualsIgnoreCase(rest.substr(0, 4), "sep=")) return 0;
  const char delimiter = rest[4];
  rest.remove_prefix(5);
  absl::ConsumePrefix(&rest, "\r");
  if (!absl::StrContains(kCsvDelimiters, delimiter) || (!rest.empty() && !absl::ConsumePrefix(&rest, "\n"))) return 0;
  *text = std::string(rest);
  return delimiter;
}

// Of the first line that is not empty.
char FindDelimiter(absl::string_view text) {
  absl::ConsumePrefix(&text, kUtf8Mark);
  size_t counts[kCsvDelimiters.size()] = {};
  bool quoted = false;
  bool any = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == '\n' || c == '\r')) {
      if (any) break;
      continue;
    }
    any = true;
    const size_t place = quoted ? absl::string_view::npos : kCsvDelimiters.find(c);
    if (place != absl::string_view::npos) ++counts[place];
  }
  return kCsvDelimiters[std::max_element(std::begin(counts), std::end(counts)) - std::begin(counts)];
}

}  // namespace

absl::StatusOr<std::string> PeekSource(size_t size, CsvReader::Source* source) {
  std::string head(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    ASSIGN_OR_RETURN(const size_t read, (*source)(head.data() + filled, size - filled));
    if (read == 0) break;
    filled += read;
  }
  head.resize(filled);
  *source = Rejoin(head, std::move(*source));
  return head;
}

absl::StatusOr<std::unique_ptr<CsvReader>> OpenCsv(CsvReader::Source source, CsvDialect* dialect) {
  if (!dialect->encoding.has_value()) {
    ASSIGN_OR_RETURN(const std::string head, PeekSource(kEncodingBytes, &source));
    dialect->encoding = DetectEncoding(head, head.size() < kEncodingBytes);
  }
  CsvReader::Format format;
  format.decoded = *dialect->encoding != TextEncoding::kUtf8;
  ASSIGN_OR_RETURN(source, DecodeText(std::move(source), *dialect->encoding));
  ASSIGN_OR_RETURN(std::string head, PeekSource(kHeaderBytes, &source));
  if (absl::StrContains(head, '\r') && !absl::StrContains(head, '\n')) {
    source = WithLineFeeds(std::move(source));
    std::replace(head.begin(), head.end(), '\r', '\n');
  }
  const size_t size = head.size();
  if (const char stated = TakeSeparatorLine(&head); stated != 0) {
    std::string line(size - head.size(), '\0');
    for (size_t at = 0; at < line.size();) {
      ASSIGN_OR_RETURN(const size_t read, source(line.data() + at, line.size() - at));
      at += read;
    }
    format.first_line = 2;
    if (dialect->delimiter == 0) dialect->delimiter = stated;
  }
  if (dialect->delimiter == 0) dialect->delimiter = FindDelimiter(head);
  format.delimiter = dialect->delimiter;
  return std::make_unique<CsvReader>(std::move(source), CsvReader::Limits(), format);
}

std::string DescribeDialect(const CsvDialect& dialect) {
  absl::string_view separated = "commas";
  if (dialect.delimiter == ';') separated = "semicolons";
  if (dialect.delimiter == '\t') separated = "tabs";
  if (dialect.delimiter == '|') separated = "vertical bars";
  return absl::StrCat(NameOf(dialect.encoding.value_or(TextEncoding::kUtf8)), ", fields separated by ", separated);
}

}  // namespace storeops
