#include "services/inventory/orders/order_quoting.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "services/inventory/orders/order_draft.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_totals.h"

namespace storeops::inventory {
namespace {

constexpr absl::Duration kSettleInterval = absl::Minutes(1);
constexpr absl::Duration kDatabaseLimit = absl::Seconds(5);
constexpr absl::Duration kRetryAfter = absl::Seconds(1);

// Identifies a call and its repetitions; empty if it has no request_id. Another body is another call, which the answer
// that is stored for the first one will refuse.
std::string RepetitionKey(const rpc::Call& call) {
  if (!call.replay.has_value()) return "";
  const rpc::ReplayKey& key = *call.replay;
  return HexEncode(Sha256(absl::StrCat(key.principal, "\n", key.method, "\n", key.request_id, "\n", key.body_hash)));
}

absl::Time ProviderDeadline(absl::Time deadline) {
  return std::min(deadline, SteadyNow() + OrderQuoting::kProviderLimit);
}

absl::Duration RetryAfter(int attempts) {
  return std::min(OrderQuoting::kFirstRetry * (int64_t{1} << std::min(attempts, 10)), OrderQuoting::kLastRetry);
}

}  // namespace

void OrderQuoting::Bind(Environment& environment, const OrderPrices& prices) {
  environment_ = &environment;
  prices_ = &prices;
  environment.periodic.Add("settle-quotes", kSettleInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return SettleDue(deadline); });
}

void OrderQuoting::Stop() {
  std::unique_ptr<WorkerPool> threads;
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  threads = std::move(threads_);
}

bool OrderQuoting::Stopping() const {
  absl::MutexLock lock(&mutex_);
  return stopped_;
}

absl::Status OrderQuoting::Submit(absl::AnyInvocable<void()> work) {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return absl::UnavailableError("the service is stopping");
  if (threads_ == nullptr) {
    threads_ = std::make_unique<WorkerPool>(WorkerPool::Options{.threads = kThreads, .queue_limit = kMaxWaiting});
  }
  if (threads_->TrySubmit(std::move(work))) return absl::OkStatus();
  return WithReason(
      ExhaustedRetry(absl::StrCat("too many orders wait for a quote; at most ", kMaxWaiting, " may"), kRetryAfter),
      "TOO_MANY_QUOTES");
}

absl::StatusOr<QuotedOrder> OrderQuoting::Prepare(const rpc::Call& call, const v1::PlaceOrderRequest& request) {
  const std::string key = RepetitionKey(call);
  ASSIGN_OR_RETURN(std::optional<QuotedOrder> resumed, Resume(call, key));
  if (resumed.has_value()) return *std::move(resumed);
  ASSIGN_OR_RETURN(v1::Order order, Quote(call, request));
  if (order.quote().empty()) {
    QuotedOrder quoted;
    quoted.order = std::move(order);
    return quoted;
  }
  const resource::Store& store = environment_->store;
  ASSIGN_OR_RETURN(const std::vector<int64_t> ids, store.ids.Take(kOrderIdKind, 1, call.deadline));
  ReservedOrder reserved{ids[0], std::move(order)};
  const absl::Status inserted =
      InsertQuote(store.database, reserved, key, store.clock.Now(), Later(kAbandonedAfter), call.deadline);
  if (db::DuplicateKey(inserted) == "by_replay_key") {
    // The same request, at the same time: both go on with the order that came first.
    ASSIGN_OR_RETURN(resumed, Resume(call, key));
    if (resumed.has_value()) return *std::move(resumed);
    return absl::AbortedError("the same request was refused meanwhile: repeat it");
  }
  RETURN_IF_ERROR(inserted);
  return Reserve(call, std::move(reserved));
}

absl::StatusOr<std::optional<QuotedOrder>> OrderQuoting::Resume(const rpc::Call& call, const std::string& key) {
  if (key.empty()) return std::nullopt;
  db::Database& database = environment_->store.database;
  ASSIGN_OR_RETURN(std::optional<ReservedOrder> reserved, FindReserved(database, key, call.deadline));
  if (!reserved.has_value()) return std::nullopt;
  RETURN_IF_ERROR(PostponeQuote(database, reserved->id, 0, Later(kAbandonedAfter), call.deadline));
  return Reserve(call, *std::move(reserved));
}

absl::StatusOr<v1::Order> OrderQuoting::Quote(const rpc::Call& call, const v1::PlaceOrderRequest& request) const {
  ASSIGN_OR_RETURN(v1::Order order, DraftOrder(call, request));
  PriceInquiry inquiry{&order, request.customer_group(), absl::OkStatus()};
  prices_->Resolve(call.deadline, absl::MakeSpan(&inquiry, 1));
  RETURN_IF_ERROR(inquiry.status);
  RETURN_IF_ERROR(quotes_.Quote(order, ProviderDeadline(call.deadline)));
  if (order.quote().size() > kMaxQuoteBytes) {
    return absl::InternalError(
        absl::StrCat("the name of a quote has at most ", kMaxQuoteBytes, " bytes, got ", order.quote().size()));
  }
  RETURN_IF_ERROR(ComputeTotals(order));
  return order;
}

absl::StatusOr<QuotedOrder> OrderQuoting::Reserve(const rpc::Call& call, ReservedOrder reserved) {
  QuotedOrder quoted;
  quoted.id = reserved.id;
  quoted.order = std::move(reserved.order);
  const absl::Status status =
      quotes_.Reserve(kOrderNames.Format(quoted.id), quoted.order.quote(), ProviderDeadline(call.deadline));
  if (status.ok()) return quoted;
  // It may be reserved all the same.
  Conclude(quoted, /*placed=*/false);
  return status;
}

absl::Status OrderQuoting::Place(db::Session& session, const std::vector<int64_t>& order_ids) const {
  return PlaceQuotes(session, order_ids, Later(kFirstRetry));
}

void OrderQuoting::Conclude(const QuotedOrder& quoted, bool placed) {
  if (!quoted.reserved()) return;
  if (!placed) {
    const absl::Status abandoned =
        AbandonQuote(environment_->store.database, quoted.id, Later(kFirstRetry), SteadyNow() + kDatabaseLimit);
    if (!abandoned.ok()) return;  // the periodic job will
  }
  // The caller does not wait for it. What fails here is due again for the periodic job.
  Submit([this, placed, id = quoted.id] {
    const absl::Time deadline = SteadyNow() + kDatabaseLimit;
    if (Stopping()) return;
    (placed ? Settle({id, QuoteState::kPlaced, 0}, deadline) : SettleById(id, deadline)).IgnoreError();
  }).IgnoreError();
}

absl::Status OrderQuoting::SettleById(int64_t order_id, absl::Time deadline) {
  ASSIGN_OR_RETURN(const auto row, ReadQuote(environment_->store.database, order_id, deadline));
  return row.has_value() ? Settle(*row, deadline) : absl::OkStatus();
}

absl::Status OrderQuoting::Settle(const QuoteRow& row, absl::Time deadline) {
  db::Database& database = environment_->store.database;
  if (row.state == QuoteState::kReserved) {
    RETURN_IF_ERROR(AbandonQuote(database, row.order_id, Later(kFirstRetry), deadline));
    return SettleById(row.order_id, deadline);
  }
  const std::string order = kOrderNames.Format(row.order_id);
  const absl::Time limit = ProviderDeadline(deadline);
  const absl::Status settled =
      row.state == QuoteState::kPlaced ? quotes_.Commit(order, limit) : quotes_.Release(order, limit);
  if (settled.ok()) return DeleteQuote(database, row.order_id, deadline);
  RETURN_IF_ERROR(PostponeQuote(database, row.order_id, row.attempts + 1, Later(RetryAfter(row.attempts)), deadline));
  return absl::Status(settled.code(), absl::StrCat(order, ": ", settled.message()));
}

absl::Status OrderQuoting::SettleDue(absl::Time deadline) {
  absl::Status failure;
  for (int batch = 0; batch < kSettleBatches; ++batch) {
    ASSIGN_OR_RETURN(const std::vector<QuoteRow> due,
                     FindDueQuotes(environment_->store.database, Later({}), kSettleBatch, deadline));
    for (const QuoteRow& row : due) {
      if (environment_->periodic.Stopping() || SteadyNow() + kProviderLimit + kDatabaseLimit > deadline) return failure;
      const absl::Status settled = Settle(row, deadline);
      failure.Update(settled);
      // Nobody answers: the others would only wait, too.
      if (absl::IsUnavailable(settled) || absl::IsDeadlineExceeded(settled)) return failure;
    }
    if (due.size() < kSettleBatch) break;
  }
  return failure;
}

}  // namespace storeops::inventory
