// How a CSV file on the command line is to be read, and how it was.
#ifndef STOREOPS_SERVICES_STOREOPS_TRANSFER_CSV_OPTIONS_H_
#define STOREOPS_SERVICES_STOREOPS_TRANSFER_CSV_OPTIONS_H_

#include <string>

#include "CLI/App.hpp"
#include "common/base/csv_dialect.h"
#include "storeops/catalog/v1/transfer.pb.h"

namespace storeops {

struct CsvOptions {
  std::string encoding = "auto";
  std::string delimiter = "auto";

  CsvDialect dialect() const;
  // As requests state it.
  catalog::v1::TextEncoding encoding_proto() const;
  std::string delimiter_text() const;
};
// --encoding and --delimiter.
void AddCsvOptions(CLI::App& command, CsvOptions& options);

// "UTF-16LE, fields separated by tabs", of what a report states.
std::string DescribeCsv(catalog::v1::TextEncoding encoding, const std::string& delimiter);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_TRANSFER_CSV_OPTIONS_H_
