#include "services/inventory/returns/return_states.h"

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/error_info.pb.h"
#include "gtest/gtest.h"

namespace storeops::inventory {
namespace {

using enum ReturnAction;

constexpr ReturnAction kActions[] = {
    kApprove, kAccept,   kReject, kCancel,     kReceive,      kInspectPart,   kInspectRest,
    kRefund,  kExchange, kClose,  kRefundDone, kExchangeDone, kRefundRefused, kClaimRefundRefused};

// What is allowed, said once more and in another way: "STATE: actions in the order of the enum > states".
const std::set<std::string>& Allowed() {
  static const auto* allowed = new std::set<std::string>{
      "REQUESTED 0 APPROVED",   "REQUESTED 1 ACCEPTED",  "REQUESTED 2 REJECTED",  "REQUESTED 3 CANCELLED",
      "APPROVED 3 CANCELLED",   "APPROVED 4 RECEIVED",   "APPROVED 9 CLOSED",     "ACCEPTED 3 CANCELLED",
      "ACCEPTED 7 REFUNDING",   "ACCEPTED 8 EXCHANGED",  "ACCEPTED 9 CLOSED",     "RECEIVED 4 RECEIVED",
      "RECEIVED 5 RECEIVED",    "RECEIVED 6 INSPECTED",  "INSPECTED 4 RECEIVED",  "INSPECTED 7 REFUNDING",
      "INSPECTED 8 EXCHANGED",  "INSPECTED 9 CLOSED",    "REFUNDING 10 REFUNDED", "REFUNDING 11 EXCHANGED",
      "REFUNDING 12 INSPECTED", "REFUNDING 13 ACCEPTED", "REFUNDED 9 CLOSED",     "EXCHANGED 9 CLOSED"};
  return *allowed;
}

TEST(ReturnStatesTest, EveryActionInEveryState) {
  std::set<std::string> seen;
  for (int state = v1::Return::State_MIN; state <= v1::Return::State_MAX; ++state) {
    for (const ReturnAction action : kActions) {
      v1::Return ret;
      ret.set_name("returns/1");
      ret.set_state(static_cast<v1::Return::State>(state));
      const std::string from = v1::Return::State_Name(ret.state());
      if (Act(action, ret).ok()) {
        seen.insert(absl::StrCat(from, " ", static_cast<int>(action), " ", v1::Return::State_Name(ret.state())));
      } else {
        EXPECT_EQ(v1::Return::State_Name(ret.state()), from);
      }
    }
  }
  EXPECT_EQ(seen, Allowed());
  EXPECT_EQ(ReturnTransitions().size(), Allowed().size());
}

TEST(ReturnStatesTest, WhatIsOpen) {
  for (const ReturnTransition& transition : ReturnTransitions()) {
    v1::Return ret;
    ret.set_state(transition.from);
    ASSERT_TRUE(Act(transition.action, ret).ok());
    static const auto* ended = new std::set<v1::Return::State>{
        v1::Return::REJECTED, v1::Return::REFUNDED, v1::Return::EXCHANGED, v1::Return::CLOSED, v1::Return::CANCELLED};
    EXPECT_EQ(ret.open(), !ended->contains(ret.state())) << v1::Return::State_Name(ret.state());
  }
}

TEST(ReturnStatesTest, ARefusalSaysWhatIsAllowed) {
  v1::Return ret;
  ret.set_name("returns/7");
  ret.set_state(v1::Return::RECEIVED);
  const absl::Status refused = CheckAllowed(ret, kRefund);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(refused, &info));
  EXPECT_EQ(info.reason(), "ACTION_NOT_ALLOWED");
  EXPECT_EQ(info.metadata().at("allowed_actions"), "ReceiveReturn, InspectReturn");
}

}  // namespace
}  // namespace storeops::inventory
