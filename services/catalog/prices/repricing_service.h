// Many new prices by one rule: the methods of PriceService about it, and the work of the operation.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_SERVICE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/jobs/operations.h"
#include "common/module/module.h"
#include "google/longrunning/operations.pb.h"
#include "services/catalog/prices/price_writer.h"
#include "services/catalog/prices/repricing_rows.h"
#include "services/catalog/products/product_service.h"
#include "storeops/catalog/v1/repricing.pb.h"

namespace storeops::catalog {

class RepricingService {
 public:
  // All outlive this object.
  RepricingService(Environment& environment, ProductService& products, resource::Resource& lists, PriceWriter& writer)
      : environment_(environment), products_(products), lists_(lists), writer_(writer) {}
  void Bind(rpc::ServiceBuilder& service);

 private:
  // Some of the products that are chosen.
  struct Selection {
    std::vector<int64_t> ids;               // ascending
    absl::flat_hash_set<std::string> skus;  // only these variants; empty: all
    std::string next;                       // the place where to go on; empty: this was all
  };
  // How far the work has come; each variant counts once.
  struct Tally {
    int64_t changed = 0, unchanged = 0, skipped = 0;
    std::string place;  // as Selection's `next`
    bool done = false;

    void Count(RepricingOutcome outcome);
    std::string ToCheckpoint() const;
    static absl::StatusOr<Tally> FromCheckpoint(const std::string& checkpoint);
  };

  absl::StatusOr<storeops::catalog::v1::PreviewRepricingResponse> Preview(
      rpc::Call& call, const storeops::catalog::v1::PreviewRepricingRequest& request);
  absl::StatusOr<google::longrunning::Operation> Reprice(rpc::Call& call,
                                                         const storeops::catalog::v1::RepriceProductsRequest& request);

  // INVALID_ARGUMENT naming each field that is wrong, also an unknown list, one of another currency, an unknown SKU.
  absl::Status Check(const storeops::catalog::v1::Repricing& repricing, absl::Time deadline);
  absl::StatusOr<Selection> Select(const rpc::Call& call, const storeops::catalog::v1::Repricing& repricing,
                                   const std::string& place, int size);
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Work(jobs::OperationContext& context);
  // Writes new prices of these products and where to go on, in one transaction; adds to the tally.
  absl::Status WorkOn(jobs::OperationContext& context, const rpc::Call& call,
                      const storeops::catalog::v1::Repricing& repricing, const Selection& selection, Tally& tally);
  absl::Status WriteBase(resource::Write& write, const storeops::catalog::v1::Repricing& repricing,
                         const Selection& selection, Tally& tally);
  absl::Status WriteList(resource::Write& write, const storeops::catalog::v1::Repricing& repricing,
                         const Selection& selection, Tally& tally);

  Environment& environment_;
  ProductService& products_;
  resource::Resource& lists_;
  PriceWriter& writer_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_REPRICING_SERVICE_H_
