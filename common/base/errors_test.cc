#include "common/base/errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/cord.h"
#include "common/base/time.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"  // older error_details.proto: proto/CMakeLists.txt
#endif

namespace storeops {
namespace {

using testing::HasSubstr;

std::string ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return GetDetail(status, &info) ? info.reason() : "";
}

TEST(Errors, EachKindHasItsCodeAndReason) {
  const struct {
    absl::Status status;
    absl::StatusCode code;
    const char* reason;
  } cases[] = {
      {InvalidField("product.title", "is missing"), absl::StatusCode::kInvalidArgument, "INVALID_FIELDS"},
      {ResourceNotFound("catalog.storeops/Product", "products/1"), absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"},
      {ResourceExists("catalog.storeops/Product", "products/1", "the SKU is taken"), absl::StatusCode::kAlreadyExists,
       "RESOURCE_EXISTS"},
      {PreconditionFailed("ORDER_SHIPPED", "orders/1", "it is shipped"), absl::StatusCode::kFailedPrecondition,
       "ORDER_SHIPPED"},
      {EtagMismatch("catalog.storeops/Product", "products/1", "7"), absl::StatusCode::kAborted, "ETAG_MISMATCH"},
      {UnavailableRetry("busy", absl::Seconds(1)), absl::StatusCode::kUnavailable, "UNAVAILABLE"},
      {ExhaustedRetry("slow down", absl::Seconds(1)), absl::StatusCode::kResourceExhausted, "LIMIT_REACHED"},
      {PermissionMissing("catalog.products.read"), absl::StatusCode::kPermissionDenied, "PERMISSION_MISSING"},
      {Unauthenticated("TOKEN_EXPIRED", "expired"), absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(c.status.code(), c.code) << c.status;
    EXPECT_EQ(ReasonOf(c.status), c.reason) << c.status;
    EXPECT_FALSE(c.status.message().empty());
    EXPECT_EQ(FromRpcStatus(ToRpcStatus(c.status)), c.status) << "details survive the wire";
  }
}

TEST(Errors, NamesEveryFieldAndTellsTheFirstThree) {
  const absl::Status status = InvalidFields({{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}, {"e", "5"}});
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(GetDetail(status, &bad_request));
  EXPECT_EQ(bad_request.field_violations_size(), 5);
  EXPECT_EQ(bad_request.field_violations(4).field(), "e");
  EXPECT_EQ(status.message(), "a: 1; b: 2; c: 3; and 2 more");
}

TEST(Errors, PrefixesFieldsAndLeavesOtherErrorsAlone) {
  const absl::Status status = PrefixFields(InvalidField("title", "is missing"), "requests[3].product.");
  google::rpc::BadRequest bad_request;
  ASSERT_TRUE(GetDetail(status, &bad_request));
  EXPECT_EQ(bad_request.field_violations(0).field(), "requests[3].product.title");
  EXPECT_EQ(status.message(), "requests[3].product.title: is missing");
  const absl::Status other = ResourceNotFound("t", "products/1");
  EXPECT_EQ(PrefixFields(other, "requests[3]."), other);
  EXPECT_TRUE(PrefixFields(absl::OkStatus(), "x").ok());
}

TEST(Errors, PrefixingKeepsAReasonOfItsOwn) {
  const absl::Status status = PrefixFields(WithReason(InvalidField("filter", "?"), "FILTER_SYNTAX"), "a.");
  EXPECT_EQ(ReasonOf(status), "FILTER_SYNTAX");
}

TEST(Errors, AReasonIsReplacedWithItsMetadata) {
  absl::Status status = WithReason(absl::AbortedError("x"), "ONE", {{"a", "1"}});
  status = WithReason(std::move(status), "TWO", {{"b", "2"}});
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, &info));
  EXPECT_EQ(info.reason(), "TWO");
  EXPECT_EQ(info.domain(), "storeops");
  EXPECT_EQ(info.metadata().size(), 1u);
  EXPECT_EQ(info.metadata().at("b"), "2");
}

TEST(Errors, RetryInfoCarriesTheDelay) {
  google::rpc::RetryInfo retry;
  ASSERT_TRUE(GetDetail(UnavailableRetry("busy", absl::Milliseconds(1500)), &retry));
  EXPECT_EQ(FromDurationProto(retry.retry_delay()), absl::Milliseconds(1500));
}

TEST(Errors, APlainErrorGetsAReasonOnTheWire) {
  const auto proto = ToRpcStatus(absl::OutOfRangeError("too far"));
  EXPECT_EQ(proto.code(), 11);
  EXPECT_EQ(proto.message(), "too far");
  EXPECT_EQ(ReasonOf(FromRpcStatus(proto)), "OUT_OF_RANGE");
  EXPECT_EQ(ToRpcStatus(absl::OkStatus()).details_size(), 0);
  EXPECT_TRUE(FromRpcStatus(google::rpc::Status()).ok());
}

TEST(Errors, DetailsComeInOneOrder) {
  for (int i = 0; i < 20; ++i) {
    // A new status each time: each has an order of its own.
    absl::Status status = UnavailableRetry("busy", absl::Seconds(1));
    status.SetPayload("type.googleapis.com/google.rpc.BadRequest", absl::Cord(""));
    const auto proto = ToRpcStatus(status);
    ASSERT_EQ(proto.details_size(), 3);
    EXPECT_EQ(proto.details(0).type_url(), "type.googleapis.com/google.rpc.BadRequest");
    EXPECT_EQ(proto.details(1).type_url(), "type.googleapis.com/google.rpc.ErrorInfo");
    EXPECT_EQ(proto.details(2).type_url(), "type.googleapis.com/google.rpc.RetryInfo");
  }
}

TEST(Errors, AnUnknownCodeFromTheWireIsUnknown) {
  google::rpc::Status proto;
  proto.set_code(99);
  EXPECT_EQ(FromRpcStatus(proto).code(), absl::StatusCode::kUnknown);
}

TEST(Errors, ADetailThatIsBrokenIsNotRead) {
  absl::Status status = absl::AbortedError("x");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord("\xff\xff"));
  google::rpc::ErrorInfo info;
  EXPECT_FALSE(GetDetail(status, &info));
}

TEST(Errors, DescribesEveryDetailForAPerson) {
  EXPECT_THAT(DescribeStatus(InvalidField("title", "is missing")), HasSubstr("\n  field title: is missing"));
  EXPECT_THAT(DescribeStatus(EtagMismatch("T", "products/1", "7")), HasSubstr("\n  current_etag: 7"));
  EXPECT_THAT(DescribeStatus(EtagMismatch("T", "products/1", "7")), HasSubstr("\n  resource: T products/1"));
  EXPECT_THAT(DescribeStatus(PreconditionFailed("R", "orders/1", "shipped")), HasSubstr("\n  orders/1: shipped"));
  EXPECT_THAT(DescribeStatus(UnavailableRetry("busy", absl::Milliseconds(1500))), HasSubstr("retry after: 1.5 s"));
  EXPECT_EQ(DescribeStatus(absl::NotFoundError("gone")), "NOT_FOUND: gone");
}

}  // namespace
}  // namespace storeops
