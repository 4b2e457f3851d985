#include "services/inventory/payments/payment_states.h"

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using v1::OrderPayment;
using Operation = OrderPayment::Operation;
using enum PaymentEvent;

constexpr PaymentEvent kEvents[] = {kAuthorized, kRefused, kLost, kCaptured, kVoided, kPartlyRefunded, kRefunded};

// Written down by itself: where each event leads from each status, in the order of kEvents.
const std::map<std::string, std::string> kMatrix = {
    {"PENDING", "AUTHORIZED FAILED UNKNOWN - - - -"},
    {"UNKNOWN", "AUTHORIZED FAILED - - - - -"},
    {"AUTHORIZED", "- - - CAPTURED VOIDED - -"},
    {"FAILED", "AUTHORIZED - - - - - -"},
    {"CAPTURED", "- - - - - PARTLY_REFUNDED REFUNDED"},
    {"VOIDED", "- - - - - - -"},
    {"PARTLY_REFUNDED", "- - - - - PARTLY_REFUNDED REFUNDED"},
    {"REFUNDED", "- - - - - - -"},
};
// Which of CAPTURE, VOID and REFUND may be asked for.
const std::map<std::string, std::string> kOperations = {
    {"PENDING", ""},        {"UNKNOWN", ""}, {"AUTHORIZED", "CAPTURE VOID"}, {"FAILED", ""},
    {"CAPTURED", "REFUND"}, {"VOIDED", ""},  {"PARTLY_REFUNDED", "REFUND"},  {"REFUNDED", ""},
};

OrderPayment PaymentIn(int status) {
  OrderPayment payment;
  payment.set_name("orders/7/payments/1");
  payment.set_status(static_cast<OrderPayment::Status>(status));
  return payment;
}

TEST(PaymentStatesTest, EveryEventInEveryStatus) {
  for (int status = OrderPayment::PENDING; status <= OrderPayment::REFUNDED; ++status) {
    std::vector<std::string> reached;
    for (const PaymentEvent event : kEvents) {
      OrderPayment payment = PaymentIn(status);
      const absl::Status result = Happen(event, payment);
      if (!result.ok()) EXPECT_EQ(payment.status(), status) << EventName(event);
      reached.push_back(result.ok() ? OrderPayment::Status_Name(payment.status()) : "-");
    }
    const std::string& name = OrderPayment::Status_Name(static_cast<OrderPayment::Status>(status));
    EXPECT_EQ(absl::StrJoin(reached, " "), kMatrix.at(name)) << name;
  }
}

TEST(PaymentStatesTest, EveryOperationInEveryStatus) {
  for (int status = OrderPayment::PENDING; status <= OrderPayment::REFUNDED; ++status) {
    std::vector<std::string> allowed;
    for (const auto kind : {Operation::CAPTURE, Operation::VOID, Operation::REFUND}) {
      const absl::Status result = CheckAllowed(PaymentIn(status), kind);
      if (result.ok()) allowed.push_back(Operation::Kind_Name(kind));
      if (!result.ok()) EXPECT_EQ(result.code(), absl::StatusCode::kFailedPrecondition);
    }
    const std::string& name = OrderPayment::Status_Name(static_cast<OrderPayment::Status>(status));
    EXPECT_EQ(absl::StrJoin(allowed, " "), kOperations.at(name)) << name;
  }
}

}  // namespace
}  // namespace storeops::inventory
