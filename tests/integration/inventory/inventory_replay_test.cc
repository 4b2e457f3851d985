// Every write of the inventory that has a request_id: asked again it answers the same and does nothing; asked something
// else under the same id it refuses.
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/time.h"
#include "common/rpc/linked_services.h"
#include "google/longrunning/operations.pb.h"
#include "google/protobuf/util/json_util.h"
#include "google/protobuf/util/message_differencer.h"
#include "storeops/inventory/v1/order_import.pb.h"
#include "storeops/inventory/v1/planning_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/order_fixture.h"

namespace storeops::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

constexpr char kPackage[] = "storeops.inventory.v1.";

struct Step {
  const char* method;
  // $words stand for what earlier steps have kept.
  const char* request;
  // Merged into the request it makes another one. Empty: the request's name gets a digit more.
  const char* other;
  // Under which word the answer's name is kept.
  const char* keep = "";
};

// One day in the process, in order: each step finds what those before it have made.
constexpr Step kSteps[] = {
    {"LocationService/CreateLocation", R"({"location": {"title": "Rome", "code": "ROM", "kind": "WAREHOUSE"}})",
     R"({"location": {"title": "Roma"}})", "rome"},
    {"LocationService/UpdateLocation", R"({"location": {"name": "$rome", "title": "Rom"}, "updateMask": "title"})",
     R"({"location": {"title": "Roma"}})"},
    {"LocationService/DeleteLocation", R"({"name": "$rome"})", ""},
    {"LocationService/UndeleteLocation", R"({"name": "$rome"})", ""},

    {"StockService/ReceiveStock", R"({"lines": [{"sku": "A", "location": "$berlin", "quantity": 100}]})",
     R"({"cause": "deliveries/7"})"},
    {"StockService/AdjustStock",
     R"({"lines": [{"sku": "A", "location": "$berlin", "quantity": -1, "reason": "LOST"}]})",
     R"({"cause": "losses/7"})"},
    {"StockService/MoveStockStatus",
     R"({"lines": [{"sku": "A", "location": "$berlin", "quantity": 1, "from": "FOR_SALE", "to": "DAMAGED"}]})",
     R"({"lines": [{"sku": "B", "location": "$paris", "quantity": 1, "from": "FOR_SALE", "to": "DAMAGED"}]})"},
    {"StockService/SetStockPolicy", R"({"lines": [{"sku": "A", "location": "$berlin", "safetyStock": 1}]})",
     R"({"lines": [{"sku": "B", "location": "$berlin", "safetyStock": 1}]})"},
    {"StockService/ReserveStock", R"({"lines": [{"sku": "A", "quantity": 1}]})", R"({"reference": "carts/7"})",
     "committed"},
    {"StockService/CommitReservation", R"({"name": "$committed"})", ""},
    {"StockService/ReserveStock", R"({"lines": [{"sku": "A", "quantity": 1}]})", R"({"hold": "60s"})", "released"},
    {"StockService/ReleaseReservation", R"({"name": "$released"})", ""},
    {"StockService/BatchReserveStock",
     R"({"requests": [{"lines": [{"sku": "A", "quantity": 1}]}, {"lines": [{"sku": "none", "quantity": 1}]}]})",
     R"({"requests": [{"lines": [{"sku": "A", "quantity": 1}]}]})"},
    {"StockService/ImportStock", R"({"rows": [{"sku": "A", "locationCode": "BER", "onHand": 90}]})",
     R"({"cause": "counts/7"})"},

    {"OrderService/PlaceOrder",
     R"({"lines": [{"sku": "A", "quantity": 2}], "shippingAddress": {"recipient": "Ada", "country": "DE"},
         "currency": "EUR"})",
     R"({"note": "by the door"})", "order"},
    {"OrderService/EditOrder", R"({"name": "$order", "lines": [{"number": 1, "quantity": 3}]})",
     R"({"lines": [{"sku": "B", "quantity": 1}]})"},
    {"OrderService/AddOrderNote", R"({"name": "$order", "text": "called"})", R"({"text": "called again"})"},
    {"OrderService/BulkUpdateOrders", R"({"names": ["$order"], "note": {"text": "looked at"}})",
     R"({"note": {"text": "looked at again"}})"},
    {"OrderService/HoldOrder", R"({"name": "$order", "reason": "OTHER"})", R"({"note": "why"})"},
    {"OrderService/ReleaseHold", R"({"name": "$order"})", R"({"note": "why not"})"},
    {"OrderService/AuthorizePayment", R"({"name": "$order", "provider": "scripted"})", R"({"source": "card"})"},
    {"OrderService/CapturePayment", R"({"name": "$order/payments/1"})",
     R"({"amount": {"currencyCode": "EUR", "units": 1}})"},
    {"OrderService/CreateFulfillment", R"({"name": "$order"})", R"({"location": "$berlin"})"},
    {"OrderService/PackFulfillment", R"({"name": "$order/fulfillments/1"})", R"({"weightGrams": 900})"},
    {"OrderService/ShipFulfillment", R"({"name": "$order/fulfillments/1"})", R"({"carrier": "DHL"})"},
    {"OrderService/AddTrackingEvent", R"({"name": "$order/fulfillments/1", "event": {"code": "IN_TRANSIT"}})",
     R"({"event": {"place": "Bern"}})"},
    {"OrderService/DeliverFulfillment", R"({"name": "$order/fulfillments/1"})", ""},
    {"OrderService/RefundPayment", R"({"name": "$order/payments/1", "amount": {"currencyCode": "EUR", "units": 1}})",
     R"({"reason": "scratched"})"},
    {"OrderService/PlaceOrder",
     R"({"lines": [{"sku": "A", "quantity": 1}], "shippingAddress": {"recipient": "Ada", "country": "DE"},
         "currency": "EUR"})",
     R"({"customer": "customers/7"})", "second"},
    {"OrderService/ConfirmOrder", R"({"name": "$second"})", ""},
    {"OrderService/AuthorizePayment", R"({"name": "$second", "provider": "scripted"})", R"({"method": "card"})"},
    {"OrderService/VoidPayment", R"({"name": "$second/payments/1"})", ""},
    {"OrderService/CreateFulfillment", R"({"name": "$second"})", R"({"lines": [{"line": 1, "quantity": 1}]})"},
    {"OrderService/CancelFulfillment", R"({"name": "$second/fulfillments/1"})", ""},
    {"OrderService/CancelOrder", R"({"name": "$second", "reason": "test"})", R"({"restock": "INSPECT"})"},

    {"ReturnService/CreateReturn",
     R"({"sourceOrder": "$order", "lines": [{"orderLine": 1, "quantity": 1, "reason": "UNWANTED"}]})",
     R"({"note": "too small"})", "return"},
    {"ReturnService/AddReturnNote", R"({"name": "$return", "text": "called"})", R"({"text": "called again"})"},
    {"ReturnService/ApproveReturn", R"({"name": "$return"})", R"({"reason": "good customer"})"},
    {"ReturnService/ReceiveReturn", R"({"name": "$return", "items": [{"orderLine": 1, "quantity": 1}]})",
     R"({"location": "$paris"})"},
    {"ReturnService/InspectReturn", R"({"name": "$return", "items": [{"item": 1, "restock": 1}]})",
     R"({"items": [{"item": 2, "restock": 1}]})"},
    {"ReturnService/RefundReturn", R"({"name": "$return"})", R"({"reason": "as agreed"})"},
    {"ReturnService/CloseReturn", R"({"name": "$return", "reason": "done"})", R"({"reason": "over"})"},
    {"ReturnService/CreateReturn",
     R"({"sourceOrder": "$order", "lines": [{"orderLine": 1, "quantity": 1, "reason": "UNWANTED"}]})",
     R"({"note": "too small"})", "rejected"},
    {"ReturnService/RejectReturn", R"({"name": "$rejected", "reason": "worn"})", R"({"reason": "late"})"},
    {"ReturnService/CreateReturn",
     R"({"sourceOrder": "$order", "lines": [{"orderLine": 1, "quantity": 1, "reason": "UNWANTED"}]})",
     R"({"note": "too small"})", "given_up"},
    {"ReturnService/CancelReturn", R"({"name": "$given_up", "reason": "keeps it"})", R"({"reason": "likes it"})"},
    {"ReturnService/CreateReturn",
     R"({"sourceOrder": "$order", "kind": "EXCHANGE",
         "lines": [{"orderLine": 1, "quantity": 1, "reason": "UNWANTED"}]})",
     R"({"note": "too small"})", "exchange"},
    {"ReturnService/ApproveReturn", R"({"name": "$exchange"})", R"({"reason": "good customer"})"},
    {"ReturnService/ReceiveReturn", R"({"name": "$exchange", "items": [{"orderLine": 1, "quantity": 1}]})",
     R"({"items": [{"sku": "B", "quantity": 1}]})"},
    {"ReturnService/InspectReturn", R"({"name": "$exchange", "items": [{"item": 1, "restock": 1}]})",
     R"({"items": [{"item": 1, "damaged": 1}]})"},
    {"ReturnService/ExchangeReturn", R"({"name": "$exchange"})", R"({"note": "same again"})"},

    {"SupplierService/CreateSupplier",
     R"({"supplier": {"title": "Acme", "code": "ACME", "currency": "EUR", "leadTimeDays": 7}})",
     R"({"supplier": {"title": "Acme Ltd"}})", "supplier"},
    {"SupplierService/UpdateSupplier", R"({"supplier": {"name": "$supplier", "title": "A"}, "updateMask": "title"})",
     R"({"supplier": {"title": "B"}})"},
    {"SupplierService/DeleteSupplier", R"({"name": "$supplier"})", ""},
    {"SupplierService/UndeleteSupplier", R"({"name": "$supplier"})", ""},
    {"SupplierService/CreateSupplierItem",
     R"({"supplierItem": {"supplier": "$supplier", "sku": "A", "price": {"currencyCode": "EUR", "units": 1}}})",
     R"({"supplierItem": {"packSize": 6}})", "item"},
    {"SupplierService/BatchCreateSupplierItems",
     R"({"requests": [{"supplierItem": {"supplier": "$supplier", "sku": "E",
                                        "price": {"currencyCode": "EUR", "units": 1}}},
                      {"supplierItem": {"supplier": "$supplier", "sku": "F",
                                        "price": {"currencyCode": "EUR", "units": 1}}}]})",
     R"({"requests": [{"supplierItem": {"supplier": "$supplier", "sku": "C",
                                        "price": {"currencyCode": "EUR", "units": 1}}}]})"},
    {"SupplierService/UpdateSupplierItem",
     R"({"supplierItem": {"name": "$item", "minQuantity": 2}, "updateMask": "minQuantity"})",
     R"({"supplierItem": {"minQuantity": 3}})"},

    {"PurchaseOrderService/CreatePurchaseOrder",
     R"({"purchaseOrder": {"supplier": "$supplier", "location": "$berlin", "items": [{"sku": "A", "ordered": 5}]}})",
     R"({"purchaseOrder": {"notes": "soon"}})", "purchase"},
    {"PurchaseOrderService/UpdatePurchaseOrder",
     R"({"purchaseOrder": {"name": "$purchase", "notes": "soon"}, "updateMask": "notes"})",
     R"({"purchaseOrder": {"notes": "now"}})"},
    {"PurchaseOrderService/SendPurchaseOrder", R"({"name": "$purchase"})", R"({"waiveTerms": true})"},
    {"PurchaseOrderService/ReceivePurchaseOrder", R"({"name": "$purchase", "items": [{"sku": "A", "quantity": 2}]})",
     R"({"deliveryNote": "L-7"})"},
    {"PurchaseOrderService/ClosePurchaseOrder", R"({"name": "$purchase"})", R"({"reason": "late"})"},
    {"PurchaseOrderService/CreatePurchaseOrder",
     R"({"purchaseOrder": {"supplier": "$supplier", "location": "$berlin", "items": [{"sku": "A", "ordered": 5}]}})",
     R"({"purchaseOrder": {"notes": "soon"}})", "cancelled"},
    {"PurchaseOrderService/CancelPurchaseOrder", R"({"name": "$cancelled"})", R"({"reason": "late"})"},
    {"SupplierService/DeleteSupplierItem", R"({"name": "$item"})", ""},

    {"PlanningService/CreatePlanningSetting", R"({"planningSetting": {"sku": "E", "serviceLevelPercent": 98}})",
     R"({"planningSetting": {"serviceLevelPercent": 97}})", "setting"},
    {"PlanningService/UpdatePlanningSetting",
     R"({"planningSetting": {"name": "$setting", "notes": "dear"}, "updateMask": "notes"})",
     R"({"planningSetting": {"notes": "cheap"}})"},
    {"PlanningService/DeletePlanningSetting", R"({"name": "$setting"})", ""},
    {"PlanningService/RunPlanning", "{}", R"({"historyDays": 400})"},
    {"PlanningService/AcceptReplenishment", R"({"acceptances": [{"name": "$need_of_E"}]})",
     R"({"acceptances": [{"name": "$need_of_F"}]})"},
    {"PlanningService/DismissReplenishment", R"({"name": "$need_of_F", "reason": "no room"})", R"({"days": 3})"},

    {"StockTransferService/CreateStockTransfer",
     R"({"stockTransfer": {"source": "$berlin", "destination": "$paris", "items": [{"sku": "A", "quantity": 3}]}})",
     R"({"stockTransfer": {"notes": "soon"}})", "transfer"},
    {"StockTransferService/UpdateStockTransfer",
     R"({"stockTransfer": {"name": "$transfer", "notes": "soon"}, "updateMask": "notes"})",
     R"({"stockTransfer": {"notes": "now"}})"},
    {"StockTransferService/ShipStockTransfer", R"({"name": "$transfer"})", ""},
    {"StockTransferService/ReceiveStockTransfer", R"({"name": "$transfer", "items": [{"sku": "A", "quantity": 1}]})",
     R"({"restIsLost": true})"},
    {"StockTransferService/CancelStockTransfer", R"({"name": "$transfer"})", R"({"reason": "late"})"},

    {"CountService/CreateCount",
     R"({"count": {"title": "Monday", "location": "$berlin", "skus": ["A"], "tolerancePieces": 1000}})",
     R"({"count": {"title": "Tuesday"}})", "count"},
    {"CountService/UpdateCount", R"({"count": {"name": "$count", "title": "Tuesday"}, "updateMask": "title"})",
     R"({"count": {"title": "Friday"}})"},
    {"CountService/StartCount", R"({"name": "$count"})", ""},
    {"CountService/EnterCount", R"({"name": "$count", "entries": [{"sku": "A", "quantity": 80}]})",
     R"({"entries": [{"sku": "B", "quantity": 80}]})"},
    {"CountService/SubmitCount", R"({"name": "$count"})", ""},
    {"CountService/RecountCount", R"({"name": "$count", "lines": [1]})", R"({"lines": [2]})"},
    {"CountService/EnterCount", R"({"name": "$count", "entries": [{"sku": "A", "quantity": 81}]})",
     R"({"entries": [{"sku": "A", "quantity": 82}]})"},
    {"CountService/SubmitCount", R"({"name": "$count"})", ""},
    {"CountService/PostCount", R"({"name": "$count", "decisions": [{"line": 1, "reason": "LOST"}]})",
     R"({"decisions": [{"line": 2}]})"},
    {"CountService/CreateCount", R"({"count": {"title": "Friday", "location": "$paris"}})",
     R"({"count": {"title": "Sunday"}})", "dropped"},
    {"CountService/CancelCount", R"({"name": "$dropped"})", ""},
};

std::set<std::string> WritesWithRequestId() {
  std::set<std::string> methods;
  for (const auto* service : rpc::LinkedServices()) {
    if (!absl::StartsWith(service->full_name(), kPackage)) continue;
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      if (method->input_type()->FindFieldByName("request_id") == nullptr) continue;
      methods.insert(absl::StrCat(service->name(), "/", method->name()));
    }
  }
  return methods;
}

class InventoryReplayTest : public OrderFixture {
 protected:
  static std::unique_ptr<Message> New(const Descriptor* type) {
    return std::unique_ptr<Message>(MessageFactory::generated_factory()->GetPrototype(type)->New());
  }

  const MethodDescriptor* Method(const Step& step) {
    const std::vector<std::string> parts = absl::StrSplit(step.method, '/');
    const auto* service =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(absl::StrCat(kPackage, parts[0]));
    return service == nullptr ? nullptr : service->FindMethodByName(parts[1]);
  }

  void Read(const char* json, Message* message) {
    std::vector<std::pair<std::string, std::string>> words;
    for (const auto& [word, name] : kept_) words.emplace_back("$" + word, name);
    const auto status = google::protobuf::util::JsonStringToMessage(absl::StrReplaceAll(json, words), message);
    ASSERT_TRUE(status.ok()) << status.ToString() << " " << json;
  }

  static std::string NameOf(const Message& message) {
    const auto* field = message.GetDescriptor()->FindFieldByName("name");
    return field == nullptr ? "" : message.GetReflection()->GetString(message, field);
  }
  static void Set(const char* field, const std::string& value, Message* message) {
    message->GetReflection()->SetString(message, message->GetDescriptor()->FindFieldByName(field), value);
  }

  // Ten pieces of "E" and "F" a week, none of which is there.
  void SellForAYear() {
    inventory::v1::ImportOrdersRequest request;
    for (int week = 1; week <= 52; ++week) {
      auto& order = *request.add_orders();
      order.set_external_reference(absl::StrCat("week-", week));
      *order.mutable_place_time() = ToTimestamp(clock_.Now() - week * 7 * absl::Hours(24));
      order.set_currency("EUR");
      for (const char* sku : {"E", "F"}) {
        auto& line = *order.add_lines();
        line.set_sku(sku);
        line.set_quantity(10);
        *line.mutable_unit_price() = MoneyFromMinor(1000, "EUR");
      }
    }
    bool sent = false;
    const auto report = process_->peer().Upload(process_->MakeCall("OrderService/ImportOrders"),
                                                [&](std::string* out) -> absl::StatusOr<bool> {
                                                  if (std::exchange(sent, true)) return false;
                                                  *out = request.SerializeAsString();
                                                  return true;
                                                });
    ASSERT_TRUE(report.ok()) << report.status();
  }

  // Work that an answer only announces.
  void AwaitOperation(const Message& response) {
    const auto* operation = dynamic_cast<const google::longrunning::Operation*>(&response);
    if (operation == nullptr) return;
    ASSERT_TRUE(Eventually([&] {
      const auto now = process_->runtime().operations().Get(operation->name(), absl::Now() + absl::Seconds(10));
      return now.ok() && now->done();
    }));
    inventory::v1::ListReplenishmentsRequest request;
    request.set_include_enough(true);
    request.set_page_size(500);
    const auto needs =
        process_->Call<inventory::v1::ListReplenishmentsResponse>("PlanningService/ListReplenishments", request);
    ASSERT_TRUE(needs.ok()) << needs.status();
    for (const auto& need : needs->replenishments()) kept_["need_of_" + need.sku()] = need.name();
  }

  absl::Status Call(const Step& step, const Message& request, Message* response) {
    return process_->peer().CallBlocking(process_->MakeCall(step.method), request, response);
  }

  // Everything that a write leaves behind, and what the provider was asked.
  std::string Traces() {
    std::string traces = absl::StrCat("asked ", provider_->asked());
    for (const char* table :
         {"history", "change_log", "stock_movements", "stock_reservations", "orders", "planning_runs", "replays"}) {
      const auto rows =
          process_->database().Query(absl::Now() + absl::Seconds(10), absl::StrCat("SELECT COUNT(*) FROM ", table));
      EXPECT_TRUE(rows.ok()) << rows.status();
      if (rows.ok()) absl::StrAppend(&traces, ", ", table, " ", rows->Int(0, 0));
    }
    return traces;
  }

  void Play(const Step& step, int number) {
    const MethodDescriptor* method = Method(step);
    ASSERT_NE(method, nullptr);
    const auto request = New(method->input_type()), other = New(method->input_type());
    ASSERT_NO_FATAL_FAILURE(Read(step.request, request.get()));
    Set("request_id", absl::StrCat("step-", number), request.get());
    other->CopyFrom(*request);
    if (*step.other == '\0') {
      Set("name", NameOf(*request) + "7", other.get());
    } else {
      const auto more = New(method->input_type());
      ASSERT_NO_FATAL_FAILURE(Read(step.other, more.get()));
      other->MergeFrom(*more);
    }

    const std::string untouched = Traces();
    const auto first = New(method->output_type()), again = New(method->output_type());
    absl::Status status = Call(step, *request, first.get());
    ASSERT_TRUE(status.ok()) << status << "\n" << request->DebugString();
    ASSERT_NO_FATAL_FAILURE(AwaitOperation(*first));
    const std::string done = Traces();
    EXPECT_NE(done, untouched) << "it wrote nothing";
    status = Call(step, *request, again.get());
    EXPECT_TRUE(status.ok()) << status;
    google::protobuf::util::MessageDifferencer differencer;
    std::string difference;
    differencer.ReportDifferencesToString(&difference);
    EXPECT_TRUE(differencer.Compare(*first, *again)) << difference;
    EXPECT_EQ(Traces(), done) << "the repetition did something";

    status = Call(step, *other, again.get());
    EXPECT_EQ(Reason(status), "REQUEST_ID_REUSED") << other->DebugString();
    EXPECT_EQ(Traces(), done) << "the other request did something";
    if (*step.keep != '\0') kept_[step.keep] = NameOf(*first);
  }

  std::map<std::string, std::string> kept_;
};

TEST_F(InventoryReplayTest, EveryWriteIsDoneOnce) {
  kept_ = {{"berlin", berlin_}, {"paris", paris_}};
  ASSERT_NO_FATAL_FAILURE(SellForAYear());
  std::set<std::string> played;
  int number = 0;
  for (const Step& step : kSteps) {
    SCOPED_TRACE(absl::StrCat("step ", ++number, ", ", step.method));
    ASSERT_NO_FATAL_FAILURE(Play(step, number));
    played.insert(step.method);
  }
  EXPECT_EQ(played, WritesWithRequestId()) << "a write without a step here, or a step without a write";
  ExpectSound();
}

}  // namespace
}  // namespace storeops::testing
