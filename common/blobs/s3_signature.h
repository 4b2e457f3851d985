// AWS Signature Version 4, for single requests whose payload hash is known.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#ifndef STOREOPS_COMMON_BLOBS_S3_SIGNATURE_H_
#define STOREOPS_COMMON_BLOBS_S3_SIGNATURE_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace storeops::blobs {

struct S3Credentials {
  std::string access_key;
  std::string secret_key;
  std::string region;
};

struct S3Request {
  std::string method;  // "GET"
  std::string path;    // not encoded, from the first slash on
  std::map<std::string, std::string> query;
  // By lower-case name, all of them signed; x-amz-date and x-amz-content-sha256 are added.
  std::map<std::string, std::string> headers;
  std::string payload_hash;  // SHA-256 in hex
};

// All but A-Z a-z 0-9 - . _ ~ as %XX; slashes as they are if `keep_slashes`.
std::string S3Encode(absl::string_view text, bool keep_slashes);

// Adds x-amz-date, x-amz-content-sha256 and authorization to the headers.
void Sign(const S3Credentials& credentials, absl::Time now, S3Request& request);

}  // namespace storeops::blobs

#endif  // STOREOPS_COMMON_BLOBS_S3_SIGNATURE_H_
