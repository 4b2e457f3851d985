#include "services/inventory/orders/order_service.h"

#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/base/errors.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/base/time.h"
#include "common/resource/history.h"
#include "common/resource/list_cost.h"
#include "common/resource/snapshot.h"
#include "common/resource/standard_request.h"
#include "services/inventory/documents/order_document.h"
#include "services/inventory/orders/order_actions.h"
#include "services/inventory/orders/order_edit.h"
#include "services/inventory/orders/order_export.h"
#include "services/inventory/orders/order_names.h"
#include "services/inventory/orders/order_prices.h"
#include "services/inventory/orders/price_rights.h"

namespace storeops::inventory {
namespace {

using v1::Order;
using Stock = OrderBook::Stock;

constexpr char kService[] = "storeops.inventory.v1.OrderService";
constexpr char kActor[] = "services/inventory";

constexpr absl::Duration kExpireInterval = absl::Minutes(1);
constexpr int kExpireBatch = 200;
constexpr absl::Duration kBalanceInterval = absl::Minutes(1);
constexpr int kBalanceBatch = 200;

// Where a page starts; nothing for the first one.
std::optional<OrderPlace> PlaceOf(const resource::ListPage& page) {
  if (page.first()) return std::nullopt;
  return OrderPlace{absl::FromUnixMicros(page.Number(0)), page.Number(1)};
}

std::vector<db::Value> KeysOf(const StoredOrder& stored) {
  return {absl::ToUnixMicros(FromTimestamp(stored.order.place_time())), stored.id};
}

absl::Status AddHeld(db::Session& session, HeldPieces& held) {
  return SumAllocations(
      session, [&held](const std::string& sku, int64_t location, int64_t pieces) { held[{sku, location}] += pieces; });
}

PaymentProviders WithManual(PaymentProviders providers) {
  providers.insert(providers.begin(), MakeManualProvider());
  return providers;
}

}  // namespace

OrderService::OrderService(StockService& stock, OrderQuotes& quotes, PaymentProviders providers)
    : stock_(stock),
      book_(stock.ledger()),
      placement_(stock.ledger(), quotes),
      payments_(book_, WithManual(std::move(providers))),
      fulfillments_(book_),
      bulk_(book_, payments_) {}

absl::Status OrderService::Bind(Environment& environment) {
  environment_ = &environment;
  ASSIGN_OR_RETURN(lists_, OrderLists::Open(environment.store.database));
  book_.Bind(environment);
  rpc::ServiceBuilder& service = environment.table.AddService(kService);
  placement_.Bind(environment, service);
  payments_.Bind(environment, service);
  fulfillments_.Bind(service);
  bulk_.Bind(environment, service);
  import_.Bind(environment, service);
  service.Unary("GetOrder", this, &OrderService::Get)
      .Unary("BatchGetOrders", this, &OrderService::BatchGet)
      .Unary("ListOrders", this, &OrderService::List)
      .CostRaw("ListOrders", resource::ListCost(lists_.fields()))
      .Unary("ListOrderHistory", this, &OrderService::ListHistory)
      .Unary("ConfirmOrder", this, &OrderService::Confirm)
      .Unary("CancelOrder", this, &OrderService::Cancel)
      .Unary("HoldOrder", this, &OrderService::Hold)
      .Unary("ReleaseHold", this, &OrderService::ReleaseHold)
      .Unary("EditOrder", this, &OrderService::Edit)
      .Unary("AddOrderNote", this, &OrderService::AddNote)
      .Unary("GetOrderDocument", this, &OrderService::GetDocument)
      .Stream("ExportOrders", this, &OrderService::Export)
      .CostRaw("ExportOrders", resource::ExportCost(lists_.fields()))
      .Replay(&environment.replays);
  // Calls payment providers.
  environment.periodic.Add("expire-orders", kExpireInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return ExpireDue(deadline); });
  environment.periodic.Add("fill-order-balances", kBalanceInterval, jobs::JobPace::kSlow,
                           [this](absl::Time deadline) { return FillOldBalances(deadline); });
  stock_.AddHolder(AddHeld);
  resource::OfferSnapshot(
      environment.store.feed, kOrderType,
      [this](int64_t after, int limit, absl::Time deadline) -> absl::StatusOr<std::vector<resource::Page::Item>> {
        ASSIGN_OR_RETURN(auto orders, ScanOrders(environment_->store.database, after, limit, deadline));
        std::vector<resource::Page::Item> items;
        for (StoredOrder& stored : orders) {
          items.push_back({stored.id, stored.version, std::make_unique<Order>(std::move(stored.order))});
        }
        return items;
      });
  return absl::OkStatus();
}

absl::StatusOr<Order> OrderService::Get(rpc::Call& call, const v1::GetOrderRequest& request) {
  return book_.Read(request.name(), call.deadline);
}

absl::StatusOr<v1::BatchGetOrdersResponse> OrderService::BatchGet(rpc::Call& call,
                                                                  const v1::BatchGetOrdersRequest& request) {
  ASSIGN_OR_RETURN(const auto names, resource::ReadNames(request, kOrderNames));
  std::vector<int64_t> ids;
  for (const resource::NameIds& name : names) ids.push_back(name.id);
  ASSIGN_OR_RETURN(auto orders, ReadOrders(environment_->store.database, ids, call.deadline));
  absl::flat_hash_map<int64_t, const Order*> by_id;
  for (const StoredOrder& stored : orders) by_id[stored.id] = &stored.order;
  v1::BatchGetOrdersResponse response;
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto found = by_id.find(ids[i]);
    if (found == by_id.end()) return resource::MissingInBatch(kOrderType, request.names(static_cast<int>(i)), i);
    *response.add_orders() = *found->second;
  }
  return response;
}

absl::StatusOr<v1::ListOrdersResponse> OrderService::List(rpc::Call& call, const v1::ListOrdersRequest& request) {
  ASSIGN_OR_RETURN(const resource::ListPage page, environment_->page_tokens.Open(request, "nn"));
  ASSIGN_OR_RETURN(const OrderSelection selection, lists_.Select(request.filter(), request.order_by()));
  ASSIGN_OR_RETURN(auto orders,
                   ListOrders(environment_->store.database, selection, PlaceOf(page), page.limit(), call.deadline));
  v1::ListOrdersResponse response;
  page.Close(orders, KeysOf, &response);
  for (StoredOrder& stored : orders) response.add_orders()->Swap(&stored.order);
  return response;
}

absl::StatusOr<v1::ListOrderHistoryResponse> OrderService::ListHistory(rpc::Call& call,
                                                                       const v1::ListOrderHistoryRequest& request) {
  ASSIGN_OR_RETURN(const int64_t id, kOrderNames.ParseId(request.name(), "name"));
  v1::ListOrderHistoryResponse response;
  RETURN_IF_ERROR(resource::ListHistory(environment_->store.database, environment_->page_tokens, kOrderType, id,
                                        request, &response, call.deadline));
  return response;
}

absl::StatusOr<Order> OrderService::Confirm(rpc::Call& call, const v1::ConfirmOrderRequest& request) {
  return book_.Change(call, request.name(), request.etag(), Stock::kUntouched,
                      [](OrderEdit& edit) { return inventory::Confirm(edit); });
}

absl::StatusOr<Order> OrderService::Cancel(rpc::Call& call, const v1::CancelOrderRequest& request) {
  const Cancellation cancellation{request.reason(), request.restock(), request.refund(), request.rest()};
  ASSIGN_OR_RETURN(const Order order,
                   book_.Change(call, request.name(), request.etag(), Stock::kLocked,
                                [&](OrderEdit& edit) { return inventory::Cancel(edit, cancellation); }));
  // It is cancelled whatever the providers say now; the outbound queue asks those that do not answer again.
  auto settled = payments_.Settle(order, call.principal.name, call.deadline);
  return settled.ok() ? *std::move(settled) : order;
}

absl::StatusOr<Order> OrderService::Hold(rpc::Call& call, const v1::HoldOrderRequest& request) {
  return book_.Change(call, request.name(), request.etag(), Stock::kUntouched,
                      [&](OrderEdit& edit) { return inventory::Hold(edit, request.reason(), request.note()); });
}

absl::StatusOr<Order> OrderService::ReleaseHold(rpc::Call& call, const v1::ReleaseHoldRequest& request) {
  return book_.Change(call, request.name(), request.etag(), Stock::kUntouched,
                      [&](OrderEdit& edit) { return inventory::ReleaseHold(edit, request.reason(), request.note()); });
}

absl::StatusOr<Order> OrderService::Edit(rpc::Call& call, const v1::EditOrderRequest& request) {
  std::vector<std::string> skus;
  for (const auto& line : request.lines()) {
    if (!line.sku().empty()) skus.push_back(line.sku());
  }
  ASSIGN_OR_RETURN(const Order present, book_.Read(request.name(), call.deadline));
  RETURN_IF_ERROR(CheckMayEdit(call.principal, request, present));
  ASSIGN_OR_RETURN(Order drafted, DraftNewLines(request, present));
  PriceInquiry inquiry{&drafted, "", absl::OkStatus()};
  placement_.prices().Resolve(call.deadline, absl::MakeSpan(&inquiry, 1));
  RETURN_IF_ERROR(inquiry.status);
  return book_.Change(
      call, request.name(), request.etag(), Stock::kLocked,
      [&](OrderEdit& edit) -> absl::Status {
        ASSIGN_OR_RETURN(const auto locations, ReadShippingLocations(edit.transaction().write().session()));
        return EditOrder(edit, request, drafted, locations);
      },
      skus);
}

absl::StatusOr<Order> OrderService::AddNote(rpc::Call& call, const v1::AddOrderNoteRequest& request) {
  return book_.Change(call, request.name(), "", Stock::kUntouched,
                      [&](OrderEdit& edit) { return inventory::AddNote(edit, request.text()); });
}

absl::StatusOr<v1::OrderDocument> OrderService::GetDocument(rpc::Call& call,
                                                            const v1::GetOrderDocumentRequest& request) {
  const bool names_customer = request.kind() != v1::GetOrderDocumentRequest::PICK_LIST;
  if (names_customer && !call.principal.Has(kReadPersonal)) return PermissionMissing(kReadPersonal);
  ASSIGN_OR_RETURN(const Order order, book_.Read(request.name(), call.deadline));
  return MakeDocument(order, request.kind(), request.language(), request.fulfillment());
}

absl::Status OrderService::Export(rpc::Call& call, const v1::ExportOrdersRequest& request, rpc::ReplyStream& out) {
  ASSIGN_OR_RETURN(const OrderSelection selection, lists_.Select(request.filter(), ""));
  return ExportOrders(environment_->store, call, selection, request.raw_text(), out);
}

// What a run does not come to is done by the next one.
absl::Status OrderService::FillOldBalances(absl::Time deadline) {
  int filled = kBalanceBatch;
  while (filled == kBalanceBatch && !environment_->periodic.Stopping() &&
         SteadyNow() < deadline - kBalanceInterval / 2) {
    RETURN_IF_ERROR(environment_->store.database.Transact(deadline, [&](db::Session& session) -> absl::Status {
      ASSIGN_OR_RETURN(filled, FillBalances(session, kBalanceBatch));
      return absl::OkStatus();
    }));
  }
  return absl::OkStatus();
}

absl::Status OrderService::ExpireDue(absl::Time deadline) {
  while (!environment_->periodic.Stopping()) {
    const absl::Time now = environment_->store.clock.Now();
    ASSIGN_OR_RETURN(const std::vector<int64_t> ids,
                     FindExpired(environment_->store.database, now, kExpireBatch, deadline));
    int expired = 0;
    for (const int64_t id : ids) {
      if (environment_->periodic.Stopping()) return absl::OkStatus();
      const auto order =
          book_.ChangeAs(kActor, id, deadline, Stock::kLocked, [](OrderEdit& edit) { return Expire(edit); });
      // Paid in the last moment, or still being paid: the next time, if ever.
      if (absl::IsFailedPrecondition(order.status())) continue;
      RETURN_IF_ERROR(order.status());
      RETURN_IF_ERROR(payments_.Settle(*order, kActor, deadline).status());
      ++expired;
    }
    if (expired == 0 || ids.size() < kExpireBatch) return absl::OkStatus();
  }
  return absl::OkStatus();
}

}  // namespace storeops::inventory
