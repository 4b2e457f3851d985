// What `storeops import retail` tells when it is done.
#ifndef STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_REPORT_H_
#define STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "services/storeops/import/opening_stock.h"
#include "services/storeops/import/product_sync.h"
#include "services/storeops/import/retail_catalogue.h"
#include "services/storeops/import/retail_lines.h"
#include "services/storeops/import/retail_orders.h"
#include "storeops/inventory/v1/order_import.pb.h"

namespace storeops {

struct RetailReport {
  std::string currency;
  int64_t goods = 0;
  int64_t services = 0;
  int64_t unpriced = 0;
  int categories_created = 0;
  SyncReport products;
  int64_t prices = 0;
  int64_t prices_recorded = 0;
  inventory::v1::ImportOrdersResponse orders;
  OpeningReport stock;
  absl::Duration reading, catalogue, ordering, stocking;
};

// For people: rows and money by fate, what was made of them, and how long it took.
std::string DescribeRetail(const RetailLines& lines, const RetailOrders& orders, const RetailCatalogue& catalogue,
                           const RetailReport& report);

// DATA_LOSS if the money that the service has counted, and what was rounded or set aside, is not the sum over the file
// to the last place. INVALID_ARGUMENT if the service refused something.
absl::Status CheckRetail(const RetailLines& lines, const RetailOrders& orders, const RetailReport& report);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_IMPORT_RETAIL_REPORT_H_
