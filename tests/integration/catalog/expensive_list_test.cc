// One caller's expensive lists leave the catalog to the others: over gRPC, on a real database.
#include <string>

#include "absl/strings/str_cat.h"
#include "storeops/catalog/v1/category_service.pb.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/catalog_calls.h"
#include "tests/support/eventually.h"
#include "tests/support/expensive_calls.h"

namespace storeops::testing {
namespace {

using catalog::v1::ListCategoriesRequest;
using catalog::v1::ListCategoriesResponse;
using catalog::v1::ListProductsRequest;
using catalog::v1::ListProductsResponse;

constexpr int kLists = 40;
constexpr int kHeld = 1 + 8;  // of one caller: one runs, others wait

class ExpensiveListTest : public ::testing::Test {
 protected:
  ExpensiveListTest() {
    process_.Start();
    address_ = process_.StartGrpc();
  }

  // Rows for lists to read; nothing else knows of them.
  void FillCategories(int doublings) {
    catalog::v1::CreateCategoryRequest request;
    request.mutable_category()->set_title("Cups");
    ASSERT_TRUE(process_.Call<catalog::v1::Category>("CreateCategory", request).ok());
    for (int i = 0; i < doublings; ++i) {
      const auto added = process_.database().Execute(
          absl::Now() + absl::Seconds(30),
          absl::StrCat("INSERT INTO categories SELECT id + ", 1'000'000 << i,
                       ", version, create_time, update_time, delete_time, title, description, language, "
                       "translations, parent, position, '' FROM categories"));
      ASSERT_TRUE(added.ok()) << added.status();
    }
  }
  static std::string Terms(int count) {
    std::string filter;
    for (int i = 0; i < count; ++i) absl::StrAppend(&filter, i == 0 ? "" : " OR ", "title = \"*x", i, "*\"");
    return filter;
  }
  void ExpectWritesAndReads(WireCaller& caller, const std::string& sku) {
    catalog::v1::CreateProductRequest create;
    *create.mutable_product() = MakeProduct(sku, "A cup");
    catalog::v1::Product product;
    const absl::Status created = caller.Call("CreateProduct", create, &product);
    ASSERT_TRUE(created.ok()) << created;
    catalog::v1::GetProductRequest get;
    get.set_name(product.name());
    const absl::Status read = caller.Call("GetProduct", get, &product);
    EXPECT_TRUE(read.ok()) << read;
    ListProductsRequest list;
    list.set_filter(absl::StrCat("variants.sku = \"", sku, "\""));
    ListProductsResponse listed;
    const absl::Status found = caller.Call("ListProducts", list, &listed);
    EXPECT_TRUE(found.ok()) << found;
    EXPECT_EQ(listed.products_size(), 1);
  }

  const Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule()}};
  std::string address_;
};

TEST_F(ExpensiveListTest, FortyOfOneCallerHoldUpNobody) {
  FillCategories(12);
  WireCaller busy(process_, address_, "users/1"), other(process_, address_, "users/2");
  ListCategoriesRequest request;
  request.set_filter(Terms(100));
  ListCategoriesResponse response;
  // The first one reads how many rows there are.
  ASSERT_TRUE(busy.Call("ListCategories", request, &response).ok());

  TableLock lock(process_.database(), "categories");
  ManyCalls lists(busy, kLists, "ListCategories", request, response);
  const auto refused = lists.AwaitEnded(kLists - kHeld);
  ASSERT_EQ(refused.size(), static_cast<size_t>(kLists - kHeld));
  for (const absl::Status& status : refused) ExpectSurplus(status, "users/1");

  // Workers and connections are free: for other callers, and for the same one's cheap calls.
  for (int i = 0; i < 20; ++i) ExpectWritesAndReads(other, absl::StrCat("other-", i));
  ExpectWritesAndReads(busy, "busy");
  // Another caller's expensive list has a place of its own, which the lock keeps as well.
  ManyCalls others(other, 1, "ListCategories", request, response);
  EXPECT_TRUE(Eventually(
      [&] { return process_.Metrics().find("storeops_expensive_running{lane=\"database\"} 2") != std::string::npos; }));

  lock.Release();
  for (const absl::Status& status : others.Join()) EXPECT_TRUE(status.ok()) << status;
  const auto all = lists.Join();
  int answered = 0;
  for (const absl::Status& status : all) answered += status.ok() ? 1 : 0;
  EXPECT_EQ(answered, kHeld) << "those that waited are answered in their turn";
}

TEST_F(ExpensiveListTest, AListThatCostsTooMuchIsRefusedByEveryMethodThatRunsIt) {
  FillCategories(17);
  WireCaller caller(process_, address_, "users/1");
  ListCategoriesRequest request;
  request.set_filter(Terms(100));
  ListCategoriesResponse response;
  const absl::Status refused = caller.Call("ListCategories", request, &response);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << refused;
  EXPECT_EQ(Reason(refused), "LIST_TOO_EXPENSIVE");
  EXPECT_EQ(WrongField(refused), "filter");
  request.set_filter(Terms(1));
  EXPECT_TRUE(caller.Call("ListCategories", request, &response).ok());
}

}  // namespace
}  // namespace storeops::testing
