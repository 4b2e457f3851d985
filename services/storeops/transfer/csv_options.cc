#include "services/storeops/transfer/csv_options.h"

#include <map>

#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/ascii.h"

namespace storeops {
namespace {

using EncodingProto = catalog::v1::TextEncoding;

struct Encoding {
  TextEncoding encoding;
  EncodingProto proto;
};
constexpr Encoding kEncodings[] = {
    {TextEncoding::kUtf8, catalog::v1::TEXT_ENCODING_UTF_8},
    {TextEncoding::kUtf16Le, catalog::v1::TEXT_ENCODING_UTF_16LE},
    {TextEncoding::kUtf16Be, catalog::v1::TEXT_ENCODING_UTF_16BE},
    {TextEncoding::kWindows1252, catalog::v1::TEXT_ENCODING_WINDOWS_1252},
    {TextEncoding::kGb18030, catalog::v1::TEXT_ENCODING_GB18030},
};

// By what the command line calls them.
const std::map<std::string, const Encoding*>& Encodings() {
  static const auto* encodings = [] {
    auto* made = new std::map<std::string, const Encoding*>{{"auto", nullptr}};
    for (const Encoding& encoding : kEncodings) {
      made->emplace(absl::AsciiStrToLower(NameOf(encoding.encoding)), &encoding);
    }
    return made;
  }();
  return *encodings;
}

const std::map<std::string, std::string>& Delimiters() {
  static const auto* delimiters =
      new std::map<std::string, std::string>{{"auto", ""}, {"comma", ","}, {"semicolon", ";"}, {"tab", "\t"},
                                             {"bar", "|"}, {",", ","},     {";", ";"},         {"|", "|"}};
  return *delimiters;
}

}  // namespace

CsvDialect CsvOptions::dialect() const {
  CsvDialect dialect;
  if (const Encoding* stated = Encodings().at(encoding)) dialect.encoding = stated->encoding;
  const std::string& stated = Delimiters().at(delimiter);
  if (!stated.empty()) dialect.delimiter = stated[0];
  return dialect;
}

EncodingProto CsvOptions::encoding_proto() const {
  const Encoding* stated = Encodings().at(encoding);
  return stated == nullptr ? catalog::v1::TEXT_ENCODING_UNSPECIFIED : stated->proto;
}

std::string CsvOptions::delimiter_text() const { return Delimiters().at(delimiter); }

void AddCsvOptions(CLI::App& command, CsvOptions& options) {
  command.add_option("--encoding", options.encoding, "Of a CSV file; auto: detected")
      ->check(CLI::IsMember(Encodings()))
      ->capture_default_str();
  command.add_option("--delimiter", options.delimiter, "Between the fields of a CSV file; auto: detected")
      ->check(CLI::IsMember(Delimiters()))
      ->capture_default_str();
}

std::string DescribeCsv(EncodingProto encoding, const std::string& delimiter) {
  CsvDialect dialect;
  for (const Encoding& known : kEncodings) {
    if (known.proto == encoding) dialect.encoding = known.encoding;
  }
  if (delimiter.empty()) return std::string(NameOf(dialect.encoding.value_or(TextEncoding::kUtf8)));
  dialect.delimiter = delimiter[0];
  return DescribeDialect(dialect);
}

}  // namespace storeops
