#include "services/inventory/stock/expired_lots.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/resource/filter_sql.h"
#include "common/resource/job_write.h"
#include "services/inventory/stock/stock_store.h"

namespace storeops::inventory {
namespace {

constexpr absl::Duration kHoldInterval = absl::Minutes(10);
constexpr int kLotsAtOnce = 200;
constexpr char kActor[] = "services/inventory";
constexpr char kCause[] = "stockLots/expired";

}  // namespace

void ExpiredLots::Bind(Environment& environment) {
  environment_ = &environment;
  environment.periodic.Add("hold-expired-lots", kHoldInterval, jobs::JobPace::kQuick,
                           [this](absl::Time deadline) { return HoldAll(deadline); });
}

absl::Status ExpiredLots::HoldAll(absl::Time deadline) const {
  // They may be sold on their last day.
  const resource::Condition expired{"expire_date <= ?", {environment_->store.clock.Now() - absl::Hours(24)}};
  std::optional<StockLot> after;
  while (!environment_->periodic.Stopping()) {
    ASSIGN_OR_RETURN(auto lots, ListStockLots(environment_->store.database, expired, after, kLotsAtOnce, deadline));
    if (lots.empty()) break;
    after = lots.back();
    const bool last = lots.size() < kLotsAtOnce;
    lots.erase(std::remove_if(lots.begin(), lots.end(), [](const StockLot& lot) { return lot.for_sale() == 0; }),
               lots.end());
    if (!lots.empty()) RETURN_IF_ERROR(Hold(lots, deadline));
    if (last) break;
  }
  return absl::OkStatus();
}

absl::Status ExpiredLots::Hold(absl::Span<const StockLot> lots, absl::Time deadline) const {
  std::vector<std::string> skus;
  for (const StockLot& lot : lots) skus.push_back(lot.key.sku);
  return resource::RunJobWrite(environment_->store, kActor, deadline, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(write.session(), skus));
    const Cause cause = MakeCause(write, kCause);
    for (const StockLot& lot : lots) {
      const int64_t spare = std::max<int64_t>(0, stock.Level(lot.key).Headroom());
      Movement movement =
          ChangeStatus(lot.key, std::min(lot.for_sale(), spare), PiecePlace::kForSale, PiecePlace::kHeld);
      if (movement.pieces == 0) continue;
      movement.lot = lot.lot;
      movement.bin = lot.bin;
      movement.reason = v1::EXPIRED_GOODS;
      const absl::Status status = ledger_.Apply(stock, {movement}, cause);
      // The lot was read before it was locked: if it has fewer pieces by now, the next run sees that.
      if (!status.ok() && !absl::IsFailedPrecondition(status)) return status;
    }
    return ledger_.Store(write, std::move(stock)).status();
  });
}

}  // namespace storeops::inventory
