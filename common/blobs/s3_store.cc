// S3-compatible storage by libcurl: path-style addresses, single requests.
#include <curl/curl.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/file_error.h"
#include "common/base/now.h"
#include "common/base/signer.h"
#include "common/base/status_macros.h"
#include "common/blobs/blob_store.h"
#include "common/blobs/s3_signature.h"

namespace storeops::blobs {
namespace {

constexpr int kAttempts = 3;
constexpr absl::Duration kFirstBackoff = absl::Milliseconds(200);
constexpr absl::Duration kConnectLimit = absl::Seconds(5);
constexpr size_t kMaxErrorBytes = 64 << 10;
constexpr size_t kKeptHandles = 8;
constexpr int64_t kMaxBlobBytes = int64_t{5} << 30;

using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

struct Answer {
  long status = 0;
  std::string body;
  size_t max_body = 0;
  int64_t content_length = -1;
};

size_t TakeBody(char* data, size_t, size_t bytes, void* target) {
  auto& answer = *static_cast<Answer*>(target);
  if (answer.body.size() + bytes > answer.max_body) return 0;  // ends the transfer
  answer.body.append(data, bytes);
  return bytes;
}

size_t GiveBody(char* into, size_t, size_t bytes, void* file) {
  return std::fread(into, 1, bytes, static_cast<std::FILE*>(file));
}

// "NoSuchKey" of an error's XML.
absl::string_view ErrorCode(absl::string_view xml) {
  const size_t begin = xml.find("<Code>");
  const size_t end = xml.find("</Code>");
  if (begin == absl::string_view::npos || end == absl::string_view::npos || end < begin) return "";
  return xml.substr(begin + 6, end - begin - 6);
}

class S3Store final : public BlobStore {
 public:
  S3Store(const S3Options& options, std::string spool_folder)
      : options_(options),
        credentials_{options.access_key, options.secret_key, options.region},
        spool_folder_(std::move(spool_folder)) {
    absl::string_view host = options_.endpoint;
    host.remove_prefix(host.find("//") + 2);
    host_ = std::string(host);
  }
  ~S3Store() override {
    for (CURL* handle : handles_) curl_easy_cleanup(handle);
  }

  absl::StatusOr<std::unique_ptr<Spool>> NewSpool(int64_t max_bytes) override {
    return Spool::Create(spool_folder_, std::min(max_bytes, kMaxBlobBytes));
  }

  absl::Status Put(absl::string_view key, Spool& spool, absl::Time deadline) override {
    const auto size = Size(key, deadline);
    if (size.ok() && *size == spool.size()) return absl::OkStatus();
    if (!size.ok() && !absl::IsNotFound(size.status())) return size.status();
    return Do("PUT", key, spool.hash(), {}, kMaxErrorBytes, &spool, deadline).status();
  }

  absl::StatusOr<int64_t> Size(absl::string_view key, absl::Time deadline) override {
    ASSIGN_OR_RETURN(const Answer answer, Do("HEAD", key, EmptyHash(), {}, kMaxErrorBytes, nullptr, deadline));
    return answer.content_length;
  }

  absl::StatusOr<std::string> Read(absl::string_view key, int64_t offset, int64_t bytes, absl::Time deadline) override {
    // An empty range cannot be asked for.
    if (bytes <= 0) {
      RETURN_IF_ERROR(Size(key, deadline).status());
      return std::string();
    }
    const std::string range = absl::StrCat("bytes=", offset, "-", offset + bytes - 1);
    auto answer = Do("GET", key, EmptyHash(), {{"range", range}}, std::max(static_cast<size_t>(bytes), kMaxErrorBytes),
                     nullptr, deadline);
    if (absl::IsOutOfRange(answer.status())) return std::string();
    RETURN_IF_ERROR(answer.status());
    if (answer->status != 206) return absl::InternalError(absl::StrCat("the storage does not heed ranges: ", key));
    return std::move(answer->body);
  }

  absl::Status Delete(absl::string_view key, absl::Time deadline) override {
    const absl::Status status = Do("DELETE", key, EmptyHash(), {}, kMaxErrorBytes, nullptr, deadline).status();
    return absl::IsNotFound(status) ? absl::OkStatus() : status;
  }

 private:
  static const std::string& EmptyHash() {
    static const std::string hash = HexEncode(Sha256(""));
    return hash;
  }

  // With repetitions: every request may be sent twice.
  absl::StatusOr<Answer> Do(const std::string& method, absl::string_view key, const std::string& payload_hash,
                            const std::map<std::string, std::string>& headers, size_t max_body, const Spool* upload,
                            absl::Time deadline) {
    RETURN_IF_ERROR(CheckKey(key));
    absl::Duration backoff = kFirstBackoff;
    for (int attempt = 1;; ++attempt, backoff *= 2) {
      S3Request request{
          method, absl::StrCat("/", options_.bucket, "/", options_.prefix, key), {}, headers, payload_hash};
      request.headers["host"] = host_;
      Sign(credentials_, WallNow(), request);
      Answer answer;
      answer.max_body = max_body;
      absl::Status status = Send(request, upload, deadline, answer);
      if (status.ok()) status = StatusOf(answer, method, key);
      if (status.ok()) return answer;
      if (!absl::IsUnavailable(status) || attempt == kAttempts || SteadyNow() + backoff >= deadline) return status;
      absl::SleepFor(backoff);
    }
  }

  absl::Status Send(const S3Request& request, const Spool* upload, absl::Time deadline, Answer& answer) {
    const int64_t limit_ms = absl::ToInt64Milliseconds(std::min(deadline - SteadyNow(), absl::Hours(1)));
    if (limit_ms <= 0) return absl::DeadlineExceededError("the deadline has passed");
    File file(nullptr, &std::fclose);
    if (upload != nullptr) file.reset(std::fopen(upload->path().c_str(), "rb"));
    if (upload != nullptr && file == nullptr) return absl::InternalError("a spooled file cannot be read");
    CURL* const handle = TakeHandle();
    curl_slist* lines = nullptr;
    for (const auto& [name, value] : request.headers) {
      lines = curl_slist_append(lines, absl::StrCat(name, ": ", value).c_str());
    }
    lines = curl_slist_append(lines, "Expect:");  // no round trip before the body
    const std::string url = absl::StrCat(options_.endpoint, S3Encode(request.path, true));
    curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle, CURLOPT_HTTPHEADER, lines);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_easy_setopt(handle, CURLOPT_NOBODY, request.method == "HEAD" ? 1L : 0L);
    if (file != nullptr) {
      curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
      curl_easy_setopt(handle, CURLOPT_READFUNCTION, &GiveBody);
      curl_easy_setopt(handle, CURLOPT_READDATA, file.get());
      curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload->size()));
    }
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &TakeBody);
    curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(limit_ms));
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(kConnectLimit)));
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
    const CURLcode code = curl_easy_perform(handle);
    curl_off_t length = -1;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_easy_getinfo(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    answer.content_length = length;
    curl_slist_free_all(lines);
    KeepHandle(handle);
    if (code == CURLE_OK) return absl::OkStatus();
    if (code == CURLE_OPERATION_TIMEDOUT && SteadyNow() >= deadline) {
      return absl::DeadlineExceededError("the storage did not answer in time");
    }
    return absl::UnavailableError(absl::StrCat("the storage at ", options_.endpoint, ": ", curl_easy_strerror(code)));
  }

  absl::Status StatusOf(const Answer& answer, absl::string_view method, absl::string_view key) const {
    if (answer.status >= 200 && answer.status < 300) return absl::OkStatus();
    const std::string message = absl::StrCat("the storage answered ", method, " of ", options_.bucket, "/", key,
                                             " with ", answer.status, " ", ErrorCode(answer.body));
    if (answer.status == 404 && ErrorCode(answer.body) != "NoSuchBucket") return absl::NotFoundError(message);
    if (answer.status == 416) return absl::OutOfRangeError(message);
    if (answer.status >= 500 || answer.status == 429) return absl::UnavailableError(message);
    return absl::InternalError(message);
  }

  // Handles keep their connections.
  CURL* TakeHandle() {
    absl::MutexLock lock(&mutex_);
    if (handles_.empty()) return curl_easy_init();
    CURL* handle = handles_.back();
    handles_.pop_back();
    return handle;
  }
  void KeepHandle(CURL* handle) {
    curl_easy_reset(handle);
    absl::MutexLock lock(&mutex_);
    if (handles_.size() < kKeptHandles) return handles_.push_back(handle);
    curl_easy_cleanup(handle);
  }

  const S3Options options_;
  const S3Credentials credentials_;
  const std::string spool_folder_;
  std::string host_;
  absl::Mutex mutex_;
  std::vector<CURL*> handles_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::unique_ptr<BlobStore>> OpenS3Store(const S3Options& options, const std::string& spool_folder) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (initialised != CURLE_OK) return absl::InternalError("libcurl cannot be initialised");
  S3Options checked = options;
  checked.endpoint = std::string(absl::StripSuffix(checked.endpoint, "/"));
  absl::string_view host = checked.endpoint;
  if (!absl::ConsumePrefix(&host, "http://") && !absl::ConsumePrefix(&host, "https://")) {
    return absl::InvalidArgumentError("the S3 endpoint must begin with http:// or https://");
  }
  if (host.empty() || absl::StrContains(host, "/")) {
    return absl::InvalidArgumentError("the S3 endpoint must be a host, and a port where needed");
  }
  if (checked.bucket.empty()) return absl::InvalidArgumentError("S3 storage needs a bucket");
  if (checked.access_key.empty() || checked.secret_key.empty()) {
    return absl::InvalidArgumentError("S3 storage needs an access key and a secret key");
  }
  RETURN_IF_ERROR(MakeFolders("making the folder of arriving files", spool_folder));
  RemoveDeadSpools(spool_folder);
  return std::make_unique<S3Store>(checked, spool_folder);
}

}  // namespace storeops::blobs
