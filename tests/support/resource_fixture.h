// A store with a products table for tests of the resource engine: everything a service has, but no process around it.
#ifndef STOREOPS_TESTS_SUPPORT_RESOURCE_FIXTURE_H_
#define STOREOPS_TESTS_SUPPORT_RESOURCE_FIXTURE_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/base/errors.h"
#include "common/base/signer.h"
#include "common/changes/changes.h"
#include "common/resource/replay.h"
#include "common/resource/resource.h"
#include "common/rpc/call.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"  // older error_details.proto: proto/CMakeLists.txt
#endif
#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/status_details.h"
#include "tests/support/test_database.h"

namespace storeops::testing {

inline constexpr char kProductsTable[] =
    "CREATE TABLE products (id BIGINT NOT NULL PRIMARY KEY, version BIGINT NOT NULL, "
    "create_time DATETIME(6) NOT NULL, update_time DATETIME(6) NOT NULL, delete_time DATETIME(6) NULL, "
    "title VARCHAR(300) NOT NULL, description MEDIUMTEXT NOT NULL, language VARCHAR(35) NOT NULL, "
    "translations LONGTEXT NOT NULL, kind SMALLINT NOT NULL, brand VARCHAR(120) NOT NULL, tags LONGTEXT NOT NULL, "
    "options LONGTEXT NOT NULL, variants LONGTEXT NOT NULL, product_type VARCHAR(64) NOT NULL, "
    "attributes LONGTEXT NOT NULL, categories LONGTEXT NOT NULL, "
    "state SMALLINT NOT NULL, rejection MEDIUMTEXT NULL, publish_time DATETIME(6) NULL, "
    "channel_listings MEDIUMTEXT NULL, external_references MEDIUMTEXT NULL, seo MEDIUMTEXT NULL, "
    "schedule MEDIUMTEXT NULL, schedule_failure MEDIUMTEXT NULL, media LONGTEXT NULL, "
    "KEY by_product_type (product_type, id), KEY by_title (title, id), KEY by_brand (brand, id), "
    "KEY by_create_time (create_time, id), KEY by_update_time (update_time, id)) "
    "DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

inline std::string FieldsOf(const absl::Status& status) {
  google::rpc::BadRequest bad_request;
  std::string text;
  if (!GetDetail(status, &bad_request)) return text;
  for (const auto& violation : bad_request.field_violations()) {
    absl::StrAppend(&text, text.empty() ? "" : "; ", violation.field(), ": ", violation.description());
  }
  return text;
}

// Runs `body(0)` to `body(count - 1)` at the same time.
inline void InParallel(int count, const std::function<void(int)>& body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

class ResourceFixture : public ::testing::Test {
 protected:
  using Product = storeops::catalog::v1::Product;
  using CreateRequest = storeops::catalog::v1::CreateProductRequest;
  using UpdateRequest = storeops::catalog::v1::UpdateProductRequest;

  ResourceFixture()
      : sets_{&migrations::common()},
        test_database_(sets_, 16),
        feed_(database(), "catalog", {}),
        ids_(database()),
        tokens_("0123456789abcdef0123456789abcdef"),
        store_{database(), feed_, clock_, ids_},
        replays_(database()) {}

  void SetUp() override {
    ASSERT_TRUE(database().Execute(Soon(), kProductsTable).ok());
    Open();
  }

  void Open(resource::Hooks hooks = {}) {
    auto opened = resource::Resource::Open(store_, tokens_, Product::default_instance(), std::move(hooks));
    ASSERT_TRUE(opened.ok()) << opened.status();
    products_ = *std::move(opened);
  }

  db::Database& database() { return test_database_.database(); }
  static absl::Time Soon() { return absl::Now() + absl::Seconds(60); }

  static rpc::Call MakeCall(absl::string_view request_id = "", absl::string_view body = "") {
    rpc::Call call;
    call.principal.name = "users/7";
    call.deadline = Soon();
    if (!request_id.empty()) {
      call.replay =
          rpc::ReplayKey{"users/7", "storeops.catalog.v1.ProductService/Test", std::string(request_id), Sha256(body)};
    }
    return call;
  }

  static Product MakeProduct(absl::string_view title, absl::string_view sku) {
    Product product;
    product.set_title(std::string(title));
    product.add_variants()->set_sku(std::string(sku));
    return product;
  }

  // As the pipeline answers calls, with a request_id or without.
  absl::StatusOr<Product> Answer(const rpc::Call& call, absl::FunctionRef<absl::Status(Product*)> handle) {
    const auto reply = [&]() -> absl::StatusOr<rpc::Reply> {
      auto response = std::make_unique<Product>();
      const absl::Status status = handle(response.get());
      if (!status.ok()) return status;
      return rpc::Reply(std::move(response));
    };
    const auto answer = call.replay.has_value() ? replays_.AnswerOnce(call, reply) : reply();
    Product response;
    const absl::Status status = answer.ok() ? answer->ToMessage(&response) : answer.status();
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<Product> Create(const Product& product, const rpc::Call& call = MakeCall()) {
    CreateRequest request;
    *request.mutable_product() = product;
    return Answer(call, [&](Product* response) { return products_->Create(call, request, response); });
  }

  absl::StatusOr<Product> Get(absl::string_view name) {
    storeops::catalog::v1::GetProductRequest request;
    request.set_name(std::string(name));
    Product response;
    const absl::Status status = products_->Get(MakeCall(), request, &response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<Product> Update(const Product& product, const std::vector<std::string>& paths = {},
                                 const rpc::Call& call = MakeCall()) {
    UpdateRequest request;
    *request.mutable_product() = product;
    for (const std::string& path : paths) request.mutable_update_mask()->add_paths(path);
    return Answer(call, [&](Product* response) { return products_->Update(call, request, response); });
  }

  absl::StatusOr<Product> Delete(absl::string_view name, absl::string_view etag = "") {
    storeops::catalog::v1::DeleteProductRequest request;
    request.set_name(std::string(name));
    request.set_etag(std::string(etag));
    Product response;
    const absl::Status status = products_->Delete(MakeCall(), request, &response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<Product> Undelete(absl::string_view name) {
    storeops::catalog::v1::UndeleteProductRequest request;
    request.set_name(std::string(name));
    Product response;
    const absl::Status status = products_->Undelete(MakeCall(), request, &response);
    if (!status.ok()) return status;
    return response;
  }

  absl::StatusOr<storeops::catalog::v1::ListProductsResponse> List(
      const storeops::catalog::v1::ListProductsRequest& request) {
    storeops::catalog::v1::ListProductsResponse response;
    const absl::Status status = products_->List(MakeCall(), request, &response);
    if (!status.ok()) return status;
    return response;
  }

  // All titles, page by page.
  std::vector<std::string> ListTitles(absl::string_view filter, absl::string_view order_by = "", int page_size = 500) {
    storeops::catalog::v1::ListProductsRequest request;
    request.set_filter(std::string(filter));
    request.set_order_by(std::string(order_by));
    request.set_page_size(page_size);
    std::vector<std::string> titles;
    do {
      const auto page = List(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      for (const Product& product : page->products()) titles.push_back(product.title());
      request.set_page_token(page->next_page_token());
    } while (!request.page_token().empty());
    return titles;
  }

  int64_t Count(const std::string& table) {
    const auto rows = database().Query(Soon(), absl::StrCat("SELECT COUNT(*) FROM ", table));
    EXPECT_TRUE(rows.ok()) << rows.status();
    return rows.ok() ? rows->Int(0, 0) : -1;
  }

  const db::MigrationSet* sets_[1];
  TestDatabase test_database_;
  FakeClock clock_;
  changes::Feed feed_;
  resource::IdAllocator ids_;
  resource::PageTokens tokens_;
  resource::Store store_;
  resource::DatabaseReplayStore replays_;
  std::unique_ptr<resource::Resource> products_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_RESOURCE_FIXTURE_H_
