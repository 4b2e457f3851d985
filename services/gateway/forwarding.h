// The gateway's rows for methods that other services serve: handed on as bytes to the service that owns them.
#ifndef STOREOPS_SERVICES_GATEWAY_FORWARDING_H_
#define STOREOPS_SERVICES_GATEWAY_FORWARDING_H_

#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/rpc/method_table.h"
#include "common/rpc/peer.h"
#include "google/protobuf/descriptor.h"

namespace storeops::gateway {

// "catalog" of "storeops.catalog.v1.ProductService".
std::string DomainOf(const google::protobuf::ServiceDescriptor& service);

// Adds rows for each linked service that the table does not have yet and whose domain is a peer. `peer` gives null for
// what is none, and for the service of this process that asks; peers outlive the table.
void AddForwarding(rpc::MethodTable& table, const std::function<rpc::Peer*(absl::string_view)>& peer);
// The same for one service, whatever its package.
void ForwardService(rpc::MethodTable& table, const google::protobuf::ServiceDescriptor& service, rpc::Peer& peer);

// True if the serialised message has a value that is not empty in this string field.
bool HasText(absl::string_view serialized, int field_number);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_FORWARDING_H_
