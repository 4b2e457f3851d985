#include "services/inventory/stock/stock_check.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "prometheus/gauge.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

constexpr absl::Duration kCheckInterval = absl::Hours(24);
constexpr int kLevelsAtOnce = 1000;
constexpr size_t kMaxReported = 1000;
constexpr size_t kMaxLogged = 20;
// A broken table must not fill memory.
constexpr size_t kMaxDifferences = 100'000;

void CompareLevel(const StockKey& key, const LevelSums& sums, int64_t held, std::vector<CounterDifference>& out) {
  const auto expect = [&](const char* counter, int64_t expected, int64_t found) {
    if (expected != found && out.size() < kMaxDifferences) out.push_back({key, counter, expected, found});
  };
  expect("on_hand", sums.ledger.on_hand, sums.counters.on_hand);
  expect("reserved", sums.ledger.reserved, sums.counters.reserved);
  expect("incoming", sums.ledger.incoming, sums.counters.incoming);
  expect("damaged", sums.ledger.damaged, sums.counters.damaged);
  expect("quality_hold", sums.ledger.quality_hold, sums.counters.quality_hold);
  expect("reservations", held, sums.counters.reserved);
  // Pieces may be in no lot, but not in more lots than there are pieces.
  const auto at_most = [&](int64_t limit, int64_t in_lots) {
    if (in_lots > limit && out.size() < kMaxDifferences) out.push_back({key, "lots", limit, in_lots});
    return in_lots <= limit;
  };
  (void)(at_most(sums.counters.on_hand, sums.lots.on_hand) && at_most(sums.counters.damaged, sums.lots.damaged) &&
         at_most(sums.counters.quality_hold, sums.lots.quality_hold));
}

}  // namespace

void StockCheck::Bind(Environment& environment, rpc::ServiceBuilder& service) {
  environment_ = &environment;
  service.Unary("CheckStock", this, &StockCheck::Check);
  environment.periodic.Add("check-stock", kCheckInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return Run(deadline).status(); });
}

absl::StatusOr<v1::CheckStockResponse> StockCheck::Check(rpc::Call& call, const v1::CheckStockRequest&) {
  return Run(call.deadline);
}

absl::StatusOr<v1::CheckStockResponse> StockCheck::Run(absl::Time deadline) {
  const absl::Time now = absl::FromUnixMicros(absl::ToUnixMicros(environment_->store.clock.Now()));
  std::vector<CounterDifference> differences;
  v1::CheckStockResponse response;
  RETURN_IF_ERROR(InSnapshot(environment_->store.database, deadline,
                             [&](db::Session& session) { return Compare(session, differences, response); }));
  RETURN_IF_ERROR(KeepDifferences(environment_->store.database, differences, now, deadline));
  Report(differences, response);
  for (auto& difference : *response.mutable_differences()) *difference.mutable_last_time() = ToTimestamp(now);
  return response;
}

absl::Status StockCheck::Compare(db::Session& session, std::vector<CounterDifference>& differences,
                                 v1::CheckStockResponse& response) const {
  HeldPieces held;
  for (const StockHolder& holder : holders_) RETURN_IF_ERROR(holder(session, held));
  std::string last;
  do {
    ASSIGN_OR_RETURN(const auto levels, SumLevels(session, last, kLevelsAtOnce, &last));
    for (const auto& [key, sums] : levels) {
      const auto found = held.find(key);
      CompareLevel(key, sums, found == held.end() ? 0 : found->second, differences);
      if (found != held.end()) held.erase(found);
      response.set_levels(response.levels() + sums.there);
      response.set_movements(response.movements() + sums.movements);
    }
  } while (!last.empty());
  // Held pieces of levels that nobody knows.
  for (const auto& [key, pieces] : held) CompareLevel(key, LevelSums(), pieces, differences);
  return absl::OkStatus();
}

void StockCheck::Report(const std::vector<CounterDifference>& differences, v1::CheckStockResponse& response) const {
  environment_->telemetry
      .Gauge("storeops_stock_differences", "Counters that were not what the ledger says, at the last check.")
      .Set(static_cast<double>(differences.size()));
  response.set_difference_count(static_cast<int64_t>(differences.size()));
  for (size_t i = 0; i < std::min(differences.size(), kMaxReported); ++i) {
    const CounterDifference& difference = differences[i];
    v1::StockDifference& message = *response.add_differences();
    message.set_sku(difference.key.sku);
    message.set_location(LocationNameOf(difference.key));
    message.set_counter(difference.counter);
    message.set_expected(difference.expected);
    message.set_found(difference.found);
    if (i >= kMaxLogged) continue;
    telemetry::Log(telemetry::LogLevel::kError, "stock differs from its ledger",
                   {{"sku", difference.key.sku},
                    {"location", LocationNameOf(difference.key)},
                    {"counter", difference.counter},
                    {"expected", absl::StrCat(difference.expected)},
                    {"found", absl::StrCat(difference.found)}});
  }
}

}  // namespace storeops::inventory
