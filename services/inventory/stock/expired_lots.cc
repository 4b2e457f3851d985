#include "services/inventory/stock/expired_lots.h"

#include "common/base/status_macros.h"
#include "common/resource/filter_sql.h"
#include "common/resource/job_write.h"
#include "services/inventory/stock/stock_store.h"

namespace storeops::inventory {
namespace {

// Lots expire at midnight (UTC): until the job has run, lists that filter by a counter show what was sold before.
constexpr absl::Duration kHoldInterval = absl::Seconds(5);
constexpr int kDueAtOnce = 200;
constexpr char kActor[] = "services/inventory";

}  // namespace

void ExpiredLots::Bind(Environment& environment) {
  environment_ = &environment;
  environment.periodic.Add("hold-expired-lots", kHoldInterval, jobs::JobPace::kQuick,
                           [this](absl::Time deadline) { return HoldAll(deadline); });
}

absl::Status ExpiredLots::HoldAll(absl::Time deadline) const {
  const absl::Time now = environment_->store.clock.Now();
  const resource::Condition due{"expire_time <= ?", {now}};
  StockKey after;
  while (!environment_->periodic.Stopping()) {
    ASSIGN_OR_RETURN(const auto levels, ListLevels(environment_->store.database, due, after, kDueAtOnce, deadline));
    std::vector<std::string> skus;
    for (const StockLevel& level : levels) {
      // Reserved units stay as they are until they are released: there may be others to ship instead.
      if (AsOf(level, now).counters != level.counters) skus.push_back(level.key.sku);
    }
    if (!skus.empty()) RETURN_IF_ERROR(Hold(skus, deadline));
    if (levels.size() < kDueAtOnce) break;
    after = levels.back().key;
  }
  return absl::OkStatus();
}

absl::Status ExpiredLots::Hold(const std::vector<std::string>& skus, absl::Time deadline) const {
  return resource::RunJobWrite(environment_->store, kActor, deadline, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(write, skus));
    return ledger_.Store(write, std::move(stock)).status();
  });
}

}  // namespace storeops::inventory
