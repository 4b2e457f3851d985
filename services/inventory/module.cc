#include "services/inventory/module.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/status_macros.h"
#include "common/workflow/description.h"
#include "services/inventory/catalog_items/catalog_follower.h"
#include "services/inventory/counts/count_service.h"
#include "services/inventory/counts/count_states.h"
#include "services/inventory/documents/order_document.h"
#include "services/inventory/fulfillments/fulfillment_states.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/orders/order_service.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/orders/price_rights.h"
#include "services/inventory/payments/payment_states.h"
#include "services/inventory/planning/planning_service.h"
#include "services/inventory/planning/planning_states.h"
#include "services/inventory/purchasing/purchase_order_service.h"
#include "services/inventory/purchasing/purchase_order_states.h"
#include "services/inventory/reservations/reservation_states.h"
#include "services/inventory/returns/return_service.h"
#include "services/inventory/returns/return_states.h"
#include "services/inventory/returns/return_window.h"
#include "services/inventory/stock/stock_service.h"
#include "services/inventory/suppliers/supplier_service.h"
#include "services/inventory/transfers/stock_transfer_service.h"
#include "services/inventory/transfers/stock_transfer_states.h"

namespace storeops::inventory {
namespace {

class Inventory final : public Module {
 public:
  Inventory(PaymentProviders providers, std::shared_ptr<OrderQuotes> quotes, ReturnWindow return_window)
      : quotes_(std::move(quotes)),
        orders_(stock_, *quotes_, std::move(providers)),
        returns_(locations_, orders_, return_window) {}

  absl::Status Bind(Environment& environment) override {
    FollowCatalog(environment);
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
  void Stop() override {
    orders_.Stop();
    stock_.Stop();
  }

 private:
  LocationService locations_;
  StockService stock_{locations_};
  const std::shared_ptr<OrderQuotes> quotes_;
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

AccessDeclarations Access() {
  return {
      .permissions =
          {
              {"inventory.locations.read", "See warehouses and shops", ""},
              {"inventory.locations.write", "Create, edit and delete locations", ""},
              {"inventory.stock.read", "See stock, its movements and reservations", ""},
              {"inventory.stock.write", "Receive, adjust and reserve stock", ""},
              {"inventory.transfers.read", "See transfers between locations", ""},
              {"inventory.transfers.write", "Create transfers, ship and receive them", ""},
              {"inventory.counts.read", "See counts and their differences", ""},
              {"inventory.counts.write", "Create counts and record what was counted", ""},
              {"inventory.counts.review", "Approve counts, which posts their differences", ""},
              {"inventory.orders.read", "See orders, payments and fulfillments", ""},
              {"inventory.orders.write", "Place, pay, fulfill, change and cancel orders", ""},
              {std::string(kSetPrices), "State prices of orders and import orders of the past",
               "PlaceOrder and ExchangeReturn, for lines that state a price; EditOrder, for a price, a shipping "
               "charge or more of a line whose price was stated; ImportOrders"},
              {"inventory.returns.read", "See returns, exchanges and claims", ""},
              {"inventory.returns.write", "Request, approve, receive and settle returns", ""},
              {"inventory.suppliers.read", "See suppliers and what they sell", ""},
              {"inventory.suppliers.write", "Create, edit and delete suppliers and their items", ""},
              {"inventory.purchasing.read", "See purchase orders", ""},
              {"inventory.purchasing.write", "Create, send, receive and close purchase orders", ""},
              {"inventory.planning.read", "See demand, forecasts, plans and stock alerts", ""},
              {"inventory.planning.write", "Run plans, accept replenishments and set policies", ""},
              {kReadPersonal, "See names, addresses and notes of customers, and contacts of suppliers and locations",
               "The masks of personal fields; filters and sort orders by them; documents with an address"},
          },
      .roles = {{"roles/warehouse", "Warehouse"}},
      .grants =
          {
              {"roles/warehouse", {"inventory.*", "operations.read"}},
              {"roles/merchandiser", {"inventory.stock.read", "inventory.planning.read", "inventory.suppliers.read"}},
              {"roles/marketer", {"inventory.stock.read"}},
              {"roles/support_agent",
               {"inventory.orders.read", "inventory.personal.read", "inventory.returns.read", "inventory.returns.write",
                "inventory.stock.read"}},
              {"roles/support_lead",
               {"inventory.orders.read", "inventory.orders.write", "inventory.personal.read", "inventory.returns.read",
                "inventory.returns.write", "inventory.stock.read"}},
          },
  };
}

Flag DaysFlag(std::string name, std::string environment, std::string help, int64_t days) {
  return {std::move(name), std::move(environment), std::move(help), days, 1, 3650};
}

int Days(const FlagValues& flags, const std::string& name) {
  return static_cast<int>(std::get<int64_t>(flags.at(name)));
}

}  // namespace

ModuleInfo InventoryModule(PaymentProviders providers, std::shared_ptr<OrderQuotes> quotes) {
  if (quotes == nullptr) quotes = std::make_shared<NoDiscounts>();
  const ReturnWindow window;
  return {
      .name = "inventory",
      .migrations = &migrations::inventory(),
      // Without the catalog, orders are taken at stated prices only.
      .needs = {{.module = "catalog", .required = false}},
      .flags = {DaysFlag("return-window", "STOREOPS_RETURN_WINDOW",
                         "Days after shipment in which orders may be returned or exchanged", window.return_days),
                DaysFlag("claim-window", "STOREOPS_CLAIM_WINDOW", "Days after shipment in which orders may be claimed",
                         window.claim_days)},
      .access = Access(),
      .make =
          [providers = std::move(providers), quotes = std::move(quotes)](const FlagValues& flags) {
            const ReturnWindow window{Days(flags, "return-window"), Days(flags, "claim-window")};
            return std::make_unique<Inventory>(providers, quotes, window);
          },
      .machines = Machines,
  };
}

}  // namespace storeops::inventory
