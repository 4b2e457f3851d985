// Who is calling? From what the transport received to a principal.
#ifndef STOREOPS_COMMON_RPC_AUTHENTICATOR_H_
#define STOREOPS_COMMON_RPC_AUTHENTICATOR_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/base/signer.h"
#include "common/rpc/call.h"

namespace storeops::rpc {

struct Credentials {
  std::string authorization;     // header value: "Bearer ..." or empty
  std::string certificate_name;  // subject alternative name or common name of a verified client certificate, or empty
};

class Authenticator {
 public:
  virtual ~Authenticator() = default;
  // Without blocking, or nothing if that needs the database. No credential gives the anonymous principal; a bad one
  // UNAUTHENTICATED.
  virtual std::optional<absl::StatusOr<Principal>> TryAuthenticate(const Credentials& credentials) = 0;
  // May block until `deadline`.
  virtual absl::StatusOr<Principal> Authenticate(const Credentials& credentials, absl::Time deadline) = 0;
  // Whether a principal of an earlier call, a stream that is still open, may go on. UNAUTHENTICATED if not. Does not
  // block.
  virtual absl::Status CheckStillValid(const Principal& principal) const = 0;
};

// Knows whose sessions have ended before their tokens expire. Thread-safe.
class SessionCheck {
 public:
  virtual ~SessionCheck() = default;
  // OK, UNAUTHENTICATED with reason TOKEN_REVOKED, or UNAVAILABLE while it is not known. At most one look-up in memory:
  // asked for each call of a person.
  virtual absl::Status Check(const Principal& principal) const = 0;
};

// Short-lived signed access tokens ("so1." and a signed payload): minted at login by the gateway, and by services for
// their own calls to peers; verified by everyone who holds the suite's secret.
class AccessTokens {
 public:
  AccessTokens(absl::string_view secret, const Clock& clock) : signer_(secret, "access-token"), clock_(clock) {}

  std::string Mint(const Principal& principal, absl::Duration lifetime) const;
  // For a call that a service passes on.
  std::string MintRelayed(const Principal& principal, absl::Duration lifetime) const;
  // UNAUTHENTICATED with reason TOKEN_EXPIRED or TOKEN_INVALID.
  absl::StatusOr<Principal> Verify(absl::string_view token) const;
  // True for what looks like an access token and not like an API key.
  static bool IsAccessToken(absl::string_view token);

  const Clock& clock() const { return clock_; }

 private:
  std::string Sign(const Principal& principal, absl::Duration lifetime, bool relayed) const;

  const Signer signer_;
  const Clock& clock_;
};

// Resolves credentials other than access tokens (API keys); implemented by the gateway.
class KeyResolver {
 public:
  virtual ~KeyResolver() = default;
  // From a cache only.
  virtual std::optional<absl::StatusOr<Principal>> TryResolve(absl::string_view key) = 0;
  virtual absl::StatusOr<Principal> Resolve(absl::string_view key, absl::Time deadline) = 0;
};

// Bearer access tokens always; API keys where there is a resolver; a client certificate named "services/NAME" or
// "NAME.storeops" as that service, with every permission, when the transport verified one (mTLS).
class StandardAuthenticator final : public Authenticator {
 public:
  // `keys` may be null. Where `sessions` is null, people's tokens of a login are refused (UNAUTHENTICATED with reason
  // TOKEN_NOT_CHECKED): nobody here would learn that one has ended. Those that a service passes on are accepted.
  StandardAuthenticator(const AccessTokens& tokens, KeyResolver* keys, const SessionCheck* sessions)
      : tokens_(tokens), keys_(keys), sessions_(sessions) {}

  std::optional<absl::StatusOr<Principal>> TryAuthenticate(const Credentials& credentials) override;
  absl::StatusOr<Principal> Authenticate(const Credentials& credentials, absl::Time deadline) override;
  absl::Status CheckStillValid(const Principal& principal) const override;

 private:
  absl::StatusOr<Principal> OfToken(absl::string_view token) const;

  const AccessTokens& tokens_;
  KeyResolver* const keys_;
  const SessionCheck* const sessions_;
};

}  // namespace storeops::rpc

#endif  // STOREOPS_COMMON_RPC_AUTHENTICATOR_H_
