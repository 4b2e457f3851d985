// The work of a planning run: from orders, stock and suppliers to the lists that it stores.
#ifndef STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_WORK_H_
#define STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_WORK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/db/database.h"
#include "common/rpc/cost_lane.h"
#include "services/inventory/planning/demand_reader.h"
#include "services/inventory/planning/item_classes.h"
#include "services/inventory/planning/planner.h"
#include "services/inventory/planning/planning_rules.h"
#include "services/inventory/planning/planning_store.h"
#include "services/inventory/purchasing/purchase_order_service.h"
#include "services/inventory/suppliers/supplier_service.h"
#include "storeops/inventory/v1/planning.pb.h"

namespace storeops::inventory {

// Of each statement and each part of a run.
inline constexpr absl::Duration kStepLimit = absl::Seconds(60);

// What suppliers ask for some SKUs: the one with the smallest priority.
using OffersBySku = absl::flat_hash_map<std::string, SupplierOffer>;
absl::StatusOr<OffersBySku> BestOffers(const SupplierService& suppliers, const std::vector<std::string>& skus,
                                       absl::Time deadline);
planning::SupplyOffer ToSupply(const SupplierOffer& offer);

class PlanningWork {
 public:
  // Some of what was found, to be stored together.
  struct Part {
    std::vector<PlanItem> items;
    std::vector<PlanAlert> alerts;
    int64_t skus = 0;  // so far
  };
  using StorePart = absl::FunctionRef<absl::Status(const Part&)>;

  // `compute`: in which its computations take turns with expensive calls.
  PlanningWork(db::Database& database, rpc::CostLane& compute, const SupplierService& suppliers,
               const PlanningSettings& settings, DraftedPieces drafted, DemandWindow window, int64_t run_id)
      : database_(database),
        compute_(compute),
        suppliers_(suppliers),
        settings_(settings),
        drafted_(std::move(drafted)),
        reader_(database, window),
        options_(planning::BackTestFor(window.period_days)),
        run_id_(run_id) {}

  // Plans every SKU that was ever sold or has a level, in their order, and puts the sums into `run`.
  absl::Status Plan(StorePart store, v1::PlanningRun& run);
  // Afterwards: all SKUs that have sales or stock, by revenue. Money in minor units, see InsertClasses.
  std::vector<v1::ItemClass> Classify(v1::PlanningRun& run) const;

 private:
  // What a SKU is classified by.
  struct Candidate {
    std::string sku;
    int64_t revenue_minor = 0;
    int64_t pieces = 0;
    int64_t free = 0;
    double demand_per_day = 0;
    planning::XyzClass xyz = planning::XyzClass::kZ;
    std::optional<double> variation;
  };
  struct Chosen {
    planning::DemandSeries series;
    planning::MethodChoice choice;
  };

  absl::Status PlanSkus(const std::vector<std::string>& skus, const OffersBySku& offers, Part& part);
  absl::Status PlanSku(const std::string& sku, const OffersBySku& offers, Part& part);
  // Nothing if there is neither stock nor demand at the location.
  absl::StatusOr<std::optional<planning::PlannedItem>> PlanLevel(const StockKey& key, const LocationDemand& demand,
                                                                 const std::optional<SupplierOffer>& offer,
                                                                 const Chosen& chosen, Part& part);
  planning::PlanInput InputFor(const StockKey& key, const LocationDemand& demand,
                               const std::optional<SupplierOffer>& offer, const v1::PlanningSetting& setting) const;
  void CountErrors(const planning::MethodChoice& choice);
  void AddCandidate(const std::string& sku, const SkuDemand& demand, const planning::DemandSeries& series,
                    double demand_per_day);

  db::Database& database_;
  rpc::CostLane& compute_;
  const SupplierService& suppliers_;
  const PlanningSettings& settings_;
  const DraftedPieces drafted_;
  DemandReader reader_;
  const planning::BackTestOptions options_;
  const int64_t run_id_;

  std::vector<Candidate> candidates_;
  int64_t lines_ = 0, skus_ = 0, items_ = 0, wanted_ = 0, alerts_ = 0;
  double errors_ = 0, naive_errors_ = 0, back_tested_demand_ = 0;
  std::map<std::string, int64_t> amounts_;  // by currency
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_PLANNING_PLANNING_WORK_H_
