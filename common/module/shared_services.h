// Services that every service has and that a process offers once: change feeds, dead letters, outbound messages and
// operations. A call goes to the service that it names: one of this process, or a peer.
#ifndef STOREOPS_COMMON_MODULE_SHARED_SERVICES_H_
#define STOREOPS_COMMON_MODULE_SHARED_SERVICES_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "common/module/service_runtime.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "google/longrunning/operations.pb.h"
#include "google/protobuf/empty.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "storeops/outbound/v1/outbound.pb.h"

namespace storeops {

class SharedServices {
 public:
  struct Options {
    // Callers that wait for an operation hold a worker each; more are told to come back.
    int max_waiting = 6;
    // A stream sends at least this often how far it has read.
    absl::Duration heartbeat_interval = absl::Seconds(5);
  };

  // `local` and whatever `peer` gives outlive this. `peer` is asked for services that are not local; it may be empty.
  SharedServices(std::vector<ServiceRuntime*> local, std::function<rpc::Peer*(absl::string_view service)> peer,
                 Options options);

  // Their permissions.
  static const AccessDeclarations& Access();

  // Adds ChangeService, OutboundService and OperationService; this outlives the table's use.
  void Bind(rpc::MethodTable& table);

 private:
  using Operation = google::longrunning::Operation;

  absl::Status StreamChanges(rpc::Call& call, const changes::v1::StreamChangesRequest& request, rpc::ReplyStream& out);
  absl::Status SnapshotResources(rpc::Call& call, const changes::v1::SnapshotResourcesRequest& request,
                                 rpc::ReplyStream& out);
  absl::StatusOr<changes::v1::ListDeadLettersResponse> ListDeadLetters(
      rpc::Call& call, const changes::v1::ListDeadLettersRequest& request);
  absl::StatusOr<changes::v1::RetryDeadLetterResponse> RetryDeadLetter(
      rpc::Call& call, const changes::v1::RetryDeadLetterRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteDeadLetter(rpc::Call& call,
                                                           const changes::v1::DeleteDeadLetterRequest& request);
  absl::StatusOr<outbound::v1::ListMessagesResponse> ListMessages(rpc::Call& call,
                                                                  const outbound::v1::ListMessagesRequest& request);
  absl::StatusOr<outbound::v1::OutboundMessage> RetryMessage(rpc::Call& call,
                                                             const outbound::v1::RetryMessageRequest& request);
  absl::StatusOr<google::protobuf::Empty> DeleteMessage(rpc::Call& call,
                                                        const outbound::v1::DeleteMessageRequest& request);
  absl::StatusOr<Operation> GetOperation(rpc::Call& call, const operations::v1::GetOperationRequest& request);
  absl::StatusOr<operations::v1::ListOperationsResponse> ListOperations(
      rpc::Call& call, const operations::v1::ListOperationsRequest& request);
  absl::StatusOr<Operation> CancelOperation(rpc::Call& call, const operations::v1::CancelOperationRequest& request);
  absl::StatusOr<Operation> WaitOperation(rpc::Call& call, const operations::v1::WaitOperationRequest& request);

  // Null if the service does not run here.
  ServiceRuntime* Local(absl::string_view service) const;
  rpc::Peer* PeerOf(absl::string_view service) const;
  template <class Request, class Response>
  absl::StatusOr<Response> Forward(const rpc::Call& call, absl::string_view service, const Request& request,
                                   const absl::Status& unknown) const;
  // The same for a stream of `Response`.
  template <class Request, class Response>
  absl::Status Relay(const rpc::Call& call, const Request& request, rpc::ReplyStream& out) const;
  absl::StatusOr<Operation> WaitHere(jobs::Operations& operations, const rpc::Call& call, const std::string& name,
                                     absl::Duration timeout);

  const std::vector<ServiceRuntime*> local_;
  const std::function<rpc::Peer*(absl::string_view service)> peer_;
  const Options options_;
  absl::Mutex mutex_;
  int waiting_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace storeops

#endif  // STOREOPS_COMMON_MODULE_SHARED_SERVICES_H_
