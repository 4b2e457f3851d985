#include "services/inventory/purchasing/purchase_order_service.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "services/inventory/purchasing/purchase_order_document.h"
#include "services/inventory/purchasing/purchase_order_rules.h"
#include "services/inventory/purchasing/purchase_order_store.h"
#include "services/inventory/stock/stock_messages.h"
#include "services/inventory/suppliers/supplier_store.h"

namespace storeops::inventory {
namespace {

using google::protobuf::Message;
using v1::PurchaseOrder;
using v1::PurchaseReceipt;

constexpr char kService[] = "storeops.inventory.v1.PurchaseOrderService";
constexpr int kMaxItems = 500;
constexpr int kDraftsAtOnce = 100;

std::vector<std::string> SkusOf(const PurchaseOrder& order) {
  std::vector<std::string> skus;
  for (const auto& item : order.items()) skus.push_back(item.sku());
  return skus;
}

// Actions change one of these, edits none.
bool IsAction(const PurchaseOrder& before, const PurchaseOrder& after) {
  return before.state() != after.state() || before.receipt_count() != after.receipt_count();
}

absl::StatusOr<Movement> MakeArrival(const PurchaseReceipt::Item& item, const std::string& field, StockKey key,
                                     int64_t pieces, int64_t expected, PiecePlace place) {
  Movement movement = Receive(std::move(key), pieces, expected);
  movement.to = place;
  movement.lot = item.lot();
  movement.bin = item.bin();
  ASSIGN_OR_RETURN(movement.expire_date, ParseDay(item.expire_date(), field + ".expire_date"));
  if (!item.expire_date().empty() && item.lot().empty()) {
    return InvalidField(field + ".expire_date", "is a lot's: name the lot");
  }
  movement.note = item.note();
  movement.field = field;
  return movement;
}

absl::StatusOr<std::vector<Movement>> MakeArrivals(const ReceiptItems& items, const std::vector<Arrival>& arrivals,
                                                   int64_t location) {
  std::vector<Movement> movements;
  for (int i = 0; i < items.size(); ++i) {
    const std::string field = absl::StrCat("items[", i, "]");
    const StockKey key{items[i].sku(), location};
    if (items[i].quantity() > 0) {
      ASSIGN_OR_RETURN(Movement sound, MakeArrival(items[i], field, key, items[i].quantity(),
                                                   arrivals[i].sound_expected, PiecePlace::kForSale));
      movements.push_back(std::move(sound));
    }
    if (items[i].damaged() > 0) {
      ASSIGN_OR_RETURN(Movement damaged, MakeArrival(items[i], field, key, items[i].damaged(),
                                                     arrivals[i].damaged_expected, PiecePlace::kDamaged));
      movements.push_back(std::move(damaged));
    }
  }
  return movements;
}

absl::StatusOr<absl::Time> ArriveTime(const v1::ReceivePurchaseOrderRequest& request, const PurchaseOrder& order,
                                      absl::Time now) {
  if (!request.has_arrive_time()) return now;
  const absl::Time time = FromTimestamp(request.arrive_time());
  if (time > now) return InvalidField("arrive_time", "is in the future");
  if (time < FromTimestamp(order.send_time())) return InvalidField("arrive_time", "is before the order was sent");
  return time;
}

}  // namespace

absl::Status PurchaseOrderService::Bind(Environment& environment) {
  environment_ = &environment;
  resource::Hooks hooks;
  hooks.create_uses_session = [](const Message&) { return true; };
  hooks.before_write = [this](resource::Write& write, const Message* before, Message* after) {
    return CompleteOrder(write, static_cast<const Order*>(before), static_cast<Order&>(*after));
  };
  ASSIGN_OR_RETURN(orders_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                     Order::default_instance(), std::move(hooks)));
  ASSIGN_OR_RETURN(receipts_, resource::Resource::Open(environment.store, environment.page_tokens,
                                                       PurchaseReceipt::default_instance()));
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  orders_->Bind(service);
  receipts_->Bind(service);
  service.Unary("SendPurchaseOrder", this, &PurchaseOrderService::Send)
      .Unary("ReceivePurchaseOrder", this, &PurchaseOrderService::Receive)
      .Unary("ClosePurchaseOrder", this, &PurchaseOrderService::Close)
      .Unary("CancelPurchaseOrder", this, &PurchaseOrderService::Cancel)
      .Unary("GetPurchaseOrderDocument", this, &PurchaseOrderService::GetDocument)
      .Replay(&environment.replays);
  return absl::OkStatus();
}

absl::Status PurchaseOrderService::CompleteOrder(resource::Write& write, const Order* before, Order& after) const {
  if (before == nullptr) {
    after.set_state(Order::DRAFT);
  } else if (IsAction(*before, after)) {
    return absl::OkStatus();
  } else {
    RETURN_IF_ERROR(kPurchaseOrderStates.Check(*before, PurchaseAction::kUpdate));
  }
  ASSIGN_OR_RETURN(const v1::Supplier supplier, suppliers_.Lock(write.session(), after.supplier(), "supplier"));
  RETURN_IF_ERROR(locations_.Read(write.session(), after.location(), "location", /*lock=*/false).status());
  ASSIGN_OR_RETURN(const TermsBySku terms, ReadTerms(write.session(), after.supplier(), SkusOf(after)));
  return CompleteDraft(supplier, terms, after);
}

absl::Status PurchaseOrderService::Change(rpc::Call& call, const std::string& name, const std::string& etag,
                                          Message* response, const Effect& change,
                                          const std::function<void(Order&)>& keep) {
  ASSIGN_OR_RETURN(const int64_t id, orders_->ParseName(name, "name"));
  return resource::RunWrite(environment_->store, call, response, [&](resource::Write& write) -> absl::Status {
    ASSIGN_OR_RETURN(const auto before, orders_->Read(write.session(), id, /*lock=*/true));
    const auto& present = static_cast<const Order&>(*before.message);
    if (!etag.empty() && etag != present.etag()) return EtagMismatch(orders_->type(), name, present.etag());
    auto after = std::make_unique<Order>(present);
    RETURN_IF_ERROR(change(write, present, *after));
    ASSIGN_OR_RETURN(auto written, orders_->Replace(write, before, std::move(after)));
    keep(static_cast<Order&>(*written.message));
    return absl::OkStatus();
  });
}

absl::StatusOr<PurchaseOrder> PurchaseOrderService::Act(rpc::Call& call, const std::string& name,
                                                        const std::string& etag, PurchaseAction action,
                                                        const Effect& effect) {
  Order response;
  RETURN_IF_ERROR(Change(
      call, name, etag, &response,
      [&](resource::Write& write, const Order& before, Order& after) -> absl::Status {
        RETURN_IF_ERROR(kPurchaseOrderStates.Move(action, after));
        return effect(write, before, after);
      },
      [&](Order& written) { response.Swap(&written); }));
  return response;
}

absl::StatusOr<PurchaseOrder> PurchaseOrderService::Send(rpc::Call& call, const v1::SendPurchaseOrderRequest& request) {
  return Act(call, request.name(), request.etag(), PurchaseAction::kSend,
             [&](resource::Write& write, const Order& before, Order& after) -> absl::Status {
               db::Session& session = write.session();
               ASSIGN_OR_RETURN(const v1::Supplier supplier, suppliers_.Lock(session, before.supplier(), "supplier"));
               RETURN_IF_ERROR(locations_.Read(session, before.location(), "location", /*lock=*/false).status());
               ASSIGN_OR_RETURN(const TermsBySku terms, ReadTerms(session, before.supplier(), SkusOf(before)));
               if (!request.waive_terms()) RETURN_IF_ERROR(CheckTerms(supplier, terms, before));
               FillExpectedDates(supplier, terms, write.now(), after);
               *after.mutable_send_time() = ToTimestamp(write.now());
               RETURN_IF_ERROR(Expect(write, after, 1));
               ASSIGN_OR_RETURN(const int64_t id, orders_->ParseName(after.name(), "name"));
               ASSIGN_OR_RETURN(const int64_t location, ParseLocation(after.location(), "location"));
               return InsertOrderLines(session, id, location, after);
             });
}

absl::Status PurchaseOrderService::Expect(resource::Write& write, const Order& order, int sign) const {
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(order.location(), "location"));
  std::vector<Movement> movements;
  for (int i = 0; i < order.items_size(); ++i) {
    const int64_t open = OpenPieces(order.items(i));
    if (open == 0) continue;
    movements.push_back(inventory::Expect({order.items(i).sku(), location}, sign * open));
    movements.back().field = absl::StrCat("items[", i, "]");
  }
  if (movements.empty()) return absl::OkStatus();
  return ledger_.Post(write, movements, MakeCause(write, order.name())).status();
}

absl::StatusOr<PurchaseReceipt> PurchaseOrderService::StoreReceipt(resource::Write& write,
                                                                   const v1::ReceivePurchaseOrderRequest& request,
                                                                   Order& after) {
  ASSIGN_OR_RETURN(const absl::Time arrive_time, ArriveTime(request, after, write.now()));
  ASSIGN_OR_RETURN(const std::vector<Arrival> arrivals, TakeReceipt(request.items(), after));
  ASSIGN_OR_RETURN(const int64_t location, ParseLocation(after.location(), "location"));
  ASSIGN_OR_RETURN(const std::vector<Movement> movements, MakeArrivals(request.items(), arrivals, location));
  auto receipt = std::make_unique<PurchaseReceipt>();
  receipt->set_purchase_order(after.name());
  receipt->set_supplier(after.supplier());
  receipt->set_location(after.location());
  receipt->set_actor(write.call().principal.name);
  *receipt->mutable_arrive_time() = ToTimestamp(arrive_time);
  receipt->set_delivery_note(request.delivery_note());
  *receipt->mutable_items() = request.items();
  ASSIGN_OR_RETURN(auto stored, receipts_->Insert(write, std::move(receipt)));
  auto& written = static_cast<PurchaseReceipt&>(*stored.message);
  RETURN_IF_ERROR(InsertReceiptLines(write.session(), stored.id, written, FromTimestamp(after.send_time())));
  RETURN_IF_ERROR(ledger_.Post(write, movements, MakeCause(write, written.name())).status());
  *after.mutable_receive_time() = written.arrive_time();
  after.set_receipt_count(after.receipt_count() + 1);
  return std::move(written);
}

absl::StatusOr<v1::ReceivePurchaseOrderResponse> PurchaseOrderService::Receive(
    rpc::Call& call, const v1::ReceivePurchaseOrderRequest& request) {
  v1::ReceivePurchaseOrderResponse response;
  RETURN_IF_ERROR(Change(
      call, request.name(), request.etag(), &response,
      [&](resource::Write& write, const Order& before, Order& after) -> absl::Status {
        // Whether it may come at all is said before what is wrong with it.
        RETURN_IF_ERROR(kPurchaseOrderStates.Check(before, PurchaseAction::kReceiveRest));
        ASSIGN_OR_RETURN(*response.mutable_receipt(), StoreReceipt(write, request, after));
        const PurchaseAction action = IsComplete(after) ? PurchaseAction::kReceiveRest : PurchaseAction::kReceivePart;
        RETURN_IF_ERROR(kPurchaseOrderStates.Move(action, after));
        ASSIGN_OR_RETURN(const int64_t id, orders_->ParseName(after.name(), "name"));
        return UpdateOrderLines(write.session(), id, before, after, FromTimestamp(after.receive_time()));
      },
      [&](Order& written) { response.mutable_purchase_order()->Swap(&written); }));
  return response;
}

absl::Status PurchaseOrderService::End(resource::Write& write, const std::string& reason, const Order& before,
                                       Order& after) const {
  *after.mutable_end_time() = ToTimestamp(write.now());
  after.set_end_reason(reason);
  if (before.state() == Order::DRAFT) return absl::OkStatus();
  RETURN_IF_ERROR(Expect(write, before, -1));
  ASSIGN_OR_RETURN(const int64_t id, orders_->ParseName(after.name(), "name"));
  if (after.state() == Order::CANCELLED) return DeleteOrderLines(write.session(), id);
  return EndOrderLines(write.session(), id, write.now());
}

absl::StatusOr<PurchaseOrder> PurchaseOrderService::Close(rpc::Call& call,
                                                          const v1::ClosePurchaseOrderRequest& request) {
  return Act(call, request.name(), request.etag(), PurchaseAction::kClose,
             [&](resource::Write& write, const Order& before, Order& after) {
               return End(write, request.reason(), before, after);
             });
}

absl::StatusOr<PurchaseOrder> PurchaseOrderService::Cancel(rpc::Call& call,
                                                           const v1::CancelPurchaseOrderRequest& request) {
  return Act(call, request.name(), request.etag(), PurchaseAction::kCancel,
             [&](resource::Write& write, const Order& before, Order& after) {
               return End(write, request.reason(), before, after);
             });
}

absl::StatusOr<v1::PurchaseOrderDocument> PurchaseOrderService::GetDocument(
    rpc::Call& call, const v1::GetPurchaseOrderDocumentRequest& request) {
  v1::GetPurchaseOrderRequest get;
  get.set_name(request.name());
  Order order;
  RETURN_IF_ERROR(orders_->Get(call, get, &order));
  ASSIGN_OR_RETURN(const v1::Supplier supplier, suppliers_.Get(order.supplier(), "supplier", call.deadline));
  ASSIGN_OR_RETURN(const v1::Location location, locations_.Get(order.location(), "location", call.deadline));
  v1::PurchaseOrderDocument document;
  document.set_html(RenderPurchaseOrder(order, supplier, location));
  return document;
}

absl::StatusOr<std::vector<PurchaseOrder>> PurchaseOrderService::MakeDrafts(
    resource::Write& write, absl::Span<const WantedPurchase> wanted) const {
  absl::btree_map<std::pair<std::string, std::string>, absl::btree_map<std::string, Order::Item>> groups;
  for (const WantedPurchase& one : wanted) {
    Order::Item& item = groups[{one.supplier, one.location}][one.sku];
    item.set_sku(one.sku);
    item.set_ordered(item.ordered() + one.quantity);
    if (item.reason().empty()) item.set_reason(one.reason);
    if (item.expected_date().empty()) item.set_expected_date(one.expected_date);
  }
  std::vector<Order> drafts;
  for (auto& [to, items] : groups) {
    for (auto item = items.begin(); item != items.end();) {
      auto draft = std::make_unique<Order>();
      draft->set_supplier(to.first);
      draft->set_location(to.second);
      for (; item != items.end() && draft->items_size() < kMaxItems; ++item) draft->add_items()->Swap(&item->second);
      ASSIGN_OR_RETURN(auto written, orders_->Insert(write, std::move(draft)));
      drafts.push_back(std::move(static_cast<Order&>(*written.message)));
    }
  }
  return drafts;
}

absl::StatusOr<DraftedPieces> PurchaseOrderService::SumDrafts(absl::Time deadline) const {
  DraftedPieces drafted;
  int64_t after = 0;
  while (true) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> ids,
                     orders_->FindIds("state = \"DRAFT\"", {}, after, kDraftsAtOnce, deadline));
    if (ids.empty()) return drafted;
    after = ids.back();
    ASSIGN_OR_RETURN(const auto items, orders_->ReadMany(ids, deadline));
    for (const auto& item : items) {
      const auto& order = static_cast<const Order&>(*item.message);
      // It was sent meanwhile.
      if (order.state() != Order::DRAFT) continue;
      ASSIGN_OR_RETURN(const int64_t location, ParseLocation(order.location(), "location"));
      for (const auto& line : order.items()) drafted[StockKey{line.sku(), location}] += line.ordered();
    }
  }
}

}  // namespace storeops::inventory
