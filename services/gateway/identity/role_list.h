// Built-in and custom roles as one list.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLE_LIST_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLE_LIST_H_

#include "absl/status/statusor.h"
#include "common/module/access_policy.h"
#include "common/resource/page_token.h"
#include "common/resource/resource.h"
#include "common/rpc/call.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::gateway {

v1::Role ToMessage(const AccessPolicy::Role& role);

// The built-in roles first, then the custom ones in the order of their creation; pages go across both. With a filter or
// an order, the custom ones only.
absl::StatusOr<v1::ListRolesResponse> ListAllRoles(const rpc::Call& call, const AccessPolicy& access,
                                                   resource::Resource& custom_roles, const resource::PageTokens& tokens,
                                                   const v1::ListRolesRequest& request);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_ROLE_LIST_H_
