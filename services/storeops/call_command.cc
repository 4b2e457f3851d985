#include "services/storeops/call_command.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <sstream>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/now.h"
#include "common/base/status_macros.h"
#include "common/rpc/json.h"
#include "common/rpc/linked_services.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace storeops {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

constexpr size_t kMaxSuggestions = 10;

std::string FullName(const MethodDescriptor& method) {
  return absl::StrCat(method.service()->full_name(), "/", method.name());
}

absl::StatusOr<const MethodDescriptor*> FindMethod(const std::string& name) {
  const std::string dotted = absl::StrReplaceAll(name, {{"/", "."}});
  std::vector<const MethodDescriptor*> matches;
  std::vector<std::string> near;
  const size_t last_dot = dotted.rfind('.');
  const std::string last_word = last_dot == std::string::npos ? dotted : dotted.substr(last_dot + 1);
  for (const auto* service : rpc::LinkedServices()) {
    for (int i = 0; i < service->method_count(); ++i) {
      const MethodDescriptor* method = service->method(i);
      if (method->full_name() == dotted) return method;
      if (absl::EndsWith(method->full_name(), "." + dotted)) matches.push_back(method);
      if (absl::StrContains(method->name(), last_word)) near.push_back(FullName(*method));
    }
  }
  if (matches.size() == 1) return matches.front();
  if (near.size() > kMaxSuggestions) near.resize(kMaxSuggestions);
  return absl::InvalidArgumentError(absl::StrCat("no method is called ", name,
                                                 near.empty() ? "" : "; did you mean one of these?\n  ",
                                                 absl::StrJoin(near, "\n  ")));
}

std::unique_ptr<Message> New(const google::protobuf::Descriptor* type) {
  auto* factory = google::protobuf::MessageFactory::generated_factory();
  return std::unique_ptr<Message>(factory->GetPrototype(type)->New());
}

absl::Status Print(const Message& message) {
  ASSIGN_OR_RETURN(const std::string json, rpc::MessageToPrettyJson(message));
  std::fputs(json.c_str(), stdout);
  if (!absl::EndsWith(json, "\n")) std::fputc('\n', stdout);
  std::fflush(stdout);
  return absl::OkStatus();
}

absl::Status CallStream(Client& client, const MethodDescriptor& method, const Message& request, double time_limit_s) {
  rpc::PeerCall call;
  call.method = FullName(method);
  call.deadline = SteadyNow() + absl::Seconds(time_limit_s);
  absl::Status printed;
  const auto on_message = [&](const std::string& bytes) {
    const auto message = New(method.output_type());
    printed = message->ParseFromString(bytes) ? Print(*message) : absl::DataLossError("the answer cannot be read");
    return printed.ok();
  };
  RETURN_IF_ERROR(client.peer().Stream(std::move(call), request.SerializeAsString(), on_message));
  return printed;
}

// One request for each line that is not empty.
absl::Status CallUpload(Client& client, const MethodDescriptor& method, const std::string& json, double time_limit_s) {
  rpc::PeerCall call;
  call.method = FullName(method);
  call.deadline = SteadyNow() + absl::Seconds(time_limit_s);
  std::istringstream text(json);
  std::istream& lines = json == "-" ? std::cin : text;
  const auto next = [&](std::string* bytes) -> absl::StatusOr<bool> {
    std::string line;
    while (line.empty()) {
      if (!std::getline(lines, line)) return false;
    }
    const auto request = New(method.input_type());
    RETURN_IF_ERROR(rpc::JsonToMessage(line, request.get()));
    *bytes = request->SerializeAsString();
    return true;
  };
  ASSIGN_OR_RETURN(const std::string answer, client.peer().Upload(std::move(call), next));
  const auto response = New(method.output_type());
  return response->ParseFromString(answer) ? Print(*response) : absl::DataLossError("the answer cannot be read");
}

}  // namespace

absl::Status CallCommand(Client& client, const std::string& method_name, const std::string& json, double time_limit_s) {
  ASSIGN_OR_RETURN(const MethodDescriptor* method, FindMethod(method_name));
  if (method->client_streaming()) return CallUpload(client, *method, json, time_limit_s);
  const auto request = New(method->input_type());
  RETURN_IF_ERROR(rpc::JsonToMessage(json, request.get()));
  if (method->server_streaming()) return CallStream(client, *method, *request, time_limit_s);
  const auto response = New(method->output_type());
  RETURN_IF_ERROR(
      client.Call(FullName(*method), *request, response.get(), /*retry=*/false, absl::Seconds(time_limit_s)));
  return Print(*response);
}

int ExitCode(const absl::Status& status) { return static_cast<int>(status.code()); }

}  // namespace storeops
