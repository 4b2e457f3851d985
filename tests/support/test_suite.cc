#include "tests/support/test_suite.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/storeops/files.h"
#include "services/storeops/settings.h"
#include "services/storeops/up_command.h"

namespace storeops::testing {
namespace {

std::string Line(const std::string& path, int number) {
  std::ifstream file(path);
  std::string line;
  for (int i = 0; i <= number; ++i) std::getline(file, line);
  return line;
}

}  // namespace

TestSuite::TestSuite(std::vector<std::string> options) : options_(std::move(options)) { Up(); }

TestSuite::~TestSuite() { Down(); }

RunResult TestSuite::Run(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {StoreopsProgram(), "--home", home()});
  return RunProgram(arguments);
}

RunResult TestSuite::Up() {
  std::vector<std::string> arguments = {"up", "--detach", "--http-port", "0", "--grpc-port", "0"};
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  RunResult result = Run(arguments);
  if (result.exit_code != 0) {
    std::fprintf(stderr, "storeops up: %d\n%s%s\n", result.exit_code, result.output.c_str(), result.errors.c_str());
    std::abort();
  }
  return result;
}

pid_t TestSuite::pid() const { return LockFile::Holder(home() + "/up.lock"); }

pid_t TestSuite::database_pid() const {
  int pid = 0;
  return absl::SimpleAtoi(Line(home() + "/db/mariadbd.pid", 0), &pid) ? pid : 0;
}

std::string TestSuite::key() const { return Line(home() + "/api_key", 0); }
std::string TestSuite::grpc_address() const { return Line(home() + "/endpoint", 0); }
std::string TestSuite::http_address() const { return Line(home() + "/endpoint", 1); }
Client TestSuite::MakeClient(const std::string& credential) const {
  return Client(grpc_address(), rpc::PeerTls(), credential);
}

catalog::v1::Product SimpleProduct(const std::string& sku, const std::string& title) {
  catalog::v1::Product product;
  product.set_title(title);
  product.add_variants()->set_sku(sku);
  return product;
}

}  // namespace storeops::testing
