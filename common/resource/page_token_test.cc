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
  EXPECT_EQ(PageSize(0, 20, 500), 20);
  EXPECT_EQ(PageSize(7, 20, 500), 7);
  EXPECT_EQ(PageSize(501, 20, 500), 500);
}

}  // namespace
}  // namespace storeops::resource
