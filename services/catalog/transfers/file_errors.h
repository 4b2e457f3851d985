// What is wrong with a file, and where.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_FILE_ERRORS_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_FILE_ERRORS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "common/base/csv_dialect.h"
#include "storeops/catalog/v1/transfer.pb.h"

namespace storeops::catalog {

// Of a reader's message, "line 3, column 5: what" or "line 1, field 2: what", as its parts.
v1::ImportError FileError(absl::string_view message);

// "this byte is not UTF-8 text", or not text of another encoding.
std::string BadByteMessage(const CsvDialect& dialect);
v1::ImportError BadByteError(const TextPlace& place, const CsvDialect& dialect);

// As requests and reports state it.
CsvDialect ToDialect(v1::TextEncoding encoding, absl::string_view delimiter);
v1::TextEncoding ToEncodingProto(const CsvDialect& dialect);
// Empty for a file without delimiters.
std::string ToDelimiterText(const CsvDialect& dialect);

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_FILE_ERRORS_H_
