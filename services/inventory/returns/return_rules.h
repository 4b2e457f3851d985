// What may be asked for, and how it is decided. Each rule changes a return and the order that it is of.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_RULES_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_RULES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/inventory/orders/order_book.h"
#include "services/inventory/returns/return_edit.h"
#include "services/inventory/returns/return_states.h"
#include "services/inventory/returns/return_window.h"
#include "storeops/inventory/v1/return_service.pb.h"

namespace storeops::inventory {

// Makes the transition. FAILED_PRECONDITION ACTION_NOT_ALLOWED.
absl::Status Act(ReturnAction action, v1::Return& ret);

// When the last pieces of a line left; InfinitePast if none did.
absl::Time LastShipped(const v1::Order& order, int32_t line);

// The line of that number if it still has a quantity, else null.
const v1::OrderLine* FindLine(const v1::Order& order, int32_t number);

// A return as it is asked for; its pieces are announced in the order. INVALID_ARGUMENT naming each wrong field;
// FAILED_PRECONDITION NOT_RETURNABLE, OUTSIDE_WINDOW, ORDER_HISTORICAL.
absl::StatusOr<v1::Return> RequestReturn(const v1::CreateReturnRequest& request, const ReturnWindow& window,
                                         OrderEdit& order);

// `location`: where goods are to come to. INVALID_ARGUMENT naming items and remedy.
absl::Status ApproveReturn(const v1::ApproveReturnRequest& request, ReturnEdit edit);

// Where the goods of a return were sent from.
std::string SendingLocation(const v1::Order& order, const v1::Return& ret);

// Rejected, cancelled or closed: pieces that are still open can be returned otherwise.
absl::Status EndReturn(const std::string& reason, ReturnEdit edit);

// Nothing more is waited for: of a claim that was accepted, what is open is settled without coming back; of others it
// can be returned otherwise.
absl::Status ConcludePieces(ReturnEdit edit);

// What the customer paid for pieces received or settled, by order line, as far as it is neither paid back nor
// exchanged; never more than the line's price less all that was paid back for it, by whatever way. And its sum.
std::vector<RefundPart> RefundShares(const v1::Order& order, const v1::Return& ret);
int64_t Proposed(const v1::Order& order, const v1::Return& ret);
// Of an accepted claim: what its open pieces will have cost.
int64_t OpenValue(const v1::Order& order, const v1::Return& ret);
// Writes `refundable` as the state has it.
void ShowRefundable(const v1::Order& order, v1::Return& ret);

// FAILED_PRECONDITION TOO_MANY_NOTES.
absl::Status AddReturnNote(const std::string& text, const google::protobuf::RepeatedPtrField<std::string>& media,
                           const std::string& author, absl::Time now, v1::Return& ret);

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_RULES_H_
