// What kind of caller a principal is, as far as limits make a difference.
#ifndef STOREOPS_COMMON_RPC_CALLER_KIND_H_
#define STOREOPS_COMMON_RPC_CALLER_KIND_H_

#include "absl/strings/match.h"
#include "common/rpc/call.h"

namespace storeops::rpc {

// One of the suite's own services. They work for many people, who are limited where they come in.
inline bool IsService(const Principal& caller) { return absl::StartsWith(caller.name, "services/"); }

// An API key, shown by its holder rather than passed on by a service.
inline bool IsKeyHolder(const Principal& caller) {
  return absl::StartsWith(caller.name, "apiKeys/") && !caller.relayed;
}

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_CALLER_KIND_H_
