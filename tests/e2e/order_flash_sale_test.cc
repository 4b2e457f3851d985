// The same sale as orders: 500 buyers, 100 pieces, two processes, one of them killed midway. Exactly 100 are sold, each
// acknowledged order is there, and nobody pays for one that is not.
#include <signal.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "google/rpc/error_info.pb.h"
#include "services/inventory/orders/order_totals.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "tests/support/inventory_shops.h"

namespace storeops::testing {
namespace {

using inventory::v1::Order;

constexpr int kOrderBuyers = 500;
constexpr int kOrderedPieces = 100;
constexpr int kOrderThreads = 50;
constexpr int kOrdersBeforeKill = 25;
constexpr int kOrderRounds = 2;
constexpr int64_t kPrice = 1999;

class OrderFlashSaleTest : public InventoryShops {
 protected:
  static inventory::v1::PlaceOrderRequest OrderOf(const std::string& sku, int buyer) {
    inventory::v1::PlaceOrderRequest request;
    auto& line = *request.add_lines();
    line.set_sku(sku);
    line.set_quantity(1);
    *line.mutable_unit_price() = MoneyFromMinor(kPrice, "EUR");
    request.set_currency("EUR");
    request.mutable_shipping_address()->set_recipient("Ada");
    request.mutable_shipping_address()->set_country("DE");
    request.set_request_id(absl::StrCat(sku, "-", buyer));
    return request;
  }

  // Asks one shop, and the other with the same request_id if there is no answer.
  template <class Request>
  absl::Status Insist(Shop& first, Shop& other, const std::string& method, const Request& request, Order* order) {
    absl::Status status = Call(*first.peer, method, request, order);
    if (status.ok() || absl::IsFailedPrecondition(status)) return status;
    return Call(*other.peer, method, request, order);
  }

  // Buys and pays; the orders that were acknowledged, as they were after payment.
  std::map<std::string, Order> Sell(const std::string& sku, Shop& mortal, Shop& other) {
    std::atomic<int> next{0};
    std::vector<std::thread> threads;
    absl::Mutex mutex;
    std::map<std::string, Order> acknowledged;
    for (int i = 0; i < kOrderThreads; ++i) {
      threads.emplace_back([&] {
        for (int buyer = next++; buyer < kOrderBuyers; buyer = next++) {
          Shop& first = buyer % 2 == 0 ? mortal : other;
          Order order;
          const absl::Status placed = Insist(first, other, "OrderService/PlaceOrder", OrderOf(sku, buyer), &order);
          if (!placed.ok()) {
            google::rpc::ErrorInfo info;
            EXPECT_TRUE(GetDetail(placed, &info) && info.reason() == "OUT_OF_STOCK") << placed;
            continue;
          }
          {
            absl::MutexLock lock(&mutex);
            acknowledged[order.name()] = order;
            if (acknowledged.size() == kOrdersBeforeKill) mortal.program->Signal(SIGKILL);
          }
          inventory::v1::AuthorizePaymentRequest pay;
          pay.set_name(order.name());
          pay.set_capture(true);
          pay.set_request_id(absl::StrCat("pay-", sku, "-", buyer));
          const absl::Status paid = Insist(first, other, "OrderService/AuthorizePayment", pay, &order);
          EXPECT_TRUE(paid.ok()) << paid;
          absl::MutexLock lock(&mutex);
          acknowledged[order.name()] = order;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    return acknowledged;
  }

  void ExpectPaidOnce(Shop& shop, const std::string& name) {
    inventory::v1::GetOrderRequest request;
    request.set_name(name);
    Order order;
    const absl::Status found = Call(*shop.peer, "OrderService/GetOrder", request, &order);
    ASSERT_TRUE(found.ok()) << name << ": " << found;
    EXPECT_EQ(order.status(), Order::CONFIRMED);
    EXPECT_EQ(order.payments_size(), 1) << order.DebugString();
    EXPECT_EQ(inventory::Minor(order.captured()), kPrice);
  }
};

TEST_F(OrderFlashSaleTest, ExactlyWhatIsThereIsSoldAndPaidWhoeverIsKilled) {
  Shop other = Open();
  const std::string location = MakeLocation(*other.peer);
  for (int round = 0; round < kOrderRounds; ++round) {
    Shop mortal = Open();
    const std::string sku = absl::StrCat("SALE-", round);
    ASSERT_NO_FATAL_FAILURE(Stock(*other.peer, sku, location, kOrderedPieces));
    const auto acknowledged = Sell(sku, mortal, other);
    EXPECT_EQ(mortal.program->Wait(), 128 + SIGKILL);
    EXPECT_EQ(acknowledged.size(), static_cast<size_t>(kOrderedPieces));
    for (const auto& [name, order] : acknowledged) ExpectPaidOnce(other, name);
    // No order besides those that were acknowledged.
    inventory::v1::ListOrdersRequest list;
    list.set_filter(absl::StrCat("lines.sku = \"", sku, "\""));
    list.set_page_size(500);
    inventory::v1::ListOrdersResponse orders;
    ASSERT_TRUE(Call(*other.peer, "OrderService/ListOrders", list, &orders).ok());
    EXPECT_EQ(orders.orders_size(), kOrderedPieces);
    inventory::v1::CheckStockResponse checked;
    const absl::Status status =
        Call(*other.peer, "StockService/CheckStock", inventory::v1::CheckStockRequest(), &checked);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_EQ(checked.difference_count(), 0) << checked.DebugString();
  }
}

}  // namespace
}  // namespace storeops::testing
