// A way in for an owner who has no password and no key any more.
#ifndef STOREOPS_SERVICES_STOREOPS_RECOVER_OWNER_H_
#define STOREOPS_SERVICES_STOREOPS_RECOVER_OWNER_H_

#include <string>

#include "absl/status/status.h"
#include "common/rpc/peer.h"
#include "services/storeops/settings.h"

namespace storeops {

// Gives an owner of the suite at `address` a new password, lets them sign in, and leaves the password and a new key in
// the data folder. Who can read the secret that signs tokens may do this: it is a file of this machine. `email` empty:
// the owner in the data folder, else the only one. INVALID_ARGUMENT names the owners if it is not clear which is meant.
absl::Status RecoverOwner(const Settings& settings, const std::string& address, const rpc::PeerTls& tls,
                          const std::string& email);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_RECOVER_OWNER_H_
