// Many buyers, two processes, one database.
#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/db/database.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using inventory::Minor;
using Operation = inventory::v1::OrderPayment::Operation;

class OrderContentionTest : public OrderFixture {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(OrderFixture::SetUp());
    ASSERT_NO_FATAL_FAILURE(other_->Start());
    ASSERT_TRUE(other_->runtime().periodic().RunDue().ok());
  }
  ServiceProcess& Process(int i) { return i % 2 == 0 ? *process_ : *other_; }
  static void InParallel(int threads, const std::function<void(int)>& body) {
    std::vector<std::thread> running;
    for (int i = 0; i < threads; ++i) {
      running.emplace_back([&body, i] { body(i); });
    }
    for (std::thread& thread : running) thread.join();
  }

  std::unique_ptr<ServiceProcess> other_ = MakeProcess("other");
};

TEST_F(OrderContentionTest, NeverMoreThanThereIsWhateverTheProcess) {
  ASSERT_TRUE(Receive(*process_, "A", paris_, 15).ok());  // 25 in all
  std::atomic<int> placed{0}, refused{0};
  absl::Mutex mutex;
  std::vector<std::string> names;
  InParallel(32, [&](int thread) {
    for (int i = 0; i < 4; ++i) {
      const auto order = Process(thread).Call<Order>("OrderService/PlaceOrder", Request({{"A", 1}}));
      if (order.ok()) {
        ++placed;
        absl::MutexLock lock(&mutex);
        names.push_back(order->name());
      } else {
        EXPECT_EQ(Reason(order.status()), "OUT_OF_STOCK");
        ++refused;
      }
    }
  });
  EXPECT_EQ(placed, 25);
  EXPECT_EQ(refused, 32 * 4 - 25);
  // What the other process wrote comes by the feed.
  EXPECT_TRUE(Eventually([&] { return Stock("A") == std::vector<int64_t>{25, 25, 0}; }));
  for (const std::string& name : names) EXPECT_EQ(Get(name).status(), Order::PLACED);
  ExpectSound();
}

TEST_F(OrderContentionTest, OneReferenceIsOneOrder) {
  std::atomic<int> placed{0};
  InParallel(16, [&](int thread) {
    PlaceOrderRequest request = Request({{"A", 1}});
    request.set_external_reference("web-1");
    const auto order = Process(thread).Call<Order>("OrderService/PlaceOrder", request);
    placed += order.ok();
    if (!order.ok()) EXPECT_EQ(order.status().code(), absl::StatusCode::kAlreadyExists) << order.status();
  });
  EXPECT_EQ(placed, 1);
  EXPECT_TRUE(Eventually([&] { return Stock("A") == std::vector<int64_t>{10, 1, 9}; }));
}

TEST_F(OrderContentionTest, OneRequestIsOneOrder) {
  absl::Mutex mutex;
  std::set<std::string> names;
  InParallel(16, [&](int thread) {
    PlaceOrderRequest request = Request({{"A", 1}});
    request.set_request_id("same");
    const auto order = Process(thread).Call<Order>("OrderService/PlaceOrder", request);
    ASSERT_TRUE(order.ok()) << order.status();
    absl::MutexLock lock(&mutex);
    names.insert(order->name());
  });
  EXPECT_EQ(names.size(), 1u);
  EXPECT_TRUE(Eventually([&] { return Stock("A") == std::vector<int64_t>{10, 1, 9}; }));
}

// Orders and SKUs in every order at once: nobody waits in a circle for long, nothing is lost.
TEST_F(OrderContentionTest, AStormOfChangesKeepsEveryCounter) {
  std::vector<std::string> skus;
  for (int i = 0; i < 6; ++i) {
    skus.push_back(absl::StrCat("S", i));
    ASSERT_TRUE(Receive(*process_, skus.back(), berlin_, 20).ok());
    ASSERT_TRUE(Receive(*process_, skus.back(), paris_, 20).ok());
  }
  InParallel(12, [&](int thread) {
    std::mt19937 random(thread);
    std::vector<std::string> mine;
    const auto check = [](const absl::Status& status) {
      const bool expected = status.ok() || absl::IsFailedPrecondition(status) || absl::IsInvalidArgument(status);
      EXPECT_TRUE(expected) << status;
    };
    for (int i = 0; i < 25; ++i) {
      ServiceProcess& process = Process(static_cast<int>(random()));
      if (mine.empty() || random() % 2 == 0) {
        PlaceOrderRequest request = Request({});
        for (int k = 0; k < 3; ++k) {
          auto& line = *request.add_lines();
          line.set_sku(skus[random() % skus.size()]);
          line.set_quantity(1 + random() % 3);
          *line.mutable_unit_price() = MoneyFromMinor(100, "EUR");
        }
        request.set_payment_terms(random() % 2 == 0 ? Order::INVOICE : Order::PREPAID);
        const auto order = process.Call<Order>("OrderService/PlaceOrder", request);
        check(order.status());
        if (order.ok()) mine.push_back(order->name());
      } else if (random() % 3 == 0) {
        inventory::v1::EditOrderRequest request;
        request.set_name(mine[random() % mine.size()]);
        auto& change = *request.add_lines();
        change.set_number(1);
        change.set_quantity(random() % 5);
        check(process.Call<Order>("OrderService/EditOrder", request).status());
      } else if (random() % 2 == 0) {
        inventory::v1::CreateFulfillmentRequest request;
        request.set_name(mine[random() % mine.size()]);
        const auto order = process.Call<Order>("OrderService/CreateFulfillment", request);
        check(order.status());
        if (!order.ok()) continue;
        inventory::v1::ShipFulfillmentRequest ship;
        ship.set_name(order->fulfillments(order->fulfillments_size() - 1).name());
        check(process.Call<Order>("OrderService/ShipFulfillment", ship).status());
      } else {
        inventory::v1::BulkUpdateOrdersRequest request;
        for (const std::string& name : mine) request.add_names(name);
        request.mutable_cancel()->set_reason("storm");
        check(process.Call<inventory::v1::BulkUpdateOrdersResponse>("OrderService/BulkUpdateOrders", request).status());
        mine.clear();
      }
    }
  });
  ExpectSound();
}

// Whoever comes first, payment or expiry, decides; the money and the stock follow.
TEST_F(OrderContentionTest, ExpiryAgainstPayment) {
  for (int round = 0; round < 6; ++round) {
    const Order order = Placed(Request({{"A", 1}}));
    clock_.Advance(absl::Minutes(31));
    InParallel(2, [&](int thread) {
      if (thread == 0) {
        EXPECT_TRUE(other_->runtime().periodic().RunDue().ok());
      } else {
        (void)process_->Call<Order>("OrderService/AuthorizePayment", Payment(order));
      }
    });
    RunJobs();
    const Order ended = Get(order.name());
    const bool paid = ended.status() == Order::CONFIRMED;
    EXPECT_TRUE(paid || ended.status() == Order::EXPIRED) << ended.DebugString();
    EXPECT_TRUE(Eventually([&] { return Stock("A")[1] == (paid ? 1 : 0); }));
    EXPECT_EQ(Minor(ended.authorized()), paid ? 1000 : 0);
    if (paid) ASSERT_TRUE(Cancel(order.name()).ok());
  }
  EXPECT_EQ(provider_->Done(Operation::AUTHORIZE), provider_->Done(Operation::VOID));
  ExpectSound();
}

}  // namespace
}  // namespace storeops::testing
