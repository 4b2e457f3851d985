#include "services/catalog/products/product_search.h"

#include <gtest/gtest.h>

#include <string>

#include "common/rpc/cost_lane.h"

namespace storeops::catalog {
namespace {

absl::Duration CostOfWords(const std::string& words) {
  v1::SearchProductsRequest request;
  request.set_query(words);
  return CostOfSearch(request, 350'000);
}

TEST(CostOfSearchTest, GrowsWithWordsFacetsAndProducts) {
  EXPECT_LT(CostOfWords("bamboo tea tray"), rpc::kInteractiveCost);
  EXPECT_LT(CostOfWords("竹制茶盘"), rpc::kInteractiveCost);
  EXPECT_GT(CostOfWords("a b"), CostOfWords("ab"));
  EXPECT_GT(CostOfWords("茶盘"), CostOfWords("茶"));
  std::string most;
  while (most.size() < 254) most += "a ";
  EXPECT_GT(CostOfWords(most), rpc::kInteractiveCost);
  v1::SearchProductsRequest request;
  request.set_query(most);
  EXPECT_LT(CostOfSearch(request, 1'000), rpc::kInteractiveCost) << "a small shop";
  const absl::Duration without = CostOfSearch(request, 1'000);
  request.add_facets("brand");
  EXPECT_GT(CostOfSearch(request, 1'000), without);
}

}  // namespace
}  // namespace storeops::catalog
