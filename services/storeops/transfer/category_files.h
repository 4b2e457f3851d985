// `storeops import categories FILE` and `storeops export categories [FILE]`
#ifndef STOREOPS_SERVICES_STOREOPS_TRANSFER_CATEGORY_FILES_H_
#define STOREOPS_SERVICES_STOREOPS_TRANSFER_CATEGORY_FILES_H_

#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "services/storeops/client.h"
#include "services/storeops/transfer/csv_options.h"

namespace storeops {

struct ImportCategoriesOptions {
  std::string path;
  bool dry_run = false;
  std::string language;
  CsvOptions csv;
};
void AddImportCategoriesOptions(CLI::App& command, ImportCategoriesOptions& options);

// Sends the file (gzip or plain) and prints what it changed, or would change, to stdout; what is wrong with it, a line
// for each mistake, to stderr. INVALID_ARGUMENT if anything is: then nothing was written.
absl::Status ImportCategories(Client& client, const ImportCategoriesOptions& options);

struct ExportCategoriesOptions {
  std::string path = "-";
  std::vector<std::string> languages;
};
void AddExportCategoriesOptions(CLI::App& command, ExportCategoriesOptions& options);

// Writes the file as a whole or not at all ("-": to stdout as it comes).
absl::Status ExportCategories(Client& client, const ExportCategoriesOptions& options);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_TRANSFER_CATEGORY_FILES_H_
