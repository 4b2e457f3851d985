#include "services/catalog/transfers/file_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "re2/re2.h"

namespace storeops::catalog {

v1::ImportError FileError(absl::string_view message) {
  static const RE2* const kPlace = new RE2("line ([0-9]+), (?:column|field) ([0-9]+): ");
  v1::ImportError error;
  int64_t line = 0, column = 0;
  re2::StringPiece rest(message.data(), message.size());
  if (RE2::Consume(&rest, *kPlace, &line, &column)) {
    error.set_line(line);
    error.set_column(column);
  }
  error.set_message(std::string(rest.data(), rest.size()));
  return error;
}

std::string BadByteMessage(const CsvDialect& dialect) {
  return absl::StrCat("this byte is not ", NameOf(dialect.encoding.value_or(TextEncoding::kUtf8)), " text");
}

v1::ImportError BadByteError(const TextPlace& place, const CsvDialect& dialect) {
  v1::ImportError error;
  error.set_line(place.line);
  error.set_column(place.column);
  error.set_message(BadByteMessage(dialect));
  return error;
}

CsvDialect ToDialect(v1::TextEncoding encoding, absl::string_view delimiter) {
  CsvDialect dialect;
  for (const TextEncoding known : kTextEncodings) {
    if (encoding == ToEncodingProto({known, 0})) dialect.encoding = known;
  }
  if (!delimiter.empty()) dialect.delimiter = delimiter[0];
  return dialect;
}

v1::TextEncoding ToEncodingProto(const CsvDialect& dialect) {
  switch (dialect.encoding.value_or(TextEncoding::kUtf8)) {
    case TextEncoding::kUtf16Le:
      return v1::TEXT_ENCODING_UTF_16LE;
    case TextEncoding::kUtf16Be:
      return v1::TEXT_ENCODING_UTF_16BE;
    case TextEncoding::kWindows1252:
      return v1::TEXT_ENCODING_WINDOWS_1252;
    case TextEncoding::kGb18030:
      return v1::TEXT_ENCODING_GB18030;
    default:
      return v1::TEXT_ENCODING_UTF_8;
  }
}

std::string ToDelimiterText(const CsvDialect& dialect) {
  return dialect.delimiter == 0 ? "" : std::string(1, dialect.delimiter);
}

}  // namespace storeops::catalog
