// Bodies in chunks, as the client takes them: over raw sockets, plain and TLS.
#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/worker_pool.h"
#include "common/http/server.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"

namespace storeops::http {
namespace {

using storeops::testing::CertificateAuthority;
using storeops::testing::Eventually;
using storeops::testing::HttpReply;
using storeops::testing::KeyPair;
using storeops::testing::RawClient;

constexpr absl::string_view kGetBody = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr size_t kSourceChunk = 256 << 10;

// What all sources of a test do.
struct Script {
  std::string content;
  int64_t missing = 0;  // bytes that the sources announce and do not have
  std::atomic<int> asked = 0;
  std::atomic<int> open = 0;
  absl::Duration stall_limit = absl::Seconds(60);
};

// Gives the content in chunks, by turns at once and on another thread.
class ScriptedSource final : public BodySource {
 public:
  ScriptedSource(Script& script, WorkerPool& pool, size_t offset) : script_(script), pool_(pool), offset_(offset) {
    ++script_.open;
  }
  ~ScriptedSource() override { --script_.open; }

  int64_t bytes() const override { return static_cast<int64_t>(script_.content.size() - begin_) + script_.missing; }
  absl::Duration stall_limit() const override { return script_.stall_limit; }
  void Next(Take take) override {
    if (offset_ == script_.content.size()) return take(absl::DataLossError("there is no more"));
    std::string chunk = script_.content.substr(offset_, kSourceChunk);
    offset_ += chunk.size();
    if (++script_.asked % 2 == 0) return take(std::move(chunk));
    EXPECT_TRUE(
        pool_.TrySubmit([take = std::move(take), chunk = std::move(chunk)]() mutable { take(std::move(chunk)); }));
  }

 private:
  Script& script_;
  WorkerPool& pool_;
  size_t offset_;
  const size_t begin_ = offset_;
};

class BodySourceTest : public ::testing::Test {
 protected:
  BodySourceTest() {
    for (size_t i = 0; i < 40 * kSourceChunk + 7; ++i) script_.content += static_cast<char>(i * 31 / 7);
  }
  // The first `begin` bytes are the response's body.
  std::unique_ptr<Server> Serve(size_t begin, Server::Options options = {}) {
    auto server = Server::Start(options, [this, begin](const Request&, Responder respond) {
      respond({.status = 200,
               .headers = {},
               .body = script_.content.substr(0, begin),
               .more = std::make_shared<ScriptedSource>(script_, pool_, begin)});
    });
    EXPECT_TRUE(server.ok()) << server.status();
    return *std::move(server);
  }

  WorkerPool pool_{{.threads = 2}};
  Script script_;
};

TEST_F(BodySourceTest, ArriveWholeAndTheConnectionGoesOn) {
  for (const size_t begin : {size_t{0}, size_t{1}, kSourceChunk, script_.content.size()}) {
    const auto server = Serve(begin);
    RawClient client(server->port());
    for (int i = 0; i < 2; ++i) {
      const HttpReply reply = client.Exchange(kGetBody);
      EXPECT_EQ(reply.status, 200);
      EXPECT_EQ(reply.Header("content-length"), absl::StrCat(script_.content.size()));
      EXPECT_TRUE(reply.body == script_.content) << begin << " " << reply.body.size();
    }
    EXPECT_TRUE(Eventually([&] { return script_.open == 0; }));
    client.Send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
    const HttpReply head = client.Read(true);
    EXPECT_EQ(head.Header("content-length"), absl::StrCat(script_.content.size()));
    EXPECT_TRUE(client.Exchange(kGetBody).body == script_.content) << "the answer to HEAD had no body";
  }
}

TEST_F(BodySourceTest, AreNotReadAheadOfTheClient) {
  const auto server = Serve(0);
  RawClient slow(server->port());
  ASSERT_TRUE(slow.Send(kGetBody));
  ASSERT_TRUE(slow.Await(1000));
  RawClient other(server->port());
  const int before = script_.asked;
  EXPECT_TRUE(other.Exchange(kGetBody).body == script_.content);
  // The other client's 41 chunks have come meanwhile; of the slow client's, what the system's buffers take.
  EXPECT_LT(before, 30);
  EXPECT_LT(script_.asked, 30 + 41);
  EXPECT_TRUE(slow.Read().body == script_.content);
}

TEST_F(BodySourceTest, AClientThatStallsIsClosed) {
  script_.stall_limit = absl::Milliseconds(200);
  const auto server = Serve(0);
  RawClient client(server->port());
  ASSERT_TRUE(client.Send(kGetBody));
  ASSERT_TRUE(client.Await(1000));
  EXPECT_TRUE(Eventually([&] { return script_.open == 0; }));
  EXPECT_FALSE(client.Await(script_.content.size()));
  EXPECT_EQ(Eventually([&] { return script_.open == 0; }), true);
}

TEST_F(BodySourceTest, AClientThatLeavesEndsTheSource) {
  const auto server = Serve(0);
  {
    RawClient client(server->port());
    ASSERT_TRUE(client.Send(kGetBody));
    ASSERT_TRUE(client.Await(1000));
    EXPECT_EQ(script_.open, 1);
  }
  EXPECT_TRUE(Eventually([&] { return script_.open == 0; }));
}

TEST_F(BodySourceTest, ASourceThatFailsEndsTheConnection) {
  script_.missing = 10;
  const auto server = Serve(5);
  RawClient client(server->port());
  ASSERT_TRUE(client.Send(kGetBody));
  EXPECT_FALSE(client.Await(script_.content.size() + 1000)) << "cut off, so that no client takes it for whole";
  EXPECT_GT(client.received(), script_.content.size());
  EXPECT_TRUE(Eventually([&] { return script_.open == 0; }));
}

TEST_F(BodySourceTest, LargeBodiesBeyondTheLimitOfAllAreRefused) {
  Server::Options options;
  options.max_outgoing_bytes = 100'000;
  const auto server = Serve(100'001, options);
  RawClient client(server->port());
  const HttpReply refused = client.Exchange(kGetBody);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.body, "too many large responses at once\n");
  EXPECT_TRUE(client.AtEnd());
  EXPECT_TRUE(RawClient(Serve(64 << 10, options)->port()).Exchange(kGetBody).body == script_.content)
      << "chunks are counted and never refused";
}

TEST_F(BodySourceTest, ArriveOverTls) {
  namespace asio = boost::asio;
  const CertificateAuthority ca("test ca");
  const KeyPair own = ca.Issue("localhost", "DNS:localhost");
  Server::Options options;
  options.certificate_chain = own.certificate;
  options.private_key = own.private_key;
  const auto server = Serve(100'000, options);
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.add_certificate_authority(asio::buffer(ca.certificate()));
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
  stream.next_layer().connect({asio::ip::address_v4::loopback(), static_cast<unsigned short>(server->port())});
  stream.handshake(asio::ssl::stream_base::client);
  asio::write(stream, asio::buffer(std::string("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")));
  std::string reply;
  boost::system::error_code error;
  std::string buffer(64 << 10, '\0');
  while (!error) reply.append(buffer, 0, stream.read_some(asio::buffer(buffer), error));
  EXPECT_TRUE(absl::EndsWith(reply, script_.content)) << reply.size();
}

}  // namespace
}  // namespace storeops::http
