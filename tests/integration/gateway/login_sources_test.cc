// Strangers who flood logins or guess passwords, and people who still sign in, over real sockets from several of this
// machine's addresses.
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/http/server.h"
#include "gtest/gtest.h"
#include "tests/support/http_client.h"
#include "tests/support/identity_replica.h"

namespace storeops::testing {
namespace {

constexpr char kHome[] = "127.0.0.1";
constexpr char kStranger[] = "127.0.0.2";
constexpr char kElsewhere[] = "127.0.0.3";
constexpr char kWrong[] = "wrong password";

// The gateway with as many workers as `storeops serve` has.
class LoginSourcesTest : public ::testing::Test {
 protected:
  LoginSourcesTest() {
    auto api = process_.host().MakeHttpApi();
    EXPECT_TRUE(api.ok()) << api.status();
    auto server = http::Server::Start({}, std::move(api->handler));
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    v1::CreateFirstOwnerRequest request;
    request.set_email(kEmail);
    request.set_password(kPassword);
    EXPECT_TRUE(process_.Call(kService + "CreateFirstOwner", "", request, &owner_).ok());
  }
  ~LoginSourcesTest() { server_->Shutdown(absl::Now()); }

  HttpReply Login(const char* from, const std::string& email, const std::string& password) {
    const std::string body = absl::StrCat(R"({"email":")", email, R"(","password":")", password, "\"}");
    RawClient client(server_->port(), from);
    return client.Exchange(absl::StrCat("POST /v1/identity:login HTTP/1.1\r\nHost: x\r\nContent-Length: ", body.size(),
                                        "\r\nContent-Type: application/json\r\n\r\n", body));
  }
  // "200", or the status with the reason: "401 WRONG_CREDENTIALS".
  std::string Try(const char* from, const std::string& email = kEmail, const std::string& password = kPassword) {
    return Summary(Login(from, email, password));
  }
  static std::string Summary(const HttpReply& reply) {
    const std::string mark = "\"reason\":\"";
    const size_t begin = reply.body.find(mark);
    if (begin == std::string::npos) return absl::StrCat(reply.status);
    const size_t word = begin + mark.size();
    return absl::StrCat(reply.status, " ", reply.body.substr(word, reply.body.find('"', word) - word));
  }
  // All that tells one refusal from another; the order of an error's details does not.
  static std::string Shown(const HttpReply& reply) {
    const size_t begin = reply.body.find("\"message\"");
    return absl::StrCat(Summary(reply), " ", reply.Header("retry-after"), " ", reply.body.size(), " ",
                        reply.body.substr(begin, reply.body.find("\"details\"") - begin));
  }
  // Wrong passwords for one account from ten other addresses, until the account is locked.
  void LockAccount(const std::string& email) {
    for (int address = 10; address < 20; ++address) {
      for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(Try(absl::StrCat("127.0.0.", address).c_str(), email, kWrong), "401 WRONG_CREDENTIALS");
      }
    }
  }

  const std::string kService = "storeops.gateway.v1.IdentityService/";
  const Site site_;
  FakeClock clock_;
  ServiceProcess process_{site_, {gateway::GatewayModule()}, {.clock = &clock_, .threads = 32}};
  std::unique_ptr<http::Server> server_;
  v1::User owner_;
};

TEST_F(LoginSourcesTest, TenWrongPasswordsLockTheStrangerAndNotTheOwner) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Try(kStranger, kEmail, kWrong), "401 WRONG_CREDENTIALS");
  const HttpReply locked = Login(kStranger, kEmail, kPassword);
  EXPECT_EQ(Summary(locked), "429 ADDRESS_LOCKED");
  EXPECT_EQ(locked.Header("retry-after"), "900");
  EXPECT_EQ(Try(kHome), "200") << "a stranger has locked the owner out";
  EXPECT_EQ(Try(kElsewhere), "200");
  EXPECT_EQ(Try(kStranger), "429 ADDRESS_LOCKED") << "the owner's sign-in must not give the stranger more guesses";
  // In the database: as long as it lasts, a restart or another replica changes nothing.
  ServiceProcess replica(site_, {gateway::GatewayModule()}, {.data = "replica", .clock = &clock_});
  v1::LoginRequest request;
  request.set_email(kEmail);
  request.set_password(kPassword);
  EXPECT_TRUE(replica.Call(kService + "Login", "", request, nullptr).ok()) << "from 127.0.0.1";
  clock_.Advance(absl::Minutes(15));
  EXPECT_EQ(Try(kStranger), "200");
}

TEST_F(LoginSourcesTest, ALockedAccountIsOpenToWhereItsOwnerHasSignedInBefore) {
  EXPECT_EQ(Try(kHome), "200");
  LockAccount(kEmail);
  EXPECT_EQ(Try(kHome), "200");
  const HttpReply locked = Login(kElsewhere, kEmail, kPassword);
  EXPECT_EQ(Summary(locked), "429 ACCOUNT_LOCKED");
  EXPECT_NE(locked.Header("retry-after"), "");
  // Guesses from where the owner is known learn no more than others.
  EXPECT_EQ(Shown(Login(kHome, kEmail, kWrong)), Shown(Login(kElsewhere, kEmail, kPassword)));
  clock_.Advance(absl::Minutes(15));
  EXPECT_EQ(Try(kElsewhere), "200");
}

TEST_F(LoginSourcesTest, UnknownAccountsAreLockedAlike) {
  LockAccount("nobody@example.com");
  LockAccount(kEmail);
  EXPECT_EQ(Shown(Login(kElsewhere, "nobody@example.com", kPassword)), Shown(Login(kElsewhere, kEmail, kPassword)));
}

TEST_F(LoginSourcesTest, RecoverOwnerEndsEveryLock) {
  LockAccount(kEmail);
  for (int i = 0; i < 10; ++i) Try(kHome, kEmail, kWrong);
  EXPECT_EQ(Try(kHome), "429 ADDRESS_LOCKED");
  v1::SetUserPasswordRequest request;
  request.set_name(owner_.name());
  request.set_new_password(kOtherPassword);
  const std::string recovery = process_.Bearer("services/gateway", {"*"});
  ASSERT_TRUE(process_.Call(kService + "SetUserPassword", recovery, request, nullptr).ok());
  EXPECT_EQ(Try(kHome, kEmail, kOtherPassword), "200");
  EXPECT_EQ(Try(kElsewhere, kEmail, kOtherPassword), "200");
  EXPECT_EQ(Try("127.0.0.10", kEmail, kOtherPassword), "200");
  // The machine where it ran is one from which the owner has signed in, whatever follows.
  LockAccount(kEmail);
  EXPECT_EQ(Try(kHome, kEmail, kOtherPassword), "200");
}

TEST_F(LoginSourcesTest, AnAddressCannotTryAllAccounts) {
  EXPECT_EQ(Try(kStranger), "200");  // the owner works there, too
  v1::CreateUserRequest create;
  create.mutable_user()->set_email("ann@example.com");
  create.set_password(kOtherPassword);
  ASSERT_TRUE(process_.Call(kService + "CreateUser", process_.Bearer("services/gateway", {"*"}), create, nullptr).ok());
  std::atomic<int> next = 0, wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = next++; i < 300; i = next++) {
        if (Try(kStranger, absl::StrCat("x", i, "@example.com"), kWrong) == "401 WRONG_CREDENTIALS") ++wrong;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 300);
  const HttpReply refused = Login(kStranger, "ann@example.com", kOtherPassword);
  EXPECT_EQ(Summary(refused), "429 TOO_MANY_FAILED_LOGINS_OF_ADDRESS");
  EXPECT_NE(refused.Header("retry-after"), "");
  EXPECT_EQ(Shown(Login(kStranger, kEmail, kWrong)), Shown(refused));
  EXPECT_EQ(Try(kStranger), "200") << "who has signed in from there before still can";
  EXPECT_EQ(Try(kHome, "ann@example.com", kOtherPassword), "200");
}

TEST_F(LoginSourcesTest, AFloodFromOneAddressLeavesRoomForTheOwner) {
  std::atomic<bool> over = false;
  std::atomic<int> sent = 0;
  std::vector<std::thread> flood;
  for (int t = 0; t < 24; ++t) {
    flood.emplace_back([&, t] {
      for (int i = 0; !over; ++i, ++sent) Login(kStranger, absl::StrCat("x", t, "-", i, "@example.com"), kWrong);
    });
  }
  while (sent < 24) std::this_thread::yield();
  for (int i = 0; i < 8; ++i) EXPECT_EQ(Try(kHome), "200") << i;
  over = true;
  for (auto& thread : flood) thread.join();
}

}  // namespace
}  // namespace storeops::testing
