// Files of a service over HTTP, from a folder and from S3: conditions, ranges, signed URLs, limits. On raw sockets
// before a real store.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/worker_pool.h"
#include "common/blobs/blob_store.h"
#include "common/blobs/path_signer.h"
#include "common/telemetry/telemetry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/gateway/http/blob_owner.h"
#include "tests/support/eventually.h"
#include "tests/support/http_process.h"
#include "tests/support/machine.h"
#include "tests/support/s3_server.h"

namespace storeops::testing {
namespace {

using gateway::ApiOptions;
using gateway::BlobCall;
using gateway::BlobFile;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kSize = (8 << 20) + 12'345;  // many chunks and a part of one
constexpr char kPublic[] = "/reports/public.bin";
constexpr char kPrivate[] = "/reports/private.pdf";
enum class Where { kFolder, kS3 };

// Owns "public.bin" and "private.pdf", which have the same content, and "lost.bin", whose content is shorter than it
// says.
class ReportOwner final : public gateway::BlobOwner {
 public:
  ReportOwner(blobs::BlobStore& store, WorkerPool& pool, std::string key)
      : store_(store), pool_(pool), key_(std::move(key)) {}

  void Find(const std::string& path, int64_t first_bytes, BlobCall call,
            absl::AnyInvocable<void(absl::StatusOr<BlobFile>)> done) override {
    if (path != "public.bin" && path != "private.pdf" && path != "lost.bin") {
      return done(absl::NotFoundError("no report"));
    }
    BlobFile file;
    file.key = key_;
    file.size = path == "lost.bin" ? kSize + 1 : kSize;
    file.content_type = path == "private.pdf" ? "application/pdf" : "application/octet-stream";
    file.hash = key_;
    file.file_name = path;
    file.is_public = path != "private.pdf";
    file.immutable = path == "private.pdf";
    if (first_bytes == 0) return done(std::move(file));
    Submit([this, file = std::move(file), first_bytes, call = std::move(call), done = std::move(done)]() mutable {
      auto begin = store_.Read(key_, 0, first_bytes, call.deadline);
      if (!begin.ok()) return done(begin.status());
      file.begin = *std::move(begin);
      done(std::move(file));
    });
  }

  void Read(const std::string& key, int64_t offset, int64_t bytes, BlobCall call,
            absl::AnyInvocable<void(absl::StatusOr<std::string>)> done) override {
    EXPECT_LE(bytes, 1 << 20);
    Submit([this, key, offset, bytes, call = std::move(call), done = std::move(done)]() mutable {
      done(store_.Read(key, offset, bytes, call.deadline));
    });
  }

 private:
  void Submit(absl::AnyInvocable<void()> work) { EXPECT_TRUE(pool_.TrySubmit(std::move(work))); }

  blobs::BlobStore& store_;
  WorkerPool& pool_;
  const std::string key_;
};

class BlobHttpTest : public ::testing::TestWithParam<Where> {
 protected:
  BlobHttpTest() {
    for (int64_t i = 0; i < kSize; ++i) content_ += static_cast<char>(i * 131 / 17);
    if (GetParam() == Where::kS3) s3_ = std::make_unique<S3Server>();
    auto store =
        s3_ == nullptr ? blobs::OpenFolderStore(folder_.path()) : blobs::OpenS3Store(s3_->options(), folder_.path());
    EXPECT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    hash_ = HexEncode(Sha256(content_));
    EXPECT_TRUE(store_->PutBytes(hash_, content_, absl::InfiniteFuture()).ok());
    owner_ = std::make_shared<ReportOwner>(*store_, pool_, hash_);
    etag_ = absl::StrCat("\"", hash_, "\"");
  }

  void Start(const gateway::DownloadOptions& downloads = {}) {
    ApiOptions options;
    options.blob_owners = {{"/reports/", owner_}};
    options.downloads = downloads;
    options.path_signer = &signer_;
    options.telemetry = &telemetry_;
    process_ = nullptr;  // its gauges have the names of the next one's
    process_ = std::make_unique<HttpProcess>(options);
  }
  HttpReply Get(const std::string& target, const HeaderList& headers = {}) {
    return Fetch(process_->port(), "GET", target, headers);
  }
  // A client that has begun to download and takes no more.
  std::unique_ptr<RawClient> Stall() {
    auto client = std::make_unique<RawClient>(process_->port());
    EXPECT_TRUE(client->Send(absl::StrCat("GET ", kPublic, " HTTP/1.1\r\nHost: shop\r\n\r\n")));
    EXPECT_TRUE(client->Await(1000));
    return client;
  }
  bool HasMetric(const std::string& line) { return absl::StrContains(telemetry_.Render(), line + "\n"); }

  const TempFolder folder_;
  const blobs::PathSigner signer_{"a secret of at least thirty-two bytes"};
  telemetry::Telemetry telemetry_;
  std::string content_;
  std::string hash_;
  std::string etag_;
  std::unique_ptr<S3Server> s3_;
  std::unique_ptr<blobs::BlobStore> store_;
  std::shared_ptr<ReportOwner> owner_;
  WorkerPool pool_{{.threads = 4}};  // ends before what its tasks use
  std::unique_ptr<HttpProcess> process_;
};

TEST_P(BlobHttpTest, AFileIsServedWhole) {
  Start();
  const HttpReply whole = Get(kPublic);
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == content_) << whole.body.size();
  EXPECT_EQ(whole.Header("content-length"), absl::StrCat(kSize));
  EXPECT_EQ(whole.Header("content-type"), "application/octet-stream");
  EXPECT_EQ(whole.Header("content-disposition"), "attachment; filename=\"public.bin\"; filename*=UTF-8''public.bin");
  EXPECT_EQ(whole.Header("etag"), etag_);
  EXPECT_EQ(whole.Header("accept-ranges"), "bytes");
  EXPECT_EQ(whole.Header("cache-control"), "public, no-cache");
  EXPECT_EQ(whole.Header("x-content-type-options"), "nosniff");
  EXPECT_EQ(whole.Header("content-security-policy"), "default-src 'none'; sandbox");
  const HttpReply head = Fetch(process_->port(), "HEAD", kPublic);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("content-length"), absl::StrCat(kSize));
  EXPECT_EQ(head.Header("etag"), etag_);
  EXPECT_TRUE(HasMetric(absl::StrCat("storeops_download_bytes_total ", kSize)));
  EXPECT_TRUE(Eventually([&] { return HasMetric("storeops_downloads_open 0"); }));
}

TEST_P(BlobHttpTest, RangesAndConditions) {
  Start();
  constexpr int64_t kChunk = 256 << 10;
  const struct {
    HeaderList headers;
    int status;
    int64_t first;
    int64_t last;
  } cases[] = {{{{"Range", "bytes=0-0"}}, 206, 0, 0},
               {{{"Range", absl::StrCat("bytes=", kChunk - 1, "-", kChunk)}}, 206, kChunk - 1, kChunk},
               {{{"Range", absl::StrCat("bytes=5-", 3 * kChunk)}}, 206, 5, 3 * kChunk},
               {{{"Range", "bytes=-10"}}, 206, kSize - 10, kSize - 1},
               {{{"Range", "bytes=8000000-"}}, 206, 8'000'000, kSize - 1},
               {{{"Range", absl::StrCat("bytes=", kSize, "-")}}, 416, 0, 0},
               {{{"Range", "bytes=-0"}}, 416, 0, 0},
               {{{"Range", "bytes=0-1,5-6"}}, 200, 0, kSize - 1},
               {{{"Range", "bytes=0-9"}, {"If-Range", etag_}}, 206, 0, 9},
               {{{"Range", "bytes=0-9"}, {"If-Range", "\"other\""}}, 200, 0, kSize - 1},
               {{{"Range", "bytes=0-9"}, {"If-Range", "W/" + etag_}}, 200, 0, kSize - 1},
               {{{"If-None-Match", etag_}}, 304, 0, 0},
               {{{"If-None-Match", "\"x\", W/" + etag_}}, 304, 0, 0},
               {{{"If-None-Match", "*"}, {"Range", "bytes=0-9"}}, 304, 0, 0},
               {{{"If-None-Match", "\"x\""}}, 200, 0, kSize - 1}};
  for (const auto& c : cases) {
    SCOPED_TRACE(absl::StrCat(c.headers[0].first, ": ", c.headers[0].second));
    const HttpReply reply = Get(kPublic, c.headers);
    EXPECT_EQ(reply.status, c.status);
    if (c.status == 416) {
      EXPECT_EQ(reply.Header("content-range"), absl::StrCat("bytes */", kSize));
      EXPECT_THAT(reply.body, HasSubstr("\"RANGE_NOT_SATISFIABLE\""));
    } else if (c.status == 304) {
      EXPECT_EQ(reply.Header("etag"), etag_);
      EXPECT_EQ(reply.body, "");
    } else {
      EXPECT_TRUE(reply.body == content_.substr(c.first, c.last - c.first + 1)) << reply.body.size();
      EXPECT_EQ(reply.Header("content-range"),
                c.status == 200 ? "" : absl::StrCat("bytes ", c.first, "-", c.last, "/", kSize));
    }
  }
  const HttpReply posted = Fetch(process_->port(), "POST", kPublic, {}, "x");
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(posted.Header("allow"), "GET, HEAD");
}

TEST_P(BlobHttpTest, AFileThatIsNotPublicNeedsASignature) {
  Start();
  const std::string missing = Get("/reports/other").body;
  EXPECT_THAT(missing, HasSubstr("\"NOT_FOUND\""));
  EXPECT_EQ(Get(kPrivate).body, missing) << "not told apart";
  const std::string good = signer_.SignedPath(kPrivate, absl::Now() + absl::Hours(3));
  const HttpReply reply = Get(good, {{"Range", "bytes=0-9"}});
  EXPECT_EQ(reply.status, 206);
  EXPECT_EQ(reply.body, content_.substr(0, 10));
  EXPECT_EQ(reply.Header("cache-control"), "private, max-age=3600");
  EXPECT_THAT(Get(signer_.SignedPath(kPrivate, absl::Now() + absl::Minutes(10)), {{"Range", "bytes=0-0"}})
                  .Header("cache-control"),
              HasSubstr("private, max-age=5"));
  EXPECT_EQ(Fetch(process_->port(), "HEAD", good).status, 200);
  EXPECT_EQ(Get(signer_.SignedPath("/reports/other", absl::Now() + absl::Hours(1))).status, 404);
  const std::string expired = signer_.SignedPath(kPrivate, absl::Now() - absl::Seconds(1));
  const struct {
    std::string target;
    const char* reason;
  } refused[] = {{expired, "SIGNATURE_EXPIRED"},
                 {good + "x", "SIGNATURE_INVALID"},
                 {absl::StrCat(kPublic, good.substr(good.find('?'))), "SIGNATURE_INVALID"},
                 {absl::StrCat(kPrivate, "?expires=9999999999", good.substr(good.find('&'))), "SIGNATURE_INVALID"}};
  for (const auto& c : refused) {
    const HttpReply denied = Get(c.target);
    EXPECT_EQ(denied.status, 403) << c.target;
    EXPECT_THAT(denied.body, HasSubstr(c.reason)) << c.target;
    EXPECT_THAT(denied.body, Not(HasSubstr(signer_.SignedPath(kPrivate, absl::UnixEpoch()).substr(40))));
  }
  EXPECT_TRUE(HasMetric("storeops_downloads_refused_total{cause=\"signature\"} 4"));
}

TEST_P(BlobHttpTest, DownloadsAtOnceAreLimited) {
  const struct {
    gateway::DownloadOptions options;
    int status;
    const char* reason;
    const char* metric;
  } cases[] = {
      {{.max_open = 2}, 503, "\"TOO_MANY_DOWNLOADS\"", "storeops_downloads_refused_total{cause=\"process\"} 1"},
      {{.max_open_of_address = 2},
       429,
       "\"TOO_MANY_DOWNLOADS_OF_ADDRESS\"",
       "storeops_downloads_refused_total{cause=\"address\"} 1"}};
  for (const auto& c : cases) {
    Start(c.options);
    auto first = Stall();
    const auto second = Stall();
    const HttpReply third = Get(kPublic);
    EXPECT_EQ(third.status, c.status);
    EXPECT_EQ(third.Header("retry-after"), "2");
    EXPECT_THAT(third.body, HasSubstr(c.reason));
    EXPECT_TRUE(HasMetric(c.metric)) << telemetry_.Render();
    EXPECT_EQ(process_->Ask("GET", "/v1/products/1").status, 200) << "calls are not downloads";
    first = nullptr;
    EXPECT_TRUE(Eventually([&] { return Get(kPublic, {{"Range", "bytes=0-0"}}).status == 206; }));
  }
}

TEST_P(BlobHttpTest, TheRateOfAnAddressIsLimited) {
  Start({.per_second_of_address = 0.5});
  EXPECT_EQ(Get(kPublic, {{"If-None-Match", etag_}}).status, 304);
  EXPECT_EQ(Get(kPublic, {{"If-None-Match", etag_}}).status, 304);
  HttpReply refused;
  // Two seconds for each further one.
  EXPECT_TRUE(Eventually([&] { return (refused = Get(kPublic, {{"If-None-Match", etag_}})).status == 429; }));
  EXPECT_NE(refused.Header("retry-after"), "");
  EXPECT_THAT(refused.body, HasSubstr("\"DOWNLOAD_RATE_LIMITED\""));
}

TEST_P(BlobHttpTest, ADownloadThatStallsIsClosed) {
  Start({.stall_limit = absl::Milliseconds(200)});
  const auto client = Stall();
  EXPECT_TRUE(Eventually([&] { return HasMetric("storeops_downloads_open 0"); }));
  EXPECT_FALSE(client->Await(kSize)) << "the connection ends before the file does";
}

TEST_P(BlobHttpTest, AFileThatIsShorterThanItSaysIsCutOff) {
  Start();
  RawClient client(process_->port());
  EXPECT_TRUE(client.Send("GET /reports/lost.bin HTTP/1.1\r\nHost: shop\r\n\r\n"));
  EXPECT_FALSE(client.Await(kSize + 10'000));
  EXPECT_GT(client.received(), static_cast<size_t>(kSize / 2));
}

INSTANTIATE_TEST_SUITE_P(Stores, BlobHttpTest, ::testing::Values(Where::kFolder, Where::kS3),
                         [](const auto& info) { return info.param == Where::kS3 ? "S3" : "Folder"; });

}  // namespace
}  // namespace storeops::testing
