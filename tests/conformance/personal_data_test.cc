// Personal data is annotated, and no method shows it to callers who may not read it. Holds for every message and method
// that is linked, from their descriptors; personal_data_services_test.cc asks the real services.
#include "common/rpc/personal_data.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/annotations.h"
#include "common/base/validation.h"
#include "common/module/access_policy.h"
#include "common/module/module.h"
#include "common/rpc/grpc_server.h"
#include "common/rpc/json.h"
#include "common/rpc/linked_services.h"
#include "common/rpc/peer.h"
#include "gmock/gmock.h"
#include "google/protobuf/any.pb.h"
#include "gtest/gtest.h"
#include "re2/re2.h"
#include "services/gateway/http/api_handler.h"
#include "services/storeops/suite.h"
#include "storeops/changes/v1/changes.pb.h"
#include "storeops/inventory/v1/order.pb.h"
#include "tests/support/handler_process.h"
#include "tests/support/http_client.h"

namespace storeops::testing {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

void AddTypes(const Descriptor& type, std::vector<const Descriptor*>& types) {
  types.push_back(&type);
  for (int i = 0; i < type.nested_type_count(); ++i) AddTypes(*type.nested_type(i), types);
}

std::vector<const Descriptor*> LinkedTypes() {
  std::vector<const Descriptor*> types;
  for (const auto* file : rpc::LinkedFiles()) {
    // No part of the API.
    if (absl::StartsWith(file->package(), "storeops.internal.")) continue;
    for (int i = 0; i < file->message_type_count(); ++i) AddTypes(*file->message_type(i), types);
  }
  return types;
}

std::vector<const FieldDescriptor*> LinkedFields() {
  std::vector<const FieldDescriptor*> fields;
  for (const Descriptor* type : LinkedTypes()) {
    for (int i = 0; i < type->field_count(); ++i) fields.push_back(type->field(i));
  }
  return fields;
}

// Texts that look personal by their name, or because an address or a contact has them.
bool LooksPersonal(const FieldDescriptor& field) {
  static const RE2 kNames(
      "(^|_)(e?mail|phone|mobile|fax|address(_lines?)?|street|city|postal_code|postcode|zip|recipient|contact|person|"
      "(first|last|middle|full|family|given|maiden|nick|display)_?name|surname|salutation|birth(day|_date|_time)?|"
      "date_of_birth|gender|nationality|passport|iban|tax_id|social_security_number|ip_address|user_agent)$");
  static const RE2 kMessages("(Address|Contact|Person)$");
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
  return RE2::PartialMatch(field.name(), kNames) || RE2::PartialMatch(field.containing_type()->name(), kMessages);
}

// What looks personal and is not.
const std::map<std::string, const char*> kNotPersonal = {
    {"storeops.gateway.v1.ApiKey.display_name", "names a program"},
    {"storeops.inventory.v1.Location.Address.lines", "premises of the shop"},
    {"storeops.inventory.v1.Location.Address.city", "premises of the shop"},
    {"storeops.inventory.v1.Location.Address.region", "premises of the shop"},
    {"storeops.inventory.v1.Location.Address.postal_code", "premises of the shop"},
    {"storeops.inventory.v1.Location.Address.country", "premises of the shop"},
    {"storeops.inventory.v1.OrderAddress.region", "too coarse to find a person; figures by region need it"},
    {"storeops.inventory.v1.OrderAddress.country", "too coarse to find a person; figures by country need it"},
    {"storeops.inventory.v1.Supplier.address_lines", "of a company, printed on purchase orders"},
    {"storeops.inventory.v1.Supplier.Contact.role", "a function, e.g. sales"},
};

TEST(PersonalFields, WhatLooksPersonalIsAnnotated) {
  std::set<std::string> unused;
  for (const auto& [name, reason] : kNotPersonal) unused.insert(name);
  int annotated = 0;
  for (const FieldDescriptor* field : LinkedFields()) {
    annotated += IsPersonal(*field) ? 1 : 0;
    if (!LooksPersonal(*field) || IsPersonal(*field)) continue;
    EXPECT_EQ(unused.erase(field->full_name()), 1u)
        << field->full_name()
        << " looks personal: annotate it with (storeops.options.v1.personal), or state here why it is not";
  }
  EXPECT_THAT(unused, IsEmpty()) << "exceptions without a field";
  EXPECT_GT(annotated, 40);
}

TEST(PersonalFields, TheirAnnotationsHold) {
  for (const Descriptor* type : LinkedTypes()) {
    // Of every type, whether or not a method has it.
    const absl::Status status = CheckAnnotations(*type);
    EXPECT_TRUE(status.ok()) << type->full_name() << ": " << status;
  }
}

// A permission that no module declares can be granted to nobody.
TEST(PersonalFields, TheirPermissionsAreDeclaredAndGranted) {
  std::set<std::string> permissions;
  for (const FieldDescriptor* field : LinkedFields()) {
    if (IsPersonal(*field)) permissions.insert(GuardPermissionOf(*field));
  }
  EXPECT_THAT(permissions, UnorderedElementsAre("gateway.personal.read", "inventory.personal.read"));
  std::set<std::string> declared;
  for (const ModuleInfo& module : AllModules()) {
    for (const Permission& permission : module.access.permissions) declared.insert(permission.name);
  }
  for (const std::string& permission : permissions) EXPECT_EQ(declared.count(permission), 1u) << permission;

  const auto policy = AccessPolicy::Make(AllModules());
  ASSERT_TRUE(policy.ok()) << policy.status();
  std::vector<std::string> readers;
  for (const AccessPolicy::Role& role : policy->roles()) {
    const rpc::Principal principal{"users/1", "", role.permissions};
    for (const std::string& permission : permissions) {
      if (principal.Has(permission)) readers.push_back(absl::StrCat(role.name, " ", permission));
    }
  }
  // Who ships, who answers customers, and the owner; nobody who only reads.
  EXPECT_THAT(readers, UnorderedElementsAre("roles/owner gateway.personal.read", "roles/owner inventory.personal.read",
                                            "roles/support_agent inventory.personal.read",
                                            "roles/support_lead inventory.personal.read",
                                            "roles/warehouse inventory.personal.read"));
}

// Their handlers mask what they render, or refuse: personal_data_services_test.cc has a test of each.
TEST(PersonalFields, TheKnownOnesAreRendered) {
  std::vector<std::string> rendered;
  for (const FieldDescriptor* field : LinkedFields()) {
    if (IsRendered(*field)) rendered.push_back(field->full_name());
  }
  EXPECT_THAT(rendered, UnorderedElementsAre("storeops.inventory.v1.ExportOrdersResponse.chunk",
                                             "storeops.inventory.v1.OrderDocument.html"));
}

// Puts a text that is not to be seen into every personal field, and others into the rest.
class Filler {
 public:
  static constexpr char kPersonal[] = "PERSONAL";

  static void Fill(Message* message) { Fill(message, 0); }

 private:
  static void Fill(Message* message, int depth) {
    const Descriptor& type = *message->GetDescriptor();
    if (&type == google::protobuf::Any::descriptor()) {
      static_cast<google::protobuf::Any*>(message)->PackFrom(AnOrder());
    } else if (&type == changes::v1::Change::descriptor()) {
      auto* const change = static_cast<changes::v1::Change*>(message);
      change->set_type("inventory.storeops/Order");
      change->set_resource(AnOrder().SerializeAsString());
    } else if (&type == changes::v1::HistoryEntry::descriptor()) {
      FillHistory(static_cast<changes::v1::HistoryEntry*>(message));
    } else {
      for (int i = 0; i < type.field_count(); ++i) FillField(message, *type.field(i), depth);
    }
  }

  static inventory::v1::Order AnOrder() {
    inventory::v1::Order order;
    order.set_name("plain");
    order.set_email(kPersonal);
    order.mutable_shipping_address()->set_recipient(kPersonal);
    order.add_notes()->set_text(kPersonal);
    return order;
  }

  static void FillHistory(changes::v1::HistoryEntry* entry) {
    entry->set_subject("plain");
    entry->set_type("inventory.storeops/Order");
    const auto add = [entry](const char* field, const std::string& value) {
      auto& change = *entry->add_changes();
      change.set_field(field);
      change.set_old_value(value);
      change.set_new_value(value);
    };
    add("email", absl::StrCat("\"", kPersonal, "\""));
    add("shipping_address", absl::StrCat("{\"country\":\"DE\",\"recipient\":\"", kPersonal, "\"}"));
    add("notes", absl::StrCat("[{\"text\":\"", kPersonal, "\"}]"));
    add("customer", "\"plain\"");
  }

  static void FillField(Message* message, const FieldDescriptor& field, int depth) {
    if (field.is_map() || (IsPersonal(field) && IsRendered(field))) return;
    const Reflection& reflection = *message->GetReflection();
    if (field.type() == FieldDescriptor::TYPE_STRING) {
      const std::string text = IsPersonal(field) ? kPersonal : "plain";
      return field.is_repeated() ? reflection.AddString(message, &field, text)
                                 : reflection.SetString(message, &field, text);
    }
    if (IsCost(field) && field.type() == FieldDescriptor::TYPE_BOOL) return reflection.SetBool(message, &field, true);
    if (IsCost(field) && field.type() == FieldDescriptor::TYPE_INT64) return reflection.SetInt64(message, &field, 7);
    // JSON has its own ideas of google.protobuf's types.
    if (field.message_type() == nullptr || depth == 8) return;
    const std::string& package = field.message_type()->file()->package();
    const bool known = package == "google.protobuf" && field.message_type() != google::protobuf::Any::descriptor();
    if (known) return;
    Fill(field.is_repeated() ? reflection.AddMessage(message, &field) : reflection.MutableMessage(message, &field),
         depth + 1);
  }
};

// Every linked method; their responses are filled, in each form that a handler may give them.
class PersonalMethods : public HandlerProcess {
 public:
  PersonalMethods() : HandlerProcess({}) {
    int row = 0;
    for (const auto* service : rpc::LinkedServices()) {
      rpc::ServiceBuilder& rows = table_.AddService(service->full_name());
      for (int i = 0; i < service->method_count(); ++i) Bind(rows, *service->method(i), row++ % 3);
    }
    FinishTable();
    auto grpc = rpc::GrpcServer::Start({}, table(), pipeline());
    EXPECT_TRUE(grpc.ok()) << grpc.status();
    grpc_ = *std::move(grpc);
    auto handler = gateway::MakeApiHandler(table(), pipeline(), {});
    EXPECT_TRUE(handler.ok()) << handler.status();
    auto http = http::Server::Start({}, *std::move(handler));
    EXPECT_TRUE(http.ok()) << http.status();
    http_ = *std::move(http);
  }
  ~PersonalMethods() {
    http_->Shutdown(absl::Now());
    grpc_->Shutdown(absl::Now());
    http_.reset();
    grpc_.reset();
    Close();
  }

  // Of fields that are shown only with a permission that ends so.
  std::vector<const rpc::Method*> Holders(absl::string_view permission) const {
    std::vector<const rpc::Method*> holders;
    for (const rpc::Method* method : table().methods()) {
      const auto& guards = method->personal_in_response;
      if (std::any_of(guards.begin(), guards.end(),
                      [permission](const std::string& one) { return absl::EndsWith(one, permission); })) {
        holders.push_back(method);
      }
    }
    return holders;
  }

  // The response as it came over the network: protobuf by gRPC.
  std::string ByGrpc(const rpc::Method& method, const std::vector<std::string>& permissions) {
    const auto peer =
        rpc::MakeRemotePeer(absl::StrCat("127.0.0.1:", grpc_->port()), {}, nullptr, Bearer("users/7", permissions));
    rpc::PeerCall call;
    call.method = method.full_name;
    std::string shown;
    absl::Status status;
    if (method.streams_replies()) {
      status = peer->Stream(call, "", [&shown](const std::string& message) {
        shown += message;
        return true;
      });
    } else if (method.uploads()) {
      const auto response = peer->Upload(call, [](std::string*) { return false; });
      status = response.status();
      shown = response.value_or("");
    } else {
      const std::unique_ptr<Message> response(method.response->New());
      status = peer->CallBlocking(call, *method.request, response.get());
      shown = response->SerializeAsString();
    }
    EXPECT_TRUE(status.ok()) << method.full_name << ": " << status;
    return shown;
  }

  // JSON by Connect, of a unary method, serialised again: in JSON the resource of a change is base64.
  std::string ByConnect(const rpc::Method& method, const std::vector<std::string>& permissions) {
    const HttpReply reply =
        Fetch(http_->port(), "POST", "/" + method.full_name,
              {{"Content-Type", "application/json"}, {"Authorization", Bearer("users/7", permissions)}}, "{}");
    EXPECT_EQ(reply.status, 200) << method.full_name << ": " << reply.body;
    const std::unique_ptr<Message> response(method.response->New());
    const absl::Status read = rpc::JsonToMessage(reply.body, response.get());
    EXPECT_TRUE(read.ok()) << method.full_name << ": " << read;
    return response->SerializeAsString();
  }

 private:
  static std::unique_ptr<Message> Filled(const google::protobuf::MethodDescriptor& method) {
    std::unique_ptr<Message> response(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(method.output_type())->New());
    Filler::Fill(response.get());
    return response;
  }

  // Forwarding rows do not look at requests, which are empty here.
  static void Bind(rpc::ServiceBuilder& rows, const google::protobuf::MethodDescriptor& method, int form) {
    const auto answer = [&method, form]() -> rpc::Reply {
      std::unique_ptr<Message> response = Filled(method);
      if (form == 0) return rpc::Reply(std::move(response));
      if (form == 1) return rpc::Reply::FromBinary(response->SerializeAsString());
      return rpc::Reply(rpc::EncodedMessage(*response));
    };
    if (method.server_streaming()) {
      rows.ForwardStreamRaw(method.name(), [&method](rpc::Call&, const std::string&, rpc::ReplyStream& out) {
        EXPECT_TRUE(out.Write(*Filled(method)));
        return absl::OkStatus();
      });
    } else if (method.client_streaming()) {
      rows.ForwardUploadRaw(method.name(), [answer](rpc::Call&, const rpc::NextBytes&) -> absl::StatusOr<rpc::Reply> {
        return answer();
      });
    } else {
      rows.ForwardRaw(method.name(), [answer](rpc::Call&, std::string, rpc::ReplyCallback done) { done(answer()); });
    }
  }

  std::unique_ptr<rpc::GrpcServer> grpc_;
  std::unique_ptr<http::Server> http_;
};

TEST(PersonalMethods, ShowMasksToCallersWithoutThePermission) {
  PersonalMethods process;
  const std::vector<const rpc::Method*> holders = process.Holders(".personal.read");
  EXPECT_GT(holders.size(), 60u);
  int shown = 0;
  for (const rpc::Method* method : holders) {
    SCOPED_TRACE(method->full_name);
    // All that the method demands, and all reading besides.
    const std::vector<std::string> reader = {method->access.permission(), "*.read"};
    std::vector<std::string> trusted = reader;
    trusted.push_back("*.personal.read");
    const std::string full = process.ByGrpc(*method, trusted);
    EXPECT_THAT(process.ByGrpc(*method, reader), Not(HasSubstr(Filler::kPersonal)));
    if (method->unary_call()) {
      const std::string masked = process.ByConnect(*method, reader);
      EXPECT_THAT(masked, Not(HasSubstr(Filler::kPersonal)));
      EXPECT_EQ(absl::StrContains(process.ByConnect(*method, trusted), Filler::kPersonal),
                absl::StrContains(full, Filler::kPersonal));
      EXPECT_EQ(absl::StrContains(masked, rpc::kPersonalMask), absl::StrContains(full, Filler::kPersonal));
    }
    shown += absl::StrContains(full, Filler::kPersonal) ? 1 : 0;
  }
  // But those that only render.
  EXPECT_EQ(shown, static_cast<int>(holders.size()) - 3);
}

// Whether a cost is set in a message or in what it holds.
bool HoldsCost(const Message& message) {
  std::vector<const FieldDescriptor*> fields;
  const Reflection& reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (IsCost(*field)) return true;
    if (field->message_type() == nullptr || field->is_map()) continue;
    if (!field->is_repeated() && HoldsCost(reflection.GetMessage(message, field))) return true;
    for (int i = 0; field->is_repeated() && i < reflection.FieldSize(message, field); ++i) {
      if (HoldsCost(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

TEST(CostMethods, ShowNoneToCallersWithoutThePermission) {
  PersonalMethods process;
  int shown = 0;
  for (const rpc::Method* method : process.Holders(".costs.read")) {
    SCOPED_TRACE(method->full_name);
    const std::unique_ptr<Message> response(method->response->New());
    const std::vector<std::string> reader = {method->access.permission(), "*.read", "*.personal.read"};
    ASSERT_TRUE(response->ParseFromString(process.ByGrpc(*method, reader)));
    EXPECT_FALSE(HoldsCost(*response)) << response->DebugString();
    std::vector<std::string> trusted = reader;
    trusted.push_back("*.costs.read");
    ASSERT_TRUE(response->ParseFromString(process.ByGrpc(*method, trusted)));
    shown += HoldsCost(*response) ? 1 : 0;
    if (!method->unary_call()) continue;
    ASSERT_TRUE(response->ParseFromString(process.ByConnect(*method, reader)));
    EXPECT_FALSE(HoldsCost(*response)) << response->DebugString();
  }
  EXPECT_GT(shown, 10);
}

// A caller's own name is no secret to the caller. A new one is to be thought about twice.
TEST(PersonalMethods, OnlyTheKnownOnesShowOwnData) {
  PersonalMethods process;
  std::vector<std::string> own;
  for (const rpc::Method* method : process.table().methods()) {
    if (!method->access.own_data()) continue;
    own.push_back(method->full_name);
    EXPECT_THAT(process.ByConnect(*method, {}), HasSubstr(Filler::kPersonal));
  }
  EXPECT_THAT(own, UnorderedElementsAre("storeops.gateway.v1.IdentityService/CreateFirstOwner",
                                        "storeops.gateway.v1.IdentityService/GetCaller",
                                        "storeops.gateway.v1.IdentityService/Login",
                                        "storeops.gateway.v1.IdentityService/RefreshToken"));
}

}  // namespace
}  // namespace storeops::testing
