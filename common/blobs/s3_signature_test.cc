#include "common/blobs/s3_signature.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace storeops::blobs {
namespace {

constexpr char kEmptyHash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr char kBucketHost[] = "examplebucket.s3.amazonaws.com";

// The examples of "Signature Calculations for the Authorization Header" in Amazon's documentation.
TEST(S3Signature, IsThatOfThePublishedExamples) {
  const S3Credentials credentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"};
  const absl::Time now = absl::FromCivil(absl::CivilSecond(2013, 5, 24, 0, 0, 0), absl::UTCTimeZone());
  const struct {
    S3Request request;
    const char* names;
    const char* signature;
  } cases[] = {{{"GET", "/test.txt", {}, {{"host", kBucketHost}, {"range", "bytes=0-9"}}, kEmptyHash},
                "host;range;x-amz-content-sha256;x-amz-date",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
               {{"PUT",
                 "/test$file.text",
                 {},
                 {{"host", kBucketHost},
                  {"date", "Fri, 24 May 2013 00:00:00 GMT"},
                  {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                 "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"},
                "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
               {{"GET", "/", {{"lifecycle", ""}}, {{"host", kBucketHost}}, kEmptyHash},
                "host;x-amz-content-sha256;x-amz-date",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
               {{"GET", "/", {{"max-keys", "2"}, {"prefix", "J"}}, {{"host", kBucketHost}}, kEmptyHash},
                "host;x-amz-content-sha256;x-amz-date",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"}};
  for (const auto& c : cases) {
    S3Request request = c.request;
    Sign(credentials, now, request);
    EXPECT_EQ(request.headers["authorization"],
              absl::StrCat("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                           "SignedHeaders=",
                           c.names, ",Signature=", c.signature));
    EXPECT_EQ(request.headers["x-amz-date"], "20130524T000000Z");
  }
}

TEST(S3Encode, LeavesOnlyWhatNeedsNoEscape) {
  EXPECT_EQ(S3Encode("AZaz09-._~", false), "AZaz09-._~");
  EXPECT_EQ(S3Encode("a b/c+d", true), "a%20b/c%2Bd");
  EXPECT_EQ(S3Encode("a/\xe4\xb8\xad", false), "a%2F%E4%B8%AD");
}

}  // namespace
}  // namespace storeops::blobs
