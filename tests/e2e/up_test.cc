// `storeops up` and the other commands, as a person at a shell meets them.
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "common/db/database.h"
#include "common/db/private_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/storeops/files.h"
#include "storeops/catalog/v1/product_service.pb.h"
#include "storeops/gateway/v1/identity_service.pb.h"
#include "tests/support/database_helpers.h"
#include "tests/support/test_suite.h"

namespace storeops::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(UpTest, ServesDemoDataTellsHowAndIsReusedByASecondRun) {
  TestSuite suite({"--demo-products", "120"});
  const auto search = suite.Run({"call", "ProductService/SearchProducts", R"({"query": "茶壶", "pageSize": 5})"});
  EXPECT_EQ(search.exit_code, 0) << search.errors;
  EXPECT_THAT(search.output, HasSubstr("茶壶")) << "what `up` says to try finds something at once";

  const pid_t pid = suite.pid();
  const auto again = suite.Up();
  EXPECT_THAT(again.output, HasSubstr("It runs already."));
  EXPECT_THAT(again.output, HasSubstr(suite.grpc_address()));
  EXPECT_EQ(suite.pid(), pid);
}

TEST(UpTest, KeepsEverythingOverDownAndUp) {
  TestSuite suite;
  const std::string body = R"({"product": {"title": "Lamp", "variants": [{"sku": "L-1"}]}})";
  ASSERT_EQ(suite.Run({"call", "ProductService/CreateProduct", body}).exit_code, 0);
  const std::string key = suite.key();
  EXPECT_EQ(suite.Down().exit_code, 0);
  EXPECT_EQ(suite.pid(), 0);
  suite.Up();
  EXPECT_EQ(suite.key(), key);
  const auto found = suite.Run({"call", "ProductService/LookupProducts", R"({"skus": ["L-1"]})"});
  EXPECT_EQ(found.exit_code, 0) << found.errors;
  EXPECT_THAT(found.output, HasSubstr("Lamp"));
  EXPECT_EQ(suite.Down().exit_code, 0);
  EXPECT_THAT(suite.Down().output, HasSubstr("It does not run."));
}

TEST(UpTest, OfSeveralStartedAtOnceOneLeadsAndTheOthersWait) {
  TestSuite suite;
  EXPECT_EQ(suite.Down().exit_code, 0);
  // As before the first start.
  for (const auto& entry : std::filesystem::directory_iterator(suite.home())) std::filesystem::remove_all(entry);
  constexpr int kStarts = 4;
  std::vector<RunResult> results(kStarts);
  std::vector<std::thread> starts;
  for (RunResult& result : results) starts.emplace_back([&suite, &result] { result = suite.Up(); });
  for (std::thread& start : starts) start.join();
  int waited = 0;
  for (const RunResult& result : results) {
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(result.output, HasSubstr(suite.grpc_address()));
    waited += result.output.find("It runs already.") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(waited, kStarts - 1);
  EXPECT_EQ(suite.Run({"call", "IdentityService/GetCaller", "{}"}).exit_code, 0);
}

void Write(const std::string& path, const std::string& text) { ASSERT_TRUE(WritePrivateFile(path, text).ok()); }

TEST(UpTest, AKeyThatIsCutOffIsMadeAgain) {
  TestSuite suite;
  Write(suite.home() + "/api_key", suite.key().substr(0, 10));
  EXPECT_NE(suite.Run({"call", "IdentityService/GetCaller", "{}"}).exit_code, 0);
  EXPECT_THAT(suite.Up().output, HasSubstr("It runs already."));
  EXPECT_EQ(suite.Run({"call", "IdentityService/GetCaller", "{}"}).exit_code, 0);
}

TEST(UpTest, StartsWithoutTheOwnersPasswordAndSaysHowToGetANewOne) {
  TestSuite suite;
  const auto kept = ReadSmallFile(suite.home() + "/owner");
  ASSERT_TRUE(kept.ok()) << kept.status();
  const std::vector<std::string> owner = absl::StrSplit(*kept, '\n');
  gateway::v1::LoginRequest login;
  login.set_email(owner[0]);
  login.set_password(owner[1]);
  gateway::v1::LoginResponse session;
  Client anonymous = suite.MakeClient("");
  ASSERT_TRUE(anonymous.Call("storeops.gateway.v1.IdentityService/Login", login, &session).ok());
  gateway::v1::ChangePasswordRequest change;
  change.set_old_password(owner[1]);
  change.set_new_password("only the owner knows this one");
  gateway::v1::ChangePasswordResponse changed;
  Client person = suite.MakeClient(session.access_token());
  ASSERT_TRUE(person.Call("storeops.gateway.v1.IdentityService/ChangePassword", change, &changed).ok());
  std::filesystem::remove(suite.home() + "/api_key");
  EXPECT_EQ(suite.Down().exit_code, 0);

  const RunResult up = suite.Up();
  EXPECT_THAT(up.output, HasSubstr("StoreOps serves."));
  EXPECT_THAT(up.output, HasSubstr("api_key is missing or not valid"));
  EXPECT_THAT(up.output, HasSubstr(absl::StrCat("storeops --home ", suite.home(), " recover-owner")));
  EXPECT_THAT(up.output, ::testing::Not(HasSubstr(owner[1]))) << "a password that is none any more";

  const RunResult stranger = suite.Run({"recover-owner", "--email", "nobody@example.com"});
  EXPECT_EQ(stranger.exit_code, 3);
  EXPECT_THAT(stranger.errors, HasSubstr(owner[0]));
  const RunResult recovered = suite.Run({"recover-owner"});
  EXPECT_EQ(recovered.exit_code, 0) << recovered.errors;
  EXPECT_EQ(suite.Run({"call", "IdentityService/GetCaller", "{}"}).exit_code, 0);
  const auto now = ReadSmallFile(suite.home() + "/owner");
  ASSERT_TRUE(now.ok()) << now.status();
  const std::vector<std::string> recovered_owner = absl::StrSplit(*now, '\n');
  EXPECT_THAT(recovered.output, HasSubstr(recovered_owner[1]));
  login.set_password(recovered_owner[1]);
  // Another start, another port.
  Client again = suite.MakeClient("");
  const absl::Status signed_in = again.Call("storeops.gateway.v1.IdentityService/Login", login, &session);
  EXPECT_TRUE(signed_in.ok()) << signed_in;
}

TEST(UpTest, ServeRefusesTablesOfANewerProgram) {
  TestSuite suite;
  const auto address = db::PrivateServer::RunningAddress(suite.home() + "/db");
  ASSERT_TRUE(address.has_value());
  db::Options options;
  options.address = *address;
  options.database = "storeops_inventory";
  db::Database database(options);
  ASSERT_TRUE(
      database
          .Execute(Soon(),
                   "INSERT INTO schema_migrations (set_name, number, title, checksum, applied_statements, done, "
                   "error, apply_time) VALUES ('inventory', 900, 'newer', '', 1, 1, '', UTC_TIMESTAMP(6))")
          .ok());
  const RunResult serve = suite.Run({"serve", "inventory", "--grpc-port", "0", "--http-port", "0"});
  EXPECT_EQ(serve.exit_code, 9) << serve.errors;
  EXPECT_THAT(serve.errors, HasSubstr("storeops_inventory has migration inventory 900"));
}

// As after kill -9: the old process holds its lock for a moment more, and the address that it left is nobody's.
TEST(UpTest, StartsWhenTheProcessThatHoldsTheLockGoes) {
  TestSuite suite;
  EXPECT_EQ(suite.Down().exit_code, 0);
  auto lock = LockFile::Acquire(suite.home() + "/up.lock");
  ASSERT_TRUE(lock.ok()) << lock.status();
  std::thread dying([&] {
    absl::SleepFor(absl::Milliseconds(500));  // real time: its dying takes a while
    const LockFile released = *std::move(lock);
  });
  EXPECT_THAT(suite.Up().output, ::testing::Not(HasSubstr("It runs already.")));
  dying.join();
  EXPECT_EQ(suite.Run({"call", "IdentityService/GetCaller", "{}"}).exit_code, 0);
}

// The socket of a process that was killed and is not gone yet: it accepts connections and answers nothing. Gone once it
// was spoken to.
class DyingProcess {
 public:
  DyingProcess(const std::string& address, LockFile lock) : lock_(std::move(lock)) {
    socket_ = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 local = {};
    local.sin6_family = AF_INET6;
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    local.sin6_port = htons(static_cast<uint16_t>(port));
    const int on = 1;
    setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&local), sizeof(local)), 0) << std::strerror(errno);
    EXPECT_EQ(listen(socket_, 16), 0) << std::strerror(errno);
    thread_ = std::thread([this] { Die(); });
  }
  ~DyingProcess() { thread_.join(); }

 private:
  void Die() {
    for (bool spoken_to = false; !spoken_to;) {
      const int connection = accept(socket_, nullptr, nullptr);
      char byte = 0;
      spoken_to = connection < 0 || recv(connection, &byte, 1, 0) == 1;
      close(connection);
    }
    close(socket_);
    const LockFile released = std::move(lock_);
  }

  LockFile lock_;
  int socket_ = -1;
  std::thread thread_;
};

TEST(UpTest, StartsWhereAKilledProcessAcceptsAndDoesNotAnswer) {
  TestSuite suite;
  EXPECT_EQ(suite.Down().exit_code, 0);
  auto lock = LockFile::Acquire(suite.home() + "/up.lock");
  ASSERT_TRUE(lock.ok()) << lock.status();
  {
    const DyingProcess dying(suite.grpc_address(), *std::move(lock));
    EXPECT_THAT(suite.Up().output, ::testing::Not(HasSubstr("It runs already.")));
  }
  // It serves many at once over one connection.
  Client client = suite.MakeClient();
  std::atomic<int> answered{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 8; ++i) {
    callers.emplace_back([&] {
      gateway::v1::GetCallerRequest request;
      gateway::v1::GetCallerResponse response;
      for (int call = 0; call < 200; ++call) {
        answered += client.Call("storeops.gateway.v1.IdentityService/GetCaller", request, &response).ok();
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(answered, 1600);
  const pid_t database = suite.database_pid();
  EXPECT_EQ(suite.Down().exit_code, 0);
  EXPECT_NE(kill(database, 0), 0) << "SIGTERM ended the suite before it could end its database";
}

TEST(UpTest, CallTellsErrorsByExitCodeAndOnStderr) {
  TestSuite suite;
  const struct {
    const char* method;
    const char* json;
    int exit_code;
    const char* errors;
  } cases[] = {
      {"storeops.catalog.v1.ProductService/GetProduct", R"({"name": "products/1"})", 5, "NOT_FOUND"},
      {"storeops.catalog.v1.ProductService.GetProduct", R"({"name": "shoes/1"})", 3, "field name"},
      {"ProductService/CreateProduct", R"({"product": {"title": ""}})", 3, "field product.title: is required"},
      {"ProductService/CreateProduct", R"({"produkt": {}})", 3, "produkt"},
      {"ProductService/CreateProduct", "{", 3, "INVALID_ARGUMENT"},
      {"ProductService/NoSuchThing", "{}", 3, "no method is called"},
  };
  for (const auto& test : cases) {
    const auto result = suite.Run({"call", test.method, test.json});
    EXPECT_EQ(result.exit_code, test.exit_code) << test.method << " " << test.json << result.errors;
    EXPECT_THAT(result.errors, HasSubstr(test.errors));
    EXPECT_EQ(result.output, "");
  }
  const auto denied = suite.Run({"call", "ProductService/ListProducts", "{}", "--key", "sk_wrong"});
  EXPECT_EQ(denied.exit_code, 16);
  EXPECT_EQ(suite.Run({"call"}).exit_code, 64);
  EXPECT_EQ(RunProgram({StoreopsProgram(), "version", "--home", suite.home()}).exit_code, 0)
      << "options of all commands may stand last";
  EXPECT_EQ(suite.Run({"call", "ProductService/ListProducts", "{}", "--address", "127.0.0.1:1"}).exit_code, 14);
}

TEST(UpTest, CallSaysHowToStartWhatDoesNotRun) {
  TestSuite suite;
  EXPECT_EQ(suite.Down().exit_code, 0);
  const auto result = suite.Run({"call", "ProductService/ListProducts"});
  EXPECT_EQ(result.exit_code, 14);
  EXPECT_THAT(result.errors, HasSubstr(suite.home() + " up --detach"));
}

bool MachineHasIpv6() {
  const int descriptor = socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool bound = bind(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
  close(descriptor);
  return bound;
}

TEST(UpTest, ServesOverIpv6) {
  if (!MachineHasIpv6()) return;  // then services/storeops/settings_test.cc is all there is
  TestSuite suite({"--no-demo", "--bind", "::1"});
  EXPECT_THAT(suite.grpc_address(), StartsWith("[::1]:"));
  EXPECT_THAT(suite.http_address(), StartsWith("[::1]:"));
  const auto call = suite.Run({"call", "ProductService/ListProducts"});
  EXPECT_EQ(call.exit_code, 0) << call.errors;
  EXPECT_THAT(suite.Up().output, HasSubstr("http://" + suite.http_address() + "/openapi.json"));
}

TEST(UpTest, TheOwnerItNamesCanSignIn) {
  TestSuite suite;
  std::ifstream file(suite.home() + "/owner");
  gateway::v1::LoginRequest login;
  std::getline(file, *login.mutable_email());
  std::getline(file, *login.mutable_password());
  gateway::v1::LoginResponse session;
  ASSERT_TRUE(suite.MakeClient("").Call("storeops.gateway.v1.IdentityService/Login", login, &session).ok());
  gateway::v1::GetCallerResponse caller;
  ASSERT_TRUE(suite.MakeClient(session.access_token())
                  .Call("storeops.gateway.v1.IdentityService/GetCaller", gateway::v1::GetCallerRequest(), &caller)
                  .ok());
  EXPECT_EQ(caller.principal(), session.user().name());
}

TEST(UpTest, RetailImportAccountsForEveryRowAndRepeatsWithoutChange) {
  TestSuite suite;
  const std::string path = suite.home() + "/lines.csv";
  std::ofstream(path) << "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
                         "1,A1,RED LAMP,2,2011-01-02 10:00:00,2.50,17,UK\n"
                         "2,A1,RED LAMP,2,2011-01-03 10:00:00,2.75,17,UK\n"
                         "3,POST,POSTAGE,1,2011-01-03 10:00:00,18.00,17,UK\n"
                         "C4,A1,RED LAMP,-1,2011-01-04 10:00:00,2.75,17,UK\n"
                         "5,\"B,2\",\"A \"\"B\"\" BOX\",1,2011-01-04 10:00:00,1.00,,UK\n";
  const auto first = suite.Run({"import", "retail", path});
  ASSERT_EQ(first.exit_code, 0) << first.errors;
  const auto squeezed = [](absl::string_view text) {
    return absl::StrJoin(absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty()), " ");
  };
  EXPECT_THAT(squeezed(first.output), HasSubstr("rows read 5 26.75 "));
  EXPECT_THAT(squeezed(first.output), HasSubstr("cancellation of an order's line 1 -2.75 "));
  EXPECT_THAT(squeezed(first.output), HasSubstr("differs from the file by 0.00 "));
  EXPECT_THAT(squeezed(first.output), HasSubstr("orders 4 created 4, unchanged 0, refused 0 customers 1 "));
  EXPECT_THAT(squeezed(first.output), HasSubstr("products 3 created 3, "));
  EXPECT_THAT(squeezed(first.output), HasSubstr("categories created 2 "));
  EXPECT_THAT(squeezed(first.output), HasSubstr("SKUs given opening stock 2 3 pieces, at \"Main warehouse\", which"));
  EXPECT_THAT(squeezed(first.output), HasSubstr("services 1 "));
  const auto second = suite.Run({"import", "retail", path});
  EXPECT_THAT(squeezed(second.output), HasSubstr("products 3 created 0, updated 0, unchanged 3 "));
  EXPECT_THAT(squeezed(second.output), HasSubstr("orders 4 created 0, unchanged 4, refused 0 "));
  EXPECT_THAT(second.output, HasSubstr("nothing was changed: all of this was there already"));

  const std::string exported = suite.home() + "/products.csv";
  ASSERT_EQ(suite.Run({"export", "products", exported}).exit_code, 0);
  const auto back = suite.Run({"import", "products", exported});
  EXPECT_THAT(back.output, HasSubstr("  unchanged                  3")) << back.errors;

  catalog::v1::LookupProductsRequest request;
  for (const char* sku : {"A1", "POST", "B,2"}) request.add_skus(sku);
  catalog::v1::LookupProductsResponse found;
  ASSERT_TRUE(suite.MakeClient().Call("storeops.catalog.v1.ProductService/LookupProducts", request, &found).ok());
  ASSERT_EQ(found.products_size(), 3);
  EXPECT_EQ(found.products(0).variants(0).price().nanos(), 750'000'000);
  EXPECT_EQ(found.products(0).etag(), "1");
  EXPECT_EQ(found.products(1).kind(), catalog::v1::Product::SERVICE);
  EXPECT_EQ(found.products(2).title(), "A \"B\" BOX");
  EXPECT_EQ(found.products(0).categories_size(), 1) << "a lamp";
  EXPECT_EQ(found.products(1).categories_size(), 0) << "a service";
  EXPECT_NE(found.products(2).categories(0), found.products(0).categories(0)) << "a box";

  std::ofstream(path) << "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n1,\"A1";
  const auto broken = suite.Run({"import", "retail", path});
  EXPECT_EQ(broken.exit_code, 3);
  EXPECT_THAT(broken.errors, HasSubstr("line 2"));
}

}  // namespace
}  // namespace storeops::testing
