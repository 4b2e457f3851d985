#include "services/inventory/returns/return_service.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/job_write.h"
#include "services/inventory/documents/order_document.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/returns/return_document.h"
#include "services/inventory/returns/return_exchange.h"
#include "services/inventory/returns/return_reception.h"
#include "services/inventory/returns/return_refund.h"
#include "services/inventory/returns/return_store.h"
#include "services/inventory/stock/stock_messages.h"

namespace storeops::inventory {
namespace {

using v1::Order;

constexpr char kService[] = "storeops.inventory.v1.ReturnService";
constexpr char kActor[] = "services/inventory";
constexpr absl::Duration kSettleInterval = absl::Minutes(1);
constexpr int kSettleBatch = 100;

// Names a call and what it asks for: "key:digest".
std::string RequestOf(const rpc::Call& call, const google::protobuf::Message& request) {
  return absl::StrCat(CallKey(call), ":", HexEncode(Sha256(request.SerializeAsString())).substr(0, 16));
}

// True if the return's last refund was asked for by an earlier call of this request. INVALID_ARGUMENT
// (REQUEST_ID_REUSED) if that asked for something else.
absl::StatusOr<bool> IsRepeated(const rpc::Call& call, const std::string& request, const v1::Return& ret) {
  if (!call.replay.has_value()) return false;
  const std::string key = request.substr(0, request.find(':'));
  for (const v1::Return::Refund& refund : ret.refunds()) {
    if (refund.request() == request) return true;
    if (refund.request().substr(0, refund.request().find(':')) == key) {
      return WithReason(InvalidField("request_id", "was used before with another request: choose a new one"),
                        "REQUEST_ID_REUSED");
    }
  }
  return false;
}

}  // namespace

absl::Status ReturnService::Bind(Environment& environment) {
  environment_ = &environment;
  resource::Hooks hooks;
  hooks.filter_fields = ReturnFilterFields();
  ASSIGN_OR_RETURN(returns_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                      Message::default_instance(), std::move(hooks)));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  service.Unary("CreateReturn", this, &ReturnService::Create)
      .Unary("ApproveReturn", this, &ReturnService::Approve)
      .Unary("RejectReturn", this, &ReturnService::Reject)
      .Unary("CancelReturn", this, &ReturnService::Cancel)
      .Unary("CloseReturn", this, &ReturnService::Close)
      .Unary("ReceiveReturn", this, &ReturnService::Receive)
      .Unary("InspectReturn", this, &ReturnService::Inspect)
      .Unary("RefundReturn", this, &ReturnService::Refund)
      .Unary("ExchangeReturn", this, &ReturnService::Exchange)
      .Unary("AddReturnNote", this, &ReturnService::AddNote)
      .Unary("GetReturnDocument", this, &ReturnService::GetDocument)
      .Replay(&environment.replays);
  returns_->Bind(service);
  // Calls payment providers.
  environment.periodic.Add("settle-returns", kSettleInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return SettleDue(deadline); });
  return absl::OkStatus();
}

absl::StatusOr<v1::Return> ReturnService::Create(rpc::Call& call, const v1::CreateReturnRequest& request) {
  ASSIGN_OR_RETURN(const int64_t order_id, kOrderNames.ParseId(request.source_order(), "source_order"));
  Message response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
    OrderTransaction transaction(write, orders_.book().ledger(), environment_->outbound);
    RETURN_IF_ERROR(transaction.LockOrders({order_id}));
    ASSIGN_OR_RETURN(OrderEdit * order, transaction.Find(order_id));
    ASSIGN_OR_RETURN(Message ret, RequestReturn(request, window_, *order));
    RETURN_IF_ERROR(transaction.Store());
    ASSIGN_OR_RETURN(const auto item, returns_->Insert(write, std::make_unique<Message>(std::move(ret))));
    response = static_cast<const Message&>(*item.message);
    return WriteReturnItems(write.session(), item.id, order_id, response);
  }));
  return response;
}

absl::Status ReturnService::Change(resource::Write& write, ReturnAction action, Effect effect, Message& ret) const {
  // Whether it may be at all is said before what is wrong with it.
  RETURN_IF_ERROR(kReturnStates.Check(ret, action));
  const int64_t order_id = kOrderNames.IdIn(ret.source_order());
  OrderTransaction transaction(write, orders_.book().ledger(), environment_->outbound);
  RETURN_IF_ERROR(transaction.LockOrders({order_id}));
  ASSIGN_OR_RETURN(OrderEdit * order, transaction.Find(order_id));
  RETURN_IF_ERROR(effect({*order, ret}));
  ShowRefundable(order->order(), ret);
  RETURN_IF_ERROR(transaction.Store());
  ASSIGN_OR_RETURN(const int64_t id, returns_->ParseName(ret.name(), "name"));
  return WriteReturnItems(write.session(), id, order_id, ret);
}

absl::StatusOr<v1::Return> ReturnService::Edit(rpc::Call& call, const google::protobuf::Message& request,
                                               ReturnAction action, Effect effect) {
  Message response;
  const auto edit = [&](resource::Write& write, google::protobuf::Message* message) {
    return Change(write, action, effect, static_cast<Message&>(*message));
  };
  RETURN_IF_ERROR(returns_->Edit(call, request, &response, edit));
  return response;
}

absl::StatusOr<v1::Return> ReturnService::Approve(rpc::Call& call, const v1::ApproveReturnRequest& request) {
  return Edit(call, request, ReturnAction::kApprove, [&](ReturnEdit edit) -> absl::Status {
    RETURN_IF_ERROR(ApproveReturn(request, edit));
    if (edit.ret.location().empty()) return absl::OkStatus();
    return locations_.Read(edit.order.transaction().write().session(), edit.ret.location(), "location", false).status();
  });
}

template <class Request>
absl::StatusOr<v1::Return> ReturnService::End(rpc::Call& call, const Request& request, ReturnAction action) {
  return Edit(call, request, action, [&](ReturnEdit edit) -> absl::Status {
    RETURN_IF_ERROR(EndReturn(request.reason(), edit));
    return inventory::Act(action, edit.ret);
  });
}

absl::StatusOr<v1::Return> ReturnService::Reject(rpc::Call& call, const v1::RejectReturnRequest& request) {
  return End(call, request, ReturnAction::kReject);
}

absl::StatusOr<v1::Return> ReturnService::Cancel(rpc::Call& call, const v1::CancelReturnRequest& request) {
  return End(call, request, ReturnAction::kCancel);
}

absl::StatusOr<v1::Return> ReturnService::Close(rpc::Call& call, const v1::CloseReturnRequest& request) {
  return End(call, request, ReturnAction::kClose);
}

absl::StatusOr<v1::Return> ReturnService::Receive(rpc::Call& call, const v1::ReceiveReturnRequest& request) {
  return Edit(call, request, ReturnAction::kReceive, [&](ReturnEdit edit) -> absl::Status {
    OrderTransaction& transaction = edit.order.transaction();
    db::Session& session = transaction.write().session();
    const std::string& place = request.location().empty() ? edit.ret.location() : request.location();
    RETURN_IF_ERROR(locations_.Read(session, place, "location", false).status());
    ASSIGN_OR_RETURN(const int64_t location, ParseLocation(place, "location"));
    ASSIGN_OR_RETURN(const auto shipped, ReadShippedLots(session, edit.order.order().name()));
    ASSIGN_OR_RETURN(const auto movements, ReceiveGoods(request, location, shipped, edit));
    std::vector<StockKey> keys;
    for (const Movement& movement : movements) keys.push_back(movement.key);
    RETURN_IF_ERROR(transaction.LockStock({}, keys));
    RETURN_IF_ERROR(
        transaction.ledger().Apply(transaction.stock(), movements, MakeCause(transaction.write(), edit.ret.name())));
    *edit.ret.mutable_receive_time() = ToTimestamp(edit.order.now());
    return inventory::Act(ReturnAction::kReceive, edit.ret);
  });
}

absl::StatusOr<v1::Return> ReturnService::Inspect(rpc::Call& call, const v1::InspectReturnRequest& request) {
  return Edit(call, request, ReturnAction::kInspectPart, [&](ReturnEdit edit) -> absl::Status {
    OrderTransaction& transaction = edit.order.transaction();
    ASSIGN_OR_RETURN(const auto movements, InspectGoods(request, edit.ret));
    std::vector<std::string> skus;
    for (const Movement& movement : movements) skus.push_back(movement.key.sku);
    RETURN_IF_ERROR(transaction.LockStock(skus));
    RETURN_IF_ERROR(
        transaction.ledger().Apply(transaction.stock(), movements, MakeCause(transaction.write(), edit.ret.name())));
    *edit.ret.mutable_inspect_time() = ToTimestamp(edit.order.now());
    const bool all = Uninspected(edit.ret) == 0;
    return inventory::Act(all ? ReturnAction::kInspectRest : ReturnAction::kInspectPart, edit.ret);
  });
}

absl::StatusOr<v1::Return> ReturnService::Read(const std::string& name, absl::Time deadline) const {
  ASSIGN_OR_RETURN(const int64_t id, returns_->ParseName(name, "name"));
  ASSIGN_OR_RETURN(const auto items, returns_->ReadMany({id}, deadline));
  if (items.empty()) return ResourceNotFound(returns_->type(), name);
  return static_cast<const Message&>(*items[0].message);
}

absl::StatusOr<bool> ReturnService::OpenRefund(rpc::Call& call, const v1::RefundReturnRequest& request,
                                               const std::string& asked) {
  ASSIGN_OR_RETURN(const int64_t id, returns_->ParseName(request.name(), "name"));
  bool repeated = false;
  RETURN_IF_ERROR(resource::RunJobWrite(
      environment_->store, call.principal.name, call.deadline, [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(const auto before, returns_->Read(write.session(), id, /*lock=*/true));
        auto after = std::make_unique<Message>(static_cast<const Message&>(*before.message));
        ASSIGN_OR_RETURN(repeated, IsRepeated(call, asked, *after));
        if (repeated) return absl::OkStatus();
        if (!request.etag().empty() && request.etag() != after->etag()) {
          return EtagMismatch(returns_->type(), after->name(), after->etag());
        }
        const auto begin = [&](ReturnEdit edit) -> absl::Status {
          RETURN_IF_ERROR(ConcludePieces(edit));
          const int64_t proposed = Proposed(edit.order.order(), edit.ret);
          ASSIGN_OR_RETURN(auto refund, DecideRefund(request, edit.ret.currency(), proposed));
          RETURN_IF_ERROR(CheckMayRefund(call.principal, refund, proposed));
          refund.set_request(asked);
          return BeginRefund(std::move(refund), edit);
        };
        RETURN_IF_ERROR(Change(write, ReturnAction::kRefund, begin, *after));
        return returns_->Replace(write, before, std::move(after)).status();
      }));
  return repeated;
}

absl::StatusOr<v1::Return> ReturnService::Refund(rpc::Call& call, const v1::RefundReturnRequest& request) {
  const std::string asked = RequestOf(call, request);
  ASSIGN_OR_RETURN(const bool repeated, OpenRefund(call, request, asked));
  ASSIGN_OR_RETURN(const Message ret, SettleRefund(request.name(), call.principal.name, call.deadline, repeated));
  // Asked again with the same request_id, it goes on where it is.
  if (ret.state() == Message::REFUNDING) return ret;
  for (const Message::Refund& refund : ret.refunds()) {
    if (refund.request() != asked || refund.outcome() != Message::Refund::REFUSED) continue;
    return WithReason(
        PreconditionFailed("PAYMENT_REFUSED", ret.name(), absl::StrCat("the provider refused: ", refund.message())),
        "PAYMENT_REFUSED", {{"order", ret.source_order()}});
  }
  return Reply(call, request.name());
}

absl::StatusOr<v1::Return> ReturnService::Reply(rpc::Call& call, const std::string& name) {
  ASSIGN_OR_RETURN(const int64_t id, returns_->ParseName(name, "name"));
  Message response;
  RETURN_IF_ERROR(resource::RunWrite(environment_->store, call, &response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto item, returns_->Read(write.session(), id, /*lock=*/true));
    response = static_cast<const Message&>(*item.message);
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::Return> ReturnService::SettleRefund(const std::string& name, const std::string& actor,
                                                       absl::Time deadline, bool again) {
  ASSIGN_OR_RETURN(const int64_t id, returns_->ParseName(name, "name"));
  ASSIGN_OR_RETURN(Message ret, Read(name, deadline));
  if (ret.state() != Message::REFUNDING) return ret;
  const std::string key = RefundKey(ret);
  ASSIGN_OR_RETURN(Order order, orders_.book().Read(ret.source_order(), deadline));
  ASSIGN_OR_RETURN(order, orders_.payments().Settle(order, actor, deadline, again ? key + "/" : ""));
  RETURN_IF_ERROR(
      resource::RunJobWrite(environment_->store, actor, deadline, [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(const auto before, returns_->Read(write.session(), id, /*lock=*/true));
        auto after = std::make_unique<Message>(static_cast<const Message&>(*before.message));
        // Somebody else may have noted it, and begun another one.
        if (RefundKey(*after) == key) {
          RETURN_IF_ERROR(NoteRefund(order, write.now(), *after).status());
        }
        ASSIGN_OR_RETURN(const auto item, returns_->Replace(write, before, std::move(after)));
        ret = static_cast<const Message&>(*item.message);
        return absl::OkStatus();
      }));
  return ret;
}

absl::StatusOr<v1::Return> ReturnService::Exchange(rpc::Call& call, const v1::ExchangeReturnRequest& request) {
  ASSIGN_OR_RETURN(const Message present, Read(request.name(), call.deadline));
  ASSIGN_OR_RETURN(const Order source, orders_.book().Read(present.source_order(), call.deadline));
  ASSIGN_OR_RETURN(Order drafted, DraftReplacement(call, request, source, present));
  PriceInquiry inquiry{&drafted, request.customer_group(), absl::OkStatus()};
  orders_.prices().Resolve(call.deadline, absl::MakeSpan(&inquiry, 1));
  RETURN_IF_ERROR(inquiry.status);
  Message response;
  const auto edit = [&](resource::Write& write, google::protobuf::Message* message) -> absl::Status {
    auto& ret = static_cast<Message&>(*message);
    std::optional<StoredOrder> placed;
    RETURN_IF_ERROR(Change(
        write, ReturnAction::kExchange,
        [&](ReturnEdit edit) -> absl::Status {
          ASSIGN_OR_RETURN(const auto ids, write.TakeIds("order", 1));
          ASSIGN_OR_RETURN(placed, PlaceReplacement(request, present.etag(), drafted, ids[0], edit));
          return absl::OkStatus();
        },
        ret));
    write.Record(placed->id, placed->version, changes::Change::CREATED, nullptr, placed->order);
    const StoredOrder* const orders[] = {&*placed};
    return InsertOrders(write.session(), orders);
  };
  RETURN_IF_ERROR(returns_->Edit(call, request, &response, edit));
  if (response.state() != Message::REFUNDING) return response;
  // It is exchanged whatever the providers say of the difference now.
  auto settled = SettleRefund(response.name(), call.principal.name, call.deadline, /*again=*/false);
  return settled.ok() ? *std::move(settled) : response;
}

absl::StatusOr<v1::Return> ReturnService::AddNote(rpc::Call& call, const v1::AddReturnNoteRequest& request) {
  Message response;
  const auto edit = [&](resource::Write& write, google::protobuf::Message* message) {
    auto& ret = static_cast<Message&>(*message);
    if (!request.carrier().empty()) ret.set_carrier(request.carrier());
    if (!request.tracking_number().empty()) ret.set_tracking_number(request.tracking_number());
    return AddReturnNote(request.text(), request.media(), call.principal.name, write.now(), ret);
  };
  RETURN_IF_ERROR(returns_->Edit(call, request, &response, edit));
  return response;
}

absl::StatusOr<v1::OrderDocument> ReturnService::GetDocument(rpc::Call& call,
                                                             const v1::GetReturnDocumentRequest& request) {
  if (!call.principal.Has(kReadPersonal)) return PermissionMissing(kReadPersonal);
  ASSIGN_OR_RETURN(const Message ret, Read(request.name(), call.deadline));
  if (ret.location().empty()) {
    return PreconditionFailed("NO_GOODS_EXPECTED", ret.name(), absl::StrCat("no goods are to come for ", ret.name()));
  }
  ASSIGN_OR_RETURN(const Order order, orders_.book().Read(ret.source_order(), call.deadline));
  ASSIGN_OR_RETURN(const v1::Location location, locations_.Get(ret.location(), "location", call.deadline));
  return MakeReturnDocument(ret, order, location, request.language());
}

absl::Status ReturnService::SettleDue(absl::Time deadline) {
  for (int64_t after = 0;;) {
    ASSIGN_OR_RETURN(const auto ids, returns_->FindIds("state = \"REFUNDING\"", {}, after, kSettleBatch, deadline));
    for (const int64_t id : ids) {
      if (environment_->periodic.Stopping()) return absl::OkStatus();
      RETURN_IF_ERROR(SettleRefund(returns_->FormatName(id), kActor, deadline, /*again=*/false).status());
      after = id;
    }
    if (ids.size() < kSettleBatch) return absl::OkStatus();
  }
}

}  // namespace storeops::inventory
