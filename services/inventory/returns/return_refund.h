// Money for what came back or was accepted: how much, and what the providers made of it.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_REFUND_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_REFUND_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call.h"
#include "services/inventory/returns/return_edit.h"
#include "storeops/inventory/v1/return_service.pb.h"

namespace storeops::inventory {

// A refund as it is decided; `amount`, fee and shipping with what they are for.
// INVALID_ARGUMENT naming each wrong field. `proposed_minor`: what is paid back if no amount is stated.
absl::StatusOr<v1::Return::Refund> DecideRefund(const v1::RefundReturnRequest& request, const std::string& currency,
                                                int64_t proposed_minor);

// A refund of more than the goods are worth is one that RefundPayment makes, and demands the permission of that.
absl::Status CheckMayRefund(const rpc::Principal& caller, const v1::Return::Refund& refund, int64_t proposed_minor);

// Opens the refund in the order's payments; the return is REFUNDING, or what follows if nothing is to be paid.
// FAILED_PRECONDITION NOTHING_TO_REFUND, PAYMENT_OPEN, TOO_MANY_REFUNDS.
absl::Status BeginRefund(v1::Return::Refund refund, ReturnEdit edit);

// The keys of the questions that the last refund asks begin so.
std::string RefundKey(const v1::Return& ret);

// Notes what the order's payments say of the last refund; false if some of it is not answered yet.
absl::StatusOr<bool> NoteRefund(const v1::Order& order, absl::Time now, v1::Return& ret);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_REFUND_H_
