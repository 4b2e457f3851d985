// SupplierService: suppliers, what they sell, and how well they keep their word.
#ifndef STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "common/resource/table_size.h"
#include "services/inventory/suppliers/supplier_terms.h"
#include "storeops/inventory/v1/supplier_service.pb.h"

namespace storeops::inventory {

class SupplierService {
 public:
  absl::Status Bind(Environment& environment);

  // The live supplier of this name, which stays so until the end of the transaction. INVALID_ARGUMENT naming `field` if
  // there is none.
  absl::StatusOr<v1::Supplier> Lock(db::Session& session, const std::string& name, absl::string_view field) const;
  // The supplier of this name, deleted or not. NOT_FOUND.
  absl::StatusOr<v1::Supplier> Get(const std::string& name, absl::string_view field, absl::Time deadline) const;

  // For planning: from whom these SKUs can be bought and how long it took in the last two years, by SKU, then by
  // priority.
  absl::StatusOr<std::vector<SupplierOffer>> ListOffers(const std::vector<std::string>& skus,
                                                        absl::Time deadline) const;

 private:
  absl::Status BindSuppliers();
  absl::Status BindItems();
  absl::StatusOr<v1::SupplierPerformance> GetPerformance(rpc::Call& call,
                                                         const v1::GetSupplierPerformanceRequest& request);

  Environment* environment_ = nullptr;
  std::unique_ptr<resource::TableSize> ordered_lines_;
  std::unique_ptr<resource::Resource> suppliers_;
  std::unique_ptr<resource::Resource> items_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_SUPPLIERS_SUPPLIER_SERVICE_H_
