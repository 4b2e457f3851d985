#include "common/blobs/path_signer.h"

#include <openssl/crypto.h>

#include <cstdint>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/base/errors.h"

namespace storeops::blobs {
namespace {

// The value of a parameter of the query; empty if it is missing.
absl::string_view Parameter(absl::string_view query, absl::string_view name) {
  for (absl::string_view pair : absl::StrSplit(query, '&')) {
    if (absl::ConsumePrefix(&pair, name) && absl::ConsumePrefix(&pair, "=")) return pair;
  }
  return "";
}

absl::Status Denied(absl::string_view reason, absl::string_view message) {
  return WithReason(absl::PermissionDeniedError(message), reason);
}

bool SameInConstantTime(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::string PathSigner::SignedPath(absl::string_view path, absl::Time expiry) const {
  const std::string expires = absl::StrCat(absl::ToUnixSeconds(expiry));
  return absl::StrCat(path, "?expires=", expires, "&signature=", SignatureOf(path, expires));
}

bool PathSigner::IsSigned(absl::string_view query) { return !Parameter(query, "signature").empty(); }

absl::StatusOr<absl::Time> PathSigner::Check(absl::string_view path, absl::string_view query, absl::Time now) const {
  const absl::string_view expires = Parameter(query, "expires");
  if (!SameInConstantTime(Parameter(query, "signature"), SignatureOf(path, expires))) {
    return Denied("SIGNATURE_INVALID", "the signature does not match the path and its expiry: request a new URL");
  }
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(expires, &seconds)) return Denied("SIGNATURE_INVALID", "expires must be a number of seconds");
  const absl::Time expiry = absl::FromUnixSeconds(seconds);
  if (now < expiry) return expiry;
  return Denied("SIGNATURE_EXPIRED", absl::StrCat("the URL expired at ", absl::FormatTime(expiry, absl::UTCTimeZone()),
                                                  ": request a new URL"));
}

// A line end is in no path, so no two pairs sign the same text.
std::string PathSigner::SignatureOf(absl::string_view path, absl::string_view expires) const {
  return absl::WebSafeBase64Escape(signer_.Mac(absl::StrCat(path, "\n", expires)));
}

}  // namespace storeops::blobs
