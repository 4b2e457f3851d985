// `storeops export products FILE`
#ifndef STOREOPS_SERVICES_STOREOPS_TRANSFER_EXPORT_PRODUCTS_H_
#define STOREOPS_SERVICES_STOREOPS_TRANSFER_EXPORT_PRODUCTS_H_

#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "absl/status/status.h"
#include "services/storeops/client.h"

namespace storeops {

struct ExportProductsOptions {
  std::string path;
  std::string format = "csv";
  std::string filter;
  std::vector<std::string> languages;
  std::vector<std::string> fields;
  std::string link;
  std::string image_link;
  std::string media_base;
  std::string availability = "by_stock";
  std::string availability_date;
  std::string title;
};
void AddExportProductsOptions(CLI::App& command, ExportProductsOptions& options);

// Writes the file as a whole or not at all ("-": to stdout as it comes), and the report to stderr.
absl::Status ExportProducts(Client& client, const ExportProductsOptions& options);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_TRANSFER_EXPORT_PRODUCTS_H_
