#include "common/rpc/grpc_incoming.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/server_context.h>

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "common/base/errors.h"
#include "common/rpc/grpc_deadline.h"

namespace storeops::rpc {
namespace {

using Context = grpc::CallbackServerContext;

std::string MetadataValue(const Context& context, const char* key) {
  const auto& metadata = context.client_metadata();
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string() : std::string(found->second.data(), found->second.size());
}

// "ipv4:10.0.0.7:4711" -> "10.0.0.7", "ipv6:%5B::1%5D:4711" -> "::1"; others as they are.
std::string AddressWithoutPort(const std::string& peer) {
  if (!absl::StartsWith(peer, "ipv4:") && !absl::StartsWith(peer, "ipv6:")) return peer;
  const size_t begin = 5;
  const std::string host = peer.substr(begin, peer.rfind(':') - begin);
  return absl::StrReplaceAll(host, {{"%5B", ""}, {"%5D", ""}, {"[", ""}, {"]", ""}});
}

// The first subject alternative name of the client's verified certificate, or else its common name.
std::string CertificateName(const Context& context) {
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return "";
  for (const char* property : {GRPC_X509_SAN_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME}) {
    const auto values = auth->FindPropertyValues(property);
    if (!values.empty()) return {values.front().data(), values.front().size()};
  }
  return "";
}

}  // namespace

absl::Time DeadlineOf(const Context& context) { return FromGrpcDeadline(context.raw_deadline()); }

Incoming MakeIncoming(const Door& door, const Method& method, const Context& context, size_t request_bytes) {
  Incoming incoming;
  incoming.method = &method;
  incoming.credentials.authorization = MetadataValue(context, "authorization");
  if (door.mutual_tls) incoming.credentials.certificate_name = CertificateName(context);
  incoming.traceparent = MetadataValue(context, "traceparent");
  incoming.language = MetadataValue(context, "accept-language");
  incoming.peer_address = AddressWithoutPort(context.peer());
  incoming.deadline = DeadlineOf(context);
  incoming.request_bytes = request_bytes;
  return incoming;
}

absl::Status Closing() { return UnavailableRetry("the server is shutting down", absl::Milliseconds(100)); }
absl::Status CallerGone() { return absl::CancelledError("the call was cancelled"); }

}  // namespace storeops::rpc
