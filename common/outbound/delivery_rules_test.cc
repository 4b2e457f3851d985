#include "common/outbound/delivery_rules.h"

#include "gtest/gtest.h"

namespace storeops::outbound {
namespace {

TEST(DeliveryRulesTest, PausesDoubleUpToTheLongest) {
  const auto pause = [](int attempt, double random) {
    return PauseAfter(attempt, absl::Seconds(4), absl::Seconds(60), random);
  };
  EXPECT_EQ(pause(1, 1), absl::Seconds(4));
  EXPECT_EQ(pause(1, 0), absl::Seconds(2));
  EXPECT_EQ(pause(2, 1), absl::Seconds(8));
  EXPECT_EQ(pause(4, 1), absl::Seconds(32));
  EXPECT_EQ(pause(5, 1), absl::Seconds(60));
  EXPECT_EQ(pause(1'000'000, 0.5), absl::Seconds(45));
  EXPECT_EQ(PauseAfter(1, absl::Seconds(9), absl::Seconds(6), 1), absl::Seconds(6));
}

TEST(DeliveryRulesTest, ARefusalIsPermanentAndShowsThatTheTargetAnswers) {
  const struct {
    absl::StatusCode code;
    bool permanent;
    Contact contact;
  } cases[] = {
      {absl::StatusCode::kOk, false, Contact::kReached},
      {absl::StatusCode::kInvalidArgument, true, Contact::kReached},
      {absl::StatusCode::kFailedPrecondition, true, Contact::kReached},
      {absl::StatusCode::kNotFound, true, Contact::kReached},
      {absl::StatusCode::kUnauthenticated, false, Contact::kReached},
      {absl::StatusCode::kResourceExhausted, false, Contact::kReached},
      {absl::StatusCode::kInternal, false, Contact::kReached},
      {absl::StatusCode::kUnavailable, false, Contact::kFailed},
      {absl::StatusCode::kDeadlineExceeded, false, Contact::kFailed},
      {absl::StatusCode::kAborted, false, Contact::kUnknown},
      {absl::StatusCode::kCancelled, false, Contact::kUnknown},
  };
  for (const auto& test : cases) {
    const absl::Status result(test.code, "");
    EXPECT_EQ(IsPermanent(result), test.permanent) << result;
    EXPECT_EQ(ContactOf(result), test.contact) << result;
  }
}

}  // namespace
}  // namespace storeops::outbound
