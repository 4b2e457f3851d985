#include "common/blobs/s3_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/signer.h"

namespace storeops::blobs {
namespace {

std::string Hmac(absl::string_view key, absl::string_view data) {
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
       data.size(), mac, &size);
  return {reinterpret_cast<const char*>(mac), size};
}

std::string CanonicalQuery(const std::map<std::string, std::string>& query) {
  std::vector<std::string> pairs;
  for (const auto& [name, value] : query) {
    pairs.push_back(absl::StrCat(S3Encode(name, false), "=", S3Encode(value, false)));
  }
  return absl::StrJoin(pairs, "&");
}

}  // namespace

std::string S3Encode(absl::string_view text, bool keep_slashes) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_' || c == '~' ||
        (c == '/' && keep_slashes)) {
      encoded += c;
    } else {
      absl::StrAppend(&encoded, "%", absl::AsciiStrToUpper(HexEncode({&c, 1})));
    }
  }
  return encoded;
}

void Sign(const S3Credentials& credentials, absl::Time now, S3Request& request) {
  const std::string time = absl::FormatTime("%Y%m%dT%H%M%SZ", now, absl::UTCTimeZone());
  const std::string day = time.substr(0, 8);
  request.headers["x-amz-date"] = time;
  request.headers["x-amz-content-sha256"] = request.payload_hash;
  std::string headers;
  std::vector<std::string> names;
  for (const auto& [name, value] : request.headers) {
    absl::StrAppend(&headers, name, ":", absl::StripAsciiWhitespace(value), "\n");
    names.push_back(name);
  }
  const std::string signed_names = absl::StrJoin(names, ";");
  const std::string canonical =
      absl::StrCat(request.method, "\n", S3Encode(request.path, true), "\n", CanonicalQuery(request.query), "\n",
                   headers, "\n", signed_names, "\n", request.payload_hash);
  const std::string scope = absl::StrCat(day, "/", credentials.region, "/s3/aws4_request");
  const std::string to_sign = absl::StrCat("AWS4-HMAC-SHA256\n", time, "\n", scope, "\n", HexEncode(Sha256(canonical)));
  std::string key = Hmac(absl::StrCat("AWS4", credentials.secret_key), day);
  for (const absl::string_view part :
       {absl::string_view(credentials.region), absl::string_view("s3"), absl::string_view("aws4_request")}) {
    key = Hmac(key, part);
  }
  request.headers["authorization"] =
      absl::StrCat("AWS4-HMAC-SHA256 Credential=", credentials.access_key, "/", scope, ",SignedHeaders=", signed_names,
                   ",Signature=", HexEncode(Hmac(key, to_sign)));
}

}  // namespace storeops::blobs
