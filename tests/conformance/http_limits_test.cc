// What one address, and all together, may take of a server over HTTP.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/http/server.h"
#include "gtest/gtest.h"
#include "tests/support/http_client.h"

namespace storeops::http {
namespace {

using storeops::testing::RawClient;

constexpr absl::Duration kLongWait = absl::Seconds(60);
constexpr absl::string_view kSmallRequest = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

std::unique_ptr<Server> ServeLength(Server::Options options) {
  auto server = Server::Start(options, [](Request request, Responder respond) {
    respond({.status = 200, .headers = {}, .body = absl::StrCat(request.body.size())});
  });
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

TEST(HttpLimits, LimitsWhatAllArrivingBodiesHoldTogether) {
  const auto server = ServeLength({.threads = 1, .max_arriving_bytes = 100'000});
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 80000\r\n\r\n";
  const auto look_round = [&] { RawClient(server->port()).Exchange(kSmallRequest); };
  RawClient first(server->port());
  first.Send(head + std::string(60'000, 'a'));
  look_round();
  RawClient second(server->port());
  second.Send(head + std::string(60'000, 'b'));
  EXPECT_EQ(second.Read().status, 503);
  RawClient small(server->port());
  EXPECT_EQ(
      small.Exchange("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n" + std::string(9000, 'b')).status, 200)
      << "calls with little to say have their place whatever else arrives";
  EXPECT_EQ(first.Exchange(std::string(20'000, 'a')).status, 200);
  // Nothing stays counted of what was served, refused or left.
  for (int i = 0; i < 5; ++i) RawClient(server->port()).Send(head + std::string(30'000, 'c'));
  int status = 503;
  for (const absl::Time end = absl::Now() + kLongWait; status != 200 && absl::Now() < end;) {
    RawClient client(server->port());
    client.Send(head + std::string(79'999, 'd'));
    look_round();
    status = client.Exchange("d").status;
  }
  EXPECT_EQ(status, 200);
}

TEST(HttpLimits, OneAddressCannotHoldAllThatArrives) {
  const auto server =
      ServeLength({.threads = 1, .max_arriving_bytes = 100'000, .max_arriving_bytes_per_address = 50'000});
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n";
  RawClient first(server->port());
  first.Send(head + std::string(30'000, 'a'));
  RawClient(server->port()).Exchange(kSmallRequest);  // the server has looked at both
  RawClient second(server->port());
  second.Send(head + std::string(30'000, 'b'));
  EXPECT_EQ(second.Read().status, 503);
  RawClient other(server->port(), "127.0.0.2");
  EXPECT_EQ(other.Exchange(head + std::string(40'000, 'c')).status, 200);
}

TEST(HttpLimits, ABodyThatStopsArrivingGivesItsPlaceBack) {
  Server::Options options;
  options.arrival_timeout = absl::Milliseconds(300);
  const auto server = ServeLength(options);
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n" + std::string(30'000, 'a'));
  EXPECT_EQ(client.Read().status, 408) << "long before the 60 s that a whole body may take";
}

TEST(HttpLimits, LimitsConnections) {
  const auto server = ServeLength({.max_connections = 2});
  RawClient first(server->port());
  EXPECT_EQ(first.Exchange(kSmallRequest).status, 200);
  {
    RawClient second(server->port());
    EXPECT_EQ(second.Exchange(kSmallRequest).status, 200);
    RawClient third(server->port());
    EXPECT_EQ(third.Exchange(kSmallRequest).status, 503);
    EXPECT_TRUE(third.AtEnd());
  }
  // The places of those that left are free again.
  int status = 0;
  for (const absl::Time end = absl::Now() + kLongWait; status != 200 && absl::Now() < end;) {
    status = RawClient(server->port()).Exchange(kSmallRequest).status;
  }
  EXPECT_EQ(status, 200);
  EXPECT_EQ(first.Exchange(kSmallRequest).status, 200);
}

TEST(HttpLimits, OneAddressLeavesConnectionsForOthers) {
  const auto server = ServeLength({.max_connections = 4, .max_connections_per_address = 2});
  RawClient first(server->port());
  RawClient second(server->port());
  EXPECT_EQ(first.Exchange(kSmallRequest).status, 200);
  EXPECT_EQ(second.Exchange(kSmallRequest).status, 200);
  EXPECT_EQ(RawClient(server->port()).Exchange(kSmallRequest).status, 503);
  RawClient other(server->port(), "127.0.0.2");
  EXPECT_EQ(other.Exchange(kSmallRequest).status, 200);
}

}  // namespace
}  // namespace storeops::http
