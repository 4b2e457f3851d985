#include "common/base/errors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "common/base/time.h"
#include "google/protobuf/message.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"  // older error_details.proto: proto/CMakeLists.txt
#endif

namespace storeops {
namespace {

constexpr absl::string_view kTypePrefix = "type.googleapis.com/";
constexpr absl::string_view kDomain = "storeops";

std::string TypeUrl(const google::protobuf::Message& detail) {
  return absl::StrCat(kTypePrefix, detail.GetDescriptor()->full_name());
}

absl::Status RetryLater(absl::Status status, absl::string_view reason, absl::Duration retry_after) {
  google::rpc::RetryInfo retry;
  *retry.mutable_retry_delay() = ToDurationProto(retry_after);
  AddDetail(status, retry);
  return WithReason(std::move(status), reason);
}

absl::Status WithResource(absl::Status status, absl::string_view reason, absl::string_view type,
                          absl::string_view name) {
  google::rpc::ResourceInfo resource;
  resource.set_resource_type(std::string(type));
  resource.set_resource_name(std::string(name));
  resource.set_description(std::string(status.message()));
  AddDetail(status, resource);
  return WithReason(std::move(status), reason);
}

}  // namespace

void AddDetail(absl::Status& status, const google::protobuf::Message& detail) {
  status.SetPayload(TypeUrl(detail), absl::Cord(detail.SerializeAsString()));
}

bool GetDetail(const absl::Status& status, google::protobuf::Message* detail) {
  const auto payload = status.GetPayload(TypeUrl(*detail));
  return payload.has_value() && detail->ParseFromString(std::string(*payload));
}

std::string ReasonOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  return GetDetail(status, &info) ? info.reason() : "";
}

absl::Status WithReason(absl::Status status, absl::string_view reason,
                        const std::map<std::string, std::string>& metadata) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(reason));
  info.set_domain(std::string(kDomain));
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  AddDetail(status, info);
  return status;
}

absl::Status InvalidFields(const std::vector<FieldViolation>& violations) {
  google::rpc::BadRequest bad_request;
  std::string message;
  for (const auto& violation : violations) {
    auto* entry = bad_request.add_field_violations();
    entry->set_field(violation.field);
    entry->set_description(violation.description);
    if (bad_request.field_violations_size() <= 3) {
      absl::StrAppend(&message, message.empty() ? "" : "; ", violation.field, ": ", violation.description);
    }
  }
  if (violations.size() > 3) absl::StrAppend(&message, "; and ", violations.size() - 3, " more");
  absl::Status status = absl::InvalidArgumentError(message);
  AddDetail(status, bad_request);
  return WithReason(std::move(status), "INVALID_FIELDS");
}

absl::Status InvalidField(absl::string_view field, absl::string_view description) {
  return InvalidFields({{std::string(field), std::string(description)}});
}

absl::Status ResourceNotFound(absl::string_view type, absl::string_view name) {
  return WithResource(absl::NotFoundError(absl::StrCat(name, " does not exist")), "RESOURCE_NOT_FOUND", type, name);
}

absl::Status ResourceExists(absl::string_view type, absl::string_view name, absl::string_view description) {
  return WithResource(absl::AlreadyExistsError(description), "RESOURCE_EXISTS", type, name);
}

absl::Status PreconditionFailed(absl::string_view reason, absl::string_view subject, absl::string_view description) {
  absl::Status status = absl::FailedPreconditionError(description);
  google::rpc::PreconditionFailure failure;
  auto* violation = failure.add_violations();
  violation->set_type(std::string(reason));
  violation->set_subject(std::string(subject));
  violation->set_description(std::string(description));
  AddDetail(status, failure);
  return WithReason(std::move(status), reason);
}

absl::Status EtagMismatch(absl::string_view type, absl::string_view name, absl::string_view current_etag) {
  absl::Status status = absl::AbortedError(absl::StrCat(name, " was changed meanwhile: read it again and repeat"));
  status = WithResource(std::move(status), "ETAG_MISMATCH", type, name);
  return WithReason(std::move(status), "ETAG_MISMATCH", {{"current_etag", std::string(current_etag)}});
}

absl::Status UnavailableRetry(absl::string_view message, absl::Duration retry_after) {
  return RetryLater(absl::UnavailableError(message), "UNAVAILABLE", retry_after);
}

absl::Status ExhaustedRetry(absl::string_view message, absl::Duration retry_after) {
  return RetryLater(absl::ResourceExhaustedError(message), "LIMIT_REACHED", retry_after);
}

absl::Status PermissionMissing(absl::string_view permission) {
  return WithReason(absl::PermissionDeniedError(absl::StrCat("the permission ", permission, " is missing")),
                    "PERMISSION_MISSING", {{"permission", std::string(permission)}});
}

absl::Status Unauthenticated(absl::string_view reason, absl::string_view message) {
  return WithReason(absl::UnauthenticatedError(message), reason);
}

absl::Status PrefixFields(const absl::Status& status, absl::string_view prefix) {
  google::rpc::BadRequest bad_request;
  if (!GetDetail(status, &bad_request)) return status;
  std::vector<FieldViolation> violations;
  for (const auto& violation : bad_request.field_violations()) {
    violations.push_back({absl::StrCat(prefix, violation.field()), violation.description()});
  }
  absl::Status prefixed = InvalidFields(violations);
  google::rpc::ErrorInfo info;
  if (GetDetail(status, &info)) AddDetail(prefixed, info);
  return prefixed;
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(std::string(status.message()));
  if (status.ok()) return proto;
  absl::Status complete = status;
  google::rpc::ErrorInfo info;
  if (!GetDetail(status, &info)) complete = WithReason(std::move(complete), absl::StatusCodeToString(status.code()));
  complete.ForEachPayload([&proto](absl::string_view url, const absl::Cord& payload) {
    auto* detail = proto.add_details();
    detail->set_type_url(std::string(url));
    detail->set_value(std::string(payload));
  });
  // A status keeps them in no order, and one answer should look like the next.
  std::sort(proto.mutable_details()->begin(), proto.mutable_details()->end(),
            [](const auto& a, const auto& b) { return a.type_url() < b.type_url(); });
  return proto;
}

absl::Status FromRpcStatus(const google::rpc::Status& proto) {
  absl::Status status(static_cast<absl::StatusCode>(proto.code()), proto.message());
  for (const auto& detail : proto.details()) status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  return status;
}

std::string DescribeStatus(const absl::Status& status) {
  std::string text = absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message());
  google::rpc::ErrorInfo info;
  if (GetDetail(status, &info)) {
    absl::StrAppend(&text, "\n  reason: ", info.reason());
    for (const auto& [key, value] : info.metadata()) absl::StrAppend(&text, "\n  ", key, ": ", value);
  }
  google::rpc::BadRequest bad_request;
  if (GetDetail(status, &bad_request)) {
    for (const auto& violation : bad_request.field_violations()) {
      absl::StrAppend(&text, "\n  field ", violation.field(), ": ", violation.description());
    }
  }
  google::rpc::PreconditionFailure failure;
  if (GetDetail(status, &failure)) {
    for (const auto& violation : failure.violations()) {
      absl::StrAppend(&text, "\n  ", violation.subject(), ": ", violation.description());
    }
  }
  google::rpc::ResourceInfo resource;
  if (GetDetail(status, &resource)) {
    absl::StrAppend(&text, "\n  resource: ", resource.resource_type(), " ", resource.resource_name());
  }
  google::rpc::RetryInfo retry;
  if (GetDetail(status, &retry)) {
    const double seconds = retry.retry_delay().seconds() + retry.retry_delay().nanos() / 1e9;
    absl::StrAppend(&text, "\n  retry after: ", seconds, " s");
  }
  return text;
}

}  // namespace storeops
