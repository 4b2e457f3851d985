// A year of the first demo products: who supplies them, what was ordered, what lies on the shelf. Enough for planning
// to have something to say.
#ifndef STOREOPS_SERVICES_STOREOPS_DEMO_DEMO_SALES_H_
#define STOREOPS_SERVICES_STOREOPS_DEMO_DEMO_SALES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "services/storeops/client.h"
#include "storeops/inventory/v1/order_import.pb.h"

namespace storeops {

// One of the products that sell, by their number among the demo products.
struct DemoItem {
  std::string sku;
  int64_t price_minor = 0;
  int64_t pack_size = 1;
  int64_t on_hand = 0;
};
std::vector<DemoItem> DemoItems(int products);

// Orders of the sixty weeks before `today`, one for each weekday, the same for the same day. Some items sell evenly,
// some ever more, some now and then.
std::vector<inventory::v1::ImportedOrder> DemoOrders(const std::vector<DemoItem>& items, absl::CivilDay today);

// Makes a warehouse and a supplier, imports the orders, receives the pieces, and asks for a plan. ALREADY_EXISTS if
// that was begun before.
absl::Status LoadDemoSales(Client& client, int products, absl::CivilDay today);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_DEMO_DEMO_SALES_H_
