// `storeops import retail FILE`
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_IMPORT_RETAIL_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_IMPORT_RETAIL_H_

#include <string>

#include "absl/status/status.h"
#include "services/storeops/client.h"

namespace storeops {

// Reads invoice lines (CSV, gzip or plain; see retail_catalogue.h) and brings the catalogue they describe in through the
// API. Prints a report that accounts for every row.
absl::Status ImportRetail(Client& client, const std::string& path, const std::string& currency);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_IMPORT_RETAIL_H_
