// CountService: cycle counts, from the plan to the ledger.
#ifndef STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_SERVICE_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/counts/count_lines.h"
#include "services/inventory/counts/count_states.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/stock/stock_ledger.h"
#include "storeops/inventory/v1/count_service.pb.h"

namespace storeops::inventory {

class CountService {
 public:
  CountService(const LocationService& locations, const StockLedger& ledger) : locations_(locations), ledger_(ledger) {}

  absl::Status Bind(Environment& environment);

 private:
  // A started or planned count, locked, with its lines.
  struct Open {
    resource::Write& write;
    int64_t id;
    int64_t location_id;
    v1::Count& count;
    std::vector<CountedLine> lines;
  };
  // What an action does; the action that it turned out to be.
  using Effect = std::function<absl::StatusOr<CountAction>(Open&)>;

  absl::Status CheckPlan(resource::Write& write, const v1::Count* before, v1::Count& after) const;
  absl::StatusOr<v1::Count> Act(rpc::Call& call, const google::protobuf::Message& request, CountAction action,
                                const Effect& effect);

  absl::StatusOr<v1::Count> Start(rpc::Call& call, const v1::StartCountRequest& request);
  absl::StatusOr<v1::Count> Enter(rpc::Call& call, const v1::EnterCountRequest& request);
  absl::StatusOr<v1::Count> Submit(rpc::Call& call, const v1::SubmitCountRequest& request);
  absl::StatusOr<v1::Count> Recount(rpc::Call& call, const v1::RecountCountRequest& request);
  absl::StatusOr<v1::Count> Post(rpc::Call& call, const v1::PostCountRequest& request);
  absl::StatusOr<v1::Count> Cancel(rpc::Call& call, const v1::CancelCountRequest& request);
  absl::StatusOr<v1::ListCountLinesResponse> ListLines(rpc::Call& call, const v1::ListCountLinesRequest& request);

  absl::Status FreezeLines(Open& open) const;
  absl::Status TakeEntries(const v1::EnterCountRequest& request, Open& open) const;
  absl::Status PostDifferences(const v1::PostCountRequest& request, Open& open) const;

  const LocationService& locations_;
  const StockLedger& ledger_;
  resource::FilterFields line_filter_;
  Environment* environment_ = nullptr;
  std::unique_ptr<resource::Resource> counts_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_COUNTS_COUNT_SERVICE_H_
