// The real services over the network: callers without the permission read masks wherever personal data comes from, and
// cannot find it out or overwrite it otherwise.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/errors.h"
#include "common/base/money.h"
#include "common/base/status_macros.h"
#include "common/http/server.h"
#include "common/resource/write.h"
#include "common/rpc/json.h"
#include "common/rpc/peer.h"
#include "gmock/gmock.h"
#include "google/longrunning/operations.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "services/gateway/http/api_handler.h"
#include "services/storeops/suite.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "storeops/inventory/v1/return_service.pb.h"
#include "storeops/inventory/v1/supplier_service.pb.h"
#include "storeops/operations/v1/operations.pb.h"
#include "tests/support/http_client.h"
#include "tests/support/stock_calls.h"

namespace storeops::testing {
namespace {

using google::protobuf::Message;
using inventory::v1::Order;
using inventory::v1::Supplier;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kOrders[] = "storeops.inventory.v1.OrderService/";
constexpr char kReturns[] = "storeops.inventory.v1.ReturnService/";
constexpr char kSuppliers[] = "storeops.inventory.v1.SupplierService/";
constexpr char kIdentity[] = "storeops.gateway.v1.IdentityService/";

// What nobody but trusted callers may see: each is in one personal field.
const std::vector<std::string> kSecrets = {"ada@example.com", "Ada Lovelace", "12 Marylebone", "+44 20 7946",
                                           "ring twice"};

class PersonalDataServices : public ::testing::Test {
 protected:
  // Reads and writes everything, but for persons.
  const std::vector<std::string> kClerk = {"*.read", "*.write"};
  const std::vector<std::string> kTrusted = {"*.read", "*.write", "*.personal.read"};

  PersonalDataServices() : process_(site_, AllModules()) {
    process_.runtime("inventory")
        .operations()
        .Register(absl::StrCat(kOrders, "GetOrder"), jobs::OperationLane::kEdit, [this](jobs::OperationContext&) {
          return absl::StatusOr<std::unique_ptr<Message>>(std::make_unique<Order>(order_));
        });
  }
  ~PersonalDataServices() override {
    if (http_ != nullptr) http_->Shutdown(absl::Now());
    process_.Stop();
  }

  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(process_.Start());
    grpc_ = process_.StartGrpc();
    auto handler = gateway::MakeApiHandler(process_.table(), process_.pipeline(), {});
    ASSERT_TRUE(handler.ok()) << handler.status();
    auto http = http::Server::Start({}, *std::move(handler));
    ASSERT_TRUE(http.ok()) << http.status();
    http_ = *std::move(http);
    const std::string berlin = CreateLocation(process_, "BER", 1);
    ASSERT_TRUE(Receive(process_, "A", berlin, 10).ok());
    order_ = Must<Order>(absl::StrCat(kOrders, "PlaceOrder"), OrderRequest());
  }

  static inventory::v1::PlaceOrderRequest OrderRequest() {
    inventory::v1::PlaceOrderRequest request;
    auto& line = *request.add_lines();
    line.set_sku("A");
    line.set_quantity(1);
    *line.mutable_unit_price() = MoneyFromMinor(1000, "EUR");
    request.set_currency("EUR");
    request.set_customer("customers/7");
    request.set_email("ada@example.com");
    auto& address = *request.mutable_shipping_address();
    address.set_recipient("Ada Lovelace");
    address.add_lines("12 Marylebone");
    address.set_country("GB");
    address.set_phone("+44 20 7946");
    request.set_note("ring twice");
    request.set_payment_terms(Order::INVOICE);
    return request;
  }

  std::unique_ptr<rpc::Peer> Peer(const std::vector<std::string>& permissions) {
    return rpc::MakeRemotePeer(grpc_, {}, nullptr, process_.Bearer("users/7", permissions));
  }
  template <class Response>
  absl::StatusOr<Response> Ask(const std::vector<std::string>& permissions, const std::string& method,
                               const Message& request) {
    rpc::PeerCall call;
    call.method = method;
    Response response;
    RETURN_IF_ERROR(Peer(permissions)->CallBlocking(call, request, &response));
    return response;
  }
  template <class Response>
  Response Must(const std::string& method, const Message& request) {
    auto response = Ask<Response>({"*"}, method, request);
    EXPECT_TRUE(response.ok()) << method << ": " << response.status();
    return response.value_or(Response());
  }
  // All messages, one behind the other.
  std::string Stream(const std::vector<std::string>& permissions, const std::string& method, const Message& request) {
    rpc::PeerCall call;
    call.method = method;
    std::string all;
    const absl::Status status =
        Peer(permissions)->Stream(call, request.SerializeAsString(), [&all](const std::string& message) {
          all += message;
          return true;
        });
    EXPECT_TRUE(status.ok()) << method << ": " << status;
    return all;
  }
  HttpReply Connect(const std::vector<std::string>& permissions, const std::string& method, const Message& request) {
    return Fetch(http_->port(), "POST", "/" + method,
                 {{"Content-Type", "application/json"}, {"Authorization", process_.Bearer("users/7", permissions)}},
                 *rpc::MessageToJson(request));
  }

  static void ExpectHidden(const std::string& shown, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) EXPECT_THAT(shown, Not(HasSubstr(secret)));
    EXPECT_THAT(shown, HasSubstr("***"));
  }
  static void ExpectShown(const std::string& shown, const std::vector<std::string>& secrets) {
    for (const std::string& secret : secrets) EXPECT_THAT(shown, HasSubstr(secret));
    EXPECT_THAT(shown, Not(HasSubstr("***")));
  }
  // A unary read by gRPC and by Connect.
  template <class Response>
  void ExpectMasked(const std::string& method, const Message& request, const std::vector<std::string>& secrets) {
    SCOPED_TRACE(method);
    const auto masked = Ask<Response>(kClerk, method, request);
    ASSERT_TRUE(masked.ok()) << masked.status();
    ExpectHidden(masked->SerializeAsString(), secrets);
    const auto full = Ask<Response>(kTrusted, method, request);
    ASSERT_TRUE(full.ok()) << full.status();
    ExpectShown(full->SerializeAsString(), secrets);
    ExpectHidden(Connect(kClerk, method, request).body, secrets);
    ExpectShown(Connect(kTrusted, method, request).body, secrets);
  }

  // Of two workers of a supplier.
  Supplier MakeSupplier() {
    inventory::v1::CreateSupplierRequest request;
    request.mutable_supplier()->set_title("Acme");
    request.mutable_supplier()->set_code("ACME");
    request.mutable_supplier()->set_currency("EUR");
    auto& contact = *request.mutable_supplier()->add_contacts();
    contact.set_title("Wile Coyote");
    contact.set_role("sales");
    contact.set_email("wile@acme.example");
    return Must<Supplier>(absl::StrCat(kSuppliers, "CreateSupplier"), request);
  }
  // The order, sent.
  Order Shipped() {
    inventory::v1::ConfirmOrderRequest confirm;
    confirm.set_name(order_.name());
    if (order_.status() == Order::PLACED) Must<Order>(absl::StrCat(kOrders, "ConfirmOrder"), confirm);
    inventory::v1::CreateFulfillmentRequest create;
    create.set_name(order_.name());
    Must<Order>(absl::StrCat(kOrders, "CreateFulfillment"), create);
    inventory::v1::PackFulfillmentRequest pack;
    pack.set_name(order_.name() + "/fulfillments/1");
    Must<Order>(absl::StrCat(kOrders, "PackFulfillment"), pack);
    inventory::v1::ShipFulfillmentRequest ship;
    ship.set_name(order_.name() + "/fulfillments/1");
    ship.set_tracking_number("JD-4711");
    return Must<Order>(absl::StrCat(kOrders, "ShipFulfillment"), ship);
  }

  const Site site_;
  ServiceProcess process_;
  std::string grpc_;
  std::unique_ptr<http::Server> http_;
  Order order_;
};

TEST_F(PersonalDataServices, ReadsListsAndHistories) {
  inventory::v1::GetOrderRequest get;
  get.set_name(order_.name());
  ExpectMasked<Order>(absl::StrCat(kOrders, "GetOrder"), get, kSecrets);
  inventory::v1::BatchGetOrdersRequest batch;
  batch.add_names(order_.name());
  ExpectMasked<inventory::v1::BatchGetOrdersResponse>(absl::StrCat(kOrders, "BatchGetOrders"), batch, kSecrets);
  ExpectMasked<inventory::v1::ListOrdersResponse>(absl::StrCat(kOrders, "ListOrders"),
                                                  inventory::v1::ListOrdersRequest(), kSecrets);
  inventory::v1::ListOrderHistoryRequest history;
  history.set_name(order_.name());
  ExpectMasked<inventory::v1::ListOrderHistoryResponse>(absl::StrCat(kOrders, "ListOrderHistory"), history, kSecrets);

  MakeSupplier();
  ExpectMasked<inventory::v1::ListSuppliersResponse>(absl::StrCat(kSuppliers, "ListSuppliers"),
                                                     inventory::v1::ListSuppliersRequest(),
                                                     {"Wile Coyote", "wile@acme.example"});
  gateway::v1::CreateUserRequest user;
  user.mutable_user()->set_email("grace@example.com");
  user.mutable_user()->set_display_name("Grace Hopper");
  // Identity reads who calls; of people there are none yet.
  ASSERT_TRUE(
      process_.Call(absl::StrCat(kIdentity, "CreateUser"), process_.Bearer("services/test", {"*"}), user, nullptr)
          .ok());
  ExpectMasked<gateway::v1::ListUsersResponse>(absl::StrCat(kIdentity, "ListUsers"), gateway::v1::ListUsersRequest(),
                                               {"Grace Hopper", "grace@example.com"});

  // What is no personal data stays, and one permission is not another.
  const auto masked = Ask<Order>(kClerk, absl::StrCat(kOrders, "GetOrder"), get);
  ASSERT_TRUE(masked.ok()) << masked.status();
  EXPECT_EQ(masked->customer(), "customers/7");
  EXPECT_EQ(masked->shipping_address().country(), "GB");
  EXPECT_EQ(masked->total().units(), 10);
  const auto other = Ask<Order>({"*.read", "gateway.personal.read"}, absl::StrCat(kOrders, "GetOrder"), get);
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(other->email(), "***");
}

TEST_F(PersonalDataServices, ChangesAreStreamedMasked) {
  changes::v1::StreamChangesRequest request;
  request.set_source("inventory");
  request.set_until_now(true);
  const std::string method = "storeops.changes.v1.ChangeService/StreamChanges";
  const std::string masked = Stream(kClerk, method, request);
  ExpectHidden(masked, kSecrets);
  ExpectShown(Stream(kTrusted, method, request), kSecrets);
  // Changes without personal data are whole.
  changes::v1::StreamChangesResponse response;
  ASSERT_TRUE(response.ParseFromString(masked));
  int levels = 0;
  for (const auto& change : response.changes()) {
    inventory::v1::StockLevel level;
    if (change.type() != "inventory.storeops/StockLevel") continue;
    ++levels;
    EXPECT_TRUE(level.ParseFromString(change.resource()));
    EXPECT_EQ(level.sku(), "A");
  }
  EXPECT_GT(levels, 0);
}

TEST_F(PersonalDataServices, SnapshotsAreStreamedMasked) {
  MakeSupplier();
  changes::v1::SnapshotResourcesRequest request;
  request.set_source("inventory");
  const std::string method = "storeops.changes.v1.ChangeService/SnapshotResources";
  request.set_type("inventory.storeops/Supplier");
  ExpectHidden(Stream(kClerk, method, request), {"Wile Coyote", "wile@acme.example"});
  ExpectShown(Stream(kTrusted, method, request), {"Wile Coyote", "wile@acme.example"});
}

TEST_F(PersonalDataServices, OperationsShowMaskedResults) {
  ServiceRuntime& runtime = process_.runtime("inventory");
  rpc::Call call;
  call.method = process_.table().Find(absl::StrCat(kOrders, "GetOrder"));
  call.principal.name = "users/1";
  call.deadline = absl::Now() + absl::Minutes(1);
  google::longrunning::Operation operation;
  const absl::Status created =
      resource::RunWrite(runtime.environment().store, call, &operation, [&](resource::Write& write) -> absl::Status {
        ASSIGN_OR_RETURN(operation, runtime.operations().Create(write, inventory::v1::GetOrderRequest()));
        return absl::OkStatus();
      });
  ASSERT_TRUE(created.ok()) << created;
  operations::v1::WaitOperationRequest wait;
  wait.set_name(operation.name());
  const auto done = Must<google::longrunning::Operation>("storeops.operations.v1.OperationService/WaitOperation", wait);
  ASSERT_TRUE(done.has_response()) << done.DebugString();
  operations::v1::GetOperationRequest get;
  get.set_name(operation.name());
  ExpectMasked<google::longrunning::Operation>("storeops.operations.v1.OperationService/GetOperation", get, kSecrets);
  operations::v1::ListOperationsRequest list;
  list.set_service("inventory");
  ExpectMasked<operations::v1::ListOperationsResponse>("storeops.operations.v1.OperationService/ListOperations", list,
                                                       kSecrets);
}

TEST_F(PersonalDataServices, WritesAnswerMaskedEachTime) {
  auto request = OrderRequest();
  request.set_request_id("one order");
  const std::string method = absl::StrCat(kOrders, "PlaceOrder");
  const std::vector<std::string> taker = {"inventory.orders.write", "inventory.orders.set_prices"};
  std::string name;
  for (int i = 0; i < 2; ++i) {
    const auto placed = Ask<Order>(taker, method, request);
    ASSERT_TRUE(placed.ok()) << placed.status();
    ExpectHidden(placed->SerializeAsString(), kSecrets);
    EXPECT_TRUE(name.empty() || placed->name() == name) << "replayed";
    name = placed->name();
  }
  inventory::v1::GetOrderRequest get;
  get.set_name(name);
  ExpectShown(Must<Order>(absl::StrCat(kOrders, "GetOrder"), get).SerializeAsString(), kSecrets);
}

TEST_F(PersonalDataServices, TheExportHasMasksAndTheSameRows) {
  const std::string method = absl::StrCat(kOrders, "ExportOrders");
  const std::string masked = Stream(kClerk, method, inventory::v1::ExportOrdersRequest());
  ExpectHidden(masked, {"ada@example.com"});
  EXPECT_THAT(masked, AllOf(HasSubstr(order_.name()), HasSubstr("customers/7"), HasSubstr(",GB,EUR,10.00,")));
  ExpectShown(Stream(kTrusted, method, inventory::v1::ExportOrdersRequest()), {"ada@example.com"});
}

TEST_F(PersonalDataServices, DocumentsWithAnAddressDemandThePermission) {
  const Order shipped = Shipped();
  inventory::v1::GetOrderDocumentRequest request;
  request.set_name(order_.name());
  const auto document = [&](const std::vector<std::string>& permissions) {
    return Ask<inventory::v1::OrderDocument>(permissions, absl::StrCat(kOrders, "GetOrderDocument"), request);
  };
  for (const auto kind :
       {inventory::v1::GetOrderDocumentRequest::PACKING_SLIP, inventory::v1::GetOrderDocumentRequest::INVOICE}) {
    request.set_kind(kind);
    EXPECT_EQ(document(kClerk).status().code(), absl::StatusCode::kPermissionDenied);
    const auto shown = document(kTrusted);
    ASSERT_TRUE(shown.ok()) << shown.status();
    EXPECT_THAT(shown->html(), HasSubstr("Ada Lovelace"));
  }
  request.set_kind(inventory::v1::GetOrderDocumentRequest::PICK_LIST);
  const auto pick_list = document(kClerk);
  ASSERT_TRUE(pick_list.ok()) << pick_list.status();
  for (const std::string& secret : kSecrets) EXPECT_THAT(pick_list->html(), Not(HasSubstr(secret)));

  inventory::v1::CreateReturnRequest create;
  create.set_source_order(order_.name());
  auto& line = *create.add_lines();
  line.set_order_line(1);
  line.set_quantity(1);
  line.set_reason(inventory::v1::Return::UNWANTED);
  const auto made = Must<inventory::v1::Return>(absl::StrCat(kReturns, "CreateReturn"), create);
  inventory::v1::ApproveReturnRequest approve;
  approve.set_name(made.name());
  Must<inventory::v1::Return>(absl::StrCat(kReturns, "ApproveReturn"), approve);
  inventory::v1::GetReturnDocumentRequest slip;
  slip.set_name(made.name());
  const std::string method = absl::StrCat(kReturns, "GetReturnDocument");
  EXPECT_EQ(Ask<inventory::v1::OrderDocument>(kClerk, method, slip).status().code(),
            absl::StatusCode::kPermissionDenied);
  const auto shown = Ask<inventory::v1::OrderDocument>(kTrusted, method, slip);
  ASSERT_TRUE(shown.ok()) << shown.status();
  EXPECT_THAT(shown->html(), HasSubstr("Ada Lovelace"));
}

TEST_F(PersonalDataServices, FiltersAndOrdersDoNotFindOut) {
  gateway::v1::ListUsersRequest request;
  const auto list = [&](const std::vector<std::string>& permissions, const std::string& filter,
                        const std::string& order_by) {
    request.set_filter(filter);
    request.set_order_by(order_by);
    return Ask<gateway::v1::ListUsersResponse>(permissions, absl::StrCat(kIdentity, "ListUsers"), request).status();
  };
  for (const char* filter : {R"(email = "grace@example.com")", R"(display_name = "G*")", "display_name:*",
                             R"(disabled = false AND NOT (roles:"roles/owner" OR email > "g"))"}) {
    const absl::Status refused = list(kClerk, filter, "");
    EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << filter << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("gateway.personal.read"));
    EXPECT_TRUE(list(kTrusted, filter, "").ok()) << filter;
  }
  for (const char* order_by : {"email", "create_time, display_name desc"}) {
    EXPECT_EQ(list(kClerk, "", order_by).code(), absl::StatusCode::kPermissionDenied) << order_by;
    EXPECT_TRUE(list(kTrusted, "", order_by).ok()) << order_by;
  }
  EXPECT_TRUE(list(kClerk, "disabled = false", "create_time desc").ok());
}

TEST_F(PersonalDataServices, AMaskIsNotWrittenBack) {
  const Supplier made = MakeSupplier();
  inventory::v1::GetSupplierRequest get;
  get.set_name(made.name());
  const auto masked = Ask<Supplier>(kClerk, absl::StrCat(kSuppliers, "GetSupplier"), get);
  ASSERT_TRUE(masked.ok()) << masked.status();
  ASSERT_EQ(masked->contacts(0).title(), "***");

  inventory::v1::UpdateSupplierRequest update;
  *update.mutable_supplier() = *masked;
  update.mutable_supplier()->set_title("Acme Corporation");
  const std::string method = absl::StrCat(kSuppliers, "UpdateSupplier");
  const auto whole = Ask<Supplier>(kClerk, method, update);
  EXPECT_EQ(whole.status().code(), absl::StatusCode::kInvalidArgument) << whole.status();
  EXPECT_EQ(WrongField(whole.status()), "supplier.contacts[0].title");
  update.mutable_update_mask()->add_paths("title");
  const auto changed = Ask<Supplier>(kClerk, method, update);
  ASSERT_TRUE(changed.ok()) << changed.status();
  const auto kept = Must<Supplier>(absl::StrCat(kSuppliers, "GetSupplier"), get);
  EXPECT_EQ(kept.title(), "Acme Corporation");
  EXPECT_EQ(kept.contacts(0).title(), "Wile Coyote");

  inventory::v1::EditOrderRequest edit;
  edit.set_name(order_.name());
  edit.mutable_shipping_address()->set_recipient("***");
  edit.mutable_shipping_address()->set_country("GB");
  const auto edited = Ask<Order>(kClerk, absl::StrCat(kOrders, "EditOrder"), edit);
  EXPECT_EQ(edited.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(WrongField(edited.status()), "shipping_address.recipient");
}

}  // namespace
}  // namespace storeops::testing
