// What becomes of a person's sessions and API keys when they leave, and of keys that are revoked.
#ifndef STOREOPS_SERVICES_GATEWAY_IDENTITY_LEAVING_H_
#define STOREOPS_SERVICES_GATEWAY_IDENTITY_LEAVING_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/resource/resource.h"
#include "services/gateway/identity/grants.h"
#include "storeops/gateway/v1/identity_service.pb.h"

namespace storeops::gateway {

// What the functions below work on. Outlives them.
struct IdentityTables {
  const Grants& grants;
  resource::Resource& users;
  resource::Resource& api_keys;
};

// INVALID_ARGUMENT if the choice for the keys and the new owner do not fit each other.
absl::Status CheckKeyChoice(const v1::DeleteUserRequest& request);

// Deletes the user with their sessions and, by the request's choice, their keys; the user as deleted. NOT_FOUND,
// ABORTED (etag), PERMISSION_DENIED, FAILED_PRECONDITION (LAST_OWNER, USER_OWNS_API_KEYS, NEW_OWNER_UNFIT).
absl::StatusOr<v1::User> DeletePerson(resource::Write& write, const IdentityTables& tables,
                                      const v1::DeleteUserRequest& request);

// Revokes these keys and those that they made, and those that these made.
absl::Status RevokeKeys(resource::Write& write, resource::Resource& api_keys, std::vector<int64_t> ids);

}  // namespace storeops::gateway

#endif  // STOREOPS_SERVICES_GATEWAY_IDENTITY_LEAVING_H_
