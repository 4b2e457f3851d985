#include "services/inventory/module.h"

#include <memory>
#include <utility>

#include "common/base/status_macros.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/orders/order_service.h"
#include "services/inventory/stock/stock_service.h"

namespace storeops::inventory {
namespace {

class Inventory final : public Module {
 public:
  explicit Inventory(PaymentProviders providers) : orders_(stock_, std::move(providers)) {}

  absl::Status Bind(Environment& environment) override {
    RETURN_IF_ERROR(locations_.Bind(environment));
    RETURN_IF_ERROR(stock_.Bind(environment));
    return orders_.Bind(environment);
  }
  absl::Status Start() override { return stock_.Start(); }
  void Stop() override { stock_.Stop(); }

 private:
  LocationService locations_;
  StockService stock_{locations_};
  OrderService orders_;
};

}  // namespace

ModuleInfo InventoryModule(PaymentProviders providers) {
  return {"inventory", &migrations::inventory(),
          [providers = std::move(providers)] { return std::make_unique<Inventory>(providers); }};
}

}  // namespace storeops::inventory
