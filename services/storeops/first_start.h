// What a new suite needs before anyone can use it: its first owner, a key for the shell, something to look at.
#ifndef STOREOPS_SERVICES_STOREOPS_FIRST_START_H_
#define STOREOPS_SERVICES_STOREOPS_FIRST_START_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/peer.h"

namespace storeops {

struct Owner {
  std::string email;
  std::string password;
};

// What the data folder knows of its owner.
struct KnownOwner {
  Owner owner;
  // There is no key that works, and why none could be made; empty: there is one.
  std::string problem;
};

// `home`/owner.
absl::Status WriteOwner(const std::string& home, const Owner& owner);
// Signs in, makes a key with every permission and leaves it in `home`/api_key.
absl::Status MakeShellKey(const std::string& home, const std::string& address, const rpc::PeerTls& tls,
                          const Owner& owner);

// Makes the owner through the API and leaves address and password in `home`/owner, a key with every permission in
// `home`/api_key. Each step is skipped if it was done before; a key that is gone, cut off or revoked is replaced. Where
// that cannot be, as the owner has another password by now, the suite is of use nevertheless: a problem, no error.
absl::StatusOr<KnownOwner> EnsureOwner(const std::string& home, const std::string& address, const rpc::PeerTls& tls);

// Creates `count` demo products through the API, with sales, stock and a supplier for the first of them, once for a
// data folder.
absl::Status EnsureDemoProducts(const std::string& home, const std::string& address, const rpc::PeerTls& tls,
                                const std::string& key, int count);

}  // namespace storeops

#endif  // STOREOPS_SERVICES_STOREOPS_FIRST_START_H_
