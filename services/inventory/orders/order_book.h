// Orders for all who work with them: how one is read and changed. Returns, claims and exchanges stand on this.
#ifndef STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BOOK_H_
#define STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BOOK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/module/module.h"
#include "services/inventory/orders/order_transaction.h"
#include "services/inventory/stock/stock_ledger.h"

namespace storeops::inventory {

class OrderBook {
 public:
  explicit OrderBook(const StockLedger& ledger) : ledger_(ledger) {}
  void Bind(Environment& environment) { environment_ = &environment; }

  // Which locks a change needs besides the order's.
  enum class Stock { kUntouched, kLocked };
  using Body = absl::FunctionRef<absl::Status(OrderEdit&)>;

  // INVALID_ARGUMENT naming `name`, NOT_FOUND.
  absl::StatusOr<v1::Order> Read(const std::string& name, absl::Time deadline) const;

  // Changes the order in one transaction, which stores the answer for repetitions of the call. ABORTED for another
  // etag. `skus`: whose stock is locked besides that of the order's lines.
  absl::StatusOr<v1::Order> Change(const rpc::Call& call, const std::string& name, const std::string& etag, Stock stock,
                                   Body body, const std::vector<std::string>& skus = {}) const;
  // The same for work that no call waits for, or that is only a part of a call.
  absl::StatusOr<v1::Order> ChangeAs(const std::string& actor, int64_t id, absl::Time deadline, Stock stock,
                                     Body body) const;

  const StockLedger& ledger() const { return ledger_; }
  Environment& environment() const { return *environment_; }

 private:
  absl::Status Run(resource::Write& write, int64_t id, const std::string& etag, Stock stock,
                   const std::vector<std::string>& skus, Body body, v1::Order& result) const;

  const StockLedger& ledger_;
  Environment* environment_ = nullptr;
};

// What became of the pieces of a line, and of its money. "orders/12/lines/3" names a line for ever.
struct LineFacts {
  int32_t number = 0;
  std::string sku;
  int64_t ordered = 0;
  int64_t cancelled = 0;
  int64_t shipped = 0;
  int64_t returned = 0;
  int64_t claimed = 0;
  // What the line costs after its discount and its share of the order's, in minor units.
  int64_t paid_minor = 0;
  int64_t refunded_minor = 0;
};
// NOT_FOUND.
absl::StatusOr<LineFacts> FactsOf(const v1::Order& order, int32_t line);

// What is to be paid back for the next `pieces` of a line that come back or are given up, after those that did and
// were: so that all pieces together give exactly what the line cost.
int64_t RefundFor(const LineFacts& facts, int64_t pieces);

// Pieces of a line that left, and neither came back, nor were settled by a claim, nor are announced by a return.
int64_t Returnable(const v1::OrderLine& line);

// Announces pieces of a line as to come back, or fewer (below 0). FAILED_PRECONDITION NOT_RETURNABLE if not so many are
// out: this is what keeps two returns from having the same pieces.
absl::Status Announce(OrderEdit& edit, int32_t line, int64_t change);

// Notes that pieces of a line came back; the stock is the caller's to move (Return). FAILED_PRECONDITION NOT_SHIPPED if
// fewer are out and not announced by others.
absl::Status NoteReturned(OrderEdit& edit, int32_t line, int64_t pieces);

// Notes that pieces of a line are paid back or replaced without coming back, or (below 0) are not after all.
// NOT_SHIPPED as above.
absl::Status NoteClaimed(OrderEdit& edit, int32_t line, int64_t pieces);

// What of a refund is for one line; line 0: none in particular.
struct RefundPart {
  int32_t line = 0;
  int64_t amount_minor = 0;
};
enum class RefundCause { kOverpaid, kReturnedGoods };
// Opens refunds of the parts' sum over the order's captured payments, oldest first; PaymentDesk::Settle asks the
// providers after the commit. The questions' keys are the given one with "/1", "/2"... FAILED_PRECONDITION
// NOTHING_TO_REFUND if less was captured, or PAYMENT_OPEN while a payment that is needed waits for its provider.
absl::Status OpenRefunds(OrderEdit& edit, RefundCause cause, std::vector<RefundPart> parts, const std::string& reason,
                         const std::string& idempotency_key);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_ORDERS_ORDER_BOOK_H_
