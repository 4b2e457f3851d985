// Quotes orders before they are placed, and settles what was reserved for them: committed for each order that is
// stored, released for each that is not, whatever fails in between.
//
// Before the reservation, its row is written to order_quotes. The transaction that stores the order changes the row,
// which fails if the row was abandoned; a row is abandoned only while its order is not stored. So the row decides, also
// where nobody knows whether the transaction was committed. Rows are settled right after the order's transaction, and
// otherwise by a periodic job.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTING_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/base/worker_pool.h"
#include "common/module/module.h"
#include "common/resource/commit_group.h"
#include "services/inventory/orders/order_prices.h"
#include "services/inventory/orders/order_quote_store.h"
#include "services/inventory/orders/order_quotes.h"
#include "storeops/inventory/v1/order_service.pb.h"

namespace storeops::inventory {

inline constexpr char kOrderIdKind[] = "order";

// An order with prices, discounts and totals. It has an id if its quote is reserved.
struct QuotedOrder final : resource::CommitGroup::Prepared {
  v1::Order order;

  bool reserved() const { return id != 0; }
};

class OrderQuoting {
 public:
  // The orders that wait for the provider at the same time, and those that wait for one of these.
  static constexpr int kThreads = 16;
  static constexpr size_t kMaxWaiting = 256;
  // Of each call of the provider.
  static constexpr absl::Duration kProviderLimit = absl::Seconds(3);
  // A reserved quote whose order was not stored by then is released.
  static constexpr absl::Duration kAbandonedAfter = absl::Minutes(2);
  // When the periodic job tries again what failed: after 1, 2, 4... minutes.
  static constexpr absl::Duration kFirstRetry = absl::Minutes(1);
  static constexpr absl::Duration kLastRetry = absl::Hours(1);
  // In one round of it.
  static constexpr int kSettleBatches = 10;
  static constexpr int kSettleBatch = 100;

  // `quotes` outlives this object.
  explicit OrderQuoting(OrderQuotes& quotes) : quotes_(quotes) {}
  ~OrderQuoting() { Stop(); }
  // `prices` outlives this object.
  void Bind(Environment& environment, const OrderPrices& prices);
  // Waits for work that was submitted; there is no more of it.
  void Stop();

  bool Applies(const v1::PlaceOrderRequest& request) const { return quotes_.Applies(request); }

  // Has `work` run by a thread for orders that wait for the provider, so that others do not. RESOURCE_EXHAUSTED.
  absl::Status Submit(absl::AnyInvocable<void()> work);

  // Prices, quotes and reserves. A repetition of a call whose process ended gets the order reserved then. May block.
  absl::StatusOr<QuotedOrder> Prepare(const rpc::Call& call, const v1::PlaceOrderRequest& request);
  // In the transaction that stores orders with reserved quotes. ABORTED if one is not reserved any more.
  absl::Status Place(db::Session& session, const std::vector<int64_t>& order_ids) const;
  // After the order's transaction, which stored it or did not (`placed`), or whose outcome is unknown (not `placed`).
  void Conclude(const QuotedOrder& quoted, bool placed);

  // The periodic work.
  absl::Status SettleDue(absl::Time deadline);

 private:
  // The order that an earlier try of the same call has reserved for.
  absl::StatusOr<std::optional<QuotedOrder>> Resume(const rpc::Call& call, const std::string& key);
  absl::StatusOr<v1::Order> Quote(const rpc::Call& call, const v1::PlaceOrderRequest& request) const;
  absl::StatusOr<QuotedOrder> Reserve(const rpc::Call& call, ReservedOrder reserved);
  // Commits or releases; postponed if that fails.
  absl::Status Settle(const QuoteRow& row, absl::Time deadline);
  absl::Status SettleById(int64_t order_id, absl::Time deadline);
  absl::Time Later(absl::Duration after) const { return environment_->store.clock.Now() + after; }
  bool Stopping() const;

  OrderQuotes& quotes_;
  const OrderPrices* prices_ = nullptr;
  Environment* environment_ = nullptr;
  mutable absl::Mutex mutex_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Made for the first order that is quoted.
  std::unique_ptr<WorkerPool> threads_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_QUOTING_H_
