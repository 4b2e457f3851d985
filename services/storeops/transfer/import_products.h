// `storeops import products FILE`
#ifndef STOREOPS_SERVICES_STOREOPS_TRANSFER_IMPORT_PRODUCTS_H_
#define STOREOPS_SERVICES_STOREOPS_TRANSFER_IMPORT_PRODUCTS_H_

#include <string>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "services/storeops/client.h"
#include "services/storeops/transfer/csv_options.h"
#include "storeops/catalog/v1/transfer.pb.h"

namespace storeops {

struct ImportProductsOptions {
  std::string path;
  std::string format = "auto";
  std::string policy = "stop";
  bool dry_run = false;
  std::string language;
  std::string currency;
  bool create_categories = false;
  std::string skus = "complete";
  CsvOptions csv;
};
void AddImportProductsOptions(CLI::App& command, ImportProductsOptions& options);

// Uploads the file (gzip or plain), waits for the import, prints its report to stdout and what is wrong to stderr.
// INVALID_ARGUMENT if the import stopped, the file was rejected, or products were set aside.
absl::Status ImportProducts(Client& client, const ImportProductsOptions& options);

// For people, one line for each figure.
std::string DescribeReport(const catalog::v1::ImportReport& report);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_TRANSFER_IMPORT_PRODUCTS_H_
