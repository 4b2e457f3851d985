// A catalogue with a few things to buy, an inventory that has some of them, and orders as tests make them most.
#ifndef STOREOPS_TESTS_SUPPORT_ORDER_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_ORDER_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"
#include "services/inventory/orders/order_totals.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/scripted_provider.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {

class OrderFixture : public ::testing::Test {
 protected:
  using Order = inventory::v1::Order;
  using OrderPayment = inventory::v1::OrderPayment;
  using PlaceOrderRequest = inventory::v1::PlaceOrderRequest;

  // Moves on when told.
  class TestClock final : public Clock {
   public:
    absl::Time Now() const override { return absl::Now() + absl::Microseconds(ahead_us_.load()); }
    void Advance(absl::Duration duration) { ahead_us_ += absl::ToInt64Microseconds(duration); }

   private:
    std::atomic<int64_t> ahead_us_{0};
  };

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(catalog_.Start());
    // "A" costs 10.00 EUR, "B" 2.50 EUR, "C" has no price.
    for (const auto& [sku, price] : std::vector<std::pair<std::string, int64_t>>{{"A", 1000}, {"B", 250}, {"C", 0}}) {
      catalog::v1::Product product = MakeProduct(sku, "Product " + sku);
      if (price > 0) *product.mutable_variants(0)->mutable_price() = MoneyFromMinor(price, "EUR");
      ASSERT_TRUE(CreateProduct(catalog_, product).ok());
    }
    ASSERT_NO_FATAL_FAILURE(process_->Start());
    berlin_ = CreateLocation(*process_, "BER", 1);
    paris_ = CreateLocation(*process_, "PAR", 2);
    ASSERT_TRUE(Receive(*process_, "A", berlin_, 10).ok());
    ASSERT_TRUE(Receive(*process_, "B", berlin_, 3).ok());
    ASSERT_TRUE(Receive(*process_, "B", paris_, 10).ok());
    // The catalogue's prices follow its products.
    ASSERT_TRUE(Eventually([this] { return Place(Request({{"A", 1}, {"B", 1}})).ok(); }));
    const auto first = List({});
    ASSERT_EQ(first.size(), 1u);
    ASSERT_TRUE(Cancel(first[0].name()).ok());
    // Work is first due one interval after it was first seen.
    ASSERT_NO_FATAL_FAILURE(RunJobs(absl::ZeroDuration()));
  }

  std::unique_ptr<ServiceProcess> MakeProcess(const std::string& data, inventory::PaymentProviders more = {}) {
    more.push_back(provider_);
    ProcessOptions options{.data = data, .clock = &clock_};
    options.peer = [this](absl::string_view service) { return service == "catalog" ? &catalog_.peer() : nullptr; };
    return std::make_unique<ServiceProcess>(site_, std::vector{inventory::InventoryModule(std::move(more))},
                                            std::move(options));
  }

  static PlaceOrderRequest Request(const std::vector<std::pair<std::string, int64_t>>& lines) {
    PlaceOrderRequest request;
    for (const auto& [sku, quantity] : lines) {
      auto& line = *request.add_lines();
      line.set_sku(sku);
      line.set_quantity(quantity);
    }
    request.mutable_shipping_address()->set_recipient("Ada");
    request.mutable_shipping_address()->set_country("DE");
    request.set_currency("EUR");
    return request;
  }

  template <class Response, class Message>
  absl::StatusOr<Response> Ask(const std::string& method, const Message& request) {
    return process_->Call<Response>("OrderService/" + method, request);
  }
  absl::StatusOr<Order> Place(const PlaceOrderRequest& request) { return Ask<Order>("PlaceOrder", request); }
  // One that must succeed.
  Order Placed(const PlaceOrderRequest& request) {
    auto order = Place(request);
    EXPECT_TRUE(order.ok()) << order.status();
    return order.value_or(Order());
  }
  Order Get(const std::string& name) {
    inventory::v1::GetOrderRequest request;
    request.set_name(name);
    auto order = Ask<Order>("GetOrder", request);
    EXPECT_TRUE(order.ok()) << order.status();
    return order.value_or(Order());
  }
  absl::StatusOr<Order> Cancel(const std::string& name) {
    inventory::v1::CancelOrderRequest request;
    request.set_name(name);
    request.set_reason("test");
    return Ask<Order>("CancelOrder", request);
  }
  inventory::v1::AuthorizePaymentRequest Payment(const Order& order, const std::string& request_id = "",
                                                 bool capture = false) {
    inventory::v1::AuthorizePaymentRequest request;
    request.set_name(order.name());
    request.set_provider("scripted");
    request.set_capture(capture);
    request.set_request_id(request_id);
    return request;
  }
  absl::StatusOr<Order> Authorize(const Order& order, const std::string& request_id = "", bool capture = false) {
    return Ask<Order>("AuthorizePayment", Payment(order, request_id, capture));
  }
  absl::StatusOr<Order> Fulfill(const Order& order) {
    inventory::v1::CreateFulfillmentRequest request;
    request.set_name(order.name());
    return Ask<Order>("CreateFulfillment", request);
  }
  absl::StatusOr<Order> Ship(const std::string& fulfillment) {
    inventory::v1::ShipFulfillmentRequest request;
    request.set_name(fulfillment);
    request.set_carrier("DHL");
    request.set_tracking_number("JD1");
    return Ask<Order>("ShipFulfillment", request);
  }
  // Over pages of two.
  std::vector<Order> List(const std::string& filter, const std::string& order_by = "") {
    inventory::v1::ListOrdersRequest request;
    request.set_filter(filter);
    request.set_order_by(order_by);
    request.set_page_size(2);
    std::vector<Order> orders;
    do {
      const auto page = Ask<inventory::v1::ListOrdersResponse>("ListOrders", request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      orders.insert(orders.end(), page->orders().begin(), page->orders().end());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return orders;
  }
  // All outbound messages and periodic work that are due after `later`.
  void RunJobs(absl::Duration later = absl::Seconds(61)) {
    clock_.Advance(later);
    const auto delivered = process_->runtime().outbound().RunDue();
    ASSERT_TRUE(delivered.ok()) << delivered.status();
    const auto ran = process_->runtime().periodic().RunDue();
    ASSERT_TRUE(ran.ok()) << ran.status();
  }
  // on hand, reserved, available over all locations
  std::vector<int64_t> Stock(const std::string& sku) {
    const auto total = GetStock(*process_, sku).total();
    return {total.on_hand(), total.reserved(), total.available()};
  }
  // No counter differs from the ledger and from what holds pieces.
  void ExpectSound() {
    const auto check =
        process_->Call<inventory::v1::CheckStockResponse>("CheckStock", inventory::v1::CheckStockRequest());
    ASSERT_TRUE(check.ok()) << check.status();
    EXPECT_EQ(check->difference_count(), 0) << check->DebugString();
  }
  static std::vector<std::string> FieldsOf(const absl::Status& status) {
    google::rpc::BadRequest request;
    GetDetail(status, &request);
    std::vector<std::string> fields;
    for (const auto& violation : request.field_violations()) fields.push_back(violation.field());
    return fields;
  }

  Site site_;
  TestClock clock_;
  ServiceProcess catalog_{site_, {catalog::CatalogModule()}};
  std::shared_ptr<ScriptedProvider> provider_ = std::make_shared<ScriptedProvider>();
  std::unique_ptr<ServiceProcess> process_ = MakeProcess("inventory");
  std::string berlin_;
  std::string paris_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_ORDER_FIXTURE_H_
