#include "services/inventory/module.h"

#include <memory>

#include "common/base/status_macros.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/stock/stock_service.h"

namespace storeops::inventory {
namespace {

class Inventory final : public Module {
 public:
  absl::Status Bind(Environment& environment) override {
    RETURN_IF_ERROR(locations_.Bind(environment));
    return stock_.Bind(environment);
  }
  absl::Status Start() override { return stock_.Start(); }
  void Stop() override { stock_.Stop(); }

 private:
  LocationService locations_;
  StockService stock_{locations_};
};

}  // namespace

ModuleInfo InventoryModule() {
  return {"inventory", &migrations::inventory(), [] { return std::make_unique<Inventory>(); }};
}

}  // namespace storeops::inventory
