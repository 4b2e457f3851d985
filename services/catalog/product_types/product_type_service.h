// ProductTypeService: the standard methods with the rules of attribute definitions.
#ifndef STOREOPS_SERVICES_CATALOG_PRODUCT_TYPES_PRODUCT_TYPE_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_PRODUCT_TYPES_PRODUCT_TYPE_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "storeops/catalog/v1/product_type.pb.h"

namespace storeops::catalog {

class ProductTypeService {
 public:
  absl::Status Bind(Environment& environment);

  // The live type of this name as the transaction sees it. INVALID_ARGUMENT naming `field` if there is none.
  absl::StatusOr<v1::ProductType> Read(db::Session& session, const std::string& name, absl::string_view field) const;
  const std::string& type() const { return types_->type(); }
  // All live types as they are now.
  absl::StatusOr<std::vector<v1::ProductType>> ReadAll(absl::Time deadline) const;

 private:
  std::unique_ptr<resource::Resource> types_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRODUCT_TYPES_PRODUCT_TYPE_SERVICE_H_
