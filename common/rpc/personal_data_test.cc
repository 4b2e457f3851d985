#include "common/rpc/personal_data.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/errors.h"
#include "common/rpc/call.h"
#include "google/longrunning/operations.pb.h"
#include "google/rpc/error_details.pb.h"
#if __has_include("google/rpc/error_info.pb.h")
#include "google/rpc/error_info.pb.h"
#endif
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "storeops/inventory/v1/order_service.pb.h"
#include "storeops/inventory/v1/supplier_service.pb.h"

namespace storeops::rpc {
namespace {

using changes::v1::Change;
using changes::v1::HistoryEntry;
using gateway::v1::UpdateUserRequest;
using gateway::v1::User;
using inventory::v1::Order;
using inventory::v1::Supplier;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kInventory[] = "inventory.personal.read";
constexpr char kGateway[] = "gateway.personal.read";
constexpr char kCosts[] = "catalog.costs.read";

Order AnOrder() {
  Order order;
  order.set_name("orders/1");
  order.set_customer("customers/7");
  order.set_email("ada@example.com");
  auto& address = *order.mutable_shipping_address();
  address.set_recipient("Ada");
  address.add_lines("1 Main Street");
  address.add_lines("2nd floor");
  address.set_country("DE");
  address.set_latitude(52.5);
  order.add_notes()->set_text("Ring twice");
  return order;
}

std::vector<std::string> WrongFields(const absl::Status& status) {
  google::rpc::BadRequest details;
  std::vector<std::string> fields;
  if (!GetDetail(status, &details)) return fields;
  for (const auto& violation : details.field_violations()) fields.push_back(violation.field());
  return fields;
}

TEST(PersonalData, ATypeNamesThePermissionsOfWhatItCanHold) {
  EXPECT_THAT(PersonalPermissions(*Order::descriptor()), ElementsAre(kInventory));
  EXPECT_THAT(PersonalPermissions(*inventory::v1::ListOrdersResponse::descriptor()), ElementsAre(kInventory));
  EXPECT_THAT(PersonalPermissions(*gateway::v1::ListUsersResponse::descriptor()), ElementsAre(kGateway));
  EXPECT_THAT(PersonalPermissions(*catalog::v1::ListProductsResponse::descriptor()), ElementsAre(kCosts));
  for (const auto* container : {google::longrunning::Operation::descriptor(), HistoryEntry::descriptor(),
                                changes::v1::StreamChangesResponse::descriptor()}) {
    EXPECT_THAT(PersonalPermissions(*container), ElementsAre(kCosts, kGateway, kInventory));
  }
}

TEST(PersonalData, HidesWhatThePrincipalLacks) {
  const auto& permissions = PersonalPermissions(*Change::descriptor());
  const auto hidden = [&](std::vector<std::string> granted) {
    return HiddenFrom(Principal{"users/1", "", std::move(granted)}, permissions);
  };
  EXPECT_THAT(hidden({"*"}), IsEmpty());
  EXPECT_THAT(hidden({"*.personal.read", "*.costs.read"}), IsEmpty());
  EXPECT_THAT(hidden({"*.personal.read"}), ElementsAre(kCosts));
  EXPECT_THAT(hidden({"inventory.*"}), ElementsAre(kCosts, kGateway));
  EXPECT_THAT(hidden({"gateway.personal.read", "catalog.*"}), ElementsAre(kInventory));
  EXPECT_THAT(hidden({"*.read"}), ElementsAre(kCosts, kGateway, kInventory));
}

TEST(PersonalData, TextBecomesTheMaskAndNumbersAreCleared) {
  Order order = AnOrder();
  MaskPersonalData({kGateway}, &order);
  EXPECT_EQ(order.SerializeAsString(), AnOrder().SerializeAsString()) << "of another domain";
  MaskPersonalData({kInventory}, &order);
  EXPECT_EQ(order.email(), "***");
  EXPECT_EQ(order.shipping_address().recipient(), "***");
  EXPECT_THAT(order.shipping_address().lines(), ElementsAre("***", "***"));
  EXPECT_FALSE(order.shipping_address().has_latitude());
  EXPECT_EQ(order.shipping_address().phone(), "") << "what is not set stays so";
  EXPECT_EQ(order.shipping_address().country(), "DE");
  EXPECT_EQ(order.notes(0).text(), "***");
  EXPECT_EQ(order.customer(), "customers/7");
  EXPECT_FALSE(order.has_billing_address());
}

TEST(PersonalData, IsMaskedInOperations) {
  google::longrunning::Operation operation;
  operation.mutable_metadata()->PackFrom(AnOrder());
  operation.mutable_response()->PackFrom(AnOrder());
  MaskPersonalData({kInventory}, &operation);
  Order shown;
  ASSERT_TRUE(operation.response().UnpackTo(&shown));
  EXPECT_EQ(shown.email(), "***");
  ASSERT_TRUE(operation.metadata().UnpackTo(&shown));
  EXPECT_EQ(shown.email(), "***");

  operation.mutable_response()->set_type_url("type.googleapis.com/storeops.inventory.v9.Order");
  MaskPersonalData({kInventory}, &operation);
  EXPECT_EQ(operation.response().value(), "") << "unknown, so it may be personal";
  catalog::v1::Product product;
  product.set_title("Cup");
  operation.mutable_response()->PackFrom(product);
  const std::string before = operation.SerializeAsString();
  MaskPersonalData({kInventory}, &operation);
  EXPECT_EQ(operation.SerializeAsString(), before);
}

TEST(PersonalData, IsMaskedInChanges) {
  Change change;
  change.set_type("inventory.storeops/Order");
  change.set_resource(AnOrder().SerializeAsString());
  MaskPersonalData({kInventory}, &change);
  Order shown;
  ASSERT_TRUE(shown.ParseFromString(change.resource()));
  EXPECT_EQ(shown.email(), "***");
  EXPECT_EQ(shown.name(), "orders/1");

  for (const char* unreadable : {"\x0a\xff", "garbage"}) {
    change.set_resource(unreadable);
    MaskPersonalData({kInventory}, &change);
    EXPECT_EQ(change.resource(), "");
  }
  change.set_type("inventory.storeops/Unheard");
  change.set_resource("what it may be");
  MaskPersonalData({kInventory}, &change);
  EXPECT_EQ(change.resource(), "");
  change.set_type("catalog.storeops/Category");
  change.set_resource("not looked at");
  MaskPersonalData({kInventory}, &change);
  EXPECT_EQ(change.resource(), "not looked at");
}

TEST(PersonalData, IsMaskedInHistories) {
  HistoryEntry entry;
  entry.set_type("inventory.storeops/Order");
  const auto add = [&entry](const char* field, const char* old_value, const char* new_value) {
    auto& change = *entry.add_changes();
    change.set_field(field);
    change.set_old_value(old_value);
    change.set_new_value(new_value);
  };
  add("email", "", R"("ada@example.com")");
  add("shipping_address", R"({"recipient":"Ada","country":"DE","postal_code":"10115"})", R"({"country":"FR"})");
  add("notes", R"([{"text":"Ring \"twice\"","author":"users/7"}])", "[]");
  add("status", R"("PLACED")", R"("CONFIRMED")");
  add("gone", R"("what it was")", "");
  add("billing_address", "not JSON", "");
  MaskPersonalData({kInventory}, &entry);
  EXPECT_EQ(entry.changes(0).old_value(), "");
  EXPECT_EQ(entry.changes(0).new_value(), R"("***")");
  EXPECT_EQ(entry.changes(1).old_value(), R"({"recipient":"***","postal_code":"***","country":"DE"})");
  EXPECT_EQ(entry.changes(1).new_value(), R"({"country":"FR"})");
  EXPECT_EQ(entry.changes(2).old_value(), R"([{"text":"***","author":"users/7"}])");
  EXPECT_EQ(entry.changes(3).old_value(), R"("PLACED")");
  EXPECT_EQ(entry.changes(4).old_value(), R"("***")") << "a field that is not known any more";
  EXPECT_EQ(entry.changes(5).old_value(), R"("***")");

  HistoryEntry untyped;
  untyped.add_changes()->set_new_value(R"("x")");
  MaskPersonalData({kInventory}, &untyped);
  EXPECT_EQ(untyped.changes(0).new_value(), R"("***")") << "of an older service";
  HistoryEntry product;
  product.set_type("catalog.storeops/Product");
  auto& change = *product.add_changes();
  change.set_field("title");
  change.set_new_value(R"("Cup")");
  MaskPersonalData({kInventory, kGateway}, &product);
  EXPECT_EQ(product.changes(0).new_value(), R"("Cup")");
}

TEST(PersonalData, AMaskIsNotWritten) {
  inventory::v1::PlaceOrderRequest request;
  request.set_email("***");
  request.mutable_shipping_address()->set_recipient("Ada");
  request.mutable_shipping_address()->add_lines("1 Main Street");
  request.mutable_shipping_address()->add_lines("***");
  request.set_customer("***");
  const absl::Status status = CheckNoMaskWritten({kInventory}, request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(WrongFields(status), ElementsAre("email", "shipping_address.lines[1]"));
  EXPECT_TRUE(CheckNoMaskWritten({}, request).ok()) << "the text, for a caller who reads it";
  EXPECT_TRUE(CheckNoMaskWritten({kGateway}, request).ok());
}

TEST(PersonalData, AMaskMayStandWhereItIsNotWritten) {
  inventory::v1::UpdateSupplierRequest request;
  Supplier& supplier = *request.mutable_supplier();
  supplier.set_title("Acme");
  supplier.add_contacts()->set_title("Bob");
  supplier.add_contacts()->set_email("***");
  const auto wrong = [&](const std::vector<std::string>& paths) {
    request.mutable_update_mask()->mutable_paths()->Assign(paths.begin(), paths.end());
    return WrongFields(CheckNoMaskWritten({kInventory}, request));
  };
  EXPECT_THAT(wrong({}), ElementsAre("supplier.contacts[1].email"));
  EXPECT_THAT(wrong({"*"}), ElementsAre("supplier.contacts[1].email"));
  EXPECT_THAT(wrong({"title", "contacts"}), ElementsAre("supplier.contacts[1].email"));
  EXPECT_THAT(wrong({"title"}), IsEmpty());

  UpdateUserRequest user;
  user.mutable_user()->set_email("***");
  user.mutable_user()->set_display_name("***");
  user.mutable_update_mask()->add_paths("display_name");
  EXPECT_THAT(WrongFields(CheckNoMaskWritten({kGateway}, user)), ElementsAre("user.display_name"));
}

TEST(PersonalData, IsComparedOnlyByWhoMayReadIt) {
  const auto& email = *User::descriptor()->FindFieldByName("email");
  const Principal reader{"users/1", "", {"*.read"}};
  const Principal manager{"users/2", "", {"gateway.personal.read"}};
  const absl::Status status = CheckComparable(&reader, email, "order_by");
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  google::rpc::ErrorInfo info;
  ASSERT_TRUE(GetDetail(status, &info));
  EXPECT_EQ(info.reason(), "PERMISSION_MISSING");
  EXPECT_EQ(info.metadata().at("permission"), kGateway);
  EXPECT_EQ(info.metadata().at("field"), "order_by");
  EXPECT_EQ(info.metadata().at("compared"), "email");
  EXPECT_FALSE(CheckComparable(nullptr, email, "filter").ok());
  EXPECT_TRUE(CheckComparable(&manager, email, "filter").ok());
  EXPECT_TRUE(CheckComparable(&reader, *User::descriptor()->FindFieldByName("roles"), "filter").ok());
}

}  // namespace
}  // namespace storeops::rpc
