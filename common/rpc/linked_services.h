// The API that is linked into this program, known from its descriptors alone.
#ifndef STOREOPS_COMMON_RPC_LINKED_SERVICES_H_
#define STOREOPS_COMMON_RPC_LINKED_SERVICES_H_

#include <vector>

#include "google/protobuf/descriptor.h"

namespace storeops::rpc {

// Every file of the packages storeops.*, in the order of their names.
std::vector<const google::protobuf::FileDescriptor*> LinkedFiles();
// Every service of the packages storeops.*, in the order of their full names.
std::vector<const google::protobuf::ServiceDescriptor*> LinkedServices();

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_LINKED_SERVICES_H_
