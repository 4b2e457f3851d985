// The work of one bulk update: product by product in batches, each batch one transaction with its results and the place
// where the work goes on, so that a crash repeats nothing.
#ifndef STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_WORK_H_
#define STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_WORK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/jobs/operations.h"
#include "common/resource/resource.h"
#include "storeops/catalog/v1/bulk_update.pb.h"

namespace storeops::catalog {

class BulkUpdateWork {
 public:
  // `within`: the products that the request's collection has; empty: all. All references outlive this object.
  BulkUpdateWork(resource::Resource& products, const resource::Store& store, jobs::OperationContext& context,
                 const v1::BulkUpdateProductsRequest& request, resource::Condition within)
      : products_(products), store_(store), context_(context), request_(request), within_(std::move(within)) {}

  absl::StatusOr<v1::BulkUpdateProductsResponse> Run();

 private:
  // How far it is: what the checkpoint keeps.
  struct Progress {
    int64_t place = 0;  // in the request's list, or the last id that the filter gave
    int64_t total = 0;
    int64_t updated = 0;
    int64_t unchanged = 0;
    int64_t failed = 0;
    bool stopped = false;

    int64_t done() const { return updated + unchanged + failed; }
    std::string Text() const;
    static absl::StatusOr<Progress> Parse(const std::string& text);
  };
  // A product to be updated: how the request names it, and its id; 0 if there is none.
  struct Target {
    std::string name;
    int64_t id;
  };

  bool listed() const { return !request_.names().empty() || !request_.skus().empty(); }
  absl::StatusOr<Progress> Begin() const;
  // The targets behind `progress`; moves its place behind them. None: that was all.
  absl::StatusOr<std::vector<Target>> NextTargets(Progress* progress) const;
  absl::StatusOr<std::vector<Target>> ListedTargets(int64_t begin, int64_t end) const;
  // One transaction: updates the targets and counts them in `progress`.
  absl::Status UpdateBatch(const std::vector<Target>& targets, Progress* progress) const;
  absl::Status UpdateIn(resource::Write& write, const std::vector<Target>& targets, Progress* progress) const;
  // Not OK: the batch cannot go on. An error of the product itself is in its result.
  absl::StatusOr<v1::BulkUpdateResult> UpdateOne(resource::Write& write, const resource::Page::Item& before) const;
  absl::StatusOr<v1::BulkUpdateResult> Preview(resource::Write& write, const resource::Page::Item& before) const;

  resource::Resource& products_;
  const resource::Store& store_;
  jobs::OperationContext& context_;
  const v1::BulkUpdateProductsRequest& request_;
  const resource::Condition within_;
};

}  // namespace storeops::catalog

#endif  // STOREOPS_SERVICES_CATALOG_BULK_UPDATES_BULK_UPDATE_WORK_H_
