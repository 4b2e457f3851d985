#include "services/inventory/returns/return_refund.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/orders/order_book.h"
#include "services/inventory/orders/order_states.h"
#include "services/inventory/orders/order_totals.h"
#include "services/inventory/payments/payment_operations.h"
#include "services/inventory/returns/return_rules.h"
#include "services/inventory/returns/return_states.h"

namespace storeops::inventory {
namespace {

using Refund = v1::Return::Refund;
using Operation = v1::OrderPayment::Operation;

// What of the amount is for each line; what is beyond their shares is for none in particular.
std::vector<RefundPart> PartsOf(int64_t amount_minor, const v1::Order& order, const v1::Return& ret) {
  std::vector<RefundPart> parts = RefundShares(order, ret);
  for (RefundPart& part : parts) {
    part.amount_minor = std::min(part.amount_minor, amount_minor);
    amount_minor -= part.amount_minor;
  }
  std::erase_if(parts, [](const RefundPart& part) { return part.amount_minor == 0; });
  if (amount_minor > 0) parts.push_back({0, amount_minor});
  return parts;
}

// After the last refund.
absl::Status Finish(absl::Time now, v1::Return& ret) {
  *ret.mutable_settle_time() = ToTimestamp(now);
  return Act(ret.replacement_order().empty() ? ReturnAction::kRefundDone : ReturnAction::kExchangeDone, ret);
}

}  // namespace

absl::StatusOr<Refund> DecideRefund(const v1::RefundReturnRequest& request, const std::string& currency,
                                    int64_t proposed_minor) {
  std::vector<FieldViolation> wrong;
  const auto read = [&](bool given, const google::type::Money& money, const char* field) -> int64_t {
    const int64_t minor = given ? StatedMoney(money, field).In(currency, wrong) : 0;
    if (minor < 0 || minor > kMaxOrderMinor) wrong.push_back({field, "is out of range"});
    return minor;
  };
  const int64_t stated = read(request.has_amount(), request.amount(), "amount");
  const int64_t fee = read(request.has_restocking_fee(), request.restocking_fee(), "restocking_fee");
  const int64_t shipping = read(request.has_shipping(), request.shipping(), "shipping");
  const bool differs = request.has_amount() || request.has_restocking_fee() || request.has_shipping();
  if (differs && request.reason().empty()) wrong.push_back({"reason", "is required with an amount, fee or shipping"});
  const int64_t base = request.has_amount() ? stated : proposed_minor;
  if (wrong.empty() && fee > base) wrong.push_back({"restocking_fee", "is more than there is to be paid back"});
  if (!wrong.empty()) return InvalidFields(wrong);
  Refund refund;
  SetMinor(base - fee + shipping, currency, refund.mutable_amount());
  if (fee > 0) SetMinor(fee, currency, refund.mutable_restocking_fee());
  if (shipping > 0) SetMinor(shipping, currency, refund.mutable_shipping());
  refund.set_reason(request.reason());
  return refund;
}

absl::Status CheckMayRefund(const rpc::Principal& caller, const Refund& refund, int64_t proposed_minor) {
  const bool more = Minor(refund.amount()) > proposed_minor;
  return !more || caller.Has(order_states::kWrite) ? absl::OkStatus() : PermissionMissing(order_states::kWrite);
}

absl::Status BeginRefund(Refund refund, ReturnEdit edit) {
  v1::Return& ret = edit.ret;
  if (ret.refunds_size() >= kMaxReturnRefunds) {
    return PreconditionFailed("TOO_MANY_REFUNDS", ret.name(),
                              absl::StrCat("a return has at most ", kMaxReturnRefunds, " refunds"));
  }
  RETURN_IF_ERROR(Act(ReturnAction::kRefund, ret));
  const int64_t amount = Minor(refund.amount());
  SetMinor(0, ret.currency(), refund.mutable_refunded());
  refund.set_actor(edit.order.actor());
  *refund.mutable_start_time() = ToTimestamp(edit.order.now());
  refund.set_outcome(amount == 0 ? Refund::DONE : Refund::OPEN);
  if (amount == 0) *refund.mutable_end_time() = refund.start_time();
  const std::string reason = refund.reason().empty() ? ret.name() : absl::StrCat(ret.name(), ": ", refund.reason());
  *ret.add_refunds() = std::move(refund);
  if (amount == 0) return Finish(edit.order.now(), ret);
  return OpenRefunds(edit.order, RefundCause::kReturnedGoods, PartsOf(amount, edit.order.order(), ret), reason,
                     RefundKey(ret));
}

std::string RefundKey(const v1::Return& ret) { return absl::StrCat(ret.name(), "/refunds/", ret.refunds_size()); }

absl::StatusOr<bool> NoteRefund(const v1::Order& order, absl::Time now, v1::Return& ret) {
  if (ret.state() != v1::Return::REFUNDING || ret.refunds().empty()) return true;
  const std::string prefix = RefundKey(ret) + "/";
  int64_t paid = 0;
  std::string refusal;
  bool refused = false;
  for (const v1::OrderPayment& payment : order.payments()) {
    for (const Operation& operation : payment.operations()) {
      if (!absl::StartsWith(operation.idempotency_key(), prefix)) continue;
      if (IsOpen(operation)) return false;
      if (operation.outcome() == Operation::DONE) paid += Minor(operation.amount());
      if (operation.outcome() != Operation::REFUSED) continue;
      refused = true;
      refusal = operation.message();
    }
  }
  Refund& refund = *ret.mutable_refunds(ret.refunds_size() - 1);
  SetMinor(paid, ret.currency(), refund.mutable_refunded());
  SetMinor(Minor(ret.refunded()) + paid, ret.currency(), ret.mutable_refunded());
  refund.set_outcome(refused ? Refund::REFUSED : Refund::DONE);
  refund.set_message(refusal);
  *refund.mutable_end_time() = ToTimestamp(now);
  if (!refused) {
    RETURN_IF_ERROR(Finish(now, ret));
  } else {
    const bool claim = ret.remedy() == v1::Return::MONEY || ret.remedy() == v1::Return::REPLACEMENT;
    RETURN_IF_ERROR(Act(claim ? ReturnAction::kClaimRefundRefused : ReturnAction::kRefundRefused, ret));
  }
  ShowRefundable(order, ret);
  return true;
}

}  // namespace storeops::inventory
