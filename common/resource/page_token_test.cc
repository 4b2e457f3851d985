#include "common/resource/page_token.h"

#include "gtest/gtest.h"
#include "storeops/catalog/v1/product_service.pb.h"

namespace storeops::resource {
namespace {

using storeops::catalog::v1::ListProductsRequest;

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

TEST(PageTokens, KeepEveryKindOfKey) {
  const PageTokens tokens(kSecret);
  ListProductsRequest request;
  const std::vector<db::Value> keys = {db::Value(int64_t{-7}), db::Value("灯"), db::Value(2.5), db::Value()};
  request.set_page_token(tokens.Make(request, keys));
  request.set_page_size(77);
  const auto read = tokens.Read(request, request.page_token());
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->size(), keys.size());
  for (size_t i = 0; i < keys.size(); ++i) EXPECT_EQ((*read)[i].storage(), keys[i].storage()) << i;
  EXPECT_TRUE(tokens.Read(request, "")->empty());
}

TEST(PageTokens, BelongToOneQueryAndOneSecret) {
  const PageTokens tokens(kSecret);
  ListProductsRequest request;
  const std::string token = tokens.Make(request, {db::Value(1)});
  ListProductsRequest other;
  other.set_show_deleted(true);
  EXPECT_FALSE(tokens.Read(other, token).ok());
  // An equal body of another type is another query.
  EXPECT_FALSE(tokens.Read(storeops::catalog::v1::ListProductHistoryRequest(), token).ok());
  EXPECT_FALSE(PageTokens("another secret of 32 bytes or so!").Read(request, token).ok());
  EXPECT_FALSE(tokens.Read(request, "x").ok());
  EXPECT_FALSE(tokens.Read(request, std::string(5000, 'A')).ok());
}

TEST(PageTokens, PageSizes) {
  EXPECT_EQ(PageSize(0), 20);
  EXPECT_EQ(PageSize(7), 7);
  EXPECT_EQ(PageSize(501), 500);
  EXPECT_EQ(PageSize(0, {50, 200}), 50);
  EXPECT_EQ(PageSize(201, {50, 200}), 200);
}

TEST(ListPage, ContinuesAfterTheLastRow) {
  const PageTokens tokens(kSecret);
  ListProductsRequest request;
  request.set_page_size(2);
  const auto keys_of = [](int row) { return std::vector<db::Value>{db::Value(row), db::Value("r")}; };
  auto page = tokens.Open(request, "nt");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->first());
  EXPECT_EQ(page->limit(), 3);
  EXPECT_EQ(page->Number(0, 5), 5);
  EXPECT_EQ(page->Text(1), "");
  storeops::catalog::v1::ListProductsResponse response;
  std::vector<int> rows = {1, 2};
  page->Close(rows, keys_of, &response);
  EXPECT_EQ(response.next_page_token(), "") << "as many as fit";
  rows = {1, 2, 3};
  page->Close(rows, keys_of, &response);
  EXPECT_EQ(rows, (std::vector<int>{1, 2}));
  request.set_page_token(response.next_page_token());
  page = tokens.Open(request, "nt");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->Number(0, 5), 2);
  EXPECT_EQ(page->Text(1), "r");
}

TEST(ListPage, RefusesOtherKeysAndNegativeSizes) {
  const PageTokens tokens(kSecret);
  ListProductsRequest request;
  request.set_page_token(tokens.Make(request, {db::Value(1), db::Value("r")}));
  for (const char* kinds : {"n", "tn", "nn", "ntn"}) EXPECT_FALSE(tokens.Open(request, kinds).ok()) << kinds;
  EXPECT_TRUE(tokens.Open(request, "").ok());
  request.clear_page_token();
  request.set_page_size(-1);
  EXPECT_EQ(tokens.Open(request, "n").status().message(), "page_size: must not be negative, got -1");
}

}  // namespace
}  // namespace storeops::resource
