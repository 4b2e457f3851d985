// kill -9 of any part: nothing that was acknowledged is lost.
#include <signal.h>

#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/db/private_server.h"
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

constexpr int kWriters = 8;
constexpr int kAcknowledgedBeforeKill = 100;

// Writes products one by one from several threads until stopped, and keeps the SKUs whose creation was acknowledged.
class Writers {
 public:
  Writers(const TestSuite& suite, std::string prefix) : prefix_(std::move(prefix)) {
    for (int i = 0; i < kWriters; ++i) {
      threads_.emplace_back([this, client = suite.MakeClient(), i]() mutable { Write(client, i); });
    }
  }
  ~Writers() { Stop(); }

  void AwaitAcknowledged(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return acknowledged_.size() >= count; };
    ASSERT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Minutes(1)));
  }
  std::set<std::string> Stop() {
    stopping_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
    absl::MutexLock lock(&mutex_);
    return acknowledged_;
  }

 private:
  void Write(Client& client, int writer) {
    for (int i = 0; !stopping_; ++i) {
      const std::string sku = absl::StrCat(prefix_, "-", writer, "-", i);
      catalog::v1::CreateProductRequest request;
      *request.mutable_product() = SimpleProduct(sku, "Written under fire");
      catalog::v1::Product product;
      const auto made = client.Call("storeops.catalog.v1.ProductService/CreateProduct", request, &product,
                                    /*retry=*/false, absl::Seconds(10));
      if (!made.ok()) continue;
      absl::MutexLock lock(&mutex_);
      acknowledged_.insert(sku);
    }
  }

  const std::string prefix_;
  std::atomic<bool> stopping_{false};
  std::vector<std::thread> threads_;
  absl::Mutex mutex_;
  std::set<std::string> acknowledged_ ABSL_GUARDED_BY(mutex_);
};

std::vector<std::string> Missing(Client& client, const std::set<std::string>& skus) {
  std::vector<std::string> missing;
  catalog::v1::LookupProductsRequest request;
  const auto look_up = [&] {
    catalog::v1::LookupProductsResponse found;
    const auto status = client.Call("storeops.catalog.v1.ProductService/LookupProducts", request, &found, true);
    EXPECT_TRUE(status.ok()) << status;
    missing.insert(missing.end(), found.missing_skus().begin(), found.missing_skus().end());
    request.clear_skus();
  };
  for (const std::string& sku : skus) {
    request.add_skus(sku);
    if (request.skus_size() == 500) look_up();
  }
  if (request.skus_size() > 0) look_up();
  return missing;
}

TEST(CrashTest, KilledServicesLoseNothingAcknowledged) {
  TestSuite suite;
  std::set<std::string> acknowledged;
  for (int round = 0; round < 3; ++round) {
    Writers writers(suite, absl::StrCat("K", round));
    writers.AwaitAcknowledged(kAcknowledgedBeforeKill);
    kill(suite.pid(), SIGKILL);
    acknowledged.merge(writers.Stop());
    suite.Up();
  }
  auto client = suite.MakeClient();
  EXPECT_EQ(Missing(client, acknowledged), std::vector<std::string>());
}

TEST(CrashTest, AKilledDatabaseComesBackWithEverythingAcknowledged) {
  TestSuite suite;
  const pid_t database = suite.database_pid();
  Writers writers(suite, "D");
  writers.AwaitAcknowledged(kAcknowledgedBeforeKill);
  kill(database, SIGKILL);
  writers.AwaitAcknowledged(2 * kAcknowledgedBeforeKill + kWriters);  // it was started again, and writes go on
  const auto acknowledged = writers.Stop();
  EXPECT_NE(suite.database_pid(), database);
  auto client = suite.MakeClient();
  EXPECT_EQ(Missing(client, acknowledged), std::vector<std::string>());
}

TEST(CrashTest, BothKilledAtOnceComeBackWithEverythingAcknowledged) {
  TestSuite suite;
  Writers writers(suite, "B");
  writers.AwaitAcknowledged(kAcknowledgedBeforeKill);
  const pid_t database = suite.database_pid();
  kill(suite.pid(), SIGKILL);
  kill(database, SIGKILL);
  const auto acknowledged = writers.Stop();
  suite.Up();
  auto client = suite.MakeClient();
  EXPECT_EQ(Missing(client, acknowledged), std::vector<std::string>());
}

TEST(CrashTest, DownEndsADatabaseThatAKilledSuiteLeftBehind) {
  TestSuite suite;
  kill(suite.pid(), SIGKILL);
  const std::string folder = suite.home() + "/db";
  ASSERT_TRUE(db::PrivateServer::RunningAddress(folder).has_value()) << "the database outlives the services";
  EXPECT_EQ(suite.Down().exit_code, 0);
  EXPECT_FALSE(db::PrivateServer::RunningAddress(folder).has_value());
}

// SIGTERM in the middle of writes: what was accepted is answered, so that what is stored and what was acknowledged are
// the same.
TEST(DrainTest, NoAcceptedWriteIsLeftUnanswered) {
  TestSuite suite;
  Writers writers(suite, "T");
  writers.AwaitAcknowledged(kAcknowledgedBeforeKill);
  ASSERT_EQ(suite.Down().exit_code, 0);
  const auto acknowledged = writers.Stop();
  suite.Up();
  std::set<std::string> stored;
  auto client = suite.MakeClient();
  catalog::v1::ListProductsRequest request;
  request.set_page_size(500);
  do {
    catalog::v1::ListProductsResponse page;
    ASSERT_TRUE(client.Call("storeops.catalog.v1.ProductService/ListProducts", request, &page).ok());
    for (const auto& product : page.products()) stored.insert(product.variants(0).sku());
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(stored, acknowledged);
}

}  // namespace
}  // namespace storeops::testing
