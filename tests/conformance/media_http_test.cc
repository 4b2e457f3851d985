// Media over HTTP: ranges, conditions and uploads, on raw sockets before a real catalogue.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/http/server.h"
#include "common/rpc/grpc_server.h"
#include "common/rpc/peer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/catalog/module.h"
#include "services/gateway/module.h"
#include "storeops/catalog/v1/media_service.pb.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"
#include "tests/support/machine.h"
#include "tests/support/pictures.h"
#include "tests/support/service_process.h"

namespace storeops::testing {
namespace {

using catalog::v1::UploadMediaRequest;
using catalog::v1::UploadMediaResponse;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// More than 8 MiB as a PNG.
constexpr int kLargeWidth = 3600;
constexpr int kLargeHeight = 2700;
constexpr char kUpload[] = "storeops.catalog.v1.MediaService/UploadMedia";

// Sixty clients that begin to download a file of more than 8 MiB and stop must not make the server store the files, nor
// keep it from answering others. `others` sends calls of another kind.
void ExpectSlowClientsAreCheap(int port, const std::string& path, const std::string& content,
                               const std::function<void()>& others) {
  constexpr int kClients = 60;
  constexpr int64_t kBound =
      96 << 20;  // a chunk of 256 KiB each, their copies on the way, and what the allocator keeps
  ASSERT_GT(content.size(), 8u << 20);
  const std::string request = absl::StrCat("GET ", path, " HTTP/1.1\r\nHost: shop\r\n\r\n");
  EXPECT_TRUE(Fetch(port, "GET", path).body == content) << "also loads what the first download needs";
  const int64_t before = ResidentBytes();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<RawClient>(port));
    ASSERT_TRUE(clients.back()->Send(request));
  }
  for (const auto& client : clients) ASSERT_TRUE(client->Await(1000));
  const int64_t grown = ResidentBytes() - before;
  ::testing::Test::RecordProperty("resident_growth_bytes", std::to_string(grown));
  EXPECT_LT(grown, kBound);
  others();
  EXPECT_TRUE(Fetch(port, "GET", path).body == content) << "a fast client passes the slow ones";
  for (const int i : {0, kClients - 1}) EXPECT_TRUE(clients[i]->Read().body == content) << "a slow client gets it all";
  EXPECT_LT(ResidentBytes() - before, kBound);
}

class MediaHttpTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto api = process_.host().MakeHttpApi();
    ASSERT_TRUE(api.ok()) << api.status();
    auto server = http::Server::Start({}, std::move(api->handler));
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void TearDown() override { server_->Shutdown(absl::Now()); }

  HttpReply Ask(const std::string& method, const std::string& target, const std::vector<std::string>& headers = {},
                const std::string& body = "") {
    RawClient client(server_->port());
    std::string text = absl::StrCat(method, " ", target, " HTTP/1.1\r\nHost: shop\r\n");
    for (const std::string& header : headers) absl::StrAppend(&text, header, "\r\n");
    if (!body.empty()) absl::StrAppend(&text, "Content-Length: ", body.size(), "\r\n");
    EXPECT_TRUE(client.Send(text + "\r\n" + body));
    return client.Read(method == "HEAD");
  }
  std::string Authorization() const { return "Authorization: " + process_.Bearer("users/7", {"catalog.*"}); }
  // Its path.
  std::string Upload(const std::string& content, const std::string& query = "") {
    const HttpReply reply = Ask("POST", "/v1/media:upload" + query, {Authorization()}, content);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return absl::StrCat("/media/", HexEncode(Sha256(content)), "/original");
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(site_.folder() + "/blobs")) {
      if (entry.is_regular_file()) files.push_back(entry.path().filename().string());
    }
    return files;
  }

  const Site site_;
  ServiceProcess process_{site_, {catalog::CatalogModule(), gateway::GatewayModule()}};
  std::unique_ptr<http::Server> server_;
};

TEST_F(MediaHttpTest, AFileIsServedToWhoKnowsItsAddress) {
  const std::string png = MakePng(1200, 900);  // more than one part
  const std::string path = Upload(png, "?fileName=cup%20%E8%8C%B6.png&altText=A%20cup");
  const HttpReply whole = Ask("GET", path);
  EXPECT_EQ(whole.status, 200);
  EXPECT_TRUE(whole.body == png) << whole.body.size();
  EXPECT_EQ(whole.Header("content-type"), "image/png");
  EXPECT_EQ(whole.Header("cache-control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(whole.Header("x-content-type-options"), "nosniff");
  EXPECT_EQ(whole.Header("accept-ranges"), "bytes");
  EXPECT_EQ(whole.Header("content-disposition"),
            "inline; filename=\"cup ___.png\"; filename*=UTF-8''cup%20%e8%8c%b6.png");
  const std::string etag = whole.Header("etag");
  EXPECT_EQ(etag, absl::StrCat("\"", HexEncode(Sha256(png)), ".original\""));

  const HttpReply head = Ask("HEAD", path);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("content-length"), absl::StrCat(png.size()));
  EXPECT_EQ(head.Header("etag"), etag);

  for (const std::string& tags : {etag, "W/" + etag, std::string("*"), "\"x\", " + etag}) {
    const HttpReply same = Ask("GET", path, {"If-None-Match: " + tags});
    EXPECT_EQ(same.status, 304) << tags;
    EXPECT_EQ(same.Header("etag"), etag);
    EXPECT_EQ(same.body, "");
  }
  EXPECT_TRUE(Ask("GET", path, {"If-None-Match: \"x\""}).body == png);

  const std::string thumbnail = absl::StrCat("/media/", HexEncode(Sha256(png)), "/s160");
  const HttpReply small = Ask("GET", thumbnail);
  EXPECT_EQ(small.status, 200);
  EXPECT_EQ(small.Header("content-type"), "image/webp");
  EXPECT_EQ(SizeOfPicture(small.body).first, 160);
  EXPECT_NE(small.Header("etag"), etag);
}

TEST_F(MediaHttpTest, RangesAreServedAsTheRfcSays) {
  const std::string png = MakePng(1200, 900);
  const std::string path = Upload(png);
  const int64_t size = static_cast<int64_t>(png.size());
  ASSERT_GT(size, 5 << 18) << "more than one part";
  const struct {
    std::string range;
    int status;
    int64_t first;
    int64_t last;
  } cases[] = {{"bytes=0-0", 206, 0, 0},
               {"bytes=0-", 206, 0, size - 1},
               {"bytes=100-199", 206, 100, 199},
               {absl::StrCat("bytes=", 1 << 20, "-"), 206, 1 << 20, size - 1},
               {absl::StrCat("bytes=10-", size + 10), 206, 10, size - 1},
               {"bytes=-10", 206, size - 10, size - 1},
               {absl::StrCat("bytes=-", size * 2), 206, 0, size - 1},
               {absl::StrCat("bytes=", size - 1, "-"), 206, size - 1, size - 1},
               {absl::StrCat("bytes=", size, "-"), 416, 0, 0},
               {"bytes=-0", 416, 0, 0},
               {"bytes=9-0", 200, 0, size - 1},
               {"bytes=0-1,5-6", 200, 0, size - 1},
               {"lines=0-1", 200, 0, size - 1},
               {"bytes=x", 200, 0, size - 1}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.range);
    const HttpReply reply = Ask("GET", path, {"Range: " + c.range});
    EXPECT_EQ(reply.status, c.status);
    if (c.status == 416) {
      EXPECT_EQ(reply.Header("content-range"), absl::StrCat("bytes */", size));
      continue;
    }
    EXPECT_EQ(reply.Header("content-range"),
              c.status == 200 ? "" : absl::StrCat("bytes ", c.first, "-", c.last, "/", size));
    EXPECT_TRUE(reply.body == png.substr(c.first, c.last - c.first + 1)) << reply.body.size();
    EXPECT_EQ(reply.Header("content-length"), absl::StrCat(c.last - c.first + 1));
  }
  const std::string etag = Ask("HEAD", path).Header("etag");
  EXPECT_EQ(Ask("GET", path, {"Range: bytes=0-9", "If-Range: " + etag}).status, 206);
  EXPECT_EQ(Ask("GET", path, {"Range: bytes=0-9", "If-Range: \"other\""}).status, 200);
  EXPECT_EQ(Ask("GET", path, {"Range: bytes=0-9", "If-None-Match: " + etag}).status, 304);
  EXPECT_EQ(Ask("HEAD", path, {"Range: bytes=0-9"}).status, 200);
}

TEST_F(MediaHttpTest, SlowClientsTakeAChunkOfMemoryEach) {
  const std::string png = MakePng(kLargeWidth, kLargeHeight);
  const std::string path = Upload(png);
  ExpectSlowClientsAreCheap(server_->port(), path, png, [&] {
    EXPECT_EQ(Ask("GET", "/v1/media", {Authorization()}).status, 200);
    EXPECT_THAT(process_.Metrics(), HasSubstr("storeops_downloads_open 60"));
  });
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(process_.Metrics(), "storeops_downloads_open 0"); }));
}

TEST_F(MediaHttpTest, OtherAddressesAreNotFound) {
  const std::string path = Upload(MakePng(300, 200));
  const std::string hash = path.substr(7, 64);
  const std::vector<std::string> others = {"/media/",
                                           "/media/" + hash,
                                           "/media/" + hash + "/",
                                           "/media/" + hash + "/s480",
                                           "/media/" + hash + "/../original",
                                           "/media/" + std::string(64, '0') + "/original",
                                           "/media/x/original",
                                           "/media/" + hash + "/original/x",
                                           "/media/" + hash + "/Original",
                                           "/media//etc/passwd"};
  for (const std::string& other : others) {
    const HttpReply reply = Ask("GET", other);
    EXPECT_EQ(reply.status, 404) << other;
    EXPECT_EQ(reply.Header("cache-control"), "no-store") << other;
  }
  EXPECT_THAT(Ask("GET", others[0]).body, HasSubstr("\"NOT_FOUND\""));
  const HttpReply posted = Ask("POST", path, {}, "x");
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(posted.Header("allow"), "GET, HEAD");
}

TEST_F(MediaHttpTest, AFileIsUploadedAsTheBody) {
  const std::string png = MakePng(300, 200);
  const HttpReply put =
      Ask("PUT", "/v1/media:upload?fileName=a.png", {Authorization(), "Content-Type: image/png"}, png);
  EXPECT_EQ(put.status, 200);
  EXPECT_THAT(put.body, HasSubstr("\"contentType\":\"image/png\""));
  const HttpReply form =
      Ask("POST", "/v1/media:upload", {Authorization(), "Content-Type: application/x-www-form-urlencoded"}, png);
  EXPECT_THAT(form.body, HasSubstr("\"existing\":true"));
  const struct {
    std::vector<std::string> headers;
    std::string query;
    std::string body;
    int status;
    const char* says;
  } refused[] = {{{Authorization(), "Content-Type: image/jpeg"}, "", png, 400, "the content is image/png"},
                 {{Authorization(), "Content-Type: multipart/form-data; boundary=x"}, "", png, 400, "curl -T"},
                 {{Authorization(), "Content-Encoding: gzip"}, "", png, 501, "content coding"},
                 {{Authorization()}, "?filename=a.png", png, 400, "no such parameter"},
                 {{Authorization()}, "?fileName=a.gif", png, 400, "header.file_name"},
                 {{Authorization()}, "", "<svg/>", 400, "image/svg+xml"},
                 {{Authorization()}, "", "", 400, "no content"},
                 {{}, "", png, 401, "CREDENTIALS_MISSING"},
                 {{"Authorization: " + process_.Bearer("users/8", {"*.read"})}, "", png, 403, "catalog.media.write"}};
  for (const auto& c : refused) {
    const HttpReply reply = Ask("POST", "/v1/media:upload" + c.query, c.headers, c.body);
    EXPECT_EQ(reply.status, c.status) << reply.body;
    EXPECT_THAT(reply.body, HasSubstr(c.says));
  }
  EXPECT_EQ(Ask("GET", "/v1/media:upload").status, 405);
}

TEST_F(MediaHttpTest, WhatIsCutOffLeavesNothing) {
  const std::string png = MakePng(300, 200);
  {
    RawClient client(server_->port());
    ASSERT_TRUE(
        client.Send(absl::StrCat("POST /v1/media:upload HTTP/1.1\r\nHost: shop\r\n", Authorization(),
                                 "\r\nContent-Length: ", png.size(), "\r\n\r\n", png.substr(0, png.size() / 2))));
  }
  const auto remote = rpc::MakeRemotePeer(process_.StartGrpc(), {}, &process_.tokens());
  rpc::PeerCall call;
  call.method = kUpload;
  call.principal = {"users/7", "Wei", {"catalog.*"}};
  int sent = 0;
  // A picture that is whole, and a caller who dies before he says that it is.
  const auto status = remote->Upload(call, [&](std::string* bytes) -> absl::StatusOr<bool> {
    UploadMediaRequest request;
    if (++sent == 1) request.mutable_header()->set_file_name("cup.png");
    if (sent == 2) request.set_chunk(png);
    *bytes = request.SerializeAsString();
    if (sent <= 2) return true;
    EXPECT_TRUE(Eventually([&] { return !Files().empty(); })) << "it is on its way";
    return absl::CancelledError("dead");
  });
  EXPECT_EQ(status.status().code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(process_.pipeline().AwaitIdle(absl::Now() + absl::Seconds(60)));
  EXPECT_THAT(Files(), IsEmpty());
}

// The gateway in a process of its own: it has neither the catalogue's database nor its files.
TEST(MediaHttpApart, TheGatewayReachesMediaByCallsOnly) {
  const Site site, other_site;
  ServiceProcess catalog(site, {catalog::CatalogModule()});
  auto grpc = rpc::GrpcServer::Start({}, catalog.table(), catalog.pipeline());
  ASSERT_TRUE(grpc.ok()) << grpc.status();
  const auto remote = rpc::MakeRemotePeer(absl::StrCat("127.0.0.1:", (*grpc)->port()), {}, &catalog.tokens());
  ServiceProcess gateway(other_site, {gateway::GatewayModule()},
                         {.peer = [&](absl::string_view name) { return name == "catalog" ? remote.get() : nullptr; }});
  auto api = gateway.host().MakeHttpApi();
  ASSERT_TRUE(api.ok()) << api.status();
  auto server = http::Server::Start({}, std::move(api->handler));
  ASSERT_TRUE(server.ok()) << server.status();
  const int port = (*server)->port();

  const std::string png = MakePng(1200, 900);
  const HeaderList writer = {{"Authorization", gateway.Bearer("users/7", {"catalog.*"})}};
  const HttpReply uploaded = Fetch(port, "PUT", "/v1/media:upload?fileName=cup.png", writer, png);
  EXPECT_EQ(uploaded.status, 200) << uploaded.body;
  const HttpReply refused = Fetch(port, "PUT", "/v1/media:upload?fileName=cup.gif", writer, png);
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body, HasSubstr("header.file_name"));
  const std::string path = absl::StrCat("/media/", HexEncode(Sha256(png)));
  EXPECT_TRUE(Fetch(port, "GET", path + "/original").body == png);
  EXPECT_TRUE(Fetch(port, "GET", path + "/original", {{"Range", "bytes=-2000000"}}).body ==
              png.substr(png.size() - 2'000'000));
  EXPECT_EQ(Fetch(port, "GET", path + "/s9").status, 404);
  const std::string large = MakePng(kLargeWidth, kLargeHeight);
  EXPECT_EQ(Fetch(port, "PUT", "/v1/media:upload", writer, large).status, 200);
  const HeaderList reader = {{"Authorization", gateway.Bearer("users/7", {"*.read"})}};
  ExpectSlowClientsAreCheap(port, absl::StrCat("/media/", HexEncode(Sha256(large)), "/original"), large,
                            [&] { EXPECT_EQ(Fetch(port, "GET", "/v1/media", reader).status, 200); });
  (*grpc)->Shutdown(absl::Now() + absl::Seconds(5));
  const HttpReply away = Fetch(port, "GET", path + "/original");
  EXPECT_EQ(away.status, 503) << away.body;
  (*server)->Shutdown(absl::Now());
}

}  // namespace
}  // namespace storeops::testing
