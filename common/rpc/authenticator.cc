#include "common/rpc/authenticator.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"
#include "storeops/internal/v1/tokens.pb.h"

namespace storeops::rpc {
namespace {

constexpr absl::string_view kAccessTokenPrefix = "so1.";
constexpr absl::string_view kScheme = "bearer ";
constexpr size_t kMaxTokenBytes = 8 << 10;

absl::Status TokenInvalid() { return Unauthenticated("TOKEN_INVALID", "the access token is not valid"); }

// The credential of "Bearer X"; UNAUTHENTICATED for another scheme.
absl::StatusOr<absl::string_view> BearerToken(absl::string_view authorization) {
  if (!absl::StartsWithIgnoreCase(authorization, kScheme)) {
    return Unauthenticated("CREDENTIALS_MALFORMED", "the authorization header must be \"Bearer\" and a token");
  }
  const absl::string_view token = absl::StripAsciiWhitespace(authorization.substr(kScheme.size()));
  if (token.empty() || token.size() > kMaxTokenBytes) {
    return Unauthenticated("CREDENTIALS_MALFORMED", "the authorization header has no token of a fitting size");
  }
  return token;
}

// "services/NAME" for a certificate of one of the suite's services; empty for any other.
std::string ServiceOfCertificate(absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "services/") && !absl::ConsumeSuffix(&name, ".storeops")) return "";
  for (const char c : name) {
    if (!absl::ascii_islower(c) && !absl::ascii_isdigit(c) && c != '-') return "";
  }
  return name.empty() ? "" : absl::StrCat("services/", name);
}

Principal OfCertificate(absl::string_view certificate_name) {
  Principal principal;
  principal.name = ServiceOfCertificate(certificate_name);
  if (!principal.authenticated()) return principal;
  principal.display_name = principal.name;
  principal.permissions = {"*"};
  return principal;
}

}  // namespace

std::string AccessTokens::Sign(const Principal& principal, absl::Duration lifetime, bool relayed) const {
  storeops::internal::v1::AccessToken token;
  token.set_principal(principal.name);
  token.set_display_name(principal.display_name);
  token.mutable_permissions()->Assign(principal.permissions.begin(), principal.permissions.end());
  token.set_expire_unix_seconds(absl::ToUnixSeconds(clock_.Now() + lifetime + absl::Seconds(1)));
  token.set_session_version(principal.session_version);
  token.set_relayed(relayed);
  return absl::StrCat(kAccessTokenPrefix, signer_.Sign(token.SerializeAsString()));
}

std::string AccessTokens::Mint(const Principal& principal, absl::Duration lifetime) const {
  return Sign(principal, lifetime, /*relayed=*/false);
}

std::string AccessTokens::MintRelayed(const Principal& principal, absl::Duration lifetime) const {
  return Sign(principal, lifetime, /*relayed=*/true);
}

absl::StatusOr<Principal> AccessTokens::Verify(absl::string_view token) const {
  if (token.size() > kMaxTokenBytes || !absl::ConsumePrefix(&token, kAccessTokenPrefix)) return TokenInvalid();
  const auto payload = signer_.Verify(token);
  storeops::internal::v1::AccessToken parsed;
  if (!payload.ok() || !parsed.ParseFromString(*payload) || parsed.principal().empty()) return TokenInvalid();
  if (clock_.Now() >= absl::FromUnixSeconds(parsed.expire_unix_seconds())) {
    return Unauthenticated("TOKEN_EXPIRED", "the access token has expired");
  }
  Principal principal;
  principal.name = std::move(*parsed.mutable_principal());
  principal.display_name = std::move(*parsed.mutable_display_name());
  principal.permissions.reserve(parsed.permissions_size());
  for (auto& permission : *parsed.mutable_permissions()) principal.permissions.push_back(std::move(permission));
  principal.session_version = parsed.session_version();
  principal.relayed = parsed.relayed();
  return principal;
}

bool AccessTokens::IsAccessToken(absl::string_view token) { return absl::StartsWith(token, kAccessTokenPrefix); }

absl::StatusOr<Principal> StandardAuthenticator::OfToken(absl::string_view token) const {
  absl::StatusOr<Principal> principal = tokens_.Verify(token);
  if (!principal.ok()) return principal;
  if (absl::Status valid = CheckStillValid(*principal); !valid.ok()) return valid;
  return principal;
}

absl::Status StandardAuthenticator::CheckStillValid(const Principal& principal) const {
  if (principal.session_version == 0) return absl::OkStatus();
  if (sessions_ != nullptr) return sessions_->Check(principal);
  if (principal.relayed) return absl::OkStatus();
  return Unauthenticated("TOKEN_NOT_CHECKED",
                         "this process cannot check people's access tokens: call the gateway, or start this process "
                         "with the gateway as its peer");
}

std::optional<absl::StatusOr<Principal>> StandardAuthenticator::TryAuthenticate(const Credentials& credentials) {
  if (credentials.authorization.empty()) return OfCertificate(credentials.certificate_name);
  const auto token = BearerToken(credentials.authorization);
  if (!token.ok()) return token.status();
  if (AccessTokens::IsAccessToken(*token)) return OfToken(*token);
  if (keys_ == nullptr) return Unauthenticated("TOKEN_INVALID", "only access tokens are accepted here");
  return keys_->TryResolve(*token);
}

absl::StatusOr<Principal> StandardAuthenticator::Authenticate(const Credentials& credentials, absl::Time deadline) {
  if (auto known = TryAuthenticate(credentials)) return *std::move(known);
  // Only a key that is not in the resolver's cache is left open.
  const auto token = BearerToken(credentials.authorization);
  if (!token.ok()) return token.status();
  return keys_->Resolve(*token, deadline);
}

}  // namespace storeops::rpc
