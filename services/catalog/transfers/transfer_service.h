// storeops.catalog.v1.TransferService: products as files.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "google/longrunning/operations.pb.h"
#include "services/catalog/categories/category_service.h"
#include "services/catalog/product_types/product_type_service.h"
#include "services/catalog/products/product_service.h"
#include "services/catalog/transfers/filing_names.h"
#include "storeops/catalog/v1/transfer_service.pb.h"
#include "storeops/internal/v1/transfers.pb.h"

namespace storeops::catalog {

class TransferService {
 public:
  // All outlive this object.
  TransferService(ProductService& products, CategoryService& categories, const ProductTypeService& types)
      : products_(products), categories_(categories), types_(types) {}
  // After the others are bound. `environment` outlives this object.
  absl::Status Bind(Environment& environment);

 private:
  absl::StatusOr<v1::ListImportErrorsResponse> ListErrors(rpc::Call& call, const v1::ListImportErrorsRequest& request);
  absl::Status Export(rpc::Call& call, const v1::ExportProductsRequest& request, rpc::ReplyStream& out);

  absl::StatusOr<FilingNames> ReadNames(absl::Time deadline);

  ProductService& products_;
  CategoryService& categories_;
  const ProductTypeService& types_;
  Environment* environment_ = nullptr;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_SERVICE_H_
