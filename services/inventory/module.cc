#include "services/inventory/module.h"

#include <memory>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/workflow/description.h"
#include "services/inventory/counts/count_service.h"
#include "services/inventory/counts/count_states.h"
#include "services/inventory/fulfillments/fulfillment_states.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/orders/order_service.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/payments/payment_states.h"
#include "services/inventory/planning/planning_service.h"
#include "services/inventory/planning/planning_states.h"
#include "services/inventory/purchasing/purchase_order_service.h"
#include "services/inventory/purchasing/purchase_order_states.h"
#include "services/inventory/reservations/reservation_states.h"
#include "services/inventory/returns/return_service.h"
#include "services/inventory/returns/return_states.h"
#include "services/inventory/stock/stock_service.h"
#include "services/inventory/suppliers/supplier_service.h"
#include "services/inventory/transfers/stock_transfer_service.h"
#include "services/inventory/transfers/stock_transfer_states.h"

namespace storeops::inventory {
namespace {

class Inventory final : public Module {
 public:
  Inventory(PaymentProviders providers, ReturnWindow return_window)
      : orders_(stock_, std::move(providers)), returns_(locations_, orders_, return_window) {}

  absl::Status Bind(Environment& environment) override {
    RETURN_IF_ERROR(locations_.Bind(environment));
    RETURN_IF_ERROR(stock_.Bind(environment));
    RETURN_IF_ERROR(orders_.Bind(environment));
    RETURN_IF_ERROR(returns_.Bind(environment));
    RETURN_IF_ERROR(suppliers_.Bind(environment));
    RETURN_IF_ERROR(purchase_orders_.Bind(environment));
    RETURN_IF_ERROR(planning_.Bind(environment));
    RETURN_IF_ERROR(transfers_.Bind(environment));
    return counts_.Bind(environment);
  }
  absl::Status Start() override { return stock_.Start(); }
  void Stop() override { stock_.Stop(); }

 private:
  LocationService locations_;
  StockService stock_{locations_};
  OrderService orders_;
  ReturnService returns_;
  SupplierService suppliers_;
  PurchaseOrderService purchase_orders_{locations_, suppliers_, stock_.ledger()};
  PlanningService planning_{locations_, suppliers_, purchase_orders_};
  StockTransferService transfers_{locations_, stock_.ledger()};
  CountService counts_{locations_, stock_.ledger()};
};

std::vector<workflow::Description> Machines() {
  using workflow::Describe;
  return {Describe(kOrderStates),        Describe(kPaymentStates),       Describe(kFulfillmentStates),
          Describe(kReturnStates),       Describe(kReservationStates),   Describe(kCountStates),
          Describe(kTransferStates),     Describe(kPurchaseOrderStates), Describe(kPlanningRunStates),
          Describe(kReplenishmentStates)};
}

}  // namespace

ModuleInfo InventoryModule(PaymentProviders providers, ReturnWindow return_window) {
  return {"inventory", &migrations::inventory(),
          [providers = std::move(providers), return_window] {
            return std::make_unique<Inventory>(providers, return_window);
          },
          Machines};
}

}  // namespace storeops::inventory
