// Signed URLs: a client that has one may read one file until it expires, without a credential. The service that owns
// the file signs; the gateway checks.
#ifndef STOREOPS_COMMON_BLOBS_PATH_SIGNER_H_
#define STOREOPS_COMMON_BLOBS_PATH_SIGNER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/base/signer.h"

namespace storeops::blobs {

// HMAC-SHA-256 over path and expiry. Thread-safe. The same secret in all processes makes and accepts the same URLs.
class PathSigner {
 public:
  // `secret`: at least 32 bytes, the suite's.
  explicit PathSigner(absl::string_view secret) : signer_(secret, "signed-path") {}

  // "/attachments/7" -> "/attachments/7?expires=1767225600&signature=...", good until `expiry`, rounded down to the
  // second. `path` begins with "/", is percent-encoded as the client will send it, and has no query.
  std::string SignedPath(absl::string_view path, absl::Time expiry) const;

  // True if `query` (without '?') claims to be signed: it has a parameter "signature".
  static bool IsSigned(absl::string_view query);
  // The expiry of a query that signs `path`. PERMISSION_DENIED with reason SIGNATURE_INVALID for any other path, expiry
  // or secret, and SIGNATURE_EXPIRED from the expiry on. Signatures are compared in constant time.
  absl::StatusOr<absl::Time> Check(absl::string_view path, absl::string_view query, absl::Time now) const;

 private:
  std::string SignatureOf(absl::string_view path, absl::string_view expires) const;

  Signer signer_;
};

}  // namespace storeops::blobs

#endif  // STOREOPS_COMMON_BLOBS_PATH_SIGNER_H_
