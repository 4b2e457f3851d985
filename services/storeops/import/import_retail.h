// `storeops import retail FILE`
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_IMPORT_RETAIL_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_IMPORT_RETAIL_H_

#include <string>

#include "absl/status/status.h"
#include "services/storeops/client.h"

namespace storeops {

// Reads invoice lines (CSV, gzip or plain) and brings in through the API what they tell: the catalogue
// (retail_catalogue.h), orders, cancellations and adjustments (retail_fates.h, retail_orders.h) and opening stock.
// Prints a report that accounts for every row and every penny. Can be repeated and interrupted at will: what is there
// already is left alone. Keeps all lines in memory: half a million take 170 MB at the peak.
absl::Status ImportRetail(Client& client, const std::string& path, const std::string& currency);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_IMPORT_RETAIL_H_
