// Calls of the catalog as tests make them most.
#ifndef STOREOPS_TESTS_SUPPORT_CATALOG_CALLS_H_
#define STOREOPS_TESTS_SUPPORT_CATALOG_CALLS_H_

#include <functional>
#include <string>

#include "absl/time/clock.h"
#include "services/catalog/module.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "tests/support/service_process.h"

namespace storeops::testing {

// A product with one variant.
inline catalog::v1::Product MakeProduct(const std::string& sku, const std::string& title) {
  catalog::v1::Product product;
  product.set_title(title);
  product.add_variants()->set_sku(sku);
  return product;
}

inline absl::StatusOr<catalog::v1::Product> CreateProduct(ServiceProcess& process,
                                                          const catalog::v1::Product& product) {
  catalog::v1::CreateProductRequest request;
  *request.mutable_product() = product;
  return process.Call<catalog::v1::Product>("CreateProduct", request);
}

inline absl::StatusOr<catalog::v1::Product> FetchProduct(ServiceProcess& process, const std::string& name) {
  catalog::v1::GetProductRequest request;
  request.set_name(name);
  return process.Call<catalog::v1::Product>("GetProduct", request);
}

// With an etag the change is conditional.
inline absl::StatusOr<catalog::v1::Product> Retitle(ServiceProcess& process, const std::string& name,
                                                    const std::string& title, const std::string& etag = "") {
  catalog::v1::UpdateProductRequest request;
  request.mutable_product()->set_name(name);
  request.mutable_product()->set_title(title);
  request.mutable_product()->set_etag(etag);
  request.mutable_update_mask()->add_paths("title");
  return process.Call<catalog::v1::Product>("UpdateProduct", request);
}

inline absl::StatusOr<catalog::v1::Product> Delete(ServiceProcess& process, const std::string& name) {
  catalog::v1::DeleteProductRequest request;
  request.set_name(name);
  return process.Call<catalog::v1::Product>("DeleteProduct", request);
}

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_CATALOG_CALLS_H_
