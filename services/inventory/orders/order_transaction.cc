#include "services/inventory/orders/order_transaction.h"

#include <utility>

#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/payments/payment_messages.h"

namespace storeops::inventory {

absl::Time OrderEdit::now() const { return transaction_->write().now(); }
const std::string& OrderEdit::actor() const { return transaction_->write().call().principal.name; }
const rpc::Call& OrderEdit::call() const { return transaction_->write().call(); }

absl::Status OrderEdit::Move(absl::Span<const Movement> movements) {
  if (movements.empty()) return absl::OkStatus();
  return transaction_->ledger().Apply(transaction_->stock(), movements,
                                      MakeCause(transaction_->write(), kOrderNames.Format(after_.id)));
}

absl::Status OrderTransaction::LockOrders(const std::vector<int64_t>& ids) {
  ASSIGN_OR_RETURN(auto orders, LoadOrders(write_.session(), ids, /*lock=*/true));
  for (StoredOrder& stored : orders) {
    const int64_t id = stored.id;
    edits_.emplace(id, OrderEdit(this, std::move(stored)));
  }
  return absl::OkStatus();
}

absl::StatusOr<OrderEdit*> OrderTransaction::Find(int64_t id) {
  const auto found = edits_.find(id);
  if (found == edits_.end()) return ResourceNotFound(kOrderType, kOrderNames.Format(id));
  return &found->second;
}

absl::Status OrderTransaction::LockStock(const std::vector<std::string>& more, absl::Span<const StockKey> wanted) {
  std::vector<std::string> skus = more;
  for (const auto& [id, edit] : edits_) {
    if (edit.order().historical()) continue;
    for (const v1::OrderLine& line : edit.order().lines()) skus.push_back(line.sku());
  }
  ASSIGN_OR_RETURN(LockedStock stock, ledger_.Lock(write_, skus, wanted));
  stock_.emplace(std::move(stock));
  return absl::OkStatus();
}

absl::Status OrderTransaction::Try(OrderEdit& edit, absl::FunctionRef<absl::Status(OrderEdit&)> body) {
  v1::Order kept = edit.order();
  absl::Status status = body(edit);
  if (!status.ok()) edit.order() = std::move(kept);
  return status;
}

absl::Status OrderTransaction::Store() {
  for (auto& [id, edit] : edits_) {
    StoredOrder& after = edit.after_;
    Advance(write_.now(), after.order);
    if (google::protobuf::util::MessageDifferencer::Equals(edit.before_, after.order)) continue;
    ++after.version;
    SetBookkeeping(id, after.version, after.order);
    *after.order.mutable_update_time() = ToTimestamp(write_.now());
    RETURN_IF_ERROR(UpdateOrder(write_.session(), edit.before_, after));
    RETURN_IF_ERROR(EnqueueOpened(edit.before_, after.order, write_, outbound_));
    write_.Record(id, after.version, changes::Change::UPDATED, &edit.before_, after.order);
    edit.before_ = after.order;
  }
  if (!stock_.has_value()) return absl::OkStatus();
  return ledger_.Store(write_, *std::move(stock_)).status();
}

}  // namespace storeops::inventory
