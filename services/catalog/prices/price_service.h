// storeops.catalog.v1.PriceService.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_PRICE_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_PRICE_SERVICE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/catalog/prices/price_follower.h"
#include "services/catalog/prices/price_history_service.h"
#include "services/catalog/prices/price_writer.h"
#include "services/catalog/prices/repricing_service.h"
#include "services/catalog/prices/staged_price_service.h"
#include "services/catalog/products/product_service.h"
#include "storeops/catalog/v1/price_service.pb.h"

namespace storeops::catalog {

// ResolvePrices is answered from memory, on the network's thread; whatever is not there (everything until it is loaded,
// SKUs that no product here has) from the database.
class PriceService {
 public:
  // `products` outlives this object and is bound before.
  explicit PriceService(ProductService& products) : products_(products) {}
  // `environment` outlives this object.
  absl::Status Bind(Environment& environment);
  absl::Status Start();
  void Stop();

 private:
  using InlineReply = std::optional<absl::StatusOr<rpc::Reply>>;
  // False: memory is not loaded, or does not have all variants; the response is worth nothing then.
  bool ResolveInMemory(const storeops::catalog::v1::ResolvePricesRequest& request,
                       storeops::catalog::v1::ResolvePricesResponse* response);
  InlineReply TryResolve(rpc::Call& call, const storeops::catalog::v1::ResolvePricesRequest& request);
  absl::StatusOr<storeops::catalog::v1::ResolvePricesResponse> Resolve(
      rpc::Call& call, const storeops::catalog::v1::ResolvePricesRequest& request);
  absl::StatusOr<storeops::catalog::v1::SetPricesResponse> SetPrices(
      rpc::Call& call, const storeops::catalog::v1::SetPricesRequest& request);
  absl::StatusOr<storeops::catalog::v1::DeletePricesResponse> DeletePrices(
      rpc::Call& call, const storeops::catalog::v1::DeletePricesRequest& request);
  absl::StatusOr<storeops::catalog::v1::ListPricesResponse> ListPrices(
      rpc::Call& call, const storeops::catalog::v1::ListPricesRequest& request);

  resource::Hooks MakeListHooks();

  ProductService& products_;
  Environment* environment_ = nullptr;
  resource::FilterFields price_filter_;
  std::unique_ptr<resource::Resource> lists_;
  std::unique_ptr<PriceFollower> follower_;
  std::unique_ptr<PriceWriter> writer_;
  std::unique_ptr<PriceHistoryService> history_;
  std::unique_ptr<StagedPriceService> staged_;
  std::unique_ptr<RepricingService> repricing_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_PRICE_SERVICE_H_
