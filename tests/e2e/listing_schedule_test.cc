// Scheduled publication by two processes, one of which is killed in the middle of it.
#include <signal.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "gtest/gtest.h"
#include "services/catalog/module.h"
#include "services/storeops/first_start.h"
#include "services/storeops/settings.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/program.h"
#include "tests/support/service_process.h"

namespace storeops::testing {
namespace {

using catalog::v1::Product;

constexpr int kWatchers = 8;
constexpr int kScheduled = 1600;  // several claims of each process

class ListingScheduleTest : public ::testing::Test {
 protected:
  template <class Request>
  void Act(const std::string& method, const Request& request, google::protobuf::Message* response = nullptr) {
    const absl::Status status = process_.Call("storeops.catalog.v1.ProductService/" + method,
                                              process_.Bearer("users/1", {"*"}), request, response);
    ASSERT_TRUE(status.ok()) << method << ": " << status;
  }

  // One that is approved, to be published at `time`.
  void Schedule(const std::string& sku, absl::Time time) {
    catalog::v1::CreateProductRequest create;
    create.mutable_product()->set_title("Mug");
    auto* variant = create.mutable_product()->add_variants();
    variant->set_sku(sku);
    variant->mutable_price()->set_currency_code("EUR");
    variant->mutable_price()->set_units(12);
    Product product;
    Act("CreateProduct", create, &product);
    catalog::v1::SubmitProductRequest submit;
    submit.set_name(product.name());
    Act("SubmitProduct", submit);
    catalog::v1::ApproveProductRequest approve;
    approve.set_name(product.name());
    Act("ApproveProduct", approve);
    catalog::v1::ScheduleProductRequest schedule;
    schedule.set_name(product.name());
    auto* change = schedule.add_changes();
    change->set_action(catalog::v1::ScheduledChange::PUBLISH);
    *change->mutable_time() = ToTimestamp(time);
    Act("ScheduleProduct", schedule);
  }

  std::unique_ptr<Program> Serve(const std::string& name) {
    Settings settings;
    settings.home = site_.folder() + "/" + name;
    std::filesystem::create_directories(settings.home);
    EXPECT_TRUE(LoadSecret(settings, /*create=*/true).ok());
    return std::make_unique<Program>(
        std::vector<std::string>{StoreopsProgram(), "--home", settings.home, "serve", "catalog", "--db-socket",
                                 TestServer().socket, "--db-prefix", site_.prefix(), "--http-port", "0", "--grpc-port",
                                 absl::StrCat(FreePort())},
        settings.home);
  }

  int64_t Number(absl::string_view sql) {
    const auto rows = process_.database().Query(absl::Now() + absl::Seconds(60), sql);
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() && rows->size() == 1 ? rows->Int(0, 0) : -1;
  }
  int64_t Published() { return Number("SELECT COUNT(*) FROM products WHERE state = 4"); }

  const Site site_;
  // Serves the calls of the test, and publishes nothing itself.
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
};

TEST_F(ListingScheduleTest, EachIsPublishedOnceThoughAProcessIsKilled) {
  // All by then; the processes start when everything is due.
  const absl::Time time = absl::Now();
  std::vector<std::thread> threads;
  for (int t = 0; t < kWatchers; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < kScheduled; i += kWatchers) Schedule(absl::StrCat("S-", i), time);
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(Number("SELECT COUNT(*) FROM product_schedules"), kScheduled);

  const auto victim = Serve("one"), survivor = Serve("two");
  ASSERT_TRUE(Eventually([this] { return Published() > 0; })) << victim->Errors() << survivor->Errors();
  victim->Signal(SIGKILL);
  EXPECT_LT(Published(), kScheduled) << "killed too late to prove anything";
  EXPECT_TRUE(Eventually([this] { return Published() == kScheduled; })) << survivor->Errors();
  EXPECT_TRUE(survivor->Running());

  // One entry each by the service itself, and nothing left to do.
  EXPECT_EQ(Number("SELECT COUNT(*) FROM history WHERE actor = 'services/catalog'"), kScheduled);
  EXPECT_EQ(Number("SELECT COUNT(DISTINCT resource_id) FROM history WHERE actor = 'services/catalog'"), kScheduled);
  EXPECT_EQ(Number("SELECT COUNT(*) FROM product_schedules"), 0);
}

}  // namespace
}  // namespace storeops::testing
