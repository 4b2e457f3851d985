// As much of S3 as the suite uses, over real HTTP. It works out the signature of what it received by itself, from the
// raw request, and refuses what does not fit, as the real one does.
#ifndef STOREOPS_TESTS_SUPPORT_S3_SERVER_H_
#define STOREOPS_TESTS_SUPPORT_S3_SERVER_H_

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/signer.h"
#include "common/blobs/blob_store.h"
#include "common/http/server.h"

namespace storeops::testing {

class S3Server {
 public:
  static constexpr char kAccessKey[] = "TESTACCESSKEY";
  static constexpr char kSecretKey[] = "test/secret+key";
  static constexpr char kRegion[] = "eu-test-1";

  S3Server() {
    auto server = http::Server::Start(
        {}, [this](const http::Request& request, http::Responder respond) { respond(Handle(request)); });
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  ~S3Server() { server_->Shutdown(absl::Now() + absl::Seconds(5)); }

  blobs::S3Options options() const {
    return {absl::StrCat("http://127.0.0.1:", server_->port()), kRegion, "shop", "suite/", kAccessKey, kSecretKey};
  }
  // The next requests are answered with this status.
  void Fail(int times, int status = 503) {
    absl::MutexLock lock(&mutex_);
    failures_ = times;
    failure_ = status;
  }
  std::vector<std::string> Keys() {
    absl::MutexLock lock(&mutex_);
    std::vector<std::string> keys;
    for (const auto& [key, content] : objects_) keys.push_back(key);
    return keys;
  }
  int requests() {
    absl::MutexLock lock(&mutex_);
    return requests_;
  }

 private:
  static std::string HmacSha256(const std::string& key, const std::string& data) {
    unsigned char mac[32];
    unsigned int size = sizeof(mac);
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(data.data()),
         data.size(), mac, &size);
    return {reinterpret_cast<const char*>(mac), size};
  }

  static std::string Field(const std::string& authorization, const std::string& name) {
    const size_t begin = authorization.find(name + "=");
    if (begin == std::string::npos) return "";
    const size_t from = begin + name.size() + 1;
    return authorization.substr(from, authorization.find_first_of(", ", from) - from);
  }

  // "20130524T000000Z" as RFC 3339 writes it.
  static std::string Dashed(const std::string& date) {
    return absl::StrCat(date.substr(0, 4), "-", date.substr(4, 2), "-", date.substr(6, 5), ":", date.substr(11, 2), ":",
                        date.substr(13));
  }

  static http::Response Error(int status, const std::string& code) {
    return {status,
            {{"Content-Type", "application/xml"}},
            absl::StrCat("<?xml version=\"1.0\"?><Error><Code>", code, "</Code></Error>")};
  }

  // Empty if the request is signed as it must be.
  static std::string WhatIsWrong(const http::Request& request) {
    const std::string authorization(request.Header("authorization"));
    const std::string date(request.Header("x-amz-date"));
    if (!absl::StartsWith(authorization, "AWS4-HMAC-SHA256 ") || date.size() != 16) return "AccessDenied";
    absl::Time sent;
    std::string error;
    if (!absl::ParseTime("%Y-%m-%dT%H:%M:%SZ", Dashed(date), &sent, &error) || sent < absl::Now() - absl::Minutes(15) ||
        sent > absl::Now() + absl::Minutes(15)) {
      return "RequestTimeTooSkewed";
    }
    const std::string scope = absl::StrCat(date.substr(0, 8), "/", kRegion, "/s3/aws4_request");
    if (Field(authorization, "Credential") != absl::StrCat(kAccessKey, "/", scope)) return "InvalidAccessKeyId";
    if (request.Header("x-amz-content-sha256") != HexEncode(Sha256(request.body))) return "XAmzContentSHA256Mismatch";
    const std::string names = Field(authorization, "SignedHeaders");
    for (const char* needed : {"host", "x-amz-date", "x-amz-content-sha256"}) {
      if (!absl::StrContains(absl::StrCat(";", names, ";"), absl::StrCat(";", needed, ";"))) return "AccessDenied";
    }
    std::string canonical = absl::StrCat(request.method, "\n", request.Path(), "\n", request.Query(), "\n");
    for (const auto name : absl::StrSplit(names, ';')) {
      absl::StrAppend(&canonical, name, ":", request.Header(name), "\n");
    }
    absl::StrAppend(&canonical, "\n", names, "\n", request.Header("x-amz-content-sha256"));
    const std::string text = absl::StrCat("AWS4-HMAC-SHA256\n", date, "\n", scope, "\n", HexEncode(Sha256(canonical)));
    std::string key = HmacSha256(absl::StrCat("AWS4", kSecretKey), date.substr(0, 8));
    for (const char* part : {kRegion, "s3", "aws4_request"}) key = HmacSha256(key, part);
    return Field(authorization, "Signature") == HexEncode(HmacSha256(key, text)) ? "" : "SignatureDoesNotMatch";
  }

  http::Response Handle(const http::Request& request) {
    absl::MutexLock lock(&mutex_);
    ++requests_;
    if (failures_ > 0) {
      --failures_;
      return Error(failure_, "SlowDown");
    }
    const std::string wrong = WhatIsWrong(request);
    if (!wrong.empty()) return Error(403, wrong);
    absl::string_view path = request.Path();
    if (!absl::ConsumePrefix(&path, "/shop/")) return Error(404, "NoSuchBucket");
    const std::string key(path);
    if (request.method == "PUT") {
      objects_[key] = request.body;
      return {200, {}, ""};
    }
    if (request.method == "DELETE") {
      objects_.erase(key);
      return {204, {}, ""};
    }
    const auto found = objects_.find(key);
    if (found == objects_.end()) return Error(404, "NoSuchKey");
    return request.method == "HEAD" ? http::Response{200, {}, found->second} : Part(request, found->second);
  }

  static http::Response Part(const http::Request& request, const std::string& content) {
    absl::string_view range = request.Header("range");
    if (range.empty()) return {200, {}, content};
    const std::vector<std::string> ends = absl::StrSplit(absl::StripPrefix(range, "bytes="), '-');
    size_t first = 0, last = 0;
    if (ends.size() != 2 || !absl::SimpleAtoi(ends[0], &first) || !absl::SimpleAtoi(ends[1], &last)) {
      return Error(400, "InvalidArgument");
    }
    if (first >= content.size()) return Error(416, "InvalidRange");
    return {206, {}, content.substr(first, last - first + 1)};
  }

  absl::Mutex mutex_;
  std::map<std::string, std::string> objects_ ABSL_GUARDED_BY(mutex_);
  int requests_ ABSL_GUARDED_BY(mutex_) = 0;
  int failures_ ABSL_GUARDED_BY(mutex_) = 0;
  int failure_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<http::Server> server_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_S3_SERVER_H_
