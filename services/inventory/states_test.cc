// The state machines of the service, each written down a second time.
#include <map>
#include <string>

#include "common/workflow/description.h"
#include "gtest/gtest.h"
#include "services/inventory/module.h"

namespace storeops::inventory {
namespace {

// A line for each state: where each action leads, in the order of the machine's enum.
const std::map<std::string, std::string>& Expected() {
  static const auto* expected = new std::map<std::string, std::string>{
      // Confirm, confirm when secured, complete, cancel, cancel the rest, expire, hold, release, edit, fulfill, pay,
      // refund.
      {"inventory.storeops/Order",
       "PLACED: CONFIRMED CONFIRMED - CANCELLED - EXPIRED PLACED PLACED PLACED - PLACED PLACED\n"
       "CONFIRMED: - - COMPLETED CANCELLED CONFIRMED - CONFIRMED CONFIRMED CONFIRMED CONFIRMED CONFIRMED CONFIRMED\n"
       "COMPLETED: - - - - - - - - - - - COMPLETED\n"
       "CANCELLED: - - - - - - - - - - - CANCELLED\n"
       "EXPIRED: - - - - - - - - - - - EXPIRED\n"},
      // Capture, void, refund; authorized, refused, lost, captured, voided, partly refunded, refunded.
      {"inventory.storeops/OrderPayment",
       "PENDING: - - - AUTHORIZED FAILED UNKNOWN - - - -\n"
       "UNKNOWN: - - - AUTHORIZED FAILED - - - - -\n"
       "AUTHORIZED: AUTHORIZED AUTHORIZED - - - - CAPTURED VOIDED - -\n"
       "FAILED: - - - AUTHORIZED - - - - - -\n"
       "CAPTURED: - - CAPTURED - - - - - PARTLY_REFUNDED REFUNDED\n"
       "VOIDED: - - - - - - - - - -\n"
       "PARTLY_REFUNDED: - - PARTLY_REFUNDED - - - - - PARTLY_REFUNDED REFUNDED\n"
       "REFUNDED: - - - - - - - - - -\n"},
      // Pack, ship, track, deliver, cancel.
      {"inventory.storeops/OrderFulfillment",
       "PICKING: PACKED SHIPPED - - CANCELLED\n"
       "PACKED: - SHIPPED - - CANCELLED\n"
       "SHIPPED: - - SHIPPED DELIVERED -\n"
       "DELIVERED: - - DELIVERED - -\n"
       "CANCELLED: - - - - -\n"},
      // Approve, accept, reject, cancel, receive, inspect a part, inspect the rest, refund, exchange, close; refunded,
      // difference refunded, refund refused, refund of a claim refused.
      {"inventory.storeops/Return",
       "REQUESTED: APPROVED ACCEPTED REJECTED CANCELLED - - - - - - - - - -\n"
       "APPROVED: - - - CANCELLED RECEIVED - - - - CLOSED - - - -\n"
       "ACCEPTED: - - - CANCELLED - - - REFUNDING EXCHANGED CLOSED - - - -\n"
       "REJECTED: - - - - - - - - - - - - - -\n"
       "RECEIVED: - - - - RECEIVED RECEIVED INSPECTED - - - - - - -\n"
       "INSPECTED: - - - - RECEIVED - - REFUNDING EXCHANGED CLOSED - - - -\n"
       "REFUNDING: - - - - - - - - - - REFUNDED EXCHANGED INSPECTED ACCEPTED\n"
       "REFUNDED: - - - - - - - - - CLOSED - - - -\n"
       "EXCHANGED: - - - - - - - - - CLOSED - - - -\n"
       "CLOSED: - - - - - - - - - - - - - -\n"
       "CANCELLED: - - - - - - - - - - - - - -\n"},
      // Commit, release, expire.
      {"inventory.storeops/Reservation",
       "ACTIVE: COMMITTED RELEASED EXPIRED\n"
       "COMMITTED: COMMITTED - COMMITTED\n"
       "RELEASED: - RELEASED RELEASED\n"
       "EXPIRED: - EXPIRED EXPIRED\n"},
      // Update, start, enter, submit, demand a recount, recount, post, cancel.
      {"inventory.storeops/Count",
       "PLANNED: PLANNED COUNTING - - - - - CANCELLED\n"
       "COUNTING: - - COUNTING REVIEW COUNTING - - CANCELLED\n"
       "REVIEW: - - - - - COUNTING POSTED CANCELLED\n"
       "POSTED: - - - - - - - -\n"
       "CANCELLED: - - - - - - - -\n"},
      // Update, ship, receive a part, receive the rest, cancel.
      {"inventory.storeops/StockTransfer",
       "DRAFT: DRAFT SHIPPED - - CANCELLED\n"
       "SHIPPED: - - SHIPPED RECEIVED CANCELLED\n"
       "RECEIVED: - - - - -\n"
       "CANCELLED: - - - - -\n"},
      // Update, send, receive a part, receive the rest, close, cancel.
      {"inventory.storeops/PurchaseOrder",
       "DRAFT: DRAFT SENT - - - CANCELLED\n"
       "SENT: - - PARTLY_RECEIVED RECEIVED - CANCELLED\n"
       "PARTLY_RECEIVED: - - PARTLY_RECEIVED RECEIVED CLOSED -\n"
       "RECEIVED: - - - RECEIVED CLOSED -\n"
       "CLOSED: - - - - - -\n"
       "CANCELLED: - - - - - -\n"},
      // Restart, succeed, fail, expire.
      {"inventory.storeops/PlanningRun",
       "RUNNING: RUNNING SUCCEEDED FAILED -\n"
       "SUCCEEDED: RUNNING - - EXPIRED\n"
       "FAILED: RUNNING - - -\n"
       "EXPIRED: - - - -\n"},
      // Accept, dismiss.
      {"inventory.storeops/Replenishment",
       "OPEN: ACCEPTED DISMISSED\n"
       "ACCEPTED: - -\n"
       "DISMISSED: - -\n"},
  };
  return *expected;
}

TEST(InventoryStatesTest, WhereEachActionLeads) {
  std::map<std::string, std::string> matrices;
  for (const workflow::Description& machine : InventoryModule().machines()) {
    matrices[std::string(machine.resource)] = workflow::Matrix(machine);
  }
  EXPECT_EQ(matrices, Expected());
}

}  // namespace
}  // namespace storeops::inventory
