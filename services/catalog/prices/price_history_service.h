// What prices were: the methods of PriceService that look back.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_HISTORY_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_HISTORY_SERVICE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/catalog/prices/lowest_price.h"
#include "services/catalog/prices/price_history_store.h"
#include "services/catalog/products/product_service.h"
#include "storeops/catalog/v1/price_history.pb.h"

namespace storeops::catalog {

class PriceHistoryService {
 public:
  // All outlive this object.
  PriceHistoryService(Environment& environment, ProductService& products, resource::Resource& lists)
      : environment_(environment), products_(products), lists_(lists) {}
  absl::Status Bind(rpc::ServiceBuilder& service);

 private:
  absl::StatusOr<storeops::catalog::v1::ListPriceHistoryResponse> List(
      rpc::Call& call, const storeops::catalog::v1::ListPriceHistoryRequest& request);
  absl::StatusOr<storeops::catalog::v1::RecordPriceHistoryResponse> Record(
      rpc::Call& call, const storeops::catalog::v1::RecordPriceHistoryRequest& request);
  absl::StatusOr<storeops::catalog::v1::GetLowestPricesResponse> GetLowest(
      rpc::Call& call, const storeops::catalog::v1::GetLowestPricesRequest& request);

  // The price that the variant had when its product was created, which no row says; nothing if there is no such product
  // or it had none.
  absl::StatusOr<std::optional<PriceHistoryRow>> FirstBasePrice(const std::string& sku, absl::Time deadline);
  // What became of the terms of lists since they were created, by id; read once for a call.
  using ListFacts = absl::btree_map<int64_t, std::vector<PriceFacts::OfList>>;
  // Everything known of the SKU's prices in a currency.
  absl::StatusOr<PriceFacts> ReadFacts(const rpc::Call& call, const std::string& sku, const std::string& currency,
                                       ListFacts& lists);
  absl::StatusOr<std::vector<PriceFacts::OfList>> ReadListFacts(const rpc::Call& call, int64_t list_id);

  Environment& environment_;
  ProductService& products_;
  resource::Resource& lists_;
  resource::FilterFields filter_fields_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_HISTORY_SERVICE_H_
