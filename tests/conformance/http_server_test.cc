// HTTP/1.1 as clients and attackers speak it, over raw sockets.
#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/http/server.h"
#include "common/telemetry/telemetry.h"
#include "gtest/gtest.h"
#include "tests/support/certificates.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"

namespace storeops::http {
namespace {

using storeops::testing::CertificateAuthority;
using storeops::testing::HttpReply;
using storeops::testing::KeyPair;
using storeops::testing::RawClient;

constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::string_view kGet = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

// Answers with what it was asked.
void Echo(Request request, Responder respond) {
  respond({.status = 200, .headers = {}, .body = absl::StrCat(request.method, " ", request.target, " ", request.body)});
}

std::unique_ptr<Server> Serve(Handler handler = Echo, Server::Options options = {}) {
  auto server = Server::Start(options, std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

// Keeps a request until the test answers it.
class Keeper {
 public:
  Handler handler() {
    return [this](Request request, Responder respond) {
      absl::MutexLock lock(&mutex_);
      requests_.push_back(std::move(request));
      responders_.push_back(std::move(respond));
    };
  }
  // Waits for the request with this number, from 0.
  Request& Await(size_t index) {
    absl::MutexLock lock(&mutex_);
    const auto there = [this, index]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return requests_.size() > index; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&there), kPatience));
    return requests_[index];
  }
  Responder Take(size_t index) {
    Await(index);
    absl::MutexLock lock(&mutex_);
    return std::move(responders_[index]);
  }
  size_t size() {
    absl::MutexLock lock(&mutex_);
    return requests_.size();
  }

 private:
  absl::Mutex mutex_;
  std::deque<Request> requests_ ABSL_GUARDED_BY(mutex_);
  std::deque<Responder> responders_ ABSL_GUARDED_BY(mutex_);
};

TEST(HttpServer, KeepsTheConnectionForTheNextRequest) {
  const auto server = Serve();
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    const HttpReply reply =
        client.Exchange(absl::StrCat("POST /", i, " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, absl::StrCat("POST /", i, " hi"));
    EXPECT_NE(reply.Header("date"), "");
    EXPECT_EQ(reply.Header("connection"), "");
  }
}

TEST(HttpServer, GivesTheHandlerWhatWasSent) {
  Keeper keeper;
  const auto server = Serve(keeper.handler());
  RawClient client(server->port());
  client.Send("GET /a%20b?c=%26 HTTP/1.1\r\nHost: x\r\nX-Some: One\r\nX-SOME: two\r\n\r\n");
  const Request& request = keeper.Await(0);
  EXPECT_EQ(request.target, "/a%20b?c=%26");
  EXPECT_EQ(request.Path(), "/a%20b");
  EXPECT_EQ(request.Query(), "c=%26");
  EXPECT_EQ(request.Header("x-some"), "One");
  EXPECT_EQ(request.Header("x-none"), "");
  EXPECT_EQ(request.peer_address, "127.0.0.1");
  EXPECT_FALSE(request.client->gone());
  keeper.Take(0)({});
  EXPECT_EQ(client.Read().status, 200);
}

TEST(HttpServer, AnswersPipelinedRequestsInOrderOneAtATime) {
  Keeper keeper;
  const auto server = Serve(keeper.handler());
  RawClient client(server->port());
  client.Send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /3 "
      "HTTP/1.1\r\n");
  client.Send("Host: x\r\n\r\n");
  const char* const kTargets[] = {"/1", "/2", "/3"};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(keeper.Await(i).target, kTargets[i]);
    EXPECT_EQ(keeper.size(), i + 1);
    keeper.Take(i)({.status = 200, .headers = {}, .body = kTargets[i]});
    EXPECT_EQ(client.Read().body, kTargets[i]);
  }
}

TEST(HttpServer, AnswersAThousandPipelinedRequestsOfAFastHandler) {
  const auto server = Serve();
  RawClient client(server->port());
  std::string all;
  for (int i = 0; i < 1000; ++i) absl::StrAppend(&all, "GET /", i, " HTTP/1.1\r\nHost: x\r\n\r\n");
  std::thread sender([&] { client.Send(all); });
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(client.Read().body, absl::StrCat("GET /", i, " "));
  sender.join();
}

TEST(HttpServer, HeadHasTheLengthButNotTheBody) {
  const auto server = Serve();
  RawClient client(server->port());
  client.Send("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n");
  const HttpReply head = client.Read(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("content-length"), "10");
  EXPECT_EQ(client.Exchange(kGet).body, "GET / ");  // nothing was left over
}

TEST(HttpServer, NoContentHasNoLength) {
  const auto server = Serve([](Request, Responder respond) { respond({.status = 204, .headers = {}, .body = "x"}); });
  RawClient client(server->port());
  const HttpReply reply = client.Exchange(kGet);
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.Header("content-length"), "");
  EXPECT_EQ(client.Exchange(kGet).status, 204);
}

TEST(HttpServer, TakesChunkedBodies) {
  const auto server = Serve();
  RawClient client(server->port());
  const HttpReply reply = client.Exchange(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\nA;name=value\r\n0123456789\r\n0\r\nX-Trailer: ignored\r\n\r\n");
  EXPECT_EQ(reply.body, "POST / abc0123456789");
  EXPECT_EQ(client.Exchange(kGet).status, 200);
}

TEST(HttpServer, TakesRequestsByteByByte) {
  const auto server = Serve();
  const std::pair<std::string, std::string> kCases[] = {
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody", "POST / body"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
       "POST / abcde"},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "POST / "},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n", "POST / "}};
  for (const auto& [request, expected] : kCases) {
    RawClient client(server->port());
    for (const char c : request) ASSERT_TRUE(client.Send(std::string(1, c)));
    EXPECT_EQ(client.Read().body, expected) << request;
  }
}

TEST(HttpServer, TellsAClientThatAsksToGoOn) {
  const auto server = Serve();
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read().status, 100);
  client.Send("body");
  EXPECT_EQ(client.Read().body, "POST / body");
  // One that does not wait gets no interim response.
  EXPECT_EQ(
      client.Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody").status,
      200);
}

TEST(HttpServer, RefusesABigBodyBeforeItIsSent) {
  const auto server = Serve(Echo, {.max_body_bytes = 100});
  RawClient client(server->port());
  const HttpReply reply =
      client.Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(reply.Header("connection"), "close");
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, RefusesAnUnknownExpectation) {
  const auto server = Serve();
  RawClient client(server->port());
  EXPECT_EQ(client.Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: cake\r\n\r\n").status, 417);
}

TEST(HttpServer, LimitsBodies) {
  const auto server = Serve(Echo, {.max_body_bytes = 100});
  EXPECT_EQ(RawClient(server->port())
                .Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'a'))
                .status,
            200);
  // All of it is sent; the client still reads why it was refused.
  RawClient big(server->port());
  EXPECT_EQ(
      big.Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + std::string(1000000, 'a')).status,
      413);
  EXPECT_EQ(RawClient(server->port())
                .Exchange("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n32\r\n" +
                          std::string(50, 'a') + "\r\n33\r\n" + std::string(51, 'a') + "\r\n0\r\n\r\n")
                .status,
            413);
}

TEST(HttpServer, TakesTargetsMeantForAProxy) {
  const auto server = Serve();
  const std::pair<std::string, std::string> kTargets[] = {{"http://shop.example/a?b=c", "/a?b=c"},
                                                          {"HTTPS://shop.example:8080", "/"},
                                                          {"http://shop.example?b", "/?b"},
                                                          {"/http://shop.example/a", "/http://shop.example/a"},
                                                          {"*", "*"}};
  for (const auto& [target, seen] : kTargets) {
    RawClient client(server->port());
    EXPECT_EQ(client.Exchange(absl::StrCat("GET ", target, " HTTP/1.1\r\nHost: x\r\n\r\n")).body,
              absl::StrCat("GET ", seen, " "));
  }
}

TEST(HttpServer, LimitsHeaders) {
  const auto server = Serve(Echo, {.max_header_bytes = 1000});
  EXPECT_EQ(RawClient(server->port())
                .Exchange("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(500, 'a') + "\r\n\r\n")
                .status,
            200);
  EXPECT_EQ(RawClient(server->port())
                .Exchange("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'a') + "\r\n\r\n")
                .status,
            431);
  EXPECT_EQ(RawClient(server->port()).Exchange("GET /" + std::string(2000, 'a')).status, 431);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 1000; ++i) many += "a: b\r\n";
  EXPECT_EQ(RawClient(server->port()).Exchange(many + "\r\n").status, 431);
}

TEST(HttpServer, LimitsLinesAroundChunks) {
  const auto server = Serve(Echo, {.max_header_bytes = 1000});
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.Exchange("3;" + std::string(20000, 'a')).status, 431);
}

TEST(HttpServer, RefusesWhatIsMalformed) {
  const auto server = Serve();
  const std::pair<std::string, int> kCases[] = {
      {"no http at all\r\n\r\n", 400},
      {"GET\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: x\n\n\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nNoColon\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},                        // no Host
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},  // two of them
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      // Two framings, or one that is not understood: how requests are smuggled.
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcde\r\n0\r\n\r\n", 400},
  };
  for (const auto& [request, status] : kCases) {
    RawClient client(server->port());
    const HttpReply reply = client.Exchange(request);
    EXPECT_EQ(reply.status, status) << request;
    EXPECT_EQ(reply.Header("connection"), "close") << request;
    EXPECT_TRUE(client.AtEnd()) << request;
  }
  EXPECT_EQ(RawClient(server->port()).Exchange(kGet).status, 200);
}

TEST(HttpServer, ClosesWhenToldTo) {
  const auto server = Serve();
  RawClient client(server->port());
  const HttpReply reply = client.Exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(reply.Header("connection"), "close");
  EXPECT_TRUE(client.AtEnd());
}

TEST(HttpServer, SpeaksHttp10) {
  const auto server = Serve();
  RawClient once(server->port());
  EXPECT_EQ(once.Exchange("GET / HTTP/1.0\r\n\r\n").Header("connection"), "close");
  EXPECT_TRUE(once.AtEnd());
  RawClient kept(server->port());
  EXPECT_EQ(kept.Exchange("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").Header("connection"), "keep-alive");
  EXPECT_EQ(kept.Exchange("GET / HTTP/1.0\r\n\r\n").status, 200);
}

TEST(HttpServer, LimitsTime) {
  Server::Options options;
  options.idle_timeout = absl::Seconds(2);  // longer than any pause between connecting and asking
  options.header_timeout = options.request_timeout = kPatience;
  const auto patient = Serve(Echo, options);
  RawClient idle(patient->port());
  EXPECT_EQ(idle.Exchange(kGet).status, 200);
  EXPECT_TRUE(idle.AtEnd());

  options.idle_timeout = options.header_timeout = options.request_timeout = absl::Milliseconds(300);
  const auto server = Serve(Echo, options);
  RawClient silent(server->port());
  EXPECT_TRUE(silent.AtEnd());
  RawClient slow_header(server->port());
  EXPECT_EQ(slow_header.Exchange("GET / HTTP/1.1\r\nHo").status, 408);
  RawClient slow_body(server->port());
  EXPECT_EQ(slow_body.Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc").status, 408);
  EXPECT_TRUE(slow_body.AtEnd());
}

TEST(HttpServer, DropsAClientThatDoesNotTakeItsResponse) {
  Server::Options options;
  options.request_timeout = absl::Milliseconds(300);
  telemetry::Telemetry telemetry;
  options.telemetry = &telemetry;
  absl::Notification connected;
  const auto server = Serve(
      [&](Request, Responder respond) {
        connected.Notify();
        respond({.status = 200, .headers = {}, .body = std::string(64 << 20, 'a')});
      },
      options);
  RawClient client(server->port());
  client.Send(kGet);
  connected.WaitForNotification();
  const std::string none = absl::StrCat("storeops_http_connections{port=\"", server->port(), "\"} 0");
  EXPECT_TRUE(testing::Eventually([&] { return absl::StrContains(telemetry.Render(), none); })) << telemetry.Render();
}

TEST(HttpServer, TellsThatTheClientHasGone) {
  absl::Notification entered;
  absl::Notification gone;
  std::shared_ptr<Client> who;
  Responder late;
  const auto server = Serve([&](Request request, Responder respond) {
    if (who != nullptr) return;  // the second request, once the first was answered
    who = request.client;
    who->OnGone([&gone] { gone.Notify(); });
    late = std::move(respond);
    entered.Notify();
  });
  RawClient client(server->port());
  client.Send(kGet);
  client.Send(kGet);  // what waits to be read does not hide that the client left
  ASSERT_TRUE(entered.WaitForNotificationWithTimeout(kPatience));
  EXPECT_FALSE(who->gone());
  client.Close();
  EXPECT_TRUE(gone.WaitForNotificationWithTimeout(kPatience));
  EXPECT_TRUE(who->gone());
  late({});
}

TEST(HttpServer, AnswersAClientThatOnlyEndedItsSending) {
  Keeper keeper;
  const auto server = Serve(keeper.handler());
  RawClient client(server->port());
  client.Send(kGet);
  client.CloseSending();
  keeper.Take(0)({.status = 200, .headers = {}, .body = "still"});
  EXPECT_EQ(client.Read().body, "still");
}

TEST(HttpServer, TakesResponsesFromAnyThread) {
  Keeper keeper;
  const auto server = Serve(keeper.handler());
  RawClient client(server->port());
  for (size_t i = 0; i < 20; ++i) {
    client.Send(kGet);
    std::thread([&, i] { keeper.Take(i)({.status = 201, .headers = {}, .body = absl::StrCat(i)}); }).join();
    EXPECT_EQ(client.Read().body, absl::StrCat(i));
  }
}

TEST(HttpServer, AnswersForAHandlerThatForgets) {
  const auto server = Serve([](Request, Responder) {});
  RawClient client(server->port());
  EXPECT_EQ(client.Exchange(kGet).status, 500);
  EXPECT_EQ(client.Exchange(kGet).status, 500);
}

TEST(HttpServer, HeadersCannotBreakOutOfTheirLine) {
  const auto server = Serve(
      [](Request, Responder respond) { respond({.status = 200, .headers = {{"X-A", "1\r\nX-B: 2"}}, .body = ""}); });
  const HttpReply reply = RawClient(server->port()).Exchange(kGet);
  EXPECT_EQ(reply.Header("x-a"), "1  X-B: 2");
  EXPECT_EQ(reply.Header("x-b"), "");
}

TEST(HttpServer, ARequestUnderWayEndsBeforeShutdown) {
  Keeper keeper;
  const auto server = Serve(keeper.handler());
  RawClient busy(server->port());
  busy.Send(kGet);
  keeper.Await(0);
  RawClient idle(server->port());
  idle.Send(kGet);
  keeper.Take(1)({});
  EXPECT_EQ(idle.Read().status, 200);
  std::thread shutdown([&] { server->Shutdown(absl::Now() + kPatience); });
  EXPECT_TRUE(idle.AtEnd());
  keeper.Take(0)({.status = 200, .headers = {}, .body = "done"});
  const HttpReply reply = busy.Read();
  EXPECT_EQ(reply.body, "done");
  EXPECT_EQ(reply.Header("connection"), "close");
  shutdown.join();
  EXPECT_FALSE(RawClient(server->port()).connected());
}

TEST(HttpServer, ShutdownEndsAtItsDeadline) {
  Keeper keeper;
  auto server = Serve(keeper.handler());
  RawClient client(server->port());
  client.Send(kGet);
  keeper.Await(0);
  server->Shutdown(absl::Now() + absl::Milliseconds(100));
  EXPECT_TRUE(client.AtEnd());
  EXPECT_TRUE(keeper.Await(0).client->gone());
  server = nullptr;
  keeper.Take(0)({});  // too late, and harmless
}

// Every request that was taken is answered whole, whenever the server stops. A connection that the kernel still had in
// its queue when the door closed was not taken: nobody has seen its request.
TEST(HttpServer, DrainsUnderLoad) {
  std::atomic<int> taken{0};
  auto server = Serve([&taken](Request, Responder respond) {
    ++taken;
    std::thread([respond = std::move(respond)]() mutable {
      respond({.status = 200, .headers = {}, .body = std::string(1000, 'a')});
    }).detach();
  });
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  const int port = server->port();
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, port] {
      while (true) {
        RawClient client(port);
        if (!client.connected()) return;
        client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        if (client.Read().body.size() == 1000) ++answered;
      }
    });
  }
  while (answered < 200) std::this_thread::yield();
  server->Shutdown(absl::Now() + kPatience);
  for (auto& client : clients) client.join();
  EXPECT_EQ(answered, taken);
}

TEST(HttpServer, CountsConnections) {
  telemetry::Telemetry telemetry;
  Server::Options options;
  options.telemetry = &telemetry;
  const auto server = Serve(Echo, options);
  RawClient client(server->port());
  client.Exchange(kGet);
  EXPECT_TRUE(
      absl::StrContains(telemetry.Render(), absl::StrCat("storeops_http_connections{port=\"", server->port(), "\"} 1")))
      << telemetry.Render();
}

TEST(HttpServer, SaysWhyItDoesNotStart) {
  EXPECT_EQ(Server::Start({.address = "nowhere"}, Echo).status().code(), absl::StatusCode::kInvalidArgument);
  const auto server = Serve();
  EXPECT_EQ(Server::Start({.port = server->port()}, Echo).status().code(), absl::StatusCode::kUnavailable);
  Server::Options options;
  options.certificate_chain = "not a certificate";
  EXPECT_EQ(Server::Start(options, Echo).status().code(), absl::StatusCode::kInvalidArgument);
}

// A TLS request; empty if the server does not take the client.
std::string TlsGet(int port, const CertificateAuthority& ca, const KeyPair* own) {
  namespace asio = boost::asio;
  asio::io_context io;
  asio::ssl::context context(asio::ssl::context::tls_client);
  context.add_certificate_authority(asio::buffer(ca.certificate()));
  context.set_verify_mode(asio::ssl::verify_peer);
  if (own != nullptr) {
    context.use_certificate_chain(asio::buffer(own->certificate));
    context.use_private_key(asio::buffer(own->private_key), asio::ssl::context::pem);
  }
  asio::ssl::stream<asio::ip::tcp::socket> stream(io, context);
  stream.next_layer().connect({asio::ip::address_v4::loopback(), static_cast<unsigned short>(port)});
  boost::system::error_code error;
  stream.handshake(asio::ssl::stream_base::client, error);
  const std::string request = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  if (!error) asio::write(stream, asio::buffer(request), error);
  std::string reply;
  char buffer[4096];
  while (!error) reply.append(buffer, stream.read_some(asio::buffer(buffer), error));
  return reply;
}

TEST(HttpServer, SpeaksTls) {
  const CertificateAuthority ca("test ca");
  const KeyPair own = ca.Issue("localhost", "DNS:localhost");
  Server::Options options;
  options.certificate_chain = own.certificate;
  options.private_key = own.private_key;
  const std::string large(300'000, 'x');
  const auto server =
      Serve([&](Request, Responder respond) { respond({.status = 200, .headers = {}, .body = large}); }, options);
  const std::string reply = TlsGet(server->port(), ca, nullptr);
  EXPECT_TRUE(absl::EndsWith(reply, large)) << reply.size();
  RawClient plain(server->port());
  EXPECT_EQ(plain.Exchange(kGet).status, 0);
}

TEST(HttpServer, KnowsClientsByTheirCertificate) {
  const CertificateAuthority ca("test ca");
  const CertificateAuthority other_ca("other ca");
  const KeyPair own = ca.Issue("localhost", "DNS:localhost");
  Server::Options options;
  options.certificate_chain = own.certificate;
  options.private_key = own.private_key;
  options.client_ca = ca.certificate();
  const auto server = Serve(
      [](Request request, Responder respond) {
        respond({.status = 200, .headers = {}, .body = absl::StrCat("<", request.certificate_name, ">")});
      },
      options);
  const KeyPair by_dns = ca.Issue("ignored", "DNS:catalog.storeops");
  const KeyPair by_name = ca.Issue("services/catalog", "");
  const KeyPair stranger = other_ca.Issue("services/catalog", "");
  EXPECT_TRUE(absl::EndsWith(TlsGet(server->port(), ca, &by_dns), "<catalog.storeops>"));
  EXPECT_TRUE(absl::EndsWith(TlsGet(server->port(), ca, &by_name), "<services/catalog>"));
  EXPECT_EQ(TlsGet(server->port(), ca, &stranger), "");
  EXPECT_EQ(TlsGet(server->port(), ca, nullptr), "");
}

}  // namespace
}  // namespace storeops::http
