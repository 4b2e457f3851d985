// ReturnService: returns, exchanges and claims.
#ifndef STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_SERVICE_H_
#define STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_SERVICE_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/module/module.h"
#include "services/inventory/locations/location_service.h"
#include "services/inventory/orders/order_service.h"
#include "services/inventory/returns/return_edit.h"
#include "services/inventory/returns/return_rules.h"
#include "services/inventory/returns/return_states.h"
#include "storeops/inventory/v1/return_service.pb.h"

namespace storeops::inventory {

class ReturnService {
 public:
  // Both outlive this object.
  ReturnService(const LocationService& locations, OrderService& orders, ReturnWindow window = {})
      : locations_(locations), orders_(orders), window_(window) {}
  // After the orders.
  absl::Status Bind(Environment& environment);

 private:
  using Message = v1::Return;
  using Effect = absl::FunctionRef<absl::Status(ReturnEdit)>;

  absl::StatusOr<Message> Create(rpc::Call& call, const v1::CreateReturnRequest& request);
  absl::StatusOr<Message> Approve(rpc::Call& call, const v1::ApproveReturnRequest& request);
  absl::StatusOr<Message> Reject(rpc::Call& call, const v1::RejectReturnRequest& request);
  absl::StatusOr<Message> Cancel(rpc::Call& call, const v1::CancelReturnRequest& request);
  absl::StatusOr<Message> Close(rpc::Call& call, const v1::CloseReturnRequest& request);
  absl::StatusOr<Message> Receive(rpc::Call& call, const v1::ReceiveReturnRequest& request);
  absl::StatusOr<Message> Inspect(rpc::Call& call, const v1::InspectReturnRequest& request);
  absl::StatusOr<Message> Refund(rpc::Call& call, const v1::RefundReturnRequest& request);
  absl::StatusOr<Message> Exchange(rpc::Call& call, const v1::ExchangeReturnRequest& request);
  absl::StatusOr<Message> AddNote(rpc::Call& call, const v1::AddReturnNoteRequest& request);
  absl::StatusOr<v1::OrderDocument> GetDocument(rpc::Call& call, const v1::GetReturnDocumentRequest& request);

  // Has `effect` change the return that the request names and its order, both locked; answers with the return.
  absl::StatusOr<Message> Edit(rpc::Call& call, const google::protobuf::Message& request, ReturnAction action,
                               Effect effect);
  // The same inside a transaction.
  absl::Status Change(resource::Write& write, ReturnAction action, Effect effect, Message& ret) const;
  template <class Request>
  absl::StatusOr<Message> End(rpc::Call& call, const Request& request, ReturnAction action);

  absl::StatusOr<Message> Read(const std::string& name, absl::Time deadline) const;
  // Opens the refund that a call asks for, unless an earlier call of the same request_id did so: then true. `asked`
  // names the call.
  absl::StatusOr<bool> OpenRefund(rpc::Call& call, const v1::RefundReturnRequest& request, const std::string& asked);
  // Asks the providers about a return's open refund, notes what they said; the return as it is then. `again`: also
  // about questions whose answer was lost.
  absl::StatusOr<Message> SettleRefund(const std::string& name, const std::string& actor, absl::Time deadline,
                                       bool again);
  // Stores the answer to a call that did its work in several transactions.
  absl::StatusOr<Message> Reply(rpc::Call& call, const std::string& name);

  // The periodic work: refunds whose providers answered when nobody waited.
  absl::Status SettleDue(absl::Time deadline);

  const LocationService& locations_;
  OrderService& orders_;
  const ReturnWindow window_;
  Environment* environment_ = nullptr;
  std::unique_ptr<resource::Resource> returns_;
};

}  // namespace storeops::inventory

#endif  // STOREOPS_SERVICES_INVENTORY_RETURNS_RETURN_SERVICE_H_
