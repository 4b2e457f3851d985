// Errors that tell a caller what to mend: absl::Status with google.rpc details as payloads.
//
// Every error that leaves a process carries an ErrorInfo; ToRpcStatus adds a plain one where none was given.
#ifndef STOREOPS_COMMON_BASE_ERRORS_H_
#define STOREOPS_COMMON_BASE_ERRORS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"

namespace google::protobuf {
class Message;
}

namespace storeops {

// What is wrong with one field: its path in the request ("product.variants[1].sku") and how to mend it.
struct FieldViolation {
  std::string field;
  std::string description;
};

// INVALID_ARGUMENT with BadRequest naming each field. `violations` must not be empty.
absl::Status InvalidFields(const std::vector<FieldViolation>& violations);
absl::Status InvalidField(absl::string_view field, absl::string_view description);

// NOT_FOUND, ALREADY_EXISTS with ResourceInfo. `type` as in google.api.resource, `name` as in the API.
absl::Status ResourceNotFound(absl::string_view type, absl::string_view name);
absl::Status ResourceExists(absl::string_view type, absl::string_view name, absl::string_view description);

// FAILED_PRECONDITION with PreconditionFailure. `reason` is a constant such as "ORDER_ALREADY_SHIPPED".
absl::Status PreconditionFailed(absl::string_view reason, absl::string_view subject, absl::string_view description);

// ABORTED: the resource's etag is not the one that the caller sent.
absl::Status EtagMismatch(absl::string_view type, absl::string_view name, absl::string_view current_etag);

// UNAVAILABLE or RESOURCE_EXHAUSTED with RetryInfo.
absl::Status UnavailableRetry(absl::string_view message, absl::Duration retry_after);
absl::Status ExhaustedRetry(absl::string_view message, absl::Duration retry_after);

// PERMISSION_DENIED naming the permission that is missing; UNAUTHENTICATED with a reason such as "TOKEN_EXPIRED".
absl::Status PermissionMissing(absl::string_view permission);
absl::Status Unauthenticated(absl::string_view reason, absl::string_view message);

// Adds (or replaces) the ErrorInfo: reason in UPPER_SNAKE_CASE, metadata as plain strings. Domain is "storeops".
absl::Status WithReason(absl::Status status, absl::string_view reason,
                        const std::map<std::string, std::string>& metadata = {});

// Puts `prefix` before each field of the BadRequest that `status` carries: "requests[3]." + "product.title". The
// ErrorInfo stays; a status without BadRequest is returned as it is.
absl::Status PrefixFields(const absl::Status& status, absl::string_view prefix);

// Adds any message as a detail, replacing one of the same type.
void AddDetail(absl::Status& status, const google::protobuf::Message& detail);
// Reads a detail; false if there is none of that type.
bool GetDetail(const absl::Status& status, google::protobuf::Message* detail);
// Of the ErrorInfo; empty if there is none.
std::string ReasonOf(const absl::Status& status);

// To the wire and back. Details survive the round trip.
google::rpc::Status ToRpcStatus(const absl::Status& status);
absl::Status FromRpcStatus(const google::rpc::Status& status);

// Code, message and details for a person to read, one per line.
std::string DescribeStatus(const absl::Status& status);

}  // namespace storeops

#endif  // STOREOPS_COMMON_BASE_ERRORS_H_
