// Staged changes of prices: the methods of PriceService about them, and the thread that applies those whose time comes.
#ifndef STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_SERVICE_H_
#define STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_SERVICE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/jobs/poller.h"
#include "common/module/module.h"
#include "services/catalog/prices/price_writer.h"
#include "services/catalog/prices/staged_price_states.h"
#include "services/catalog/products/product_service.h"
#include "storeops/catalog/v1/staged_price.pb.h"

namespace storeops::catalog {

// Applying is one transaction: the state and all prices, or nothing. Every process looks for those that are due; the
// row's lock lets one of them apply it, and what a process that dies leaves behind is as it was before.
class StagedPriceService {
 public:
  // All outlive this object.
  StagedPriceService(Environment& environment, ProductService& products, PriceWriter& writer);
  absl::Status Bind(rpc::ServiceBuilder& service);
  void Start() { poller_.Start(); }
  void Stop() { poller_.Stop(); }

  // Applies those that are due now, in the calling thread; how many were applied here.
  absl::StatusOr<int> ApplyDue(absl::Time deadline);

 private:
  using StagedPriceChange = storeops::catalog::v1::StagedPriceChange;
  // What else an action does, in its transaction.
  using Effect = std::function<absl::Status(resource::Write& write, StagedPriceChange& after)>;

  absl::StatusOr<StagedPriceChange> Create(rpc::Call& call,
                                           const storeops::catalog::v1::CreateStagedPriceChangeRequest& request);
  absl::StatusOr<StagedPriceChange> Update(rpc::Call& call,
                                           const storeops::catalog::v1::UpdateStagedPriceChangeRequest& request);
  absl::StatusOr<StagedPriceChange> Submit(rpc::Call& call,
                                           const storeops::catalog::v1::SubmitStagedPriceChangeRequest& request);
  absl::StatusOr<StagedPriceChange> Approve(rpc::Call& call,
                                            const storeops::catalog::v1::ApproveStagedPriceChangeRequest& request);
  absl::StatusOr<StagedPriceChange> Reject(rpc::Call& call,
                                           const storeops::catalog::v1::RejectStagedPriceChangeRequest& request);
  absl::StatusOr<StagedPriceChange> Reopen(rpc::Call& call,
                                           const storeops::catalog::v1::ReopenStagedPriceChangeRequest& request);
  absl::StatusOr<StagedPriceChange> Apply(rpc::Call& call,
                                          const storeops::catalog::v1::ApplyStagedPriceChangeRequest& request);
  absl::StatusOr<StagedPriceChange> Cancel(rpc::Call& call,
                                           const storeops::catalog::v1::CancelStagedPriceChangeRequest& request);

  static resource::Hooks MakeHooks();
  absl::Status CheckSkus(const StagedPriceChange& change, absl::Time deadline);
  absl::StatusOr<StagedPriceChange> Act(rpc::Call& call, const std::string& name, const std::string& etag,
                                        StagedPriceAction action, const Effect& effect);
  absl::StatusOr<resource::Page::Item> ActIn(resource::Write& write, resource::Page::Item before,
                                             StagedPriceAction action, const Effect& effect);
  absl::Status WriteEdits(resource::Write& write, StagedPriceChange& after);
  // True if it was applied here.
  absl::StatusOr<bool> ApplyOne(int64_t id, absl::Time deadline);
  absl::Status FailOne(int64_t id, const absl::Status& why, absl::Time deadline);

  Environment& environment_;
  ProductService& products_;
  PriceWriter& writer_;
  std::unique_ptr<resource::Resource> changes_;
  jobs::Poller poller_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_PRICES_STAGED_PRICE_SERVICE_H_
