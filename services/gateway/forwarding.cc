#include "services/gateway/forwarding.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/rpc/linked_services.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/wire_format_lite.h"

namespace storeops::gateway {
namespace {

using google::protobuf::MethodDescriptor;
using google::protobuf::MethodOptions;
using google::protobuf::ServiceDescriptor;
using google::protobuf::internal::WireFormatLite;

// What is repeated when the peer is out of reach for a moment: what does no harm twice.
class RetryRule {
 public:
  explicit RetryRule(const MethodDescriptor& method)
      : always_(method.options().idempotency_level() != MethodOptions::IDEMPOTENCY_UNKNOWN) {
    const auto* field = method.input_type()->FindFieldByName("request_id");
    if (field != nullptr) request_id_ = field->number();
  }
  bool Allows(absl::string_view request) const {
    return always_ || (request_id_ != 0 && HasText(request, request_id_));
  }

 private:
  const bool always_;
  int request_id_ = 0;
};

rpc::ForwardHandler ForwardTo(rpc::Peer& peer, std::string name, const RetryRule& rule) {
  return [&peer, name = std::move(name), rule](rpc::Call& call, std::string request, rpc::ReplyCallback done) {
    rpc::PeerCall peer_call = rpc::PeerCall::From(call, name);
    peer_call.retry = rule.Allows(request);
    peer.Start(std::move(peer_call), std::move(request),
               [done = std::move(done)](absl::StatusOr<std::string> response) mutable {
                 if (!response.ok()) return done(std::move(response).status());
                 done(rpc::Reply::FromBinary(*std::move(response)));
               });
  };
}

rpc::ForwardStreamHandler ForwardStreamTo(rpc::Peer& peer, std::string name,
                                          const google::protobuf::Message& response_prototype) {
  return [&peer, name = std::move(name), &response_prototype](rpc::Call& call, const std::string& request,
                                                              rpc::ReplyStream& out) -> absl::Status {
    const std::unique_ptr<google::protobuf::Message> message(response_prototype.New());
    bool readable = true;
    const absl::Status status = peer.Stream(rpc::PeerCall::From(call, name), request, [&](const std::string& bytes) {
      readable = message->ParseFromString(bytes);
      return readable && out.Write(*message);
    });
    return readable ? status : absl::InternalError(absl::StrCat(name, " answered what is not of its response type"));
  };
}

rpc::ForwardUploadHandler ForwardUploadTo(rpc::Peer& peer, std::string name) {
  return [&peer, name = std::move(name)](rpc::Call& call, const rpc::NextBytes& next) -> absl::StatusOr<rpc::Reply> {
    ASSIGN_OR_RETURN(std::string response, peer.Upload(rpc::PeerCall::From(call, name), next));
    return rpc::Reply::FromBinary(std::move(response));
  };
}

}  // namespace

std::string DomainOf(const ServiceDescriptor& service) {
  const std::vector<std::string> words = absl::StrSplit(service.full_name(), '.');
  return words.size() < 3 ? "" : words[1];
}

void ForwardService(rpc::MethodTable& table, const ServiceDescriptor& service, rpc::Peer& peer) {
  rpc::ServiceBuilder& rows = table.AddService(service.full_name());
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& method = *service.method(i);
    std::string name = absl::StrCat(service.full_name(), "/", method.name());
    if (method.client_streaming()) {
      rows.ForwardUploadRaw(method.name(), ForwardUploadTo(peer, std::move(name)));
    } else if (method.server_streaming()) {
      rows.ForwardStreamRaw(method.name(), ForwardStreamTo(peer, name, *table.Find(name)->response));
    } else {
      rows.ForwardRaw(method.name(), ForwardTo(peer, name, RetryRule(method)));
    }
  }
}

void AddForwarding(rpc::MethodTable& table, const std::function<rpc::Peer*(absl::string_view)>& peer) {
  for (const ServiceDescriptor* service : rpc::LinkedServices()) {
    if (table.HasService(service->full_name())) continue;
    if (rpc::Peer* owner = peer(DomainOf(*service)); owner != nullptr) ForwardService(table, *service, *owner);
  }
}

bool HasText(absl::string_view serialized, int field_number) {
  google::protobuf::io::CodedInputStream in(reinterpret_cast<const uint8_t*>(serialized.data()),
                                            static_cast<int>(serialized.size()));
  bool has_text = false;
  while (const uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) == field_number &&
        WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      uint32_t length;
      if (!in.ReadVarint32(&length) || !in.Skip(static_cast<int>(length))) return false;
      has_text = length > 0;  // the last one counts
    } else if (!WireFormatLite::SkipField(&in, tag)) {
      return false;
    }
  }
  return has_text;
}

}  // namespace storeops::gateway
