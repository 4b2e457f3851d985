// storeops.catalog.v1.TransferService: products and categories as files.
#ifndef STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/catalog/categories/category_service.h"
#include "services/catalog/media/media_service.h"
#include "services/catalog/product_types/product_type_service.h"
#include "services/catalog/products/product_service.h"
#include "services/catalog/transfers/filing_names.h"
#include "services/catalog/transfers/import_files.h"
#include "storeops/catalog/v1/transfer_service.pb.h"

namespace storeops::catalog {

class TransferService {
 public:
  // All outlive this object.
  TransferService(ProductService& products, CategoryService& categories, const ProductTypeService& types,
                  const MediaService& media)
      : products_(products), categories_(categories), types_(types), media_(media) {}
  // After the others are bound. `environment` outlives this object.
  absl::Status Bind(Environment& environment);

 private:
  absl::StatusOr<rpc::Reply> Import(rpc::Call& call, rpc::RequestStream& requests);
  absl::StatusOr<v1::ListImportErrorsResponse> ListErrors(rpc::Call& call, const v1::ListImportErrorsRequest& request);
  absl::Status Export(rpc::Call& call, const v1::ExportProductsRequest& request, rpc::ReplyStream& out);
  absl::StatusOr<v1::ImportCategoriesResponse> ImportCategories(rpc::Call& call,
                                                                const v1::ImportCategoriesRequest& request);
  absl::Status ExportCategories(rpc::Call& call, const v1::ExportCategoriesRequest& request, rpc::ReplyStream& out);

  absl::StatusOr<FilingNames> ReadNames(absl::Time deadline);
  // The first request, and the whole file in `spool`, finished.
  absl::StatusOr<v1::ImportProductsRequest> Receive(rpc::RequestStream& requests, blobs::Spool& spool);
  // Stores the operation, once for each request_id.
  absl::StatusOr<rpc::Reply> Begin(rpc::Call& call, const v1::ImportProductsRequest& request, blobs::Spool& spool);
  absl::StatusOr<rpc::Reply> Queue(const rpc::Call& call, const v1::ImportProductsRequest& request,
                                   blobs::Spool& spool);
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Work(jobs::OperationContext& context);
  void AddHousekeeping(Environment& environment);

  ProductService& products_;
  CategoryService& categories_;
  const ProductTypeService& types_;
  const MediaService& media_;
  Environment* environment_ = nullptr;
  std::unique_ptr<ImportFiles> files_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_TRANSFERS_TRANSFER_SERVICE_H_
