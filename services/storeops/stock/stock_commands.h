// `storeops check stock`, `storeops import stock FILE`, `storeops export stock FILE`
#ifndef STOREOPS_SERVICES_STOREOPS_STOCK_STOCK_COMMANDS_H_
#define STOREOPS_SERVICES_STOREOPS_STOCK_STOCK_COMMANDS_H_

#include <string>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "services/storeops/client.h"
#include "services/storeops/transfer/csv_options.h"

namespace storeops {

// Prints what was compared to stdout and each difference to stderr. DATA_LOSS if there are any.
absl::Status CheckStock(Client& client);

struct ImportStockOptions {
  std::string path;
  bool dry_run = false;
  std::string time_zone;  // of times of counting that name none; empty: this machine's
  CsvOptions csv;
};
void AddImportStockOptions(CLI::App& command, ImportStockOptions& options);
// Sends the file (gzip or plain) in parts; prints a report to stdout and what is wrong, with line and column, to
// stderr. Rows that are wrong, and rows that repeat an earlier one's SKU, location, lot and bin, are left out, and
// INVALID_ARGUMENT says so at the end. If the import ends early, the report states which rows are imported.
absl::Status ImportStock(Client& client, const ImportStockOptions& options);

struct ExportStockOptions {
  std::string path;
};
void AddExportStockOptions(CLI::App& command, ExportStockOptions& options);
// One line for each level. The file is there when it is complete.
absl::Status ExportStock(Client& client, const ExportStockOptions& options);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_STOCK_STOCK_COMMANDS_H_
