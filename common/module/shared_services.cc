#include "common/module/shared_services.h"

#include <algorithm>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/invariant.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/module/change_stream.h"
#include "common/rpc/read_permission.h"
#include "storeops/operations/v1/operations.pb.h"

namespace storeops {
namespace {

constexpr absl::Duration kMaxWait = absl::Seconds(25);
// How soon a waiting caller that has gone is noticed.
constexpr absl::Duration kWaitSlice = absl::Seconds(1);

absl::Status UnknownService(absl::string_view service) {
  return ResourceNotFound("storeops/Service", absl::StrCat("services/", service));
}

absl::Status UnknownOperation(absl::string_view name) {
  return ResourceNotFound("operations.storeops/Operation", name);
}

// Callers who may call the method may see its operations.
absl::Status CheckMaySee(const rpc::Call& call, const google::longrunning::Operation& operation) {
  operations::v1::OperationMetadata metadata;
  if (!operation.metadata().UnpackTo(&metadata)) {
    return STOREOPS_BUG(absl::StrCat("the metadata of ", operation.name(), " cannot be read"));
  }
  return rpc::CheckMayCall(call.principal, metadata.method());
}

}  // namespace

SharedServices::SharedServices(std::vector<ServiceRuntime*> local,
                               std::function<rpc::Peer*(absl::string_view service)> peer, Options options)
    : local_(std::move(local)), peer_(std::move(peer)), options_(options) {}

const AccessDeclarations& SharedServices::Access() {
  static const auto* const access =
      new AccessDeclarations{{{"changes.read", "Follow the changes of every service", ""},
                              {"changes.write", "Retry and delete changes that a service could not apply", ""},
                              {"outbound.read", "See messages to systems outside of the suite", ""},
                              {"outbound.write", "Retry and delete messages to systems outside of the suite", ""},
                              {"operations.read", "See long-running operations and wait for them", ""},
                              {"operations.write", "Cancel long-running operations", ""}},
                             {},
                             {}};
  return *access;
}

void SharedServices::Bind(rpc::MethodTable& table) {
  table.AddService("storeops.changes.v1.ChangeService")
      .Stream("StreamChanges", this, &SharedServices::StreamChanges)
      .Stream("SnapshotResources", this, &SharedServices::SnapshotResources)
      .Unary("ListDeadLetters", this, &SharedServices::ListDeadLetters)
      .Unary("RetryDeadLetter", this, &SharedServices::RetryDeadLetter)
      .Unary("DeleteDeadLetter", this, &SharedServices::DeleteDeadLetter);
  table.AddService("storeops.outbound.v1.OutboundService")
      .Unary("ListMessages", this, &SharedServices::ListMessages)
      .Unary("RetryMessage", this, &SharedServices::RetryMessage)
      .Unary("DeleteMessage", this, &SharedServices::DeleteMessage);
  table.AddService("storeops.operations.v1.OperationService")
      .Unary("GetOperation", this, &SharedServices::GetOperation)
      .Unary("ListOperations", this, &SharedServices::ListOperations)
      .Unary("CancelOperation", this, &SharedServices::CancelOperation)
      .Unary("WaitOperation", this, &SharedServices::WaitOperation);
}

ServiceRuntime* SharedServices::Local(absl::string_view service) const {
  const auto found = std::find_if(local_.begin(), local_.end(),
                                  [service](const ServiceRuntime* runtime) { return runtime->name() == service; });
  return found == local_.end() ? nullptr : *found;
}

rpc::Peer* SharedServices::PeerOf(absl::string_view service) const {
  return peer_ == nullptr || service.empty() ? nullptr : peer_(service);
}

// The same call to the peer that has the service; `unknown` if there is none.
template <class Request, class Response>
absl::StatusOr<Response> SharedServices::Forward(const rpc::Call& call, absl::string_view service,
                                                 const Request& request, const absl::Status& unknown) const {
  rpc::Peer* peer = PeerOf(service);
  if (peer == nullptr) return unknown;
  rpc::PeerCall forwarded = rpc::PeerCall::From(call, call.method->full_name);
  forwarded.retry = call.method->no_side_effects || call.method->idempotent;
  Response response;
  RETURN_IF_ERROR(peer->CallBlocking(std::move(forwarded), request, &response));
  return response;
}

absl::Status SharedServices::StreamChanges(rpc::Call& call, const changes::v1::StreamChangesRequest& request,
                                           rpc::ReplyStream& out) {
  if (ServiceRuntime* runtime = Local(request.source())) {
    return StreamFeed(runtime->feed(), call, request, options_.heartbeat_interval, out);
  }
  return Relay<changes::v1::StreamChangesRequest, changes::v1::StreamChangesResponse>(call, request, out);
}

absl::Status SharedServices::SnapshotResources(rpc::Call& call, const changes::v1::SnapshotResourcesRequest& request,
                                               rpc::ReplyStream& out) {
  if (ServiceRuntime* runtime = Local(request.source())) return StreamSnapshot(runtime->feed(), call, request, out);
  return Relay<changes::v1::SnapshotResourcesRequest, changes::v1::SnapshotResourcesResponse>(call, request, out);
}

template <class Request, class Response>
absl::Status SharedServices::Relay(const rpc::Call& call, const Request& request, rpc::ReplyStream& out) const {
  rpc::Peer* peer = PeerOf(request.source());
  if (peer == nullptr) return UnknownService(request.source());
  bool malformed = false;
  const absl::Status status = peer->Stream(rpc::PeerCall::From(call, call.method->full_name),
                                           request.SerializeAsString(), [&](const std::string& bytes) {
                                             Response response;
                                             malformed = !response.ParseFromString(bytes);
                                             return !malformed && out.Write(response);
                                           });
  if (malformed) return absl::InternalError(absl::StrCat("malformed response from ", request.source()));
  return status;
}

absl::StatusOr<changes::v1::ListDeadLettersResponse> SharedServices::ListDeadLetters(
    rpc::Call& call, const changes::v1::ListDeadLettersRequest& request) {
  if (ServiceRuntime* runtime = Local(request.service())) {
    ASSIGN_OR_RETURN(auto response, runtime->followers().List(request, call.deadline));
    auto& letters = *response.mutable_dead_letters();
    letters.erase(std::remove_if(letters.begin(), letters.end(),
                                 [&call](const changes::v1::DeadLetter& letter) {
                                   return !rpc::MayRead(call.principal, letter.change().type());
                                 }),
                  letters.end());
    return response;
  }
  return Forward<changes::v1::ListDeadLettersRequest, changes::v1::ListDeadLettersResponse>(
      call, request.service(), request, UnknownService(request.service()));
}

absl::StatusOr<changes::v1::RetryDeadLetterResponse> SharedServices::RetryDeadLetter(
    rpc::Call& call, const changes::v1::RetryDeadLetterRequest& request) {
  const std::string service = Followers::ServiceOf(request.name());
  if (ServiceRuntime* runtime = Local(service)) return runtime->followers().Retry(request.name(), call.deadline);
  return Forward<changes::v1::RetryDeadLetterRequest, changes::v1::RetryDeadLetterResponse>(
      call, service, request, Followers::NotFound(request.name()));
}

absl::StatusOr<google::protobuf::Empty> SharedServices::DeleteDeadLetter(
    rpc::Call& call, const changes::v1::DeleteDeadLetterRequest& request) {
  const std::string service = Followers::ServiceOf(request.name());
  if (ServiceRuntime* runtime = Local(service)) {
    RETURN_IF_ERROR(runtime->followers().Delete(request.name(), call.deadline));
    return google::protobuf::Empty();
  }
  return Forward<changes::v1::DeleteDeadLetterRequest, google::protobuf::Empty>(call, service, request,
                                                                                Followers::NotFound(request.name()));
}

absl::StatusOr<outbound::v1::ListMessagesResponse> SharedServices::ListMessages(
    rpc::Call& call, const outbound::v1::ListMessagesRequest& request) {
  if (ServiceRuntime* runtime = Local(request.service())) return runtime->outbound().List(request, call.deadline);
  return Forward<outbound::v1::ListMessagesRequest, outbound::v1::ListMessagesResponse>(
      call, request.service(), request, UnknownService(request.service()));
}

absl::StatusOr<outbound::v1::OutboundMessage> SharedServices::RetryMessage(
    rpc::Call& call, const outbound::v1::RetryMessageRequest& request) {
  const std::string service = outbound::Queues::ServiceOf(request.name());
  if (ServiceRuntime* runtime = Local(service)) return runtime->outbound().Retry(request.name(), call.deadline);
  return Forward<outbound::v1::RetryMessageRequest, outbound::v1::OutboundMessage>(
      call, service, request, outbound::Queues::NotFound(request.name()));
}

absl::StatusOr<google::protobuf::Empty> SharedServices::DeleteMessage(
    rpc::Call& call, const outbound::v1::DeleteMessageRequest& request) {
  const std::string service = outbound::Queues::ServiceOf(request.name());
  if (ServiceRuntime* runtime = Local(service)) {
    RETURN_IF_ERROR(runtime->outbound().Delete(request.name(), call.deadline));
    return google::protobuf::Empty();
  }
  return Forward<outbound::v1::DeleteMessageRequest, google::protobuf::Empty>(
      call, service, request, outbound::Queues::NotFound(request.name()));
}

absl::StatusOr<SharedServices::Operation> SharedServices::GetOperation(
    rpc::Call& call, const operations::v1::GetOperationRequest& request) {
  const std::string service = jobs::ServiceOfOperation(request.name());
  if (ServiceRuntime* runtime = Local(service)) {
    ASSIGN_OR_RETURN(Operation operation, runtime->operations().Get(request.name(), call.deadline));
    RETURN_IF_ERROR(CheckMaySee(call, operation));
    return operation;
  }
  return Forward<operations::v1::GetOperationRequest, Operation>(call, service, request,
                                                                 UnknownOperation(request.name()));
}

absl::StatusOr<operations::v1::ListOperationsResponse> SharedServices::ListOperations(
    rpc::Call& call, const operations::v1::ListOperationsRequest& request) {
  if (ServiceRuntime* runtime = Local(request.service())) {
    ASSIGN_OR_RETURN(auto response, runtime->operations().List(request, call.deadline));
    auto& operations = *response.mutable_operations();
    operations.erase(std::remove_if(operations.begin(), operations.end(),
                                    [&call](const Operation& one) { return !CheckMaySee(call, one).ok(); }),
                     operations.end());
    return response;
  }
  return Forward<operations::v1::ListOperationsRequest, operations::v1::ListOperationsResponse>(
      call, request.service(), request, UnknownService(request.service()));
}

absl::StatusOr<SharedServices::Operation> SharedServices::CancelOperation(
    rpc::Call& call, const operations::v1::CancelOperationRequest& request) {
  const std::string service = jobs::ServiceOfOperation(request.name());
  if (ServiceRuntime* runtime = Local(service)) {
    ASSIGN_OR_RETURN(const Operation operation, runtime->operations().Get(request.name(), call.deadline));
    RETURN_IF_ERROR(CheckMaySee(call, operation));
    return runtime->operations().Cancel(request.name(), call.deadline);
  }
  return Forward<operations::v1::CancelOperationRequest, Operation>(call, service, request,
                                                                    UnknownOperation(request.name()));
}

absl::StatusOr<SharedServices::Operation> SharedServices::WaitOperation(
    rpc::Call& call, const operations::v1::WaitOperationRequest& request) {
  const std::string service = jobs::ServiceOfOperation(request.name());
  absl::Duration timeout = request.has_timeout() ? FromDurationProto(request.timeout()) : kMaxWait;
  if (timeout < absl::ZeroDuration()) return InvalidField("timeout", "must not be negative");
  timeout = std::min(timeout, kMaxWait);
  {
    absl::MutexLock lock(&mutex_);
    if (waiting_ >= options_.max_waiting) {
      return ExhaustedRetry("too many callers wait for operations", absl::Seconds(1));
    }
    ++waiting_;
  }
  const absl::Cleanup leave = [this] {
    absl::MutexLock lock(&mutex_);
    --waiting_;
  };
  if (ServiceRuntime* runtime = Local(service)) {
    return WaitHere(runtime->operations(), call, request.name(), timeout);
  }
  return Forward<operations::v1::WaitOperationRequest, Operation>(call, service, request,
                                                                  UnknownOperation(request.name()));
}

absl::StatusOr<SharedServices::Operation> SharedServices::WaitHere(jobs::Operations& operations, const rpc::Call& call,
                                                                   const std::string& name, absl::Duration timeout) {
  ASSIGN_OR_RETURN(const Operation present, operations.Get(name, call.deadline));
  RETURN_IF_ERROR(CheckMaySee(call, present));
  // Leaves time to answer.
  const absl::Time until = std::min(SteadyNow() + timeout, call.deadline - absl::Milliseconds(500));
  while (true) {
    const absl::Time slice_end = std::min(until, SteadyNow() + kWaitSlice);
    ASSIGN_OR_RETURN(Operation operation, operations.Wait(name, slice_end, call.deadline));
    if (operation.done() || SteadyNow() >= until || call.Cancelled()) return operation;
  }
}

}  // namespace storeops
